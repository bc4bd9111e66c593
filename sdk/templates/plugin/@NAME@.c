/* @NAME@: ranks files of numbers by their mean absolute error.
 *
 * task        {"task_type": "@TASK_TYPE@", "tolerance": 0.001}   differences up to the tolerance do not count
 * data        a JSON array of numbers, the right answers
 * submission  a folder with numbers.json, an array of the same length
 *
 * The host calls from top to bottom: check_task when a task arrives, build_args for the training container, needs,
 * cache_key and prepare for its data, score_spec and run to evaluate everyone who submitted to it.
 */
#include <math.h>
#include <stdlib.h>

#include "god/dataset.h"
#include "god/error.h"
#include "god/eval.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/task.h"

enum { file_bytes_max = 64 << 20 };

/* Yours: what one instance needs to know. Two instances may live at the same time, so nothing is global. */
struct god_instance {
    const god_host *host; /* outlives the instance */
};

static god_status open_instance(const god_host *host, const char *config_json, god_instance **ret_instance,
                                god_error *err)
{
    (void)config_json; /* Yours: this plug-in's section of god.yaml, as JSON */
    god_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory");
    }
    instance->host = host;
    *ret_instance = instance;
    return GOD_OK;
}

static void close_instance(god_instance *instance)
{
    free(instance);
}

/* ---- god.task/1 ---- */

typedef struct task {
    double tolerance;
} task;

/* Yours: read and check the keys of your task. Say which key is wrong and what it holds. */
static god_status read_task_keys(const json_t *spec, task *ret_task, god_error *err)
{
    const char *task_type = NULL;
    task found = {.tolerance = 0};
    GOD_TRY(god_json_get_str("task", spec, "task_type", &task_type, err));
    if (strcmp(task_type, "@TASK_TYPE@") != 0) {
        return god_fail(err, GOD_E_INVALID, "task: \"task_type\" is \"%.60s\", not \"@TASK_TYPE@\"", task_type);
    }
    GOD_TRY(god_json_opt_num("task", spec, "tolerance", &found.tolerance, err));
    if (found.tolerance < 0 || !isfinite(found.tolerance)) {
        return god_fail(err, GOD_E_INVALID, "task: \"tolerance\" is %g, 0 or more is needed", found.tolerance);
    }
    *ret_task = found;
    return GOD_OK;
}

static god_status read_task(const char *spec_json, task *ret_task, god_error *err)
{
    json_t *spec = NULL;
    GOD_TRY(god_json_parse("task", spec_json, strlen(spec_json), &spec, err));
    god_status status = read_task_keys(spec, ret_task, err);
    json_decref(spec);
    return status;
}

static god_status check_task(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    task ignored;
    return read_task(spec_json, &ignored, err);
}

/* Yours: the command line, environment and mounts of the training container. */
static god_status build_args(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err)
{
    GOD_TRY(check_task(instance, spec_json, err));
    GOD_TRY(sink->arg(sink->ctx, "--task-type", "@TASK_TYPE@"));
    return sink->mount(sink->ctx, "cache", "/cache", 1);
}

/* ---- god.dataset/1 ---- */

/* Yours: which files a task needs. Without a uri the caller supplies the file (`god evaluate --data FILE`). */
static god_status needs(god_instance *instance, const char *spec_json, void *user,
                        god_status (*need)(void *user, const god_need *item), god_error *err)
{
    static const god_need answers = {.size = GOD_SIZE_TO(god_need, sha256), .key = "data"};
    GOD_TRY(check_task(instance, spec_json, err));
    return need(user, &answers);
}

static god_status find_answers(const god_inputs *inputs, const god_input **ret_input, god_error *err)
{
    for (uint32_t i = 0; i < inputs->count; i++) {
        if (strcmp(inputs->items[i]->key, "data") == 0) {
            *ret_input = inputs->items[i];
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_INVALID, "the input \"data\" is missing");
}

/* Yours: a name that changes with everything that changes the prepared files. Raise the 1 when `prepare` changes. */
static god_status cache_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                            size_t buf_bytes, god_error *err)
{
    const god_input *answers = NULL;
    GOD_TRY(check_task(instance, spec_json, err));
    GOD_TRY(find_answers(inputs, &answers, err));
    int count = snprintf(buf, buf_bytes, "@NAME@-1-%s", answers->sha256);
    if (count < 0 || (size_t)count >= buf_bytes) {
        return god_fail(err, GOD_E_INVALID, "the cache key does not fit into %zu bytes", buf_bytes);
    }
    return GOD_OK;
}

typedef struct numbers {
    double *values; /* own */
    size_t count;
} numbers;

static god_status copy_numbers(const char *path, const json_t *array, numbers *ret_numbers, god_error *err)
{
    size_t count = json_array_size(array);
    if (!json_is_array(array) || count == 0) {
        return god_fail(err, GOD_E_DATA, "\"%s\" is not an array with at least one number", path);
    }
    double *values = calloc(count, sizeof *values);
    if (values == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu numbers", count);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(array, i);
        if (!json_is_number(entry)) {
            free(values);
            return god_fail(err, GOD_E_DATA, "\"%s\": entry %zu is not a number", path, i);
        }
        values[i] = json_number_value(entry);
    }
    *ret_numbers = (numbers){.values = values, .count = count};
    return GOD_OK;
}

static god_status read_numbers(const char *dir, const char *name, numbers *ret_numbers, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *array = NULL;
    GOD_TRY(god_path_join(dir, name, path, err));
    GOD_TRY(god_json_read(path, file_bytes_max, &array, err));
    god_status status = copy_numbers(path, array, ret_numbers, err);
    json_decref(array);
    return status;
}

/* Yours: fill staging_dir from the inputs. Check now what would be an error later, while there is time. */
static god_status prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                          const char *staging_dir, god_error *err)
{
    char staged[GOD_PATH_MAX];
    const god_input *answers = NULL;
    numbers checked = {.values = NULL};
    GOD_TRY(check_task(instance, spec_json, err));
    GOD_TRY(find_answers(inputs, &answers, err));
    GOD_TRY(god_path_join(staging_dir, "answers.json", staged, err));
    GOD_TRY(god_file_copy(answers->path, staged, err));
    god_status status = read_numbers(staging_dir, "answers.json", &checked, err);
    free(checked.values);
    return status;
}

/* ---- god.eval/1 ---- */

/* Yours: the number that ranks, its direction and range, and how people see it. */
static god_status score_spec(god_instance *instance, const char *spec_json, god_score_spec *ret_spec, god_error *err)
{
    static const god_metric_info error = {
        .size = GOD_SIZE_TO(god_metric_info, decimals), .name = "mean_absolute_error", .title = "error", .decimals = 6};
    static const god_metric_info *const metrics[] = {&error, NULL};
    GOD_TRY(check_task(instance, spec_json, err));
    *ret_spec = (god_score_spec){.size = GOD_SIZE_TO(god_score_spec, metrics),
                                 .direction = GOD_LOWER_WINS,
                                 .primary = "mean_absolute_error",
                                 .lowest = 0,
                                 .highest = 1e300,
                                 .metrics = metrics};
    return GOD_OK;
}

/* Yours: one submission, one number. Nothing in model_dir is trusted. */
static god_status evaluate(const char *model_dir, const numbers *answers, const task *t, double *ret_error,
                           god_error *err)
{
    numbers given = {.values = NULL};
    double sum = 0;
    GOD_TRY(read_numbers(model_dir, "numbers.json", &given, err));
    if (given.count != answers->count) {
        free(given.values);
        return god_fail(err, GOD_E_DATA, "numbers.json holds %zu numbers, the task has %zu", given.count,
                        answers->count);
    }
    for (size_t i = 0; i < answers->count; i++) {
        double difference = fabs(given.values[i] - answers->values[i]);
        sum += difference > t->tolerance ? difference : 0;
    }
    free(given.values);
    *ret_error = sum / (double)answers->count;
    return GOD_OK;
}

static god_status evaluate_all(god_instance *instance, const god_eval_job *job, const numbers *answers, const task *t,
                               const god_report *report, god_error *err)
{
    const god_host *host = instance->host;
    for (uint32_t i = 0; i < job->submission_count; i++) {
        const god_submission *submission = job->submissions[i];
        god_error why = GOD_ERROR_INIT;
        double error = 0;
        if (host->cancelled(host->ctx)) { /* ask at least once a second */
            return god_fail(err, GOD_E_CANCELLED, "cancelled before submission \"%s\"", submission->id);
        }
        /* Whoever cannot be evaluated fails alone, with a sentence for its author; the others go on. */
        if (evaluate(submission->model_dir, answers, t, &error, &why) == GOD_OK) {
            GOD_TRY(report->metric(report->ctx, i, "mean_absolute_error", error, answers->count));
        } else {
            GOD_TRY(report->failed(report->ctx, i, why.code, why.message));
        }
        host->progress(host->ctx, i + 1, job->submission_count, "submissions", submission->id);
    }
    return GOD_OK;
}

static god_status run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    task t;
    numbers answers = {.values = NULL};
    GOD_TRY(read_task(job->spec_json, &t, err));
    GOD_TRY(read_numbers(job->data_dir, "answers.json", &answers, err));
    god_status status = evaluate_all(instance, job, &answers, &t, report, err);
    free(answers.values);
    return status;
}

/* ---- the tables ---- */

static const god_task task_table = {
    .size = GOD_SIZE_TO(god_task, build_args), .check = check_task, .build_args = build_args};
static const god_dataset dataset_table = {
    .size = GOD_SIZE_TO(god_dataset, prepare), .needs = needs, .cache_key = cache_key, .prepare = prepare};
static const god_eval eval_table = {.size = GOD_SIZE_TO(god_eval, score_group), .score_spec = score_spec, .run = run};

/* NULL for what this plug-in does not offer. */
static const void *query(const char *id)
{
    if (strcmp(id, GOD_TASK_ID) == 0) {
        return &task_table;
    }
    if (strcmp(id, GOD_DATASET_ID) == 0) {
        return &dataset_table;
    }
    return strcmp(id, GOD_EVAL_ID) == 0 ? &eval_table : NULL;
}

static const char *const task_types[] = {"@TASK_TYPE@", NULL};

/* Yours: a unique id, your version, and what is true of the evaluation (see god/plugin.h, GOD_CAP_...). */
static const god_plugin plugin = {.size = GOD_SIZE_TO(god_plugin, query),
                                  .abi_major = GOD_ABI_MAJOR,
                                  .abi_minor = GOD_ABI_MINOR,
                                  .caps = GOD_CAP_CPU | GOD_CAP_CANCEL | GOD_CAP_BITWISE,
                                  .id = "example.@NAME@",
                                  .version = "0.1.0",
                                  .build = __VERSION__,
                                  .config_schema_json = "{}",
                                  .task_types = task_types,
                                  .open = open_instance,
                                  .close = close_instance,
                                  .query = query};

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    (void)host_abi_major;
    (void)host_abi_minor;
    return &plugin;
}
