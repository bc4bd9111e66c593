/* `god task args|upload` */
#include "core/cli/task.h"

#include "core/cli/cli.h"
#include "core/cli/options.h"

static const gdi_option options[] = {
    {.name = "--stats",
     .value = "DIR",
     .help = "args: the folder behind /cache: baseline statistics of the request are written there\n"
             "as a trainer does it; a request without any gets those that are there"},
    {.name = "--sidecar-urls",
     .value = "URL,...",
     .help = "args: addresses of the environment servers, in the order of the GPUs"},
    {.name = "--repository", .value = "OWNER/NAME", .help = "upload: where it goes"},
    {.name = "--task-id", .value = "ID", .help = "upload: the task, for the message of the commit"},
    {.name = "--base-model",
     .value = "ID",
     .help = "upload: the real base model, for adapter_config.json and README.md"},
    {.name = "--subfolder", .value = "NAME", .help = "upload: the folder of the repository (images: checkpoints)"},
    {.name = "--json", .value = NULL, .help = "print one JSON object instead of the text"},
    {.name = "--config", .value = "FILE", .help = "god.yaml; see god config --help"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god task",
    .synopsis = "args REQUEST.json | upload FOLDER --repository OWNER/NAME --task-id ID [OPTION ...]",
    .summary = "args shows what a training is started with: task type, Dockerfile, arguments, environment, container\n"
               "settings, time limit and folders. REQUEST.json is the request that a validator sends to a trainer\n"
               "(POST /v1/trainer/start_training, or /v1/trainer/model_prep). Nothing is fetched, built or run.\n"
               "upload puts the result of a training onto the hub, in place of what was in that repository: without\n"
               "trainer states, and only the folder with the weights when there is one.",
    .options = options,
    .notes = "The salt that hides model ids is read from the environment (MODEL_HASH_SALT) or from god.yaml\n"
             "(plugins.config, \"model_hash_salt\"), the hub's token from a file or the environment (hub.token_file,\n"
             "hub.token_variable); neither ever from the command line.\n"
             "\n"
             "example:\n"
             "  god task args request.json --json | jq .argv\n"
             "\n"
             "exit codes: 0 fine, 2 the request, the folder or the command line is at fault,\n"
             "            3 a plug-in, the network or the system failed, 130 stopped by SIGINT or SIGTERM\n",
};

static god_status take(void *user, const char *name, const char *value, god_error *err)
{
    gdi_task_args *args = user;
    const struct {
        const char *name, **text;
    } texts[] = {{"--stats", &args->stats},           {"--sidecar-urls", &args->sidecar_urls},
                 {"--repository", &args->repository}, {"--task-id", &args->task_id},
                 {"--base-model", &args->base_model}, {"--subfolder", &args->subfolder},
                 {"--config", &args->config}};
    if (name == NULL) {
        const char **place = args->action == NULL ? &args->action : &args->place;
        if (*place != NULL) {
            return god_fail(err, GOD_E_INVALID, "\"%.200s\" is one argument too many", value);
        }
        *place = value;
        return GOD_OK;
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].text = value;
            return GOD_OK;
        }
    }
    args->json = 1;
    return GOD_OK;
}

static god_status act(const gdi_task_args *args, god_error *err)
{
    if (strcmp(args->action, "args") == 0) {
        return gdi_task_args_show(args, err);
    }
    if (strcmp(args->action, "upload") == 0) {
        return gdi_task_upload(args, err);
    }
    return god_fail(err, GOD_E_INVALID, "\"%.60s\" is none of args and upload", args->action);
}

int gdi_cmd_task(int argc, char **argv)
{
    gdi_task_args args = {.action = NULL};
    god_error err = GOD_ERROR_INIT;
    int code = GDI_EXIT_OK;
    if (!gdi_options_begin(&usage, argc, argv, &args, take, &args.action, &code)) {
        return code;
    }
    return act(&args, &err) == GOD_OK ? GDI_EXIT_OK : gdi_cli_fail("task", &err);
}
