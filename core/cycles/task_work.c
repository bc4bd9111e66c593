/* core/cycles/task_work.c: small things that all steps of a task share: jobs, results of jobs, details. */
#include <stdio.h>

#include "core/cycles/rounds.h"
#include "core/store/task_rows.h"
#include "core/store/text.h"
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

god_status gdi_step_reason(gdi_step *step, const char *message, const char **ret_reason, god_error *err)
{
    char *reason = NULL;
    if (message != NULL) {
        GOD_TRY(GDI_STEP_NEW(step, GDI_REASON_BYTES, &reason, err));
        gdi_utf8_copy(message, reason, GDI_REASON_BYTES);
    }
    *ret_reason = reason;
    return GOD_OK;
}

god_status gdi_ended_result(gdi_step *step, const char *state, const char *result, const char *message,
                            json_t **ret_result, const char **ret_message, god_error *err)
{
    *ret_result = NULL;
    GOD_TRY(gdi_step_reason(step, message, ret_message, err));
    if (*ret_message == NULL) {
        *ret_message = state != NULL ? "it ended without a message" : "its job is gone";
    }
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

god_status gdi_json_append_take(json_t *list, json_t *value, god_error *err)
{
    return json_array_append_new(list, value) == 0 ? GOD_OK : god_fail(err, GOD_E_NOMEM, "no memory for a list");
}

god_status gdi_json_set_take(json_t *object, const char *key, json_t *value, god_error *err)
{
    return json_object_set_new(object, key, value) == 0 ? GOD_OK
                                                        : god_fail(err, GOD_E_NOMEM, "no memory for \"%s\"", key);
}

god_status gdi_json_gpu_ids(gdi_step *step, const gdi_gpu_pick *pick, json_t **ret_list, god_error *err)
{
    json_t *list = json_array();
    GOD_TRY(gdi_step_keep_json_take(step, list, err));
    for (uint32_t i = 0; i < pick->count; i++) {
        GOD_TRY(gdi_json_append_take(list, json_integer(pick->ids[i]), err));
    }
    *ret_list = list;
    return GOD_OK;
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

/* What a column takes: what the details say, or else a text among their fields; NULL: nothing. */
static const json_t *source_of(const json_t *details, const char *column)
{
    const json_t *own = json_object_get(details, column);
    const json_t *field = json_object_get(json_object_get(details, "fields"), column);
    return own != NULL ? own : json_is_string(field) ? field : NULL;
}

static god_status value_of(gdi_step *step, const json_t *source, gdi_value *ret_value, god_error *err)
{
    const char *text = NULL;
    switch (json_typeof(source)) {
    case JSON_STRING: *ret_value = gdi_text(json_string_value(source)); return GOD_OK;
    case JSON_INTEGER: *ret_value = gdi_int(json_integer_value(source)); return GOD_OK;
    case JSON_REAL: *ret_value = gdi_real(json_real_value(source)); return GOD_OK;
    case JSON_TRUE:
    case JSON_FALSE: *ret_value = gdi_bool(json_is_true(source)); return GOD_OK;
    case JSON_NULL: *ret_value = gdi_null(); return GOD_OK;
    default:
        GOD_TRY(gdi_step_dump(step, source, &text, err));
        *ret_value = gdi_text(text);
        return GOD_OK;
    }
}

god_status gdi_step_write_details(gdi_step *step, const char *task_id, const gdi_named_task_kind *kind,
                                  const json_t *details, god_error *err)
{
    const char *columns[GDI_TASK_COLUMNS_MAX];
    gdi_value values[GDI_TASK_COLUMNS_MAX];
    size_t count = 0;
    if (kind->table == NULL) {
        return GOD_OK;
    }
    for (uint32_t i = 0; i < kind->column_count && count < GDI_TASK_COLUMNS_MAX; i++) {
        const json_t *source = source_of(details, kind->columns[i]);
        if (source != NULL) {
            GOD_TRY(value_of(step, source, &values[count], err));
            columns[count++] = kind->columns[i];
        }
    }
    return gdi_task_row_put_in(step->db, kind->table, task_id, columns, values, count, err);
}

god_status gdi_step_output_repo(gdi_step *step, const char *expected_repo_name, const char **ret_repo, god_error *err)
{
    const char *account = step->options->output_account;
    return gdi_step_format(step, ret_repo, err, "%s/%s", account != NULL ? account : "gradients-io-tournaments",
                           expected_repo_name);
}
