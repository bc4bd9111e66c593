/* core/cycles/checks.c: is the repository of an applicant one that may enter? Source: section 8.2.
 *
 * The form of the commit is a rule; the rest needs the repository and is a job. An answer holds for as long as the
 * tournament registers, since a commit does not change; a job that failed is asked once more in each pass. */
#include "core/cycles/registration.h"

static god_status ask(gdi_step *step, const gdi_applicant *applicant, const char *key, god_error *err)
{
    gdi_work work = {.kind = GDI_WORK_CHECK_REPOSITORY,
                     .key = key,
                     .hotkey = applicant->hotkey,
                     .payload = json_pack("{s:s, s:s, s:s?}", "github_repo", applicant->repo, "commit_hash",
                                          applicant->commit, "github_token", applicant->token)};
    return gdi_step_add_job(step, &work, err);
}

/* Looks at one job and asks for it when nobody did. */
static god_status look_or_ask(gdi_step *step, const gdi_applicant *applicant, const char *key, gdi_outcome *ret_outcome,
                              god_error *err)
{
    GOD_TRY(gdi_step_look(step, GDI_WORK_CHECK_REPOSITORY, key, ret_outcome, err));
    if (ret_outcome->state != 0) {
        return GOD_OK;
    }
    ret_outcome->state = GDI_JOB_QUEUED;
    return ask(step, applicant, key, err);
}

static god_status check(gdi_step *step, uint32_t pass, gdi_applicant *applicant, bool *open, god_error *err)
{
    const char *key = NULL, *reason = "the commit is not 40 hexadecimal digits";
    gdi_outcome outcome = {.state = GDI_JOB_FAILED};
    if (gdi_is_commit(applicant->commit)) {
        GOD_TRY(
            gdi_step_format(step, &key, err, "%s/%s/%s", step->tournament.id, applicant->hotkey, applicant->commit));
        GOD_TRY(look_or_ask(step, applicant, key, &outcome, err));
        if (outcome.state == GDI_JOB_FAILED) {
            GOD_TRY(gdi_step_format(step, &key, err, "%s/%u", key, pass));
            GOD_TRY(look_or_ask(step, applicant, key, &outcome, err));
        }
        if (gdi_outcome_open(&outcome)) {
            *open = true;
            return GOD_OK;
        }
        reason =
            outcome.result == NULL ? outcome.message : json_string_value(json_object_get(outcome.result, "reason"));
    }
    applicant->is_accepted = json_is_true(json_object_get(outcome.result, "accepted"));
    if (applicant->is_accepted) {
        applicant->source_digest = json_string_value(json_object_get(outcome.result, "source_digest"));
        return GOD_OK;
    }
    gdi_log_write(step->options->log, GOD_LOG_INFO, "an entry was rejected", "tournament", step->tournament.id,
                  "hotkey", applicant->hotkey, "reason", reason == NULL ? "" : reason, NULL);
    return GOD_OK;
}

god_status gdi_pass_check(gdi_step *step, gdi_pass *pass, bool *ret_open, god_error *err)
{
    bool open = false;
    for (uint32_t i = 0; i < pass->count; i++) {
        if (pass->applicants[i].is_wanted) {
            GOD_TRY(check(step, pass->number, &pass->applicants[i], &open, err));
        }
    }
    *ret_open = open;
    return GOD_OK;
}
