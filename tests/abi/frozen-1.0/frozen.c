/* A plug-in as somebody wrote it for ABI 1.0: it counts the bytes of score.txt in each submission. Built from the
 * frozen headers beside it and nothing else. */
#include <stdlib.h>
#include <sys/stat.h>

#include "god/dataset.h"
#include "god/error.h"
#include "god/eval.h"
#include "god/task.h"

struct god_instance {
    const god_host *host;
};

static god_status open_instance(const god_host *host, const char *config_json, god_instance **ret_instance,
                                god_error *err)
{
    (void)config_json;
    god_instance *instance = malloc(sizeof *instance);
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

static god_status check(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    return strstr(spec_json, "\"FrozenTask\"") != NULL && spec_json[0] == '{'
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "task: \"task_type\" is not \"FrozenTask\"");
}

static god_status build_args(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err)
{
    GOD_TRY(check(instance, spec_json, err));
    return sink->arg(sink->ctx, "--frozen", NULL);
}

static god_status needs(god_instance *instance, const char *spec_json, void *user,
                        god_status (*need)(void *user, const god_need *item), god_error *err)
{
    static const god_need data = {.size = GOD_SIZE_TO(god_need, sha256), .key = "data"};
    GOD_TRY(check(instance, spec_json, err));
    return need(user, &data);
}

static god_status cache_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                            size_t buf_bytes, god_error *err)
{
    GOD_TRY(check(instance, spec_json, err));
    int count = snprintf(buf, buf_bytes, "frozen-%s", inputs->items[0]->sha256);
    return count > 0 && (size_t)count < buf_bytes ? GOD_OK : god_fail(err, GOD_E_INVALID, "the key does not fit");
}

static god_status prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                          const char *staging_dir, god_error *err)
{
    char path[4096];
    (void)inputs;
    GOD_TRY(check(instance, spec_json, err));
    (void)snprintf(path, sizeof path, "%s/ready", staging_dir);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", path);
    }
    (void)fputs("ready\n", file);
    return fclose(file) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", path);
}

static god_status score_spec(god_instance *instance, const char *spec_json, god_score_spec *ret_spec, god_error *err)
{
    GOD_TRY(check(instance, spec_json, err));
    *ret_spec = (god_score_spec){.size = GOD_SIZE_TO(god_score_spec, metrics),
                                 .direction = GOD_HIGHER_WINS,
                                 .primary = "bytes",
                                 .lowest = 0,
                                 .highest = 1e9};
    return GOD_OK;
}

static god_status run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    char path[4096];
    struct stat info;
    (void)snprintf(path, sizeof path, "%s/ready", job->data_dir);
    if (stat(path, &info) != 0) {
        return god_fail_errno(err, GOD_E_DATA, "cannot find \"%s\"", path);
    }
    for (uint32_t i = 0; i < job->submission_count; i++) {
        if (instance->host->cancelled(instance->host->ctx)) {
            return god_fail(err, GOD_E_CANCELLED, "cancelled");
        }
        (void)snprintf(path, sizeof path, "%s/score.txt", job->submissions[i]->model_dir);
        GOD_TRY(stat(path, &info) == 0 ? report->metric(report->ctx, i, "bytes", (double)info.st_size, 1)
                                       : report->failed(report->ctx, i, GOD_E_DATA, "there is no score.txt"));
        instance->host->progress(instance->host->ctx, i + 1, job->submission_count, "submissions", "counting");
    }
    return GOD_OK;
}

static const void *query(const char *id)
{
    static const god_task task = {.size = GOD_SIZE_TO(god_task, build_args), .check = check, .build_args = build_args};
    static const god_dataset dataset = {
        .size = GOD_SIZE_TO(god_dataset, prepare), .needs = needs, .cache_key = cache_key, .prepare = prepare};
    static const god_eval eval = {.size = GOD_SIZE_TO(god_eval, score_group), .score_spec = score_spec, .run = run};
    return strcmp(id, GOD_TASK_ID) == 0      ? (const void *)&task
           : strcmp(id, GOD_DATASET_ID) == 0 ? (const void *)&dataset
           : strcmp(id, GOD_EVAL_ID) == 0    ? (const void *)&eval
                                             : NULL;
}

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    static const char *const task_types[] = {"FrozenTask", NULL};
    static const god_plugin plugin = {.size = GOD_SIZE_TO(god_plugin, query),
                                      .abi_major = GOD_ABI_MAJOR,
                                      .abi_minor = GOD_ABI_MINOR,
                                      .caps = GOD_CAP_CPU | GOD_CAP_CANCEL | GOD_CAP_BITWISE,
                                      .id = "test.frozen",
                                      .version = "1.0.0",
                                      .build = "frozen headers",
                                      .config_schema_json = "{}",
                                      .task_types = task_types,
                                      .open = open_instance,
                                      .close = close_instance,
                                      .query = query};
    (void)host_abi_major;
    (void)host_abi_minor;
    return &plugin;
}
