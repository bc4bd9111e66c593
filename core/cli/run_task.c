/* `god run-task`: what a validator would do with a repository, on one's own machine. */
#include "core/cli/run_task.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/signals.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/training/places.h"
#include "core/training/stats.h"

static const gdi_option options[] = {
    {.name = "--repo", .value = "PATH|URL", .help = "the training repository: a folder, or an address with --commit"},
    {.name = "--commit",
     .value = "SHA",
     .help = "all 40 digits; a private repository's token is read from GITHUB_TOKEN"},
    {.name = "--model",
     .value = "DIR",
     .help = "the base model, put where the task's model id is looked for in /cache"},
    {.name = "--data", .value = "FILE", .help = "the training data, put where the task's data is looked for in /cache"},
    {.name = "--upload",
     .value = "USER",
     .help = "without --repo: the result becomes USER/NAME on the hub, with the token that god.yaml names"},
    {.name = "--runner", .value = "NAME", .help = "container (default), process (bubblewrap, no image) or slurm"},
    {.name = "--runner-config",
     .value = "JSON",
     .help = "for the runner, e.g. '{\"socket\": \"/run/podman/podman.sock\"}'"},
    {.name = "--build-network", .help = "let the Dockerfile's RUN lines reach the network, as production does"},
    {.name = "--time-limit", .value = "SECONDS", .help = "instead of the task's hours_to_complete"},
    {.name = "--memory", .value = "BYTES", .help = "instead of 110 GiB per GPU"},
    {.name = "--cpus", .value = "N", .help = "instead of 24 per GPU"},
    {.name = "--out", .value = "DIR", .help = "the folder of the run, made new; default ./god-run-TASK"},
    {.name = "--json", .help = "print one JSON object instead of the text"},
    {.name = "--config", .value = "FILE", .help = "god.yaml; see god config --help"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god run-task",
    .synopsis = "TASK.json [--repo PATH] [OPTION ...]",
    .summary = "Builds and trains a repository exactly as a validator does: the same arguments, environment, mounts,\n"
               "limits and jail, /cache read-only and no network, and says whether a validator would take the output.\n"
               "TASK.json is the request that a validator sends to a trainer; see god task args. Without --repo the\n"
               "repository, the model and the data are fetched from where the task says, as a trainer does; given\n"
               "again after a kill, the command goes on in the same folder.",
    .options = options,
    .notes = "What the build and the training print goes to stderr and to DIR/build.log and DIR/training.log.\n"
             "\n"
             "example:\n"
             "  god run-task task.json --repo . --model models/base --data train.json --time-limit 600\n"
             "\n"
             "exit codes: 0 a validator would take the output, 1 it would not, 2 the command line, the task or the\n"
             "            repository is at fault, 3 the system failed, 130 interrupted\n",
};

static god_status take(void *user, const char *name, const char *value, god_error *err)
{
    gdi_run_task *task = user;
    const struct {
        const char *name;
        const char **text;
        int64_t *number;
        uint32_t *flag;
    } places[] = {
        {"--repo", &task->repo, NULL, NULL},
        {"--commit", &task->commit, NULL, NULL},
        {"--model", &task->model_dir, NULL, NULL},
        {"--data", &task->data_path, NULL, NULL},
        {"--upload", &task->upload_user, NULL, NULL},
        {"--runner", &task->runner, NULL, NULL},
        {"--runner-config", &task->engine_config, NULL, NULL},
        {"--out", &task->out_dir, NULL, NULL},
        {"--config", &task->config_path, NULL, NULL},
        {"--time-limit", NULL, &task->time_limit_s, NULL},
        {"--memory", NULL, &task->memory_bytes, NULL},
        {"--cpus", NULL, &task->threads, NULL},
        {"--build-network", NULL, NULL, &task->build_network},
        {"--json", NULL, NULL, &task->json},
    };
    if (name == NULL) {
        if (task->task_path != NULL) {
            return god_fail(err, GOD_E_INVALID, "\"%.200s\" is one argument too many", value);
        }
        task->task_path = value;
        return GOD_OK;
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(places[i].name, name) != 0) {
            continue;
        }
        if (places[i].number != NULL) {
            return gdi_option_int(name, value, 1, INT64_C(1) << 46, places[i].number, err);
        }
        if (places[i].text != NULL) {
            *places[i].text = value;
        } else {
            *places[i].flag = 1;
        }
    }
    return GOD_OK;
}

/* The folder of the run must be new, so that nothing of an earlier one is taken for its output. */
static god_status make_dir(gdi_run_task *task, const gdi_start_request *request, god_error *err)
{
    char name[300];
    (void)snprintf(name, sizeof name, "god-run-%.200s", request->task_id);
    const char *dir = task->out_dir != NULL ? task->out_dir : name;
    if (god_file_exists(dir)) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is there already; remove it or name another folder with --out",
                        dir);
    }
    GOD_TRY(god_dir_make(dir, err));
    return realpath(dir, task->dir) != NULL ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot find \"%s\"", dir);
}

static god_status run_plan(gdi_run_task *task, const gdi_layout *layout, const gdi_config *config,
                           const gdi_start_request *request, const gdi_plan *plan, uint32_t *ret_fine, god_error *err)
{
    char output_dir[GOD_PATH_MAX], checkpoints_dir[GOD_PATH_MAX], cache_dir[GOD_PATH_MAX];
    gdi_run_state state;
    gdi_verdict verdict = {.dir = ""};
    GOD_TRY(make_dir(task, request, err));
    GOD_TRY(gdi_run_task_fetch_source(task, layout, err));
    GOD_TRY(gdi_run_task_fill_cache(task, plan, err));
    GOD_TRY(god_path_join(task->dir, "cache", cache_dir, err));
    GOD_TRY(gdi_stats_write(cache_dir, request, plan, err));
    GOD_TRY(gdi_run_task_run(task, layout, config, plan, &state, err));
    GOD_TRY(god_path_join(task->dir, "checkpoints", checkpoints_dir, err));
    GOD_TRY(god_path_join(checkpoints_dir, plan->upload_local_folder + strlen(GDI_CHECKPOINTS_TARGET) + 1, output_dir,
                          err));
    GOD_TRY(gdi_verdict_make(output_dir, task->model_dir, &verdict, err));
    gdi_run_task_print(task, plan, &state, &verdict);
    *ret_fine = verdict.fatal_count == 0 && (state.outcome == GDI_RUN_SUCCESS || state.outcome == GDI_RUN_TIME_LIMIT);
    return state.outcome == GDI_RUN_CANCELLED ? god_fail(err, GOD_E_CANCELLED, "interrupted") : GOD_OK;
}

static god_status run_task(gdi_run_task *task, const gdi_layout *layout, const gdi_config *config,
                           const gdi_training_types *types, uint32_t *ret_fine, god_error *err)
{
    gdi_start_request request;
    gdi_plan plan = {.task_type = NULL};
    const gdi_plan_options how = {.clone_root = NULL};
    GOD_TRY(gdi_start_request_read(task->task_path, &request, err));
    god_status status = gdi_plan_make(types, &request, &how, &plan, err);
    status = status == GOD_OK ? run_plan(task, layout, config, &request, &plan, ret_fine, err) : status;
    gdi_plan_clear(&plan);
    gdi_start_request_clear(&request);
    return status;
}

static god_status run(gdi_run_task *task, uint32_t *ret_fine, god_error *err)
{
    static const gdi_log log = {.fd = STDERR_FILENO, .lowest_level = GOD_LOG_WARNING};
    const char *variable = getenv("MODEL_HASH_SALT"), *salt = variable == NULL ? "" : variable;
    gdi_layout layout;
    gdi_config config;
    gdi_training_types types = {.count = 0};
    GOD_TRY(gdi_layout_find(&layout, err));
    GOD_TRY(gdi_config_load(task->config_path, &config, err));
    god_status status = gdi_training_types_open(&config, &layout, &log, salt, &types, err);
    if (status == GOD_OK) {
        status = task->repo != NULL ? run_task(task, &layout, &config, &types, ret_fine, err)
                                    : gdi_run_task_whole(task, &layout, &config, &types, salt, ret_fine, err);
    }
    gdi_training_types_close(&types);
    gdi_config_clear(&config);
    return status;
}

static god_status check(const gdi_run_task *task, god_error *err)
{
    if (task->repo == NULL && (task->model_dir != NULL || task->data_path != NULL || task->commit != NULL)) {
        return god_fail(err, GOD_E_INVALID, "--model, --data and --commit need --repo, see god run-task --help");
    }
    return task->repo == NULL || task->upload_user == NULL
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "--upload is for tasks without --repo; see god task upload");
}

int gdi_cmd_run_task(int argc, char **argv)
{
    gdi_run_task task = {.runner = "container"};
    god_error err = GOD_ERROR_INIT;
    uint32_t help = 0, fine = 0;
    god_status status = gdi_options_read(&usage, argc, argv, &task, take, &help, &err);
    if (help) {
        gdi_usage_print(stdout, &usage);
        return GDI_EXIT_OK;
    }
    if (status == GOD_OK && task.task_path == NULL) {
        gdi_usage_print(stderr, &usage);
        return GDI_EXIT_USAGE;
    }
    status = status == GOD_OK ? check(&task, &err) : status;
    gdi_signals_catch();
    if (status == GOD_OK) {
        status = run(&task, &fine, &err);
    }
    if (status != GOD_OK) {
        return gdi_cli_fail("run-task", &err);
    }
    return fine ? GDI_EXIT_OK : GDI_EXIT_NO;
}
