/* tests/faults/normal.h: a whole well-behaved plug-in in one header, with a hole for each fault.
 *
 * A misbehaving plug-in is this one with one thing changed: it defines the FAULT_... macro of that thing (a number, a
 * string, or the name of its own function) before the include, and the function after it. What can be said in one
 * number or string needs no file at all: see CMakeLists.txt.
 *
 * The task type is "FaultTask". A task needs one "data" file. A submission is a folder with a number in score.txt,
 * which becomes the metric "score" (lower wins, 0 to 1000); a folder without one fails alone.
 */
#ifndef GOD_FAULTS_NORMAL_H
#define GOD_FAULTS_NORMAL_H

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "god/dataset.h"
#include "god/error.h"
#include "god/eval.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/task.h"

struct god_instance {
    const god_host *host;
};

/* Ends the process by a signal whatever handlers stand in the way: sanitizers install theirs. */
GOD_UNUSED static void die_by(int signal_number)
{
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

GOD_UNUSED static void hang(void)
{
    for (;;) {
        (void)pause();
    }
}

/* Does the submission's folder hold a file of this name? */
GOD_UNUSED static uint32_t submission_has(const god_submission *submission, const char *name)
{
    char path[GOD_PATH_MAX];
    return god_path_join(submission->model_dir, name, path, NULL) == GOD_OK && god_file_exists(path);
}

#ifdef FAULT_OPEN
static god_status FAULT_OPEN(const god_host *host, const char *config_json, god_instance **ret_instance,
                             god_error *err);
#else
#define FAULT_OPEN normal_open
GOD_UNUSED static god_status normal_open(const god_host *host, const char *config_json, god_instance **ret_instance,
                                         god_error *err)
{
    (void)config_json;
    god_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory");
    }
    instance->host = host;
    *ret_instance = instance;
    return GOD_OK;
}
#endif

#ifdef FAULT_CLOSE
static void FAULT_CLOSE(god_instance *instance);
#else
#define FAULT_CLOSE normal_close
GOD_UNUSED static void normal_close(god_instance *instance)
{
    free(instance);
}
#endif

#ifdef FAULT_CHECK
static god_status FAULT_CHECK(god_instance *instance, const char *spec_json, god_error *err);
#else
#define FAULT_CHECK normal_check
GOD_UNUSED static god_status normal_check(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    json_t *spec = NULL;
    const char *task_type = NULL;
    god_status status = god_json_parse("task", spec_json, strlen(spec_json), &spec, err);
    if (status == GOD_OK) {
        status = god_json_get_str("task", spec, "task_type", &task_type, err);
    }
    if (status == GOD_OK && strcmp(task_type, "FaultTask") != 0) {
        status = god_fail(err, GOD_E_INVALID, "task: \"task_type\" is \"%.60s\", not \"FaultTask\"", task_type);
    } else if (status == GOD_E_DATA) {
        status = GOD_E_INVALID;
        if (err != NULL) {
            err->code = status;
        }
    }
    json_decref(spec);
    return status;
}
#endif

#ifdef FAULT_BUILD_ARGS
static god_status FAULT_BUILD_ARGS(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err);
#else
#define FAULT_BUILD_ARGS normal_build_args
GOD_UNUSED static god_status normal_build_args(god_instance *instance, const char *spec_json, const god_args *sink,
                                               god_error *err)
{
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    GOD_TRY(sink->arg(sink->ctx, "--task-type", "FaultTask"));
    GOD_TRY(sink->env(sink->ctx, "FAULT", "none"));
    return sink->mount(sink->ctx, "cache", "/cache", 1);
}
#endif

#ifdef FAULT_NEEDS
static god_status FAULT_NEEDS(god_instance *instance, const char *spec_json, void *user,
                              god_status (*need)(void *user, const god_need *item), god_error *err);
#else
#define FAULT_NEEDS normal_needs
GOD_UNUSED static god_status normal_needs(god_instance *instance, const char *spec_json, void *user,
                                          god_status (*need)(void *user, const god_need *item), god_error *err)
{
    static const god_need data = {.size = GOD_SIZE_TO(god_need, sha256), .key = "data"};
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    return need(user, &data);
}
#endif

GOD_UNUSED static const god_input *find_input(const god_inputs *inputs, const char *key)
{
    for (uint32_t i = 0; i < inputs->count; i++) {
        if (strcmp(inputs->items[i]->key, key) == 0) {
            return inputs->items[i];
        }
    }
    return NULL;
}

#ifdef FAULT_CACHE_KEY
static god_status FAULT_CACHE_KEY(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                                  size_t buf_bytes, god_error *err);
#else
#define FAULT_CACHE_KEY normal_cache_key
GOD_UNUSED static god_status normal_cache_key(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                              char *buf, size_t buf_bytes, god_error *err)
{
    const god_input *data = find_input(inputs, "data");
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    if (data == NULL) {
        return god_fail(err, GOD_E_INVALID, "the input \"data\" is missing");
    }
    int count = snprintf(buf, buf_bytes, "fault-1-%s", data->sha256);
    return count > 0 && (size_t)count < buf_bytes ? GOD_OK : god_fail(err, GOD_E_INVALID, "the key does not fit");
}
#endif

#ifdef FAULT_PREPARE
static god_status FAULT_PREPARE(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                const char *staging_dir, god_error *err);
#else
#define FAULT_PREPARE normal_prepare
GOD_UNUSED static god_status normal_prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                            const char *staging_dir, god_error *err)
{
    char rows[GOD_PATH_MAX];
    const god_input *data = find_input(inputs, "data");
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    if (data == NULL) {
        return god_fail(err, GOD_E_INVALID, "the input \"data\" is missing");
    }
    GOD_TRY(god_path_join(staging_dir, "rows", rows, err));
    return god_file_copy(data->path, rows, err);
}
#endif

#ifdef FAULT_SCORE_SPEC
static god_status FAULT_SCORE_SPEC(god_instance *instance, const char *spec_json, god_score_spec *ret_spec,
                                   god_error *err);
#else
#define FAULT_SCORE_SPEC normal_score_spec
#ifndef FAULT_DIRECTION
#define FAULT_DIRECTION GOD_LOWER_WINS
#endif
#ifndef FAULT_PRIMARY
#define FAULT_PRIMARY "score"
#endif
#ifndef FAULT_HIGHEST
#define FAULT_HIGHEST 1000.0
#endif
GOD_UNUSED static god_status normal_score_spec(god_instance *instance, const char *spec_json, god_score_spec *ret_spec,
                                               god_error *err)
{
    static const god_metric_info score = {
        .size = GOD_SIZE_TO(god_metric_info, decimals), .name = "score", .title = "score", .decimals = 3};
    static const god_metric_info *const metrics[] = {&score, NULL};
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    *ret_spec = (god_score_spec){.size = GOD_SIZE_TO(god_score_spec, metrics),
                                 .direction = FAULT_DIRECTION,
                                 .primary = FAULT_PRIMARY,
                                 .lowest = 0.0,
                                 .highest = FAULT_HIGHEST,
                                 .metrics = metrics};
    return GOD_OK;
}
#endif

/* One submission, as it should be: reads its number and reports it. */
GOD_UNUSED static god_status report_score(const god_eval_job *job, uint32_t index, const god_report *report)
{
    char path[GOD_PATH_MAX];
    char *text = NULL;
    size_t bytes = 0;
    god_error err = GOD_ERROR_INIT;
    god_status status = god_path_join(job->submissions[index]->model_dir, "score.txt", path, &err);
    if (status == GOD_OK) {
        status = god_file_read(path, 64, &text, &bytes, &err);
    }
    if (status != GOD_OK) {
        return report->failed(report->ctx, index, GOD_E_DATA, err.message);
    }
    double score = strtod(text, NULL);
    free(text);
    return report->metric(report->ctx, index, "score", score, 1);
}

/* The prepared data must be there, even though nobody needs what is in it. */
GOD_UNUSED static god_status find_rows(const god_eval_job *job, god_error *err)
{
    char rows[GOD_PATH_MAX];
    GOD_TRY(god_path_join(job->data_dir, "rows", rows, err));
    return god_file_exists(rows) ? GOD_OK : god_fail(err, GOD_E_DATA, "\"%s\" is missing", rows);
}

/* One submission with everything around it, as a run should do it. */
GOD_UNUSED static god_status evaluate_one(god_instance *instance, const god_eval_job *job, uint32_t index,
                                          const god_report *report, god_error *err)
{
    const god_host *host = instance->host;
    GOD_TRY(find_rows(job, err));
    if (host->cancelled(host->ctx)) {
        return god_fail(err, GOD_E_CANCELLED, "cancelled before submission %u", index);
    }
    GOD_TRY(report_score(job, index, report));
    host->progress(host->ctx, index + 1, job->submission_count, "submissions", job->submissions[index]->id);
    return GOD_OK;
}

#ifdef FAULT_RUN
static god_status FAULT_RUN(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err);
#else
#define FAULT_RUN normal_run
GOD_UNUSED static god_status normal_run(god_instance *instance, const god_eval_job *job, const god_report *report,
                                        god_error *err)
{
    for (uint32_t i = 0; i < job->submission_count; i++) {
        GOD_TRY(evaluate_one(instance, job, i, report, err));
    }
    return GOD_OK;
}
#endif

/* Tables. A size or a pointer may be replaced; NULL stands for "left out". */
#ifndef FAULT_TASK_SIZE
#define FAULT_TASK_SIZE GOD_SIZE_TO(god_task, build_args)
#endif
#ifndef FAULT_DATASET_SIZE
#define FAULT_DATASET_SIZE GOD_SIZE_TO(god_dataset, prepare)
#endif
#ifndef FAULT_EVAL_SIZE
#define FAULT_EVAL_SIZE GOD_SIZE_TO(god_eval, score_group)
#endif
#ifndef FAULT_TASK_CHECK
#define FAULT_TASK_CHECK FAULT_CHECK
#endif
#ifndef FAULT_DATASET_PREPARE
#define FAULT_DATASET_PREPARE FAULT_PREPARE
#endif
#ifndef FAULT_EVAL_RUN
#define FAULT_EVAL_RUN FAULT_RUN
#endif

GOD_UNUSED static const god_task fault_task = {
    .size = FAULT_TASK_SIZE, .check = FAULT_TASK_CHECK, .build_args = FAULT_BUILD_ARGS};
GOD_UNUSED static const god_dataset fault_dataset = {
    .size = FAULT_DATASET_SIZE, .needs = FAULT_NEEDS, .cache_key = FAULT_CACHE_KEY, .prepare = FAULT_DATASET_PREPARE};
GOD_UNUSED static const god_eval fault_eval = {
    .size = FAULT_EVAL_SIZE, .score_spec = FAULT_SCORE_SPEC, .run = FAULT_EVAL_RUN};

#ifdef FAULT_QUERY
static const void *FAULT_QUERY(const char *id);
#else
#define FAULT_QUERY normal_query
GOD_UNUSED static const void *normal_query(const char *id)
{
    if (strcmp(id, GOD_TASK_ID) == 0) {
        return &fault_task;
    }
    if (strcmp(id, GOD_DATASET_ID) == 0) {
        return &fault_dataset;
    }
    if (strcmp(id, GOD_EVAL_ID) == 0) {
        return &fault_eval;
    }
    return NULL;
}
#endif

#ifndef FAULT_SIZE
#define FAULT_SIZE GOD_SIZE_TO(god_plugin, query)
#endif
#ifndef FAULT_MAJOR
#define FAULT_MAJOR GOD_ABI_MAJOR
#endif
#ifndef FAULT_MINOR
#define FAULT_MINOR GOD_ABI_MINOR
#endif
#ifndef FAULT_ID
#define FAULT_ID "fault." FAULT_NAME
#endif
#ifndef FAULT_VERSION
#define FAULT_VERSION "1.0.0"
#endif
#ifndef FAULT_SCHEMA
#define FAULT_SCHEMA "{}"
#endif
#ifndef FAULT_TASK_TYPES
#define FAULT_TASK_TYPES "FaultTask", NULL
#endif
#ifndef FAULT_TABLE_OPEN
#define FAULT_TABLE_OPEN FAULT_OPEN
#endif
#ifndef FAULT_TABLE_CLOSE
#define FAULT_TABLE_CLOSE FAULT_CLOSE
#endif
#ifndef FAULT_TABLE_QUERY
#define FAULT_TABLE_QUERY FAULT_QUERY
#endif

GOD_UNUSED static const char *const fault_task_types[] = {FAULT_TASK_TYPES};
GOD_UNUSED static const god_plugin fault_plugin = {
    .size = FAULT_SIZE,
    .abi_major = FAULT_MAJOR,
    .abi_minor = FAULT_MINOR,
    .caps = GOD_CAP_CPU | GOD_CAP_CANCEL | GOD_CAP_BITWISE,
    .id = FAULT_ID,
    .version = FAULT_VERSION,
    .build = "tests/faults",
    .config_schema_json = FAULT_SCHEMA,
    .task_types = fault_task_types,
    .open = FAULT_TABLE_OPEN,
    .close = FAULT_TABLE_CLOSE,
    .query = FAULT_TABLE_QUERY,
};

/* A fault that needs an entry of its own defines FAULT_OWN_ENTRY and returns &fault_plugin from it. */
#ifndef FAULT_OWN_ENTRY
const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    (void)host_abi_major;
    (void)host_abi_minor;
    return &fault_plugin;
}
#endif

#endif
