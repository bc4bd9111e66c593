/* core/cycles/model_preparation.c: baseline statistics of a task's model on a trainer. Section 13.1, 11.3; training
 * specification, 17 and 22.8. */
#include "core/cycles/rounds.h"
#include "core/tournament/task_size.h"

static const double reserved_hours = 1.0;
static const double duplicate_rate_max = 0.20; /* a data set with more near duplicates is refused (17.4) */
static const int64_t pause_us = 30 * INT64_C(1000000);

static god_status settled(gdi_step *step, const gdi_task *task, const char *augmented, json_t *stats, god_error *err)
{
    const gdi_named_task_kind *kind = gdi_step_kind_of(step, task->task_type, task->task_id);
    const json_t *dataset = json_object_get(stats, "dataset"),
                 *lengths = json_object_get(dataset, "seq_length_distribution");
    const json_t *p95 = json_object_get(lengths, "p95"), *p50 = json_object_get(lengths, "p50");
    double hours = task->hours_to_complete;
    bool by_size = kind != NULL && kind->hours_max <= 0;
    if (by_size && json_is_number(p95)) {
        hours = gdi_context_hours(hours, json_number_value(p95),
                                  json_is_number(p50) ? json_number_value(p50) : GDI_NO_VALUE);
    }
    const char *text = NULL;
    if (json_is_object(stats)) {
        GOD_TRY(gdi_step_dump(step, stats, &text, err));
    }
    GOD_TRY(gdi_task_model_prepared_in(step->db, task->task_id, augmented, text, hours, step->now_us, err));
    gdi_step_raise(step, GDI_ON_TO_QUEUE);
    gdi_step_raise(step, GDI_ON_TASKS);
    step->changed = true;
    return GOD_OK;
}

/* Statistics of the entrants' own starting models, where the task has such. */
static god_status settle_nodes(gdi_step *step, const gdi_task *task, json_t *nodes, god_error *err)
{
    const char *hotkey = NULL, *text = NULL;
    json_t *stats = NULL;
    json_object_foreach(nodes, hotkey, stats)
    {
        if (json_is_object(stats)) {
            GOD_TRY(gdi_step_dump(step, stats, &text, err));
            GOD_TRY(gdi_task_node_prepared_in(step->db, task->task_id, hotkey, text, err));
        }
    }
    return GOD_OK;
}

static god_status hold_name(gdi_step *step, const char *task_id, const char **ret_name, god_error *err)
{
    return gdi_step_format(step, ret_name, err, "%s/model", task_id);
}

static bool fits(const json_t *result)
{
    const char *augmented = json_string_value(json_object_get(result, "augmented_model_id"));
    return (augmented == NULL || gdi_name_fits(augmented, GDI_MODEL_NAME_MAX)) &&
           json_dumpb(result, NULL, 0, JSON_COMPACT) <= GDI_TASK_DETAILS_MAX;
}

static god_status end(gdi_step *step, gdi_rows *ended, god_error *err)
{
    const char *task_id = gdi_rows_text(ended, GDI_ENDED_TASK), *message = NULL, *held_by = NULL;
    json_t *result = NULL;
    gdi_rows *rows = NULL;
    gdi_task task = {.task_id = NULL};
    GOD_TRY(hold_name(step, task_id, &held_by, err));
    GOD_TRY(gdi_gpus_release_in(step->db, held_by, step->now_us, err));
    gdi_step_raise(step, GDI_ON_TRAINERS);
    step->changed = true;
    GOD_TRY(gdi_ended_result(step, gdi_rows_text(ended, GDI_ENDED_STATE), gdi_rows_text(ended, GDI_ENDED_RESULT),
                             gdi_rows_text(ended, GDI_ENDED_MESSAGE), &result, &message, err));
    if (result != NULL && !fits(result)) {
        result = NULL;
    }
    if (result == NULL) {
        gdi_step_log(step, GOD_LOG_WARNING, "model could not be prepared, trying again", "task", task_id);
        return gdi_task_model_try_in(step->db, task_id, NULL, step->now_us, err);
    }
    GDI_KEEP(step, rows, err, gdi_task_read(step->db, task_id, &rows, &task, err));
    json_t *stats = json_object_get(result, "baseline_stats");
    const json_t *rate = json_object_get(json_object_get(stats, "dataset"), "near_duplicate_rate");
    if (json_is_number(rate) && json_number_value(rate) >= duplicate_rate_max) {
        gdi_step_raise(step, GDI_ON_TASK_BROKEN);
        gdi_step_raise(step, GDI_ON_TASKS);
        return gdi_task_end_in(step->db, task_id, "prep_task_failure", "its data set has too many near duplicates",
                               step->now_us, err);
    }
    GOD_TRY(settle_nodes(step, &task, json_object_get(result, "nodes"), err));
    return settled(step, &task, json_string_value(json_object_get(result, "augmented_model_id")), stats, err);
}

/* Another group of the round has the same model and start: its statistics serve here, too, now or when they are there.
 */
static god_status reuse(gdi_step *step, const gdi_task *task, bool *ret_settled, god_error *err)
{
    *ret_settled = false;
    if (task->start_point == NULL || strcmp(task->start_point, "default") != 0) {
        return GOD_OK;
    }
    gdi_rows *rows = NULL;
    json_t *stats = NULL;
    GDI_KEEP(step, rows, err, gdi_task_sibling_stats(step->db, task, &rows, err));
    if (!gdi_rows_next(rows)) {
        return GOD_OK;
    }
    *ret_settled = true;
    if (gdi_rows_is_null(rows, 0)) {
        return GOD_OK;
    }
    GOD_TRY(gdi_step_parse(step, "statistics of a model", gdi_rows_text(rows, 0), &stats, err));
    return settled(step, task, task->augmented_model_id, stats, err);
}

/* Every trainer: one of them may be at it from an earlier try (22.8). */
static god_status list_trainers(gdi_step *step, json_t **ret_list, god_error *err)
{
    gdi_rows *rows = NULL;
    json_t *list = json_array();
    GOD_TRY(gdi_step_keep_json_take(step, list, err));
    GDI_KEEP(step, rows, err, gdi_trainers(step->db, &rows, err));
    while (gdi_rows_next(rows)) {
        GOD_TRY(gdi_json_append_take(list, json_string(gdi_rows_text(rows, 0)), err));
    }
    *ret_list = list;
    return GOD_OK;
}

static god_status payload_of(gdi_step *step, const gdi_task *task, const gdi_gpu_pick *pick, json_t **ret_payload,
                             god_error *err)
{
    json_t *details = NULL, *gpu_ids = NULL, *trainers = NULL, *starting = json_object();
    gdi_rows *nodes = NULL;
    GOD_TRY(gdi_step_keep_json_take(step, starting, err));
    GOD_TRY(gdi_step_details(step, task->details_json, &details, err));
    GOD_TRY(gdi_json_gpu_ids(step, pick, &gpu_ids, err));
    GOD_TRY(list_trainers(step, &trainers, err));
    GDI_KEEP(step, nodes, err, gdi_task_nodes(step->db, task->task_id, &nodes, err));
    while (gdi_rows_next(nodes)) {
        if (!gdi_rows_is_null(nodes, GDI_NODE_STARTING)) {
            GOD_TRY(gdi_json_set_take(starting, gdi_rows_text(nodes, GDI_NODE_HOTKEY),
                                      json_string(gdi_rows_text(nodes, GDI_NODE_STARTING)), err));
        }
    }
    *ret_payload = json_pack("{s:s, s:s, s:s?, s:s?, s:O, s:O, s:s, s:O, s:O}", "task_id", task->task_id, "task_type",
                             task->task_type, "model_id", task->model_id, "training_data_url", task->training_data,
                             "details", details, "starting_models", starting, "trainer_ip", pick->trainer_ip, "gpu_ids",
                             gpu_ids, "trainers", trainers);
    return GOD_OK;
}

static god_status begin(gdi_step *step, const gdi_task *task, gdi_gpu_pool *pool, bool *ret_begun, god_error *err)
{
    const gdi_named_task_kind *kind = gdi_step_kind_of(step, task->task_type, task->task_id);
    const char *held_by = NULL, *number = NULL, *key = NULL;
    gdi_gpu_pick pick = {.count = 0};
    json_t *payload = NULL;
    *ret_begun = true;
    if (kind == NULL) {
        return GOD_OK;
    }
    GOD_TRY(hold_name(step, task->task_id, &held_by, err));
    GOD_TRY(gdi_gpu_pool_take(step, pool, gdi_gpus_needed(kind, task->model_params_count), held_by, reserved_hours,
                              ret_begun, &pick, err));
    if (!*ret_begun) {
        return GOD_OK;
    }
    GOD_TRY(payload_of(step, task, &pick, &payload, err));
    god_status status = gdi_step_format(step, &number, err, "%s/%u", task->task_id, task->preparations + 1);
    if (status != GOD_OK) {
        json_decref(payload);
        return status;
    }
    const gdi_task_work work = {.kind = GDI_WORK_PREPARE_MODEL,
                                .key = number,
                                .tournament_id = task->tournament_id,
                                .task_id = task->task_id,
                                .payload = payload,
                                .not_before_us = task->preparations > 0 ? step->now_us + pause_us : 0};
    GOD_TRY(gdi_task_work_add(step, &work, &key, err));
    return gdi_task_model_try_in(step->db, task->task_id, key, step->now_us, err);
}

static god_status begin_waiting(gdi_step *step, god_error *err)
{
    gdi_rows *waiting = NULL;
    gdi_gpu_pool *pool = NULL;
    GDI_KEEP(step, waiting, err, gdi_tasks_with_status(step->db, "awaiting_model_prep", 0, &waiting, err));
    bool in_vain = false;
    while (gdi_rows_next(waiting)) {
        gdi_rows *rows = NULL;
        gdi_task task = {.task_id = NULL};
        bool done = false;
        GDI_KEEP(step, rows, err, gdi_task_read(step->db, gdi_rows_text(waiting, 0), &rows, &task, err));
        if (task.job_key != NULL) {
            continue;
        }
        GOD_TRY(reuse(step, &task, &done, err));
        if (!done && pool == NULL) {
            GOD_TRY(gdi_gpu_pool_read(step, &pool, err));
        }
        if (!done) {
            GOD_TRY(begin(step, &task, pool, &done, err));
        }
        in_vain |= !done;
    }
    return in_vain ? gdi_gpus_wait(step, err) : GOD_OK;
}

god_status gdi_step_prepare_models(gdi_step *step, god_error *err)
{
    gdi_rows *ended = NULL;
    GDI_KEEP(step, ended, err, gdi_tasks_ended(step->db, "awaiting_model_prep", &ended, err));
    while (gdi_rows_next(ended)) {
        GOD_TRY(end(step, ended, err));
    }
    return begin_waiting(step, err);
}
