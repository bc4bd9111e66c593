/* core/cycles/start_training.c: rows that wait get GPUs, and a trainer is asked to start. Section 13.3; training
 * specification, 2.1 and 22.3. */
#include "core/cycles/rounds.h"

typedef struct waiting_row {
    const char *task_id, *hotkey;
    const gdi_named_task_kind *kind;
    gdi_task *task; /* of the row before, when it is the same */
} waiting_row;

/* ---- the request ---- */

static god_status put_text(json_t *object, const char *key, const char *text, god_error *err)
{
    return gdi_json_set_take(object, key, text != NULL ? json_string(text) : json_null(), err);
}

static god_status put_copy(json_t *object, const char *key, const json_t *from, const char *name, god_error *err)
{
    json_t *value = json_object_get(from, name);
    return gdi_json_set_take(object, key, value != NULL ? json_incref(value) : json_null(), err);
}

static god_status put_archive(json_t *data, const gdi_task *task, const json_t *details, god_error *err)
{
    GOD_TRY(put_text(data, "dataset_zip", task->training_data, err));
    GOD_TRY(put_copy(data, "model_type", details, "model_type", err));
    return put_copy(data, "trigger_word", details, "trigger_word", err);
}

static god_status put_table(json_t *data, const gdi_task *task, const json_t *details, god_error *err)
{
    json_t *fields = json_object_get(details, "fields");
    bool use_kl = json_is_true(json_object_get(details, "use_kl"));
    GOD_TRY(put_text(data, "dataset", task->training_data, err));
    GOD_TRY(gdi_json_set_take(data, "dataset_type", fields != NULL ? json_incref(fields) : json_object(), err));
    GOD_TRY(put_text(data, "file_format", "s3", err));
    GOD_TRY(gdi_json_set_take(data, "use_kl", json_boolean(use_kl), err));
    return put_copy(data, "kl_coef", details, "kl_coef", err);
}

static god_status training_data(gdi_step *step, const waiting_row *row, gdi_rows *request, json_t **ret_data,
                                god_error *err)
{
    const gdi_task *task = row->task;
    json_t *details = NULL, *stats = NULL, *data = json_object();
    GOD_TRY(gdi_step_keep_json_take(step, data, err));
    GOD_TRY(gdi_step_details(step, task->details_json, &details, err));
    const char *node_stats = gdi_rows_text(request, GDI_START_NODE_STATS);
    const char *start = gdi_rows_text(request, GDI_START_STARTING_MODEL);
    const char *model = task->augmented_model_id != NULL ? task->augmented_model_id : task->model_id;
    GOD_TRY(gdi_step_parse(step, "baseline statistics", node_stats != NULL ? node_stats : task->baseline_stats_json,
                           &stats, err));
    GOD_TRY(put_text(data, "model", start != NULL ? start : model, err));
    GOD_TRY(put_text(data, "task_id", task->task_id, err));
    GOD_TRY(gdi_json_set_take(data, "hours_to_complete", json_real(task->hours_to_complete), err));
    GOD_TRY(put_text(data, "expected_repo_name", gdi_rows_text(request, GDI_START_EXPECTED_REPO), err));
    GOD_TRY(gdi_json_set_take(data, "baseline_stats", json_incref(stats), err));
    GOD_TRY(row->kind->archive ? put_archive(data, task, details, err) : put_table(data, task, details, err));
    *ret_data = data;
    return GOD_OK;
}

static god_status request_of(gdi_step *step, const waiting_row *row, gdi_rows *request, const gdi_gpu_pick *pick,
                             json_t **ret_payload, god_error *err)
{
    json_t *data = NULL, *datasets = NULL, *gpu_ids = NULL;
    GOD_TRY(training_data(step, row, request, &data, err));
    GOD_TRY(gdi_step_parse(step, "requested data sets", gdi_rows_text(request, GDI_START_DATASETS), &datasets, err));
    GOD_TRY(gdi_json_gpu_ids(step, pick, &gpu_ids, err));
    /* The token is the row's sealed text; whoever executes the job opens it. */
    *ret_payload = json_pack("{s:O, s:s?, s:O, s:s, s:s?, s:s?, s:O, s:s, s:s}", "training_data", data, "github_repo",
                             gdi_rows_text(request, GDI_START_REPO), "gpu_ids", gpu_ids, "hotkey", row->hotkey,
                             "github_commit_hash", gdi_rows_text(request, GDI_START_COMMIT), "github_token",
                             gdi_rows_text(request, GDI_START_TOKEN), "requested_datasets", datasets, "trainer_ip",
                             pick->trainer_ip, "task_type", row->kind->task_type);
    return GOD_OK;
}

/* ---- a row ---- */

static god_status ask_trainer(gdi_step *step, const waiting_row *row, const char *held_by, const gdi_gpu_pick *pick,
                              god_error *err)
{
    gdi_rows *request = NULL;
    json_t *payload = NULL;
    const char *name = NULL, *key = NULL;
    GDI_KEEP(step, request, err, gdi_training_request(step->db, row->task_id, row->hotkey, &request, err));
    if (!gdi_rows_next(request)) {
        return god_fail(err, GOD_E_INTERNAL, "training row of task %s is gone", row->task_id);
    }
    GOD_TRY(
        gdi_step_format(step, &name, err, "%s/%lld", held_by, (long long)gdi_rows_int(request, GDI_START_STARTS) + 1));
    GOD_TRY(request_of(step, row, request, pick, &payload, err));
    const gdi_task_work work = {.kind = GDI_WORK_START_TRAINING,
                                .key = name,
                                .tournament_id = row->task->tournament_id,
                                .task_id = row->task_id,
                                .hotkey = row->hotkey,
                                .payload = payload};
    GOD_TRY(gdi_task_work_add(step, &work, &key, err));
    return gdi_training_ask_in(step->db, row->task_id, row->hotkey, pick->trainer_ip, key, step->now_us, err);
}

static god_status start_row(gdi_step *step, waiting_row *row, uint32_t needed, gdi_gpu_pool *pool, bool *ret_started,
                            god_error *err)
{
    const char *held_by = NULL;
    gdi_gpu_pick pick = {.count = 0};
    gdi_rows *rows = NULL;
    if (row->task->task_id == NULL || strcmp(row->task->task_id, row->task_id) != 0) {
        GDI_KEEP(step, rows, err, gdi_task_read(step->db, row->task_id, &rows, row->task, err));
    }
    GOD_TRY(gdi_step_format(step, &held_by, err, "%s/%s", row->task_id, row->hotkey));
    GOD_TRY(gdi_gpu_pool_take(step, pool, needed, held_by, row->task->hours_to_complete, ret_started, &pick, err));
    return *ret_started ? ask_trainer(step, row, held_by, &pick, err) : GOD_OK;
}

static god_status start_waiting(gdi_step *step, gdi_rows *waiting, god_error *err)
{
    gdi_gpu_pool *pool = NULL;
    gdi_task task = {.task_id = NULL};
    bool in_vain = false;
    GOD_TRY(gdi_gpu_pool_read(step, &pool, err));
    while (gdi_rows_next(waiting)) {
        waiting_row row = {.task_id = gdi_rows_text(waiting, GDI_WAITING_TASK),
                           .hotkey = gdi_rows_text(waiting, GDI_WAITING_HOTKEY),
                           .task = &task};
        int64_t next_us = gdi_rows_time(waiting, GDI_WAITING_NEXT_ATTEMPT);
        row.kind = gdi_step_kind_of(step, gdi_rows_text(waiting, GDI_WAITING_TYPE), row.task_id);
        if (row.kind == NULL || next_us > step->now_us) {
            gdi_step_due(step, row.kind == NULL ? INT64_MAX : next_us);
            continue;
        }
        bool started = false;
        uint32_t needed = gdi_gpus_needed(row.kind, gdi_rows_int(waiting, GDI_WAITING_PARAMS));
        GOD_TRY(start_row(step, &row, needed, pool, &started, err));
        in_vain |= !started;
    }
    return in_vain ? gdi_gpus_wait(step, err) : GOD_OK;
}

god_status gdi_step_start(gdi_step *step, god_error *err)
{
    uint64_t given_up = 0;
    gdi_rows *waiting = NULL;
    GOD_TRY(
        gdi_trainings_give_up_in(step->db, step->options->rules->training_attempts_max, step->now_us, &given_up, err));
    if (given_up > 0) {
        step->changed = true;
        gdi_step_raise(step, GDI_ON_TO_CLOSE);
        gdi_step_raise(step, GDI_ON_TO_QUEUE);
    }
    GDI_KEEP(step, waiting, err, gdi_trainings_waiting(step->db, &waiting, err));
    return gdi_rows_count(waiting) > 0 ? start_waiting(step, waiting, err) : GOD_OK;
}
