/* `god plugin check`: the conformance suite for one file. */
#include <stdlib.h>

#include "core/base/layout.h"
#include "core/base/signals.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/plugin.h"
#include "core/loader/conformance.h"
#include "god/helpers/json.h"

enum { submissions_max = 32, default_limit_s = 120, limit_s_max = 24 * 3600, task_bytes_max = 16 << 20 };

static const gdi_option options[] = {
    {.name = "--task", .value = "FILE", .help = "a task that the plug-in is for, as JSON"},
    {.name = "--data", .value = "FILE", .help = "what the task's need \"data\" is met with"},
    {.name = "--base", .value = "DIR", .help = "the base model"},
    {.name = "--submission", .value = "NAME=DIR", .help = "a submitted model; may be repeated"},
    {.name = "--time-limit", .value = "SECONDS", .help = "for one check; 120 unless it is given"},
    {.name = "--json", .help = "print one JSON object instead of lines"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god plugin check",
    .synopsis = "FILE [--task FILE [--data FILE] [--base DIR] [--submission NAME=DIR ...]] [--json]",
    .summary = "Runs the conformance suite: does the plug-in keep the contract of god/plugin.h? The plug-in runs in\n"
               "a process of its own, so that a crash costs one check and not the report. The more it is given to\n"
               "work with (a task, its data, submissions), the more is checked.",
    .options = options,
    .notes = "exit codes: 0 no check failed, 1 at least one failed, 2 the command line or an input is at fault,\n"
             "            3 the system failed, 130 stopped by SIGINT or SIGTERM\n",
};

typedef struct arguments {
    gdi_conformance_options suite;
    gdi_conformance_submission submissions[submissions_max];
    char *paths[submissions_max + 4]; /* own: absolute paths */
    size_t path_count;
    uint32_t as_json;
} arguments;

static god_status take_path(arguments *args, const char *value, const char **ret_path, god_error *err)
{
    char *path = realpath(value, NULL);
    if (path == NULL) {
        return god_fail_errno(err, errno == ENOMEM ? GOD_E_NOMEM : GOD_E_NOT_FOUND, "cannot find \"%s\"", value);
    }
    args->paths[args->path_count++] = path;
    *ret_path = path;
    return GOD_OK;
}

static god_status take_once(arguments *args, const char *name, const char *value, const char **ret_path, god_error *err)
{
    return *ret_path == NULL ? take_path(args, value, ret_path, err)
                             : god_fail(err, GOD_E_INVALID, "%s is given twice", name);
}

static god_status take_submission(arguments *args, const char *value, god_error *err)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value || equals[1] == '\0') {
        return god_fail(err, GOD_E_INVALID, "\"--submission\" is \"%s\", NAME=DIR is needed", value);
    }
    if (args->suite.submission_count == submissions_max) {
        return god_fail(err, GOD_E_INVALID, "%d submissions are allowed", submissions_max);
    }
    gdi_conformance_submission *one = &args->submissions[args->suite.submission_count];
    GOD_TRY(take_path(args, equals + 1, &one->model_dir, err));
    char *name = strndup(value, (size_t)(equals - value));
    if (name == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the name of a submission");
    }
    one->id = name;
    args->suite.submission_count++;
    return GOD_OK;
}

static god_status take_time_limit(arguments *args, const char *value, god_error *err)
{
    int64_t seconds = 0;
    GOD_TRY(gdi_option_int("--time-limit", value, 1, limit_s_max, &seconds, err));
    args->suite.time_limit_ms = (uint64_t)seconds * 1000;
    return GOD_OK;
}

static god_status take_option(void *user, const char *name, const char *value, god_error *err)
{
    arguments *args = user;
    if (name == NULL) {
        return take_once(args, "FILE", value, &args->suite.plugin_path, err);
    }
    if (strcmp(name, "--task") == 0) {
        return take_once(args, name, value, &args->suite.task_path, err);
    }
    if (strcmp(name, "--data") == 0) {
        return take_once(args, name, value, &args->suite.data_path, err);
    }
    if (strcmp(name, "--base") == 0) {
        return take_once(args, name, value, &args->suite.base_dir, err);
    }
    if (strcmp(name, "--submission") == 0) {
        return take_submission(args, value, err);
    }
    if (strcmp(name, "--time-limit") == 0) {
        return take_time_limit(args, value, err);
    }
    args->as_json = 1;
    return GOD_OK;
}

static void arguments_clear(arguments *args)
{
    for (size_t i = 0; i < args->path_count; i++) {
        free(args->paths[i]);
    }
    for (uint32_t i = 0; i < args->suite.submission_count; i++) {
        free((char *)(uintptr_t)args->submissions[i].id);
    }
}

/* A task that is not JSON is the caller's mistake, not the plug-in's. */
static god_status check_task_file(const char *path, god_error *err)
{
    json_t *task = NULL;
    if (path != NULL) {
        GOD_TRY(god_json_read(path, task_bytes_max, &task, err));
    }
    json_decref(task);
    return GOD_OK;
}

/* ---- printing ---- */

static const char *verdict_name(uint32_t verdict)
{
    return verdict == GDI_PASS ? "pass" : verdict == GDI_FAIL ? "FAIL" : "skip";
}

static void print_result(void *user, const gdi_conformance_result *result)
{
    (void)user;
    (void)printf("%s  %-17s %s\n", verdict_name(result->verdict), result->id, result->sentence);
    if (result->message[0] != '\0') {
        (void)printf("%24s%s\n", "", result->message);
    }
    (void)fflush(stdout);
}

static void collect_result(void *user, const gdi_conformance_result *result)
{
    json_t *checks = user;
    const char *verdict = result->verdict == GDI_PASS ? "pass" : result->verdict == GDI_FAIL ? "fail" : "skip";
    (void)json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:s}", "id", result->id, "verdict", verdict,
                                                  "sentence", result->sentence, "message", result->message));
}

static god_status print_json(json_t *checks, const gdi_plugin_info *info, const gdi_conformance_count *count,
                             god_error *err)
{
    json_t *root = json_pack("{s:{s:s, s:s, s:s, s:s}, s:O, s:i, s:i, s:i}", "plugin", "id", info->id, "version",
                             info->version, "path", info->path, "sha256", info->sha256, "checks", checks, "passed",
                             (int)count->passed, "failed", (int)count->failed, "skipped", (int)count->skipped);
    int failed = root == NULL || json_dumpf(root, stdout, JSON_INDENT(2)) != 0;
    (void)fputc('\n', stdout);
    json_decref(root);
    return failed ? god_fail(err, GOD_E_NOMEM, "out of memory for the report") : GOD_OK;
}

static void print_summary(const gdi_plugin_info *info, const gdi_conformance_count *count)
{
    (void)printf("\n%s %s: %u passed, %u failed, %u skipped\n", info->id[0] == '\0' ? info->path : info->id,
                 info->version, count->passed, count->failed, count->skipped);
}

/* ---- the command ---- */

static god_status run_suite(arguments *args, gdi_conformance_count *ret_count, god_error *err)
{
    gdi_layout layout;
    gdi_plugin_info info;
    GOD_TRY(check_task_file(args->suite.task_path, err));
    GOD_TRY(gdi_layout_find(&layout, err));
    args->suite.worker_path = layout.worker_path;
    args->suite.nn_dir = layout.nn_dir;
    args->suite.submissions = args->submissions;
    args->suite.stop_asked = gdi_signals_stop_count;
    gdi_signals_catch(); /* so that Ctrl-C leaves no folder behind */
    json_t *checks = json_array();
    god_status status =
        gdi_conformance_run(&args->suite, checks, args->as_json ? collect_result : print_result, &info, ret_count, err);
    if (status == GOD_OK) {
        if (args->as_json) {
            status = print_json(checks, &info, ret_count, err);
        } else {
            print_summary(&info, ret_count);
        }
        gdi_plugin_info_clear(&info);
    }
    json_decref(checks);
    return status;
}

int gdi_plugin_check(int argc, char **argv)
{
    arguments args = {.suite = {.time_limit_ms = default_limit_s * 1000}};
    gdi_conformance_count count = {.failed = 0};
    god_error err = GOD_ERROR_INIT;
    uint32_t help = 0;
    god_status status = gdi_options_read(&usage, argc, argv, &args, take_option, &help, &err);
    if (help) {
        gdi_usage_print(stdout, &usage);
    } else if (status == GOD_OK && args.suite.plugin_path == NULL) {
        status = god_fail(&err, GOD_E_INVALID, "the plug-in's FILE is missing, see god plugin check --help");
    } else if (status == GOD_OK) {
        status = run_suite(&args, &count, &err);
    }
    arguments_clear(&args);
    if (status != GOD_OK) {
        return gdi_cli_fail("plugin check", &err);
    }
    return count.failed == 0 ? GDI_EXIT_OK : GDI_EXIT_NO;
}
