/* `god db migrate|check|backup`: the store that god.yaml names. */
#include "core/cli/db.h"

#include <stdlib.h>

#include "core/cli/cli.h"
#include "core/cli/parts.h"
#include "core/store/configured.h"

static const gdi_part parts[] = {
    {"migrate", gdi_db_migrate_command, "",
     "bring the store to the schema of this build; makes it when it is not there"},
    {"check", gdi_db_check_command, "", "does the store hold together?"},
    {"backup", gdi_db_backup_command, " FILE", "a copy of the whole store as one file, while the host runs"},
    {.name = NULL},
};

const gdi_option gdi_db_command_options[] = {
    {.name = "--config", .value = "FILE", .help = "this god.yaml instead of the usual places"},
    {.name = "--store", .value = "URL", .help = "this store instead of the one that god.yaml names"},
    {.name = "--json", .help = "print one JSON object"},
    {.name = NULL},
};

static god_status take(void *user, const char *name, const char *value, god_error *err)
{
    gdi_db_arguments *args = user;
    if (name == NULL) {
        if (args->argument != NULL || !args->takes_argument) {
            return god_fail(err, GOD_E_INVALID, "\"%s\" is one argument too many", value);
        }
        args->argument = value;
    } else if (strcmp(name, "--config") == 0) {
        args->config = value;
    } else if (strcmp(name, "--store") == 0) {
        args->store = value;
    } else {
        args->as_json = 1;
    }
    return GOD_OK;
}

/* A migration or a check of a large store may take long: half a minute of waiting for others, minutes for itself. */
enum { busy_ms = 30 * 1000 };

static god_status open_store(const gdi_db_arguments *args, gdi_db **ret_db, god_error *err)
{
    char url[GDI_STORE_URL_MAX];
    if (args->store != NULL) {
        return gdi_db_open(&(gdi_db_options){.url = args->store, .busy_ms = busy_ms, .must_exist = args->must_exist},
                           ret_db, err);
    }
    gdi_config config;
    GOD_TRY(gdi_config_load(args->config, &config, err));
    god_status status = gdi_store_url(&config, url, err);
    gdi_config_clear(&config);
    GOD_TRY(status);
    return gdi_db_open(&(gdi_db_options){.url = url, .busy_ms = busy_ms, .must_exist = args->must_exist}, ret_db, err);
}

int gdi_db_command(const gdi_usage *usage, gdi_db_arguments *args, int argc, char **argv,
                   god_status (*act)(gdi_db *db, const gdi_db_arguments *args, int *ret_code, god_error *err))
{
    god_error err = GOD_ERROR_INIT;
    gdi_db *db = NULL;
    int code = GDI_EXIT_OK;
    if (!gdi_options_begin(usage, argc, argv, args, take, args->takes_argument ? &args->argument : NULL, &code)) {
        return code;
    }
    god_status status = open_store(args, &db, &err);
    if (status == GOD_OK) {
        status = act(db, args, &code, &err);
    }
    gdi_db_close(db);
    return status == GOD_OK ? code : gdi_cli_fail(usage->command + strlen("god "), &err);
}

god_status gdi_db_print_json(json_t *object_take, god_error *err)
{
    char *text = object_take == NULL ? NULL : json_dumps(object_take, JSON_INDENT(2));
    json_decref(object_take);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the answer");
    }
    (void)printf("%s\n", text);
    free(text);
    return GOD_OK;
}

int gdi_cmd_db(int argc, char **argv)
{
    return gdi_parts_run("god db", parts, argc, argv);
}
