/* `god job list|show|log|cancel|take|renew|answer` */
#include "core/cli/job_ask.h"

#include <stdlib.h>

#include "core/cli/cli.h"
#include "core/cli/job_work.h"
#include "core/cli/options.h"
#include "god/helpers/file.h"

static const gdi_option options[] = {
    {.name = "--state", .value = "STATE", .help = "list: queued, running, done, failed or cancelled ones only"},
    {.name = "--kind", .value = "KIND", .help = "list: this kind only, such as evaluate"},
    {.name = "--tournament", .value = "ID", .help = "list: of this tournament only"},
    {.name = "--limit", .value = "N", .help = "list: so many at most, newest first (100)"},
    {.name = "--for", .value = "MINUTES", .help = "take, renew: how long the work may take (60)"},
    {.name = "--owner", .value = "NAME", .help = "take: who does it, for god job show"},
    {.name = "--fence", .value = "N", .help = "renew, answer: the number that take printed"},
    {.name = "--result", .value = "FILE", .help = "answer: a JSON object, see core/cycles/work.h"},
    {.name = "--failed", .value = "SENTENCE", .help = "answer: why there is no result"},
    {.name = "--json", .help = "print JSON instead of text"},
    {.name = "--config", .value = "FILE", .help = "god.yaml; see god config --help"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god job",
    .synopsis = "list | show JOB | log JOB | cancel JOB | take KIND[,KIND ...] | renew JOB | answer JOB [OPTION ...]",
    .summary = "Jobs are the work that tournaments ask for. JOB is a number or a key, as list prints them. Asks the\n"
               "running host; without one the store is read directly. Kinds that no host executes can be done by a\n"
               "program of one's own: take prints a job as JSON, answer hands back its result.",
    .options = options,
    .notes =
        "examples:\n"
        "  god job list --state failed\n"
        "  god job show 17                 payload, result, and why it waits\n"
        "  god job log evaluate/TASK/1     what its worker wrote\n"
        "  god job cancel 17\n"
        "  god job take set_weights --for 10\n"
        "  god job answer 17 --fence 1 --result result.json\n\n"
        "exit codes: 0 fine, 2 the command line is at fault or there is no such job, 3 the host or the store failed\n",
};

typedef struct arguments {
    const char *action, *job, *config_path, *state, *kind, *tournament, *limit;
    gdi_job_work work;
    uint32_t as_json;
} arguments;

static god_status take(void *user, const char *name, const char *value, god_error *err)
{
    arguments *args = user;
    int64_t number = 0;
    uint32_t is_of_work = 0;
    GOD_TRY(gdi_job_work_option(&args->work, name, value, &is_of_work, err));
    if (is_of_work) {
        return GOD_OK;
    }
    if (name == NULL) {
        const char **place = args->action == NULL ? &args->action : &args->job;
        if (*place != NULL) {
            return god_fail(err, GOD_E_INVALID, "\"%.200s\" is one argument too many", value);
        }
        *place = value;
    } else if (strcmp(name, "--json") == 0) {
        args->as_json = 1;
    } else if (strcmp(name, "--config") == 0) {
        args->config_path = value;
    } else if (strcmp(name, "--state") == 0) {
        args->state = value;
    } else if (strcmp(name, "--kind") == 0) {
        args->kind = value;
    } else if (strcmp(name, "--tournament") == 0) {
        args->tournament = value;
    } else {
        args->limit = value;
        return gdi_option_int(name, value, 1, 1000, &number, err);
    }
    return GOD_OK;
}

static const char *text_of(const json_t *object, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? otherwise : text;
}

/* ---- list ---- */

static void print_list(const json_t *jobs)
{
    const json_t *job = NULL;
    size_t i = 0;
    if (json_array_size(jobs) == 0) {
        (void)printf("there are no such jobs\n");
        return;
    }
    (void)printf("%8s  %-9s  %-20s  %s\n", "job", "state", "created", "key");
    json_array_foreach(jobs, i, job)
    {
        (void)printf("%8lld  %-9s  %-20.19s  %s\n", (long long)json_integer_value(json_object_get(job, "job_id")),
                     text_of(job, "state", ""), text_of(job, "created_at", ""), text_of(job, "key", ""));
    }
}

static god_status list(const gdi_config *config, const arguments *args, god_error *err)
{
    god_text target = GOD_TEXT_INIT;
    json_t *jobs = NULL;
    god_status status = god_text_append_str(&target, "/admin/jobs", err);
    status = status != GOD_OK ? status : gdi_ask_add_query(&target, "state", args->state, err);
    status = status != GOD_OK ? status : gdi_ask_add_query(&target, "kind", args->kind, err);
    status = status != GOD_OK ? status : gdi_ask_add_query(&target, "tournament_id", args->tournament, err);
    status = status != GOD_OK ? status : gdi_ask_add_query(&target, "limit", args->limit, err);
    if (status == GOD_OK) {
        status = gdi_ask_host(config, &(gdi_ask){.method = "GET", .target = target.data}, &jobs, err);
    }
    god_text_free(&target);
    if (status == GOD_OK && args->as_json) {
        (void)json_dumpf(jobs, stdout, JSON_INDENT(2));
        (void)putchar('\n');
    } else if (status == GOD_OK) {
        print_list(jobs);
    }
    json_decref(jobs);
    return status;
}

/* ---- one ---- */

static god_status ask_about(const gdi_config *config, const char *method, const char *job, const char *action,
                            json_t **ret_answer, god_error *err)
{
    god_text target = GOD_TEXT_INIT;
    god_status status = god_text_append_str(&target, "/admin/jobs", err);
    status = status != GOD_OK ? status : gdi_ask_add_segment(&target, job, err);
    status = status != GOD_OK ? status : god_text_append_str(&target, action, err);
    if (status == GOD_OK) {
        status = gdi_ask_host(config, &(gdi_ask){.method = method, .target = target.data}, ret_answer, err);
    }
    god_text_free(&target);
    return status;
}

/* One line per member that says something. */
static void print_job(const json_t *job)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)job, name, value)
    {
        char *text = json_is_null(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_INDENT(2));
        if (text != NULL) {
            (void)printf("%-14s %s\n", name, json_is_string(value) ? json_string_value(value) : text);
        }
        free(text);
    }
}

static god_status show(const gdi_config *config, const arguments *args, const char *method, const char *action,
                       god_error *err)
{
    json_t *job = NULL;
    GOD_TRY(ask_about(config, method, args->job, action, &job, err));
    if (args->as_json) {
        (void)json_dumpf(job, stdout, JSON_INDENT(2));
        (void)putchar('\n');
    } else {
        print_job(job);
    }
    json_decref(job);
    return GOD_OK;
}

/* ---- log ---- */

/* The first job folder of this name, wherever it is by now. */
static god_status find_log(const gdi_config *config, const char *name, char ret_path[GOD_PATH_MAX], god_error *err)
{
    static const char *const kinds[] = {"running", "done", "queued"};
    char jobs[GOD_PATH_MAX], dir[GOD_PATH_MAX], folder[GOD_PATH_MAX];
    GOD_TRY(god_path_join(config->paths_state_dir, "jobs", jobs, err));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        GOD_TRY(god_path_join(jobs, kinds[i], dir, err));
        GOD_TRY(god_path_join(dir, name, folder, err));
        GOD_TRY(god_path_join(folder, "progress.jsonl", ret_path, err));
        if (god_file_exists(ret_path)) {
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_NOT_FOUND, "the job has no log here");
}

static god_status copy_out(const char *path, god_error *err)
{
    char buffer[65536];
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return god_fail_errno(err, GOD_E_IO, "cannot open \"%s\"", path);
    }
    for (size_t count = fread(buffer, 1, sizeof buffer, file); count > 0;
         count = fread(buffer, 1, sizeof buffer, file)) {
        (void)fwrite(buffer, 1, count, stdout);
    }
    (void)fclose(file);
    return GOD_OK;
}

/* "store-JOB": what core/host/execute_evaluate.c names its folders. */
static god_status find_folder(const gdi_config *config, const json_t *job, char ret_path[GOD_PATH_MAX], god_error *err)
{
    char name[64];
    (void)snprintf(name, sizeof name, "store-%lld", (long long)json_integer_value(json_object_get(job, "job_id")));
    return find_log(config, name, ret_path, err);
}

static god_status print_log(const gdi_config *config, const arguments *args, god_error *err)
{
    json_t *job = NULL;
    char path[GOD_PATH_MAX];
    GOD_TRY(ask_about(config, "GET", args->job, "", &job, err));
    god_status status = find_folder(config, job, path, err);
    if (status == GOD_E_NOT_FOUND) {
        const char *message = text_of(job, "message", text_of(job, "waits_because", "the job writes no log"));
        (void)printf("%s: %s\n", text_of(job, "state", ""), message);
        status = GOD_OK;
    } else if (status == GOD_OK) {
        status = copy_out(path, err);
    }
    json_decref(job);
    return status;
}

static god_status act(const arguments *args, god_error *err)
{
    enum { act_list, act_show, act_log, act_cancel, act_take, act_renew, act_answer, act_count };
    static const char *const actions[act_count] = {"list", "show", "log", "cancel", "take", "renew", "answer"};
    gdi_config config;
    size_t action = act_list;
    while (action < act_count && strcmp(args->action, actions[action]) != 0) {
        action++;
    }
    if (action == act_count) {
        return god_fail(err, GOD_E_INVALID, "\"%.100s\" is none of list, show, log, cancel, take, renew and answer",
                        args->action);
    }
    if ((args->job != NULL) != (action != act_list)) {
        return god_fail(err, GOD_E_INVALID,
                        action == act_list   ? "god job %s takes no job"
                        : action == act_take ? "which kinds? god job %s KIND[,KIND ...]"
                                             : "which job? god job %s JOB",
                        args->action);
    }
    GOD_TRY(gdi_config_load(args->config_path, &config, err));
    god_status status = action == act_list     ? list(&config, args, err)
                        : action == act_show   ? show(&config, args, "GET", "", err)
                        : action == act_log    ? print_log(&config, args, err)
                        : action == act_cancel ? show(&config, args, "POST", "/cancel", err)
                                               : gdi_job_work_do(&config, &args->work, args->action, args->job, err);
    gdi_config_clear(&config);
    return status;
}

int gdi_cmd_job(int argc, char **argv)
{
    arguments args = {.action = NULL};
    god_error err = GOD_ERROR_INIT;
    int code = GDI_EXIT_OK;
    if (!gdi_options_begin(&usage, argc, argv, &args, take, &args.action, &code)) {
        return code;
    }
    return act(&args, &err) == GOD_OK ? GDI_EXIT_OK : gdi_cli_fail("job", &err);
}
