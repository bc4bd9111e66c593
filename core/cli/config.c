/* `god config default|show|check` */
#include "core/config/config.h"

#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/host/rules_settings.h"

static const gdi_option options[] = {
    {.name = "--config", .value = "FILE", .help = "this file instead of the usual places"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god config",
    .synopsis = "default | show | check [--config FILE]",
    .summary = "default prints a god.yaml with every setting, its default and what it is for;\n"
               "show prints the settings in force; check says whether the file is right.",
    .options = options,
    .notes = "The file is the first of: --config FILE, $GOD_CONFIG, ./god.yaml, ~/.config/god/god.yaml,\n"
             "/etc/god/god.yaml. Without any, everything has its default.\n\n"
             "exit codes: 0 fine, 2 the file or the command line is at fault\n",
};

typedef struct arguments {
    const char *action, *file;
} arguments;

static god_status take(void *user, const char *name, const char *value, god_error *err)
{
    arguments *args = user;
    if (name != NULL) {
        args->file = value;
        return GOD_OK;
    }
    if (args->action != NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is one argument too many", value);
    }
    args->action = value;
    return GOD_OK;
}

static god_status act(const arguments *args, god_error *err)
{
    if (strcmp(args->action, "default") == 0) {
        return gdi_config_print_defaults(stdout, err);
    }
    int show = strcmp(args->action, "show") == 0;
    if (!show && strcmp(args->action, "check") != 0) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is none of default, show and check", args->action);
    }
    gdi_config config;
    gdi_rules rules;
    GOD_TRY(gdi_config_load(args->file, &config, err));
    god_status status = gdi_rules_from_settings(config.tournament_rules, &rules, err);
    if (status != GOD_OK) {
        gdi_config_clear(&config);
        return status;
    }
    if (show) {
        gdi_config_print(stdout, &config);
    } else if (config.source == NULL) {
        (void)printf("there is no god.yaml, so everything has its default\n");
    } else {
        (void)printf("%s is fine\n", config.source);
    }
    gdi_config_clear(&config);
    return GOD_OK;
}

int gdi_cmd_config(int argc, char **argv)
{
    arguments args = {.action = NULL};
    god_error err = GOD_ERROR_INIT;
    int code = GDI_EXIT_OK;
    if (!gdi_options_begin(&usage, argc, argv, &args, take, &args.action, &code)) {
        return code;
    }
    return act(&args, &err) == GOD_OK ? GDI_EXIT_OK : gdi_cli_fail("config", &err);
}
