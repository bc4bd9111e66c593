/* core/cycles/ending_publish.c: the winner's repository becomes public. Source: section 18, step 4.
 *
 * A defence publishes nothing: the boss already runs from a public repository. A failed upload is tried again after a
 * while, for as long as it takes; an operator may complete without. */
#include "core/cycles/ending.h"
#include "core/store/participants.h"
#include "core/tournament/calendar.h"
#include "core/tournament/ids.h"

static const int64_t retry_us = 15 * 60 * GDI_SECOND_US;

/* The first job of the row of tries that has not failed; `outcome` is that of the last one that was looked at. */
static god_status last_try(gdi_step *step, const char *winner, const char **ret_key, gdi_outcome *ret_last,
                           gdi_outcome *ret_outcome, god_error *err)
{
    *ret_last = (gdi_outcome){.state = 0};
    for (uint32_t n = 1;; n++) {
        if (n == 1) {
            GOD_TRY(gdi_step_format(step, ret_key, err, "%s/%s", step->tournament.id, winner));
        } else {
            GOD_TRY(gdi_step_format(step, ret_key, err, "%s/%s/%u", step->tournament.id, winner, n));
        }
        GOD_TRY(gdi_step_look(step, GDI_WORK_PUBLISH_REPOSITORY, *ret_key, ret_outcome, err));
        if (ret_outcome->state == 0 || ret_outcome->result != NULL || gdi_outcome_open(ret_outcome)) {
            return GOD_OK;
        }
        *ret_last = *ret_outcome;
    }
}

static god_status publish(gdi_step *step, const gdi_rows *entry, const char *key, const gdi_outcome *failed,
                          god_error *err)
{
    char name[GDI_REPOSITORY_BYTES];
    if (!gdi_winner_repository(step->tournament.type, step->tournament.id, name, sizeof name)) {
        return god_fail(err, GOD_E_INTERNAL, "the name of the winner's repository does not fit");
    }
    gdi_work work = {.kind = GDI_WORK_PUBLISH_REPOSITORY,
                     .key = key,
                     .hotkey = step->tournament.winner_hotkey,
                     .payload =
                         json_pack("{s:s?, s:s?, s:s?, s:s}", "github_repo", gdi_rows_text(entry, GDI_PARTICIPANT_REPO),
                                   "commit_hash", gdi_rows_text(entry, GDI_PARTICIPANT_COMMIT), "github_token",
                                   gdi_rows_text(entry, GDI_PARTICIPANT_TOKEN), "name", name)};
    if (failed->state != 0) {
        gdi_step_log(step, GOD_LOG_WARNING, "the winner's repository was not published, trying again later", "error",
                     failed->message);
        work.not_before_us = step->now_us + retry_us;
    }
    return gdi_step_add_job(step, &work, err);
}

god_status gdi_ending_publish(gdi_step *step, gdi_ending *ending, god_error *err)
{
    gdi_rows *entry = NULL;
    const char *key = NULL;
    gdi_outcome failed, outcome;
    if (ending->is_defence) {
        return GOD_OK;
    }
    GOD_TRY(gdi_participant_read(step->db, step->tournament.id, ending->winner, &entry, err));
    GOD_TRY(gdi_step_keep_rows_take(step, entry, err));
    if (!gdi_rows_next(entry) || !gdi_rows_is_null(entry, GDI_PARTICIPANT_BACKUP_REPO)) {
        return GOD_OK;
    }
    if (step->options->publish == 0) {
        gdi_step_log(step, GOD_LOG_INFO, "no publishing target is configured, the winner's repository stays private",
                     NULL, NULL);
        return GOD_OK;
    }
    GOD_TRY(last_try(step, ending->winner, &key, &failed, &outcome, err));
    const char *url = json_string_value(json_object_get(outcome.result, "repository_url"));
    if (url != NULL) {
        step->changed = true;
        return gdi_participant_set_backup_in(step->db, step->tournament.id, ending->winner, url, err);
    }
    if (outcome.result != NULL) {
        gdi_step_log(step, GOD_LOG_ERROR, "the winner's repository was published without an address", NULL, NULL);
        return GOD_OK;
    }
    ending->is_open = true;
    return outcome.state == 0 ? publish(step, entry, key, &failed, err) : GOD_OK;
}
