/* What begins a job: a training, or a model preparation. */
#include "core/trainer/api.h"
#include "core/trainer/api_check.h"
#include "core/training/gpus.h"
#include "core/training/model_prep.h"
#include "core/training/plan.h"
#include "core/host/facts.h"

/* ---- why not ---- */

typedef struct pair {
    uint32_t kind;
    const char *task_id, *hotkey;
    uint32_t is_at_work, is_training; /* out */
    char id[GDI_RECORD_ID_BYTES];     /* out: of the record in training */
} pair;

static uint32_t look_for_pair(void *user, const gdi_record *record)
{
    pair *p = user;
    if (record->kind == p->kind && strcmp(record->task_id, p->task_id) == 0 && strcmp(record->hotkey, p->hotkey) == 0) {
        p->is_at_work |= record->at_work;
        if (record->status == GDI_RECORD_TRAINING) {
            p->is_training = 1;
            (void)snprintf(p->id, sizeof p->id, "%s", record->id);
        }
    }
    return 0;
}

/* 1: none of the GPUs is in use. Otherwise the answer says so. */
static uint32_t gpus_are_free(const gdi_trainer_api *api, const uint32_t *ids, uint32_t count, gdi_answer *answer)
{
    uint32_t taken[GDI_TAKEN_MAX];
    uint32_t taken_count = gdi_trainer_taken(api, taken);
    char list[256] = "";
    for (uint32_t i = 0; i < count; i++) {
        size_t used = strlen(list);
        if (gdi_gpus_conflict(&ids[i], 1, taken, taken_count)) {
            (void)snprintf(list + used, sizeof list - used, "%s%u", used == 0 ? "" : ", ", ids[i]);
        }
    }
    if (list[0] == '\0') {
        return 1;
    }
    (void)gdi_trainer_refuse(answer, NULL, 409, "GPU conflict detected. GPUs already in use: %s", list);
    return 0;
}

static uint32_t has_room(const gdi_trainer_api *api, gdi_answer *answer)
{
    if (gdi_crew_count(api->crew) < (uint32_t)api->config->trainer_jobs_max) {
        return 1;
    }
    (void)gdi_trainer_refuse(answer, NULL, 409, "This trainer runs %d jobs already, which is its limit",
                             (int)api->config->trainer_jobs_max);
    return 0;
}

/* ---- begin ---- */

/* Folder, record, thread. What was made before a failure is taken back. */
static god_status begin(const gdi_trainer_api *api, const json_t *request, char ret_id[GDI_RECORD_ID_BYTES],
                        god_error *err)
{
    char job_dir[GOD_PATH_MAX];
    gdi_record_new_id(ret_id);
    GOD_TRY(gdi_work_make(api->jobs_dir, ret_id, request, api->secrets, job_dir, err));
    god_status status = gdi_records_begin(api->records, request, ret_id, gdi_facts_now_us(), err);
    if (status == GOD_OK) {
        status = gdi_crew_start(api->crew, ret_id, err);
    }
    if (status != GOD_OK) {
        gdi_records_drop(api->records, ret_id);
        (void)gdi_crew_remove(api->crew, ret_id, NULL); /* a folder without a record is removed at the next cleaning */
    }
    return status;
}

/* ---- a training ---- */

/* Whether some task type takes this request, and what it makes of it: nothing here, but every mistake shows. */
static god_status try_plan(const gdi_trainer_api *api, const gdi_start_request *request, god_error *err)
{
    const gdi_plan_options options = {.clone_root = NULL};
    gdi_plan plan = {.task_type = NULL};
    (void)pthread_mutex_lock(api->types_mutex);
    god_status status = gdi_plan_make(api->types, request, &options, &plan, err);
    (void)pthread_mutex_unlock(api->types_mutex);
    gdi_plan_clear(&plan);
    return status;
}

static god_status start_checked(const gdi_trainer_api *api, const gdi_start_request *request, gdi_answer *answer,
                                god_error *err)
{
    char id[GDI_RECORD_ID_BYTES];
    pair p = {.kind = GDI_RECORD_START, .task_id = request->task_id, .hotkey = request->hotkey};
    gdi_records_each(api->records, &p, look_for_pair);
    if (p.is_at_work) {
        return gdi_trainer_refuse(answer, err, 409, "Task %s for hotkey %s is already running", request->task_id,
                                  request->hotkey);
    }
    if (!gpus_are_free(api, request->gpu_ids, request->gpu_count, answer)) {
        return GOD_OK;
    }
    if (p.is_training) {
        return gdi_trainer_refuse(answer, err, 409, "Task %s for hotkey %s is recorded as training", request->task_id,
                                  request->hotkey);
    }
    if (!has_room(api, answer)) {
        return GOD_OK;
    }
    GOD_TRY(begin(api, request->root, id, err));
    gdi_log_write(api->log, GOD_LOG_INFO, "a training begins", "job", id, "task", request->task_id, "hotkey",
                  request->hotkey, NULL);
    answer->json = json_pack("{s:s, s:s}", "message", "Started Training!", "task_id", request->task_id);
    return GOD_OK;
}

static god_status handle_start(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_trainer_api *api = context;
    json_t *list = NULL;
    gdi_start_request start = {.root = NULL};
    god_error why = GOD_ERROR_INIT;
    if (!gdi_access_admits(api->access, request, answer)) {
        return GOD_OK;
    }
    json_t *body = gdi_check_body(request, &list);
    if (body != NULL) {
        list = gdi_check_start(body);
        json_decref(body);
    }
    if (list == NULL || json_array_size(list) > 0) {
        return gdi_check_answer_take(list, answer, err);
    }
    json_decref(list);
    god_status status = gdi_start_request_parse("body", request->text, request->text_bytes, &start, &why);
    if (status == GOD_OK) {
        status = try_plan(api, &start, &why);
    }
    if (status == GOD_OK) {
        status = start_checked(api, &start, answer, err);
    } else if (status == GOD_E_INVALID || status == GOD_E_DATA) {
        status = gdi_check_answer_value(why.message, answer, err);
    } else {
        status = god_fail(err, status, "%s", why.message);
    }
    gdi_start_request_clear(&start);
    return status;
}

/* ---- a model preparation ---- */

/* An older one of the same task makes room: it is a failure from now on, and ended. */
static void end_older(const gdi_trainer_api *api, const char *task_id, const char *hotkey)
{
    pair p = {.kind = GDI_RECORD_PREP, .task_id = task_id, .hotkey = hotkey};
    gdi_records_each(api->records, &p, look_for_pair);
    if (p.is_training) {
        gdi_records_say(api->records, p.id, gdi_facts_now_us(),
                        "[INFO] The same model preparation was asked for again.");
        gdi_records_end(api->records, p.id, GDI_RECORD_FAILURE, NULL, gdi_facts_now_us());
        gdi_crew_cancel(api->crew, p.id);
    }
}

static god_status prep_checked(const gdi_trainer_api *api, const gdi_prep_request *prep, char memo[],
                               gdi_answer *answer, god_error *err)
{
    char id[GDI_RECORD_ID_BYTES];
    end_older(api, prep->task_id, prep->hotkey == NULL ? "" : prep->hotkey);
    if (!gpus_are_free(api, prep->gpu_ids, prep->gpu_count, answer) || !has_room(api, answer)) {
        return GOD_OK;
    }
    GOD_TRY(begin(api, prep->root, id, err));
    gdi_log_write(api->log, GOD_LOG_INFO, "a model preparation begins", "job", id, "task", prep->task_id, NULL);
    (void)snprintf(memo, GDI_REQUEST_MEMO_BYTES, "%s", id);
    answer->later = 1;
    return GOD_OK;
}

/* The last line of a record's log. */
static const char *last_words(const json_t *shown)
{
    const json_t *logs = json_object_get(shown, "logs");
    const char *line =
        json_array_size(logs) == 0 ? NULL : json_string_value(json_array_get(logs, json_array_size(logs) - 1));
    return line == NULL ? "the model preparation failed" : line;
}

/* Asked again, because some job has ended: this one? */
static god_status answer_prep(const gdi_trainer_api *api, const char *id, gdi_answer *answer, god_error *err)
{
    json_t *shown = gdi_records_show_id(api->records, id);
    const char *status = json_string_value(json_object_get(shown, "status"));
    if (status == NULL) {
        json_decref(shown);
        return gdi_trainer_refuse(answer, err, 500, "the same model preparation was asked for again");
    }
    if (strcmp(status, "training") == 0) {
        answer->later = 1;
    } else if (strcmp(status, "success") == 0) {
        answer->json = json_incref(json_object_get(shown, "result"));
    } else {
        (void)gdi_trainer_refuse(answer, err, 500, "%.1000s", last_words(shown));
    }
    json_decref(shown);
    return GOD_OK;
}

static god_status handle_prep(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_trainer_api *api = context;
    json_t *list = NULL;
    gdi_prep_request prep = {.root = NULL};
    god_error why = GOD_ERROR_INIT;
    if (request->memo[0] != '\0') {
        return answer_prep(api, request->memo, answer, err);
    }
    if (!gdi_access_admits(api->access, request, answer)) {
        return GOD_OK;
    }
    json_t *body = gdi_check_body(request, &list);
    if (body != NULL) {
        list = gdi_check_prep(body);
    }
    if (list == NULL || json_array_size(list) > 0) {
        json_decref(body);
        return gdi_check_answer_take(list, answer, err);
    }
    json_decref(list);
    if (gdi_prep_request_take("body", body, &prep, &why) != GOD_OK) {
        return gdi_check_answer_value(why.message, answer, err);
    }
    god_status status = prep_checked(api, &prep, request->memo, answer, err);
    gdi_prep_request_clear(&prep);
    return status;
}

const gdi_route gdi_trainer_start_routes[] = {
    {"POST", "/v1/trainer/start_training", GDI_ACCESS_PEER, handle_start},
    {"POST", "/v1/trainer/model_prep", GDI_ACCESS_PEER, handle_prep},
    {.method = NULL},
};
