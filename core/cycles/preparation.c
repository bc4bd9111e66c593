/* core/cycles/preparation.c: data of a task, at most three at a time. Section 13.1; training specification, 20.1. */
#include "core/cycles/rounds.h"
#include "god/helpers/json.h"

enum { AT_ONCE = 3 };

static god_status begin(gdi_step *step, const char *task_id, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_task task = {.task_id = NULL};
    json_t *details = NULL;
    const char *key = NULL;
    GDI_KEEP(step, rows, err, gdi_task_read(step->db, task_id, &rows, &task, err));
    GOD_TRY(gdi_step_details(step, task.details_json, &details, err));
    const gdi_task_work work = {.kind = GDI_WORK_PREPARE_TASK,
                                .key = task.task_id,
                                .tournament_id = task.tournament_id,
                                .task_id = task.task_id,
                                .payload = json_pack("{s:s, s:s, s:s?, s:s?, s:O}", "task_id", task.task_id,
                                                     "task_type", task.task_type, "model_id", task.model_id, "ds",
                                                     task.ds, "details", details)};
    GOD_TRY(gdi_task_work_add(step, &work, &key, err));
    GOD_TRY(gdi_task_move_in(step->db, task_id, "pending", "preparing_data", key, step->now_us, NULL, err));
    gdi_step_raise(step, GDI_ON_TASKS);
    return GOD_OK;
}

static god_status fail(gdi_step *step, const char *task_id, const char *message, god_error *err)
{
    GOD_TRY(gdi_task_end_in(step->db, task_id, "prep_task_failure", message, step->now_us, err));
    gdi_step_raise(step, GDI_ON_TASK_BROKEN);
    gdi_step_raise(step, GDI_ON_TASKS);
    step->changed = true;
    gdi_step_log(step, GOD_LOG_WARNING, "task could not be prepared, it will be replaced", "task", task_id);
    return GOD_OK;
}

/* Fields of the answer take the place of those the task had: columns get standard names when the data is written. */
static god_status merge(gdi_step *step, const gdi_task *task, const gdi_named_task_kind *kind, json_t *result,
                        const char **ret_details, god_error *err)
{
    json_t *fields = json_object_get(result, "fields"), *details = NULL;
    *ret_details = NULL;
    if (!json_is_object(fields)) {
        return GOD_OK;
    }
    GOD_TRY(gdi_step_details(step, task->details_json, &details, err));
    if (json_object_set(details, "fields", fields) != 0) {
        return god_fail(err, GOD_E_NOMEM, "no memory for the details of a task");
    }
    if (kind != NULL) {
        GOD_TRY(gdi_step_write_details(step, task->task_id, kind, details, err));
    }
    return gdi_step_dump(step, details, ret_details, err);
}

static bool read_answer(const json_t *result, const char **training_data, const char **test_data, god_error *why)
{
    json_t *fields = NULL;
    if (god_json_get_str("prepared task", result, "training_data", training_data, why) != GOD_OK ||
        god_json_opt_str("prepared task", result, "test_data", test_data, why) != GOD_OK ||
        god_json_opt_object("prepared task", result, "fields", &fields, why) != GOD_OK) {
        return false;
    }
    bool fits = gdi_name_fits(*training_data, GDI_DATA_URL_MAX) &&
                (*test_data == NULL || gdi_name_fits(*test_data, GDI_DATA_URL_MAX)) &&
                (fields == NULL || json_dumpb(fields, NULL, 0, JSON_COMPACT) <= GDI_TASK_DETAILS_MAX);
    if (!fits) {
        (void)god_fail(why, GOD_E_DATA, "prepared task: an address is empty or too long, or its fields are too large");
    }
    return fits;
}

static god_status end(gdi_step *step, gdi_rows *ended, god_error *err)
{
    const char *task_id = gdi_rows_text(ended, GDI_ENDED_TASK), *message = NULL;
    json_t *result = NULL;
    GOD_TRY(gdi_ended_result(step, gdi_rows_text(ended, GDI_ENDED_STATE), gdi_rows_text(ended, GDI_ENDED_RESULT),
                             gdi_rows_text(ended, GDI_ENDED_MESSAGE), &result, &message, err));
    god_error why = GOD_ERROR_INIT;
    const char *training_data = NULL, *test_data = NULL, *details = NULL;
    if (result == NULL) {
        return fail(step, task_id, message, err);
    }
    if (!read_answer(result, &training_data, &test_data, &why)) {
        return fail(step, task_id, why.message, err);
    }
    gdi_rows *rows = NULL;
    gdi_task task = {.task_id = NULL};
    GDI_KEEP(step, rows, err, gdi_task_read(step->db, task_id, &rows, &task, err));
    const gdi_named_task_kind *kind = gdi_step_kind_of(step, task.task_type, task_id);
    GOD_TRY(merge(step, &task, kind, result, &details, err));
    bool model_next = kind != NULL && kind->prepares_model;
    GOD_TRY(gdi_task_prepared_in(step->db, task_id, training_data, test_data, details,
                                 model_next ? "awaiting_model_prep" : "looking_for_nodes", step->now_us, err));
    gdi_step_raise(step, model_next ? GDI_ON_TO_PREPARE_MODEL : GDI_ON_TO_QUEUE);
    gdi_step_raise(step, GDI_ON_TASKS);
    step->changed = true;
    return GOD_OK;
}

god_status gdi_step_prepare(gdi_step *step, god_error *err)
{
    gdi_rows *ended = NULL, *waiting = NULL;
    uint32_t at_work = 0;
    GDI_KEEP(step, ended, err, gdi_tasks_ended(step->db, "preparing_data", &ended, err));
    while (gdi_rows_next(ended)) {
        GOD_TRY(end(step, ended, err));
    }
    GDI_KEEP(step, waiting, err, gdi_tasks_with_status(step->db, "pending", AT_ONCE, &waiting, err));
    if (gdi_rows_count(waiting) == 0) {
        return GOD_OK;
    }
    GOD_TRY(gdi_tasks_count(step->db, "preparing_data", &at_work, err));
    for (; at_work < AT_ONCE && gdi_rows_next(waiting); at_work++) {
        GOD_TRY(begin(step, gdi_rows_text(waiting, 0), err));
    }
    return GOD_OK;
}
