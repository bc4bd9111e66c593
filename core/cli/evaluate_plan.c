#include "core/cli/evaluate.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/signals.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

/* The absolute path of something that must be there. */
static god_status find(const char *what, const char *path, mode_t kind, char ret_path[GOD_PATH_MAX], god_error *err)
{
    struct stat info;
    char *real = realpath(path, NULL);
    if (real == NULL || stat(real, &info) != 0) {
        free(real);
        return god_fail(err, GOD_E_NOT_FOUND, "%s \"%s\" %s", what, path,
                        errno == ENOENT ? "does not exist" : "cannot be opened");
    }
    god_status status = GOD_OK;
    if ((info.st_mode & S_IFMT) != kind) {
        status = god_fail(err, GOD_E_INVALID, "%s \"%s\" is not a %s", what, path, kind == S_IFDIR ? "folder" : "file");
    } else if (strlen(real) >= GOD_PATH_MAX) {
        status = god_fail(err, GOD_E_INVALID, "the path of %s is longer than %d bytes", what, GOD_PATH_MAX - 1);
    } else {
        (void)snprintf(ret_path, GOD_PATH_MAX, "%s", real);
    }
    free(real);
    return status;
}

static god_status read_task(gdi_evaluation *e, god_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_file_read(e->args->task, GDI_JOB_SPEC_BYTES_MAX, &text, &bytes, err));
    god_sha256_bytes(text, bytes, e->task_sha256);
    god_status status = god_json_parse(e->args->task, text, bytes, &e->spec, err);
    free(text);
    GOD_TRY(status);
    if (!json_is_object(e->spec)) {
        return god_fail(err, GOD_E_DATA, "%s: the task is not a JSON object", e->args->task);
    }
    return GOD_OK;
}

static god_status add_file_digest(god_text *lines, const char *path, god_error *err)
{
    char hex[GOD_SHA256_HEX];
    GOD_TRY(god_sha256_file(path, hex, err));
    return god_text_append_f(lines, err, "%s\n", hex);
}

/* The digest over the digests of the worker, the plug-in and the device modules, in this order. */
static god_status measure_build(gdi_evaluation *e, god_error *err)
{
    god_text lines = GOD_TEXT_INIT;
    char nn[GOD_SHA256_HEX];
    god_status status = add_file_digest(&lines, e->layout.worker_path, err);
    if (status == GOD_OK) {
        status = god_text_append_f(&lines, err, "%s\n", e->plugin.sha256);
    }
    if (status == GOD_OK && god_file_exists(e->layout.nn_dir)) {
        status = god_sha256_dir(e->layout.nn_dir, nn, err);
        if (status == GOD_OK) {
            status = god_text_append_f(&lines, err, "%s\n", nn);
        }
    }
    if (status == GOD_OK) {
        god_sha256_bytes(lines.data, lines.bytes, e->build_sha256);
    }
    god_text_free(&lines);
    return status;
}

static god_status show_reading(gdi_evaluation *e, const char *name, god_error *err)
{
    char stage[160];
    (void)snprintf(stage, sizeof stage, "reading %.120s", name);
    gdi_progress_show(&e->progress, gdi_clock_ms(), 0, 0, "", stage);
    return gdi_signals_stop_count() == 0 ? GOD_OK : god_fail(err, GOD_E_CANCELLED, "stopped");
}

/* What is wrong with one submission concerns that one alone. */
static void measure_entry(gdi_evaluation *e, gdi_entry *entry, const char *dir)
{
    god_error own = GOD_ERROR_INIT;
    char here[GOD_PATH_MAX];
    god_status status = gdi_evaluation_fetch(e, dir, NULL, NULL, here, &own);
    if (status == GOD_OK) {
        status = find("the folder", here, S_IFDIR, entry->dir, &own);
    }
    if (status == GOD_OK) {
        status = god_sha256_dir(entry->dir, entry->sha256, &own);
    }
    if (status != GOD_OK) {
        (void)snprintf(entry->message, sizeof entry->message, "%s", own.message);
        entry->sha256[0] = '\0';
    }
}

static god_status measure_entries(gdi_evaluation *e, god_error *err)
{
    const gdi_evaluate_args *args = e->args;
    e->entries = calloc((size_t)args->submission_count + 1, sizeof *e->entries);
    if (e->entries == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %u submissions", args->submission_count);
    }
    int64_t next = 0;
    for (uint32_t i = 0; i < args->submission_count; i++) {
        gdi_entry *entry = &e->entries[i];
        entry->name = args->names[i];
        GOD_TRY(show_reading(e, entry->name, err));
        measure_entry(e, entry, args->dirs[i]);
        entry->job_index = entry->message[0] == '\0' ? next++ : -1;
    }
    return GOD_OK;
}

god_status gdi_evaluation_measure_data(gdi_evaluation *e, const char *path, god_error *err)
{
    char here[GOD_PATH_MAX];
    GOD_TRY(gdi_evaluation_fetch(e, path, NULL, NULL, here, err));
    GOD_TRY(find("the data", here, S_IFREG, e->data_path, err));
    GOD_TRY(show_reading(e, "the data", err));
    return god_sha256_file(e->data_path, e->data_sha256, err);
}

god_status gdi_evaluation_measure_base(gdi_evaluation *e, const char *path, god_error *err)
{
    char here[GOD_PATH_MAX];
    GOD_TRY(gdi_evaluation_fetch(e, path, NULL, NULL, here, err));
    GOD_TRY(find("the base model", here, S_IFDIR, e->base_path, err));
    GOD_TRY(show_reading(e, "the base model", err));
    return god_sha256_dir(e->base_path, e->base_sha256, err);
}

god_status gdi_evaluation_measure(gdi_evaluation *evaluation, god_error *err)
{
    gdi_evaluation *e = evaluation;
    GOD_TRY(read_task(e, err));
    GOD_TRY(e->args->data == NULL ? GOD_OK : gdi_evaluation_measure_data(e, e->args->data, err));
    GOD_TRY(e->args->base == NULL ? GOD_OK : gdi_evaluation_measure_base(e, e->args->base, err));
    return measure_entries(e, err);
}

static json_t *text_or_null(const char *text)
{
    return *text == '\0' ? json_null() : json_string(text);
}

static god_status make_submissions(gdi_evaluation *e, json_t **ret_list, json_t **ret_digests, god_error *err)
{
    json_t *list = json_array(), *digests = json_object();
    int failed = list == NULL || digests == NULL;
    for (uint32_t i = 0; !failed && i < e->args->submission_count; i++) {
        const gdi_entry *entry = &e->entries[i];
        failed = json_object_set_new(digests, entry->name, text_or_null(entry->sha256)) != 0;
        if (!failed && entry->job_index >= 0) {
            json_t *item = json_pack("{s:s, s:s}", "id", entry->name, "model_dir", entry->dir);
            failed = json_array_append_new(list, item) != 0;
        }
    }
    if (failed) {
        json_decref(list);
        json_decref(digests);
        return god_fail(err, GOD_E_INVALID, "the path of a submission is not UTF-8, or memory ran out");
    }
    *ret_list = list;
    *ret_digests = digests;
    return GOD_OK;
}

static json_t *make_digests(const gdi_evaluation *e, json_t *submissions_take)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:o}", "base", text_or_null(e->base_sha256), "data", e->data_sha256,
                     "task", e->task_sha256, "plugin", e->plugin.sha256, "build", e->build_sha256, "submissions",
                     submissions_take);
}

static json_t *make_http(const gdi_config *config)
{
    json_t *allow = json_array();
    for (size_t i = 0; i < config->http_allow.count; i++) {
        (void)json_array_append_new(allow, json_string(config->http_allow.items[i]));
    }
    return json_pack("{s:o, s:I, s:I}", "allow", allow, "bytes_max", (json_int_t)config->http_bytes_max,
                     "time_limit_ms", (json_int_t)config->http_time_limit_ms);
}

/* "auto" is the GPU where the module for it is installed and the driver shows a device. Nothing of CUDA is opened here:
 * that is the worker's. */
static const char *choose_device(const gdi_evaluation *e)
{
    char module[GOD_PATH_MAX];
    const char *stated = e->args->device == NULL ? "cpu" : e->args->device;
    if (strcmp(stated, "auto") != 0) {
        return stated;
    }
    uint32_t built =
        god_path_join(e->layout.nn_dir, "god-nn-cuda.so", module, NULL) == GOD_OK && god_file_exists(module);
    return built && god_file_exists("/dev/nvidiactl") ? "cuda" : "cpu";
}

static json_t *make_root(const gdi_evaluation *e, json_t *submissions_take, json_t *digests_take)
{
    const gdi_evaluate_args *args = e->args;
    const gdi_config *config = &e->config;
    const char *device = choose_device(e);
    const char *precision = args->precision == NULL ? "bf16" : args->precision; /* spec 1.4: weights are bfloat16 */
    json_int_t threads = args->threads > 0 ? args->threads : config->worker_threads;
    json_int_t limit_ms = args->time_limit_s > 0 ? args->time_limit_s * 1000 : config->worker_time_limit_ms;
    json_t *section = json_object_get(config->plugins_config, e->plugin.id);
    json_t *plugin = json_pack("{s:s, s:s, s:s, s:o}", "path", e->plugin.path, "sha256", e->plugin.sha256, "id",
                               e->plugin.id, "config", section == NULL ? json_object() : json_incref(section));
    const char *operation = args->row > 0 ? "explain" : "evaluate";
    json_t *root = json_pack("{s:i, s:s, s:s, s:o, s:O, s:{s:s}, s:{s:s}, s:o}", "version", 1, "id", operation,
                             "operation", operation, "plugin", plugin, "spec", e->spec, "inputs", "data", e->data_path,
                             "input_sha256", "data", e->data_sha256, "submissions", submissions_take);
    json_t *limits = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:o}", "device", device, "precision",
                               precision, "device_bytes_max", (json_int_t)args->memory_mib << 20, "threads", threads,
                               "seed", (json_int_t)args->seed, "time_limit_ms", limit_ms, "grace_ms",
                               (json_int_t)config->worker_grace_ms, "cache_dir", config->paths_cache_dir, "nn_dir",
                               e->layout.nn_dir, "http", make_http(config), "digests", digests_take);
    int failed = root == NULL || limits == NULL || json_object_update(root, limits) != 0;
    json_decref(limits);
    if (!failed && args->row > 0) {
        failed = json_object_set_new(root, "row", json_integer(args->row)) != 0 ||
                 json_object_set_new(root, "seq_len_max", json_integer(args->seq_len_max)) != 0;
    }
    if (!failed && e->base_path[0] != '\0') {
        failed = json_object_set_new(root, "base_model_dir", json_string(e->base_path)) != 0 ||
                 json_object_set_new(json_object_get(root, "inputs"), "base", json_string(e->base_path)) != 0 ||
                 json_object_set_new(json_object_get(root, "input_sha256"), "base", json_string(e->base_sha256)) != 0;
    }
    if (failed) {
        json_decref(root);
        return NULL;
    }
    return root;
}

god_status gdi_evaluation_make_job(gdi_evaluation *evaluation, god_error *err)
{
    json_t *submissions = NULL, *submission_digests = NULL;
    GOD_TRY(measure_build(evaluation, err));
    GOD_TRY(make_submissions(evaluation, &submissions, &submission_digests, err));
    json_t *root = make_root(evaluation, submissions, make_digests(evaluation, submission_digests));
    if (root == NULL) {
        return god_fail(err, GOD_E_INVALID, "a path is not UTF-8, or memory ran out");
    }
    GOD_TRY(gdi_job_from_json_take("job", root, &evaluation->job, err));
    evaluation->has_job = 1;
    return GOD_OK;
}
