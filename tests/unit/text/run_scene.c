#include "run_scene.h"

#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/json.h"
#include "god/helpers/text.h"

#define DEMO GOD_SOURCE_DIR "/sdk/examples/demo"

static void host_log(void *ctx, uint32_t level, const char *message)
{
    scene *about = ctx;
    if (level >= GOD_LOG_WARNING) {
        (void)snprintf(about->warning, sizeof about->warning, "%s", message);
    }
}

static uint32_t host_cancelled(void *ctx)
{
    scene *about = ctx;
    about->cancelled_calls++;
    return about->cancel_after > 0 && about->cancelled_calls > about->cancel_after;
}

static void host_progress(void *ctx, uint64_t done, uint64_t total, const char *unit, const char *stage)
{
    scene *about = ctx;
    ck_assert_ptr_nonnull(stage);
    if (strcmp(unit, "tokens") != 0) {
        return; /* preparation counts rows */
    }
    ck_assert_uint_ge(done, about->done);
    ck_assert_uint_le(done, total);
    about->done = done;
    about->total = total;
}

static const void *host_extension(void *ctx, const char *id)
{
    (void)ctx;
    (void)id;
    return NULL;
}

static scene_result *result_of(void *ctx, uint32_t submission)
{
    scene *about = ctx;
    ck_assert_uint_lt(submission, about->count);
    return &about->results[submission];
}

static void end_result(scene_result *result, const char *status, const char *message)
{
    (void)snprintf(result->status, sizeof result->status, "%s", status);
    (void)snprintf(result->message, sizeof result->message, "%s", message);
}

static god_status report_metric(void *ctx, uint32_t submission, const char *name, double value, uint64_t items)
{
    scene_result *result = result_of(ctx, submission);
    ck_assert_uint_lt(result->metric_count, SCENE_METRICS_MAX);
    (void)snprintf(result->metrics[result->metric_count].name, sizeof result->metrics[0].name, "%s", name);
    result->metrics[result->metric_count].value = value;
    result->metrics[result->metric_count].items = items;
    result->metric_count++;
    return GOD_OK;
}

static god_status report_failed(void *ctx, uint32_t submission, god_status why, const char *message)
{
    ck_assert_int_ne(why, GOD_OK);
    end_result(result_of(ctx, submission), "failed", message);
    return GOD_OK;
}

static god_status report_excluded(void *ctx, uint32_t submission, const char *status, const char *message)
{
    end_result(result_of(ctx, submission), status, message);
    return GOD_OK;
}

static god_status report_note(void *ctx, uint32_t submission, const char *message)
{
    (void)result_of(ctx, submission);
    ck_assert_ptr_nonnull(message);
    return GOD_OK;
}

static god_status report_artifact(void *ctx, uint32_t submission, const char *name, const char *path)
{
    scene_result *result = result_of(ctx, submission);
    ck_assert_str_eq(name, "per_example.jsonl");
    ck_assert(god_file_exists(path));
    (void)snprintf(result->artifact, sizeof result->artifact, "%s", path);
    return GOD_OK;
}

static god_status report_fact(void *ctx, const char *name, const char *value)
{
    scene *about = ctx;
    ck_assert_ptr_null(json_object_get(about->facts, name)); /* a fact is told once */
    ck_assert_int_eq(json_object_set_new(about->facts, name, json_string(value)), 0);
    return GOD_OK;
}

const char *scene_demo(const char *name)
{
    static char paths[8][GOD_PATH_MAX];
    static uint32_t next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, GOD_PATH_MAX, DEMO "/models/%s", name);
    return path;
}

/* Path of a file beside the task; static text until the next call. */
static const char *task_file(const scene *about, const char *name)
{
    static char path[GOD_PATH_MAX];
    (void)snprintf(path, sizeof path, DEMO "/%s/%s", about->folder != NULL ? about->folder : ".", name);
    return path;
}

/* The task with members put over it. Owned by the caller. */
static char *spec_text(const scene *about)
{
    god_error err = GOD_ERROR_INIT;
    json_t *spec = NULL;
    ck_assert_int_eq(god_json_read(task_file(about, "task.json"), 1 << 16, &spec, &err), GOD_OK);
    if (about->extra_spec != NULL) {
        json_t *extra = json_loads(about->extra_spec, 0, NULL);
        ck_assert_ptr_nonnull(extra);
        ck_assert_int_eq(json_object_update(spec, extra), 0);
        json_decref(extra);
    }
    char *text = json_dumps(spec, 0);
    ck_assert_ptr_nonnull(text);
    json_decref(spec);
    return text;
}

/* The first rows of the task's test file, in the working directory. */
static void write_rows(const scene *about, const char *path)
{
    god_error err = GOD_ERROR_INIT;
    char *text = NULL;
    size_t bytes = 0, cut = 0;
    ck_assert_int_eq(god_file_read(task_file(about, "rows.jsonl"), 1 << 22, &text, &bytes, &err), GOD_OK);
    for (uint32_t seen = 0; cut < bytes && (about->rows == 0 || seen < about->rows); cut++) {
        seen += text[cut] == '\n';
    }
    ck_assert_int_eq(god_file_write(path, text, cut, &err), GOD_OK);
    free(text);
}

static god_status prepare(const god_dataset *dataset, god_instance *instance, const char *spec, const char *base_dir,
                          const char *rows_path, const char *data_dir, god_error *err)
{
    const god_input data = {GOD_SIZE_TO(god_input, sha256), "data", rows_path, NULL};
    const god_input base = {GOD_SIZE_TO(god_input, sha256), "base", base_dir, NULL};
    const god_input *const items[] = {&data, &base};
    const god_inputs inputs = {GOD_SIZE_TO(god_inputs, items), 2, items};
    char key[129], again[129];
    GOD_TRY(dataset->cache_key(instance, spec, &inputs, key, sizeof key, err));
    GOD_TRY(dataset->cache_key(instance, spec, &inputs, again, sizeof again, err));
    ck_assert_str_eq(key, again);
    GOD_TRY(god_dir_make(data_dir, err));
    return dataset->prepare(instance, spec, &inputs, data_dir, err);
}

static god_status run_job(scene *about, const god_eval *eval, god_instance *instance, const char *spec,
                          const char *base_dir, const char *data_dir)
{
    god_submission submissions[SCENE_SUBMISSIONS_MAX];
    const god_submission *pointers[SCENE_SUBMISSIONS_MAX];
    char names[SCENE_SUBMISSIONS_MAX][8];
    for (uint32_t i = 0; i < about->count; i++) {
        (void)snprintf(names[i], sizeof names[i], "s%u", i);
        submissions[i] = (god_submission){GOD_SIZE_TO(god_submission, model_dir), names[i], about->dirs[i]};
        pointers[i] = &submissions[i];
        about->results[i] = (scene_result){0};
        end_result(&about->results[i], "ok", "");
    }
    about->done = 0;
    const god_eval_job job = {.size = GOD_SIZE_TO(god_eval_job, submission_count),
                              .device = GOD_DEV_CPU,
                              .precision = GOD_PRECISION_F32,
                              .threads = 2,
                              .batch_tokens_max = about->batch_tokens_max,
                              .device_bytes_max = about->device_bytes_max,
                              .spec_json = spec,
                              .data_dir = data_dir,
                              .base_model_dir = base_dir,
                              .submissions = pointers,
                              .submission_count = about->count};
    const god_report report = {GOD_SIZE_TO(god_report, fact),
                               about,
                               report_metric,
                               report_failed,
                               report_excluded,
                               report_note,
                               report_artifact,
                               report_fact};
    GOD_TRY(eval->device_bytes(instance, &job, &about->device_bytes, &about->err));
    return eval->run(instance, &job, &report, &about->err);
}

god_status scene_run(scene *about)
{
    char cwd[GOD_PATH_MAX], work[GOD_PATH_MAX + 32], rows_path[GOD_PATH_MAX + 64], data_dir[GOD_PATH_MAX + 64];
    const god_plugin *plugin = god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR);
    const char *base_dir = about->base_dir != NULL ? about->base_dir : scene_demo("base");
    god_instance *instance = NULL;
    static uint32_t runs;
    about->err = (god_error)GOD_ERROR_INIT;
    about->facts = json_object();
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    (void)snprintf(work, sizeof work, "%s/run-%d-%u", cwd, (int)getpid(), runs++);
    (void)snprintf(rows_path, sizeof rows_path, "%s/rows.jsonl", work);
    (void)snprintf(data_dir, sizeof data_dir, "%s/data", work);
    ck_assert_int_eq(god_dir_make(work, &about->err), GOD_OK);
    write_rows(about, rows_path);
    char *spec = spec_text(about);
    const god_host host = {.size = GOD_SIZE_TO(god_host, extension),
                           .ctx = about,
                           .log = host_log,
                           .cancelled = host_cancelled,
                           .progress = host_progress,
                           .cache_dir = cwd,
                           .work_dir = work,
                           .extension = about->extension != NULL ? about->extension : host_extension};
    god_status status =
        plugin->open(&host, about->config_json != NULL ? about->config_json : "{}", &instance, &about->err);
    if (status == GOD_OK) {
        status = prepare(plugin->query(GOD_DATASET_ID), instance, spec, base_dir, rows_path, data_dir, &about->err);
    }
    if (status == GOD_OK) {
        status = run_job(about, plugin->query(GOD_EVAL_ID), instance, spec, base_dir, data_dir);
    }
    plugin->close(instance);
    free(spec);
    return status;
}

void scene_free(scene *about)
{
    json_decref(about->facts);
    about->facts = NULL;
}

double scene_metric(const scene_result *result, const char *name)
{
    for (uint32_t i = 0; i < result->metric_count; i++) {
        if (strcmp(result->metrics[i].name, name) == 0) {
            return result->metrics[i].value;
        }
    }
    ck_abort_msg("no metric %s: %s, %s", name, result->status, result->message);
    return 0.0;
}
