/* `god plugin list`: every file that could be a plug-in, what it says of itself, and whether it is used. */
#include <stdlib.h>
#include <unistd.h>

#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/plugin.h"
#include "core/host/plugins.h"

enum { joined_bytes = 512, interfaces_max = 4 };

static const gdi_option options[] = {
    {.name = "--json", .help = "print one JSON object instead of the table"},
    {.name = "--again", .help = "forget what was learned before and ask every plug-in again"},
    {.name = "--config", .value = "FILE", .help = "this god.yaml instead of the usual places"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god plugin list",
    .synopsis = "[--json] [--again] [--config FILE]",
    .summary = "Lists the plug-ins of god.yaml and of this installation. Each file is asked once, in a process of\n"
               "its own with a deadline, and the answer is remembered until the file changes.",
    .options = options,
    .notes = "states: ready; refused (the line below says why); disabled (plugins.disabled in god.yaml);\n"
             "        shadowed (another file with the same id comes first)\n\n"
             "exit codes: 0 listed, 2 the command line or god.yaml is at fault, 3 the system failed\n",
};

typedef struct arguments {
    const char *config_path;
    uint32_t as_json, again;
} arguments;

static god_status take_option(void *user, const char *name, const char *value, god_error *err)
{
    arguments *args = user;
    if (name == NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is one argument too many", value);
    }
    if (strcmp(name, "--config") == 0) {
        args->config_path = value;
    } else if (strcmp(name, "--json") == 0) {
        args->as_json = 1;
    } else {
        args->again = 1;
    }
    return GOD_OK;
}

static const char *state_name(uint32_t use)
{
    static const char *const names[] = {[GDI_PLUGIN_USABLE] = "ready",
                                        [GDI_PLUGIN_REFUSED] = "refused",
                                        [GDI_PLUGIN_DISABLED] = "disabled",
                                        [GDI_PLUGIN_SHADOWED] = "shadowed"};
    return names[use];
}

/* ---- printing ---- */

static const char *join(const char *const *texts, size_t count, char buf[static joined_bytes])
{
    size_t used = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < count && used < joined_bytes; i++) {
        used += (size_t)snprintf(buf + used, joined_bytes - used, "%s%s", i == 0 ? "" : " ", texts[i]);
    }
    return buf;
}

static size_t interfaces_of(const gdi_plugin_info *info, const char *ret_ids[static interfaces_max])
{
    size_t count = 0;
    if (info->has_task) {
        ret_ids[count++] = GOD_TASK_ID;
    }
    if (info->has_dataset) {
        ret_ids[count++] = GOD_DATASET_ID;
    }
    if (info->has_eval) {
        ret_ids[count++] = GOD_EVAL_ID;
    }
    if (info->has_explain) {
        ret_ids[count++] = GOD_EXPLAIN_ID;
    }
    return count;
}

enum { column_count = 5 };

typedef struct row {
    char cells[column_count][joined_bytes];
} row;

static void fill_row(const gdi_plugin_info *info, uint32_t use, row *ret)
{
    const char *ids[interfaces_max];
    size_t id_count = interfaces_of(info, ids);
    (void)snprintf(ret->cells[0], joined_bytes, "%s", info->id[0] == '\0' ? "-" : info->id);
    (void)snprintf(ret->cells[1], joined_bytes, "%s", info->version[0] == '\0' ? "-" : info->version);
    (void)snprintf(ret->cells[2], joined_bytes, "%s", state_name(use));
    (void)join((const char *const *)info->task_types, info->task_type_count, ret->cells[3]);
    (void)join(ids, id_count, ret->cells[4]);
}

static void print_row(const row *r, const int widths[static column_count], const char *path)
{
    for (int c = 0; c < column_count; c++) {
        (void)printf("%-*s  ", widths[c], r->cells[c]);
    }
    (void)printf("%s\n", path);
}

static void print_table(const gdi_plugins *plugins)
{
    static const row head = {.cells = {"id", "version", "state", "task types", "interfaces"}};
    int widths[column_count] = {0};
    row r = head;
    for (uint32_t i = 0; i <= plugins->count; i++) {
        for (int c = 0; c < column_count; c++) {
            int width = (int)strlen(r.cells[c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
        if (i < plugins->count) {
            fill_row(&plugins->infos[i], plugins->uses[i], &r);
        }
    }
    print_row(&head, widths, "path");
    for (uint32_t i = 0; i < plugins->count; i++) {
        fill_row(&plugins->infos[i], plugins->uses[i], &r);
        print_row(&r, widths, plugins->infos[i].path);
        if (plugins->infos[i].message[0] != '\0') {
            (void)printf("    %s\n", plugins->infos[i].message);
        }
    }
}

static json_t *strings_json(const char *const *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(array, json_string(texts[i]));
    }
    return array;
}

static json_t *info_json(const gdi_plugin_info *info, uint32_t use)
{
    const char *ids[interfaces_max];
    size_t id_count = interfaces_of(info, ids);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[I,I], s:I, s:o, s:o}", "id", info->id, "version",
                     info->version, "state", state_name(use), "message", info->message, "path", info->path, "sha256",
                     info->sha256, "build", info->build, "abi", (json_int_t)info->abi_major,
                     (json_int_t)info->abi_minor, "caps", (json_int_t)info->caps, "task_types",
                     strings_json((const char *const *)info->task_types, info->task_type_count), "interfaces",
                     strings_json(ids, id_count));
}

static god_status print_json(const gdi_plugins *plugins, god_error *err)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < plugins->count; i++) {
        (void)json_array_append_new(array, info_json(&plugins->infos[i], plugins->uses[i]));
    }
    uint32_t complete = json_array_size(array) == plugins->count;
    json_t *root = json_pack("{s:o}", "plugins", array);
    int failed = root == NULL || !complete || json_dumpf(root, stdout, JSON_INDENT(2)) != 0;
    (void)fputc('\n', stdout);
    json_decref(root);
    return failed ? god_fail(err, GOD_E_NOMEM, "out of memory for the list of plug-ins") : GOD_OK;
}

/* ---- the command ---- */

static void forget(const gdi_config *config)
{
    char path[GOD_PATH_MAX];
    if (god_path_join(config->paths_state_dir, "plugins.json", path, NULL) == GOD_OK) {
        (void)unlink(path);
    }
}

static god_status list_with(const gdi_config *config, const arguments *args, god_error *err)
{
    const gdi_log log = {.fd = STDERR_FILENO, .lowest_level = GOD_LOG_WARNING};
    gdi_layout layout;
    gdi_plugins plugins;
    GOD_TRY(gdi_layout_find(&layout, err));
    if (args->again) {
        forget(config);
    }
    GOD_TRY(gdi_plugins_open(config, &layout, &log, &plugins, err));
    god_status status = GOD_OK;
    if (args->as_json) {
        status = print_json(&plugins, err);
    } else if (plugins.count == 0) {
        (void)printf("no plug-ins: there is no .so file in %s nor in plugins.folders of god.yaml\n",
                     layout.plugins_dir);
    } else {
        print_table(&plugins);
    }
    gdi_plugins_close(&plugins);
    return status;
}

static god_status list_plugins(const arguments *args, god_error *err)
{
    gdi_config config;
    GOD_TRY(gdi_config_load(args->config_path, &config, err));
    god_status status = list_with(&config, args, err);
    gdi_config_clear(&config);
    return status;
}

int gdi_plugin_list(int argc, char **argv)
{
    arguments args = {.config_path = NULL};
    god_error err = GOD_ERROR_INIT;
    int code = GDI_EXIT_OK;
    if (!gdi_options_begin(&usage, argc, argv, &args, take_option, NULL, &code)) {
        return code;
    }
    return list_plugins(&args, &err) == GOD_OK ? GDI_EXIT_OK : gdi_cli_fail("plugin list", &err);
}
