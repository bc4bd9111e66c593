#include "core/trainer/store_shown.h"

#include "core/training/model_prep.h"
#include "core/tournament/calendar.h"
#include "god/helpers/json.h"

static const char *const status_names[] = {NULL, "training", "success", "failure"};

const char *gdi_shown_status(uint32_t status)
{
    return status_names[status];
}

void gdi_record_time(int64_t time_us, char ret_text[GDI_RECORD_TIME_BYTES])
{
    char whole[GDI_TIME_TEXT];
    int64_t us = time_us % GDI_SECOND_US;
    gdi_time_format(time_us - us, whole);
    whole[strcspn(whole, "Z")] = '\0';
    if (us == 0) {
        (void)snprintf(ret_text, GDI_RECORD_TIME_BYTES, "%.19s", whole);
    } else {
        (void)snprintf(ret_text, GDI_RECORD_TIME_BYTES, "%.19s.%06u", whole, (unsigned)us % 1000000);
    }
}

json_t *gdi_shown_time(int64_t time_us)
{
    char text[GDI_RECORD_TIME_BYTES];
    if (time_us == 0) {
        return json_null();
    }
    gdi_record_time(time_us, text);
    return json_string(text);
}

static int64_t time_of(const json_t *shown, const char *key)
{
    const char *text = json_string_value(json_object_get(shown, key));
    char with_zone[GDI_RECORD_TIME_BYTES + 2];
    int64_t time_us = 0;
    if (text == NULL || strlen(text) >= GDI_RECORD_TIME_BYTES) {
        return 0;
    }
    (void)snprintf(with_zone, sizeof with_zone, "%sZ", text);
    return gdi_time_parse(with_zone, &time_us) ? time_us : 0;
}

/* ---- from a request ---- */

/* "https://user:secret@host/path" without what stands before the @. */
static json_t *without_user(const char *address)
{
    const char *host = address == NULL ? NULL : strstr(address, "://");
    if (host == NULL) {
        return address == NULL ? json_null() : json_string(address);
    }
    host += 3;
    size_t authority = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', authority);
    return at == NULL ? json_string(address) : json_sprintf("%.*s%s", (int)(host - address), address, at + 1);
}

/* The member, or null. A new reference. */
static json_t *member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return value == NULL ? json_null() : json_incref(value);
}

/* What a validator left out of training_data is shown with its default (2.1). */
static json_t *shown_training_data(const json_t *request)
{
    static const char *const nullable[] = {"expected_repo_name", "baseline_stats"};
    json_t *data = json_copy(json_object_get(request, "training_data"));
    int failed = data == NULL;
    for (size_t i = 0; i < sizeof nullable / sizeof *nullable; i++) {
        failed |= json_object_get(data, nullable[i]) == NULL && json_object_set_new(data, nullable[i], json_null());
    }
    if (json_object_get(data, "dataset_zip") != NULL) {
        failed |=
            json_object_get(data, "model_type") == NULL && json_object_set_new(data, "model_type", json_string("sdxl"));
        failed |=
            json_object_get(data, "trigger_word") == NULL && json_object_set_new(data, "trigger_word", json_null());
    } else {
        failed |= json_object_get(data, "use_kl") == NULL && json_object_set_new(data, "use_kl", json_false());
        failed |= json_object_get(data, "kl_coef") == NULL && json_object_set_new(data, "kl_coef", json_null());
    }
    if (failed) {
        json_decref(data);
        return NULL;
    }
    return data;
}

static json_t *shown_start(const json_t *request, int64_t now_us)
{
    return json_pack("{s:s, s:o, s:s, s:o, s:n, s:n, s:[], s:o, s:o, s:o, s:o, s:n, s:o, s:n}", "job_type", "training",
                     "gpu_ids", member(request, "gpu_ids"), "status", gdi_shown_status(GDI_RECORD_TRAINING),
                     "started_at", gdi_shown_time(now_us), "finished_at", "container_name", "logs", "training_data",
                     shown_training_data(request), "github_repo",
                     without_user(json_string_value(json_object_get(request, "github_repo"))), "hotkey",
                     member(request, "hotkey"), "github_commit_hash", member(request, "github_commit_hash"),
                     "github_token", "requested_datasets", member(request, "requested_datasets"), "wandb_url");
}

static json_t *shown_prep(const json_t *request, int64_t now_us)
{
    const json_t *gpus = json_object_get(request, "gpu_ids");
    return json_pack("{s:s, s:o, s:s, s:o, s:n, s:n, s:[], s:o, s:o, s:o, s:n}", "job_type", "model_prep", "gpu_ids",
                     gpus == NULL ? json_pack("[i]", 0) : member(request, "gpu_ids"), "status",
                     gdi_shown_status(GDI_RECORD_TRAINING), "started_at", gdi_shown_time(now_us), "finished_at",
                     "container_name", "logs", "task_id", member(request, "task_id"), "model_id",
                     member(request, "model_id"), "hotkey", member(request, "hotkey"), "result");
}

god_status gdi_shown_make(const json_t *request, const char *id, int64_t now_us, gdi_record *ret_record, god_error *err)
{
    json_t *shown = gdi_prep_request_is_one(request) ? shown_prep(request, now_us) : shown_start(request, now_us);
    if (shown == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the record of a job");
    }
    GOD_TRY(gdi_shown_take("the request", shown, ret_record, err));
    (void)snprintf(ret_record->id, sizeof ret_record->id, "%s", id);
    return GOD_OK;
}

/* ---- back from a file ---- */

static god_status read_gpus(const char *where, gdi_record *record, god_error *err)
{
    json_t *list = NULL;
    GOD_TRY(god_json_get_array(where, record->shown, "gpu_ids", &list, err));
    record->gpu_count = 0;
    for (size_t i = 0; i < json_array_size(list) && i < GDI_REQUEST_GPUS_MAX; i++) {
        record->gpu_ids[record->gpu_count++] = (uint32_t)json_integer_value(json_array_get(list, i));
    }
    return GOD_OK;
}

static god_status read_status(const char *where, gdi_record *record, god_error *err)
{
    const char *name = NULL;
    GOD_TRY(god_json_get_str(where, record->shown, "status", &name, err));
    for (uint32_t i = GDI_RECORD_TRAINING; i <= GDI_RECORD_FAILURE; i++) {
        if (strcmp(name, status_names[i]) == 0) {
            record->status = i;
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_DATA, "%s: there is no status \"%.40s\"", where, name);
}

static god_status read_names(const char *where, gdi_record *record, god_error *err)
{
    const char *job_type = NULL;
    const json_t *data = record->shown;
    GOD_TRY(god_json_get_str(where, record->shown, "job_type", &job_type, err));
    record->hotkey = "";
    record->kind = strcmp(job_type, "training") == 0 ? GDI_RECORD_START : GDI_RECORD_PREP;
    GOD_TRY(god_json_opt_str(where, record->shown, "hotkey", &record->hotkey, err));
    if (record->kind == GDI_RECORD_PREP) {
        GOD_TRY(god_json_get_str(where, data, "task_id", &record->task_id, err));
        return god_json_get_str(where, data, "model_id", &record->model, err);
    }
    data = json_object_get(record->shown, "training_data");
    GOD_TRY(god_json_get_str(where, data, "task_id", &record->task_id, err));
    GOD_TRY(god_json_get_str(where, data, "model", &record->model, err));
    return god_json_get_num(where, data, "hours_to_complete", &record->hours, err);
}

god_status gdi_shown_take(const char *where, json_t *shown, gdi_record *ret_record, god_error *err)
{
    gdi_record record = {
        .shown = shown, .started_us = time_of(shown, "started_at"), .finished_us = time_of(shown, "finished_at")};
    god_status status = read_names(where, &record, err);
    if (status == GOD_OK) {
        status = read_status(where, &record, err);
    }
    if (status == GOD_OK) {
        status = read_gpus(where, &record, err);
    }
    if (status == GOD_OK && !json_is_array(json_object_get(shown, "logs"))) {
        status = god_fail(err, GOD_E_DATA, "%s: \"logs\" is no list", where);
    }
    if (status != GOD_OK) {
        json_decref(shown);
        return status;
    }
    *ret_record = record;
    return GOD_OK;
}
