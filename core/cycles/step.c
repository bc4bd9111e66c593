/* core/cycles/step.c: one step in its transaction, and what it may ask for there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cycles/state.h"
#include "core/store/leases.h"
#include "god/helpers/json.h"

enum { RESULT_BYTES_MAX = 16 << 20, SMALL_JSON_BYTES = 2048 };

/* ---- store ---- */

static god_status no_memory(god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "no memory for a step of the cycles");
}

god_status gdi_step_keep_rows_take(gdi_step *step, gdi_rows *rows, god_error *err)
{
    return gdi_scratch_keep_rows_take(&step->cycles->scratch, rows) ? GOD_OK : no_memory(err);
}

god_status gdi_step_query(gdi_step *step, const char *sql, const gdi_value *values, size_t value_count,
                          gdi_rows **ret_rows, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_db_query(step->db, sql, values, value_count, &rows, err));
    GOD_TRY(gdi_step_keep_rows_take(step, rows, err));
    *ret_rows = rows;
    return GOD_OK;
}

god_status gdi_step_run(gdi_step *step, const char *sql, const gdi_value *values, size_t value_count,
                        uint64_t *ret_touched, god_error *err)
{
    uint64_t touched = 0;
    GOD_TRY(gdi_db_run(step->db, sql, values, value_count, &touched, err));
    step->changed |= touched > 0;
    if (ret_touched != NULL) {
        *ret_touched = touched;
    }
    return GOD_OK;
}

/* ---- memory ---- */

god_status gdi_step_alloc(gdi_step *step, size_t count, size_t size, void **ret_memory, god_error *err)
{
    void *memory = gdi_scratch_alloc(&step->cycles->scratch, count, size);
    if (memory == NULL) {
        return no_memory(err);
    }
    *ret_memory = memory;
    return GOD_OK;
}

god_status gdi_step_text(gdi_step *step, const char *text, const char **ret_copy, god_error *err)
{
    if (text == NULL) {
        *ret_copy = NULL;
        return GOD_OK;
    }
    size_t bytes = strlen(text) + 1;
    void *copy = NULL;
    GOD_TRY(gdi_step_alloc(step, bytes, 1, &copy, err));
    *ret_copy = memcpy(copy, text, bytes);
    return GOD_OK;
}

static god_status format_v(gdi_step *step, const char **ret_text, god_error *err, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    void *text = NULL;
    god_status status = length < 0 ? no_memory(err) : gdi_step_alloc(step, (size_t)length + 1, 1, &text, err);
    if (status == GOD_OK) {
        (void)vsnprintf(text, (size_t)length + 1, format, again);
        *ret_text = text;
    }
    va_end(again);
    return status;
}

god_status gdi_step_format(gdi_step *step, const char **ret_text, god_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    god_status status = format_v(step, ret_text, err, format, args);
    va_end(args);
    return status;
}

god_status gdi_step_keep_json_take(gdi_step *step, json_t *value, god_error *err)
{
    return gdi_scratch_keep_json_take(&step->cycles->scratch, value) ? GOD_OK : no_memory(err);
}

god_status gdi_step_dump(gdi_step *step, const json_t *value, const char **ret_text, god_error *err)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17);
    char small[SMALL_JSON_BYTES]; /* most are, and need not be written twice */
    size_t bytes = value == NULL ? 0 : json_dumpb(value, small, sizeof small, flags);
    if (bytes == 0) {
        return no_memory(err);
    }
    void *text = NULL;
    GOD_TRY(gdi_step_alloc(step, bytes + 1, 1, &text, err));
    if (bytes <= sizeof small) {
        (void)memcpy(text, small, bytes);
    } else if (json_dumpb(value, text, bytes, flags) != bytes) {
        return no_memory(err);
    }
    *ret_text = text;
    return GOD_OK;
}

god_status gdi_step_parse(gdi_step *step, const char *where, const char *text, json_t **ret_value, god_error *err)
{
    json_t *value = NULL;
    if (text == NULL) {
        value = json_null();
    } else if (strlen(text) > RESULT_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: JSON has %zu bytes, more than %d", where, strlen(text),
                        (int)RESULT_BYTES_MAX);
    } else {
        GOD_TRY(god_json_parse(where, text, strlen(text), &value, err));
    }
    GOD_TRY(gdi_step_keep_json_take(step, value, err));
    *ret_value = value;
    return GOD_OK;
}

/* ---- jobs ---- */

god_status gdi_step_add_job(gdi_step *step, const gdi_work *work, god_error *err)
{
    GOD_TRY(gdi_step_keep_json_take(step, work->payload, err));
    const char *payload = NULL, *key = NULL;
    GOD_TRY(gdi_step_dump(step, work->payload, &payload, err));
    GOD_TRY(gdi_step_format(step, &key, err, "%s/%s", work->kind, work->key));
    gdi_job_add job = {.kind = work->kind,
                       .key = key,
                       .tournament_id = step->tournament.id[0] == '\0' ? NULL : step->tournament.id,
                       .task_id = work->task_id,
                       .hotkey = work->hotkey,
                       .payload_json = payload,
                       .now_us = step->now_us,
                       .not_before_us = work->not_before_us,
                       .attempts_max = work->attempts_max,
                       .priority = work->priority};
    bool added = false;
    GOD_TRY(gdi_job_add_in(step->db, &job, &added, err));
    step->changed |= added;
    return GOD_OK;
}

static god_status read_result(gdi_step *step, const char *key, const gdi_job_view *view, gdi_outcome *outcome,
                              god_error *err)
{
    god_error broken = GOD_ERROR_INIT;
    json_t *result = NULL;
    god_status status = gdi_step_parse(step, key, view->result_json, &result, &broken);
    if (status == GOD_OK && json_is_object(result)) {
        outcome->result = result;
        return GOD_OK;
    }
    if (status == GOD_E_NOMEM) {
        return no_memory(err);
    }
    outcome->state = GDI_JOB_FAILED;
    return gdi_step_format(step, &outcome->message, err, "its result cannot be read: %s",
                           status == GOD_OK ? "it is no object" : broken.message);
}

god_status gdi_step_look(gdi_step *step, const char *kind, const char *key, gdi_outcome *ret_outcome, god_error *err)
{
    const char *whole = NULL;
    GOD_TRY(gdi_step_format(step, &whole, err, "%s/%s", kind, key));
    gdi_job_view view = {.job_id = 0};
    gdi_outcome outcome = {.state = 0};
    god_status status = gdi_job_look(step->db, whole, &view, err);
    if (status == GOD_E_NOT_FOUND) {
        *ret_outcome = outcome;
        return GOD_OK;
    }
    if (status != GOD_OK) {
        return status;
    }
    outcome.state = view.state;
    outcome.ended_us = view.ended_us;
    status = gdi_step_text(step, view.message, &outcome.message, err);
    if (status == GOD_OK && view.state == GDI_JOB_DONE) {
        status = read_result(step, whole, &view, &outcome, err);
    }
    gdi_job_view_clear(&view);
    if (status == GOD_OK) {
        *ret_outcome = outcome;
    }
    return status;
}

god_status gdi_step_notify(gdi_step *step, const char *event, god_error *err, const char *format, ...)
{
    const char *content = NULL;
    va_list args;
    va_start(args, format);
    god_status status = format_v(step, &content, err, format, args);
    va_end(args);
    GOD_TRY(status);
    gdi_work work = {.kind = GDI_WORK_NOTIFY, .key = event, .payload = json_pack("{s:s}", "content", content)};
    return gdi_step_add_job(step, &work, err);
}

/* ---- the rest ---- */

god_status gdi_step_random(gdi_step *step, const char *label, uint8_t *ret_bytes, size_t count, god_error *err)
{
    return step->options->random(step->options->user, label, ret_bytes, count, err);
}

god_status gdi_step_uuid(gdi_step *step, const char *label, char ret_uuid[GDI_UUID_BYTES], god_error *err)
{
    uint8_t b[16];
    GOD_TRY(gdi_step_random(step, label, b, sizeof b, err));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* RFC 4122: version 4, */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80); /* variant 1 */
    (void)snprintf(ret_uuid, GDI_UUID_BYTES, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
                   b[15]);
    return GOD_OK;
}

void gdi_step_log(const gdi_step *step, uint32_t level, const char *message, const char *key, const char *value)
{
    if (step->tournament.id[0] == '\0') {
        gdi_log_write(step->options->log, level, message, key, value == NULL ? "" : value, NULL);
        return;
    }
    gdi_log_write(step->options->log, level, message, "tournament", step->tournament.id, key,
                  value == NULL ? "" : value, NULL);
}

/* ---- one step in its transaction ---- */

typedef struct step_execution {
    const gdi_step_kind *kind;
    const char *tournament_id;
    bool is_action;
    gdi_step *step;
} step_execution;

static bool has_status_of(const gdi_step_kind *kind, uint32_t status)
{
    return kind->scope == GDI_SCOPE_PENDING ? status == GDI_TOURNAMENT_PENDING : status == GDI_TOURNAMENT_ACTIVE;
}

static god_status execute_in(gdi_db *db, void *user, god_error *err)
{
    step_execution *execution = user;
    gdi_step *step = execution->step;
    gdi_scratch_clear(&step->cycles->scratch); /* of an earlier try */
    step->changed = false;
    step->raised = 0;
    step->due_us = INT64_MAX;
    if (step->options->lease != NULL) {
        GOD_TRY(gdi_lease_hold_in(db, step->options->lease, err));
    }
    if (execution->tournament_id != NULL && execution->tournament_id[0] != '\0') {
        god_status status = gdi_tournament_read(db, execution->tournament_id, &step->tournament, err);
        if (status == GOD_E_NOT_FOUND && !execution->is_action) {
            return GOD_OK; /* gone, and the list that named it is old */
        }
        GOD_TRY(status);
        if (!execution->is_action && !has_status_of(execution->kind, step->tournament.status)) {
            return GOD_OK;
        }
    }
    return execution->kind->run(step, err);
}

static god_status execute(step_execution *execution, god_error *err)
{
    gdi_step *step = execution->step;
    god_status status = gdi_db_transact(step->db, execute_in, execution, err);
    gdi_scratch_clear(&step->cycles->scratch);
    return status;
}

static gdi_step new_step(gdi_cycles *cycles, int64_t now_us)
{
    return (gdi_step){
        .options = &cycles->options, .cycles = cycles, .db = cycles->options.db, .now_us = now_us, .due_us = INT64_MAX};
}

god_status gdi_step_execute(gdi_cycles *cycles, const gdi_step_kind *kind, const char *tournament_id, int64_t now_us,
                            gdi_step *ret_step, god_error *err)
{
    gdi_step step = new_step(cycles, now_us);
    step_execution execution = {.kind = kind, .tournament_id = tournament_id, .step = &step};
    GOD_TRY(execute(&execution, err));
    *ret_step = step;
    return GOD_OK;
}

god_status gdi_step_act(gdi_cycles *cycles, god_status (*run)(gdi_step *step, god_error *err), void *user,
                        const char *tournament_id, int64_t now_us, god_error *err)
{
    gdi_step step = new_step(cycles, now_us);
    step.user = user;
    const gdi_step_kind kind = {.name = "operator", .run = run};
    step_execution execution = {.kind = &kind, .tournament_id = tournament_id, .is_action = true, .step = &step};
    return execute(&execution, err);
}
