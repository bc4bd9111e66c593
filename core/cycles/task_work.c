/* core/cycles/task_work.c: small things that all steps of a task share: jobs, results of jobs, details. */
#include <stdio.h>

#include "core/cycles/rounds.h"
#include "god/helpers/json.h"

const gdi_named_task_kind *gdi_step_kind_of(gdi_step *step, const char *task_type, const char *task_id)
{
    const gdi_named_task_kind *kind = gdi_task_kind_of(step->options->kinds, task_type);
    if (kind == NULL) {
        gdi_step_log(step, GOD_LOG_ERROR, "no plug-in serves the type of this task", "task", task_id);
    }
    return kind;
}

god_status gdi_task_work_add(gdi_step *step, const gdi_task_work *work, const char **ret_key, god_error *err)
{
    const char *key = NULL;
    god_status status = gdi_step_format(step, &key, err, "%s/%s", work->kind, work->key);
    if (status != GOD_OK) {
        json_decref(work->payload);
        return status;
    }
    const gdi_work job = {.kind = work->kind,
                          .key = work->key,
                          .task_id = work->task_id,
                          .hotkey = work->hotkey,
                          .payload = work->payload,
                          .not_before_us = work->not_before_us,
                          .attempts_max = work->attempts_max};
    /* A global step has no tournament, but its job may. */
    gdi_tournament own = step->tournament;
    if (work->tournament_id != NULL) {
        (void)snprintf(step->tournament.id, sizeof step->tournament.id, "%s", work->tournament_id);
    }
    status = gdi_step_add_job(step, &job, err);
    step->tournament = own;
    if (status == GOD_OK && ret_key != NULL) {
        *ret_key = key;
    }
    return status;
}

god_status gdi_ended_result(gdi_step *step, const char *state, const char *result, const char *message,
                            json_t **ret_result, const char **ret_message, god_error *err)
{
    *ret_result = NULL;
    *ret_message = message != NULL ? message : state != NULL ? "it ended without a message" : "its job is gone";
    if (state == NULL || strcmp(state, "done") != 0) {
        return GOD_OK;
    }
    god_error broken = GOD_ERROR_INIT;
    json_t *value = NULL;
    god_status status = gdi_step_parse(step, "result", result, &value, &broken);
    if (status == GOD_OK && json_is_object(value)) {
        *ret_result = value;
        return GOD_OK;
    }
    if (status == GOD_E_NOMEM) {
        return god_fail(err, status, "%s", broken.message);
    }
    return gdi_step_format(step, ret_message, err, "its result cannot be read: %s",
                           status == GOD_OK ? "it is no object" : broken.message);
}

god_status gdi_step_details(gdi_step *step, const char *details_json, json_t **ret_details, god_error *err)
{
    json_t *details = NULL;
    GOD_TRY(gdi_step_parse(step, "details of a task", details_json, &details, err));
    if (!json_is_object(details)) {
        details = json_object();
        GOD_TRY(gdi_step_keep_json_take(step, details, err));
    }
    *ret_details = details;
    return GOD_OK;
}

god_status gdi_step_output_repo(gdi_step *step, const char *expected_repo_name, const char **ret_repo, god_error *err)
{
    const char *account = step->options->output_account;
    return gdi_step_format(step, ret_repo, err, "%s/%s", account != NULL ? account : "gradients-io-tournaments",
                           expected_repo_name);
}
