/* minimal.c: which submission has the smallest files?
 *
 * The smallest plug-in that is of use. It offers "god.eval/1" alone, so it says how its number is to be read
 * (score_spec) and measures a group of submissions (run). */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "god/error.h"
#include "god/eval.h"

struct god_instance {
    const god_host *host; /* outlives us */
};

static god_status open_instance(const god_host *host, const char *config_json, god_instance **ret_instance,
                                god_error *err)
{
    (void)config_json; /* there is nothing to configure */
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

static god_status score_spec(god_instance *instance, const char *spec_json, god_score_spec *ret_spec, god_error *err)
{
    static const god_metric_info bytes = {
        .size = GOD_SIZE_TO(god_metric_info, decimals), .name = "bytes", .title = "bytes", .decimals = 0};
    static const god_metric_info *const metrics[] = {&bytes, NULL};
    (void)instance;
    (void)spec_json; /* every task is read the same way */
    (void)err;
    *ret_spec = (god_score_spec){.size = GOD_SIZE_TO(god_score_spec, metrics),
                                 .direction = GOD_LOWER_WINS,
                                 .primary = "bytes",
                                 .lowest = 1,
                                 .highest = 1e15,
                                 .metrics = metrics};
    return GOD_OK;
}

/* The regular files directly in the folder. */
static god_status measure(const char *model_dir, uint64_t *ret_bytes, uint64_t *ret_files, god_error *err)
{
    uint64_t bytes = 0, files = 0;
    DIR *folder = opendir(model_dir);
    if (folder == NULL) {
        return god_fail_errno(err, GOD_E_DATA, "cannot open \"%s\"", model_dir);
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        struct stat info;
        if (fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode)) {
            bytes += (uint64_t)info.st_size;
            files++;
        }
    }
    (void)closedir(folder);
    if (bytes == 0) {
        return god_fail(err, GOD_E_DATA, "\"%s\" holds no files, or only empty ones", model_dir);
    }
    *ret_bytes = bytes;
    *ret_files = files;
    return GOD_OK;
}

static god_status run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    const god_host *host = instance->host;
    for (uint32_t i = 0; i < job->submission_count; i++) {
        const god_submission *submission = job->submissions[i];
        god_error why = GOD_ERROR_INIT;
        uint64_t bytes = 0, files = 0;
        if (host->cancelled(host->ctx)) {
            return god_fail(err, GOD_E_CANCELLED, "cancelled before submission \"%s\"", submission->id);
        }
        /* Whoever cannot be measured fails alone; the others go on. */
        if (measure(submission->model_dir, &bytes, &files, &why) == GOD_OK) {
            GOD_TRY(report->metric(report->ctx, i, "bytes", (double)bytes, files));
        } else {
            GOD_TRY(report->failed(report->ctx, i, why.code, why.message));
        }
        host->progress(host->ctx, i + 1, job->submission_count, "submissions", submission->id);
    }
    return GOD_OK;
}

static const void *query(const char *id)
{
    static const god_eval eval = {.size = GOD_SIZE_TO(god_eval, score_group), .score_spec = score_spec, .run = run};
    return strcmp(id, GOD_EVAL_ID) == 0 ? &eval : NULL;
}

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    static const char *const task_types[] = {"MinimalTask", NULL};
    static const god_plugin plugin = {.size = GOD_SIZE_TO(god_plugin, query),
                                      .abi_major = GOD_ABI_MAJOR,
                                      .abi_minor = GOD_ABI_MINOR,
                                      .caps = GOD_CAP_CPU | GOD_CAP_CANCEL | GOD_CAP_BITWISE,
                                      .id = "god.example.minimal",
                                      .version = "1.0.0",
                                      .build = __VERSION__,
                                      .config_schema_json = "{}",
                                      .task_types = task_types,
                                      .open = open_instance,
                                      .close = close_instance,
                                      .query = query};
    (void)host_abi_major;
    (void)host_abi_minor;
    return &plugin;
}
