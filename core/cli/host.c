/* `god host`: the daemon. */
#include "core/host/daemon.h"

#include <unistd.h>

#include "core/base/signals.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"

static const gdi_option options[] = {
    {.name = "--config", .value = "FILE", .help = "god.yaml; see god config --help"},
    {.name = "--log-json", .help = "write log lines as JSON objects"},
    {.name = "--debug", .help = "log details too"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god host",
    .synopsis = "[--config FILE] [--log-json] [--debug]",
    .summary = "Runs in the foreground until SIGINT or SIGTERM and logs to stderr. Keeps the list of plug-ins (a file\n"
               "that appears in a plug-in folder is taken in without a restart) and runs the jobs whose folders are\n"
               "moved to STATE_DIR/jobs/queued/; a finished one is in STATE_DIR/jobs/done/ with its result.json.\n"
               "Plays the tournaments of \"tournament.types\" of god.yaml, executes their jobs, and answers HTTP at\n"
               "\"http_server.listen\". god tournament and god job operate it.\n"
               "With \"host.role: trainer\" it runs trainings that validators ask for instead, at \"trainer.listen\".",
    .options = options,
    .notes =
        "A job that was running when the host ended, however it ended, is run again when it starts. As a service:\n"
        "systemctl enable --now god-host.\n\n"
        "exit codes: 0 stopped as asked, 2 the command line, god.yaml or the state folder is at fault,\n"
        "            3 the system failed\n",
};

typedef struct arguments {
    const char *config_path;
    uint32_t as_json, debug;
} arguments;

static god_status take_option(void *user, const char *name, const char *value, god_error *err)
{
    arguments *args = user;
    if (name == NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%.200s\" is one argument too many", value);
    }
    if (strcmp(name, "--config") == 0) {
        args->config_path = value;
    } else if (strcmp(name, "--log-json") == 0) {
        args->as_json = 1;
    } else {
        args->debug = 1;
    }
    return GOD_OK;
}

static god_status run(const arguments *args, god_error *err)
{
    gdi_layout layout;
    gdi_config config;
    const gdi_log log = {
        .fd = STDERR_FILENO, .lowest_level = args->debug ? GOD_LOG_DEBUG : GOD_LOG_INFO, .as_json = args->as_json};
    GOD_TRY(gdi_layout_find(&layout, err));
    GOD_TRY(gdi_config_load(args->config_path, &config, err));
    gdi_signals_catch();
    god_status status = gdi_daemon_run(&config, &layout, &log, err);
    gdi_config_clear(&config);
    return status;
}

int gdi_cmd_host(int argc, char **argv)
{
    arguments args = {.config_path = NULL};
    god_error err = GOD_ERROR_INIT;
    int code = GDI_EXIT_OK;
    if (!gdi_options_begin(&usage, argc, argv, &args, take_option, NULL, &code)) {
        return code;
    }
    return run(&args, &err) == GOD_OK ? GDI_EXIT_OK : gdi_cli_fail("host", &err);
}
