/* `god plugin list`: every file that could be a plug-in, what it says of itself, and whether it is used.
 *
 * Files come in the order in which the host looks: plugins.files, plugins.folders, the folder of the installation. Of
 * two plug-ins with the same id the first is used. */
#include <stdlib.h>
#include <unistd.h>

#include "core/base/layout.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/plugin.h"
#include "core/config/config.h"
#include "core/loader/find.h"
#include "core/loader/loader.h"

enum { listed_max = 1024, joined_bytes = 512 };

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
             "        duplicate (another file with the same id comes first)\n\n"
             "exit codes: 0 listed, 2 the command line or god.yaml is at fault, 3 the system failed\n",
};

typedef struct arguments {
    const char *config_path;
    uint32_t as_json, again;
} arguments;

typedef struct entry {
    gdi_plugin_info info;
    const char *state; /* static */
} entry;

typedef struct list {
    gdi_config config;
    gdi_layout layout;
    gdi_log log;
    char memory_path[GOD_PATH_MAX];
    gdi_describe_options describe;
    entry *entries; /* own, listed_max of them */
    size_t count;
} list;

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

/* ---- gathering ---- */

static const char *find_state(const list *l, const gdi_plugin_info *info)
{
    if (info->state != GOD_OK) {
        return "refused";
    }
    if (gdi_strings_has(&l->config.plugins_disabled, info->id)) {
        return "disabled";
    }
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->entries[i].info.id, info->id) == 0) {
            return "duplicate";
        }
    }
    return "ready";
}

static god_status add_file(void *user, const char *path, god_error *err)
{
    list *l = user;
    if (l->count == listed_max) {
        return god_fail(err, GOD_E_INVALID, "there are more than %d plug-ins", listed_max);
    }
    entry *one = &l->entries[l->count];
    GOD_TRY(gdi_plugin_describe(path, &l->describe, &one->info, err));
    one->state = find_state(l, &one->info);
    l->count++;
    return GOD_OK;
}

static god_status add_named_file(list *l, const char *path, god_error *err)
{
    if (!god_file_exists(path)) {
        return god_fail(err, GOD_E_NOT_FOUND, "plugins.files names \"%s\", which does not exist", path);
    }
    return add_file(l, path, err);
}

static god_status gather(list *l, god_error *err)
{
    for (size_t i = 0; i < l->config.plugins_files.count; i++) {
        GOD_TRY(add_named_file(l, l->config.plugins_files.items[i], err));
    }
    for (size_t i = 0; i < l->config.plugins_folders.count; i++) {
        GOD_TRY(gdi_plugins_find(l->config.plugins_folders.items[i], l, add_file, err));
    }
    return gdi_plugins_find(l->layout.plugins_dir, l, add_file, err);
}

/* Without a folder for its memory the list still works, only slower. */
static const char *memory_of(list *l)
{
    god_error err = GOD_ERROR_INIT;
    god_status status = god_dir_make(l->config.paths_state_dir, &err);
    if (status == GOD_OK) {
        status = god_path_join(l->config.paths_state_dir, "plugins.json", l->memory_path, &err);
    }
    if (status != GOD_OK) {
        gdi_log_write(&l->log, GOD_LOG_WARNING, "cannot remember plug-ins, going on", "reason", err.message, NULL);
        return NULL;
    }
    return l->memory_path;
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

static size_t interfaces_of(const gdi_plugin_info *info, const char *ret_ids[static 3])
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
    return count;
}

enum { column_count = 5 };

typedef struct row {
    char cells[column_count][joined_bytes];
} row;

static void fill_row(const entry *one, row *ret)
{
    const gdi_plugin_info *info = &one->info;
    const char *ids[3];
    size_t id_count = interfaces_of(info, ids);
    (void)snprintf(ret->cells[0], joined_bytes, "%s", info->id[0] == '\0' ? "-" : info->id);
    (void)snprintf(ret->cells[1], joined_bytes, "%s", info->version[0] == '\0' ? "-" : info->version);
    (void)snprintf(ret->cells[2], joined_bytes, "%s", one->state);
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

static void print_table(const list *l)
{
    static const row head = {.cells = {"id", "version", "state", "task types", "interfaces"}};
    int widths[column_count] = {0};
    row r = head;
    for (size_t i = 0; i <= l->count; i++) {
        for (int c = 0; c < column_count; c++) {
            int width = (int)strlen(r.cells[c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
        if (i < l->count) {
            fill_row(&l->entries[i], &r);
        }
    }
    print_row(&head, widths, "path");
    for (size_t i = 0; i < l->count; i++) {
        fill_row(&l->entries[i], &r);
        print_row(&r, widths, l->entries[i].info.path);
        if (l->entries[i].info.message[0] != '\0') {
            (void)printf("    %s\n", l->entries[i].info.message);
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

static json_t *entry_json(const entry *one)
{
    const gdi_plugin_info *info = &one->info;
    const char *ids[3];
    size_t id_count = interfaces_of(info, ids);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[I,I], s:I, s:o, s:o}", "id", info->id, "version",
                     info->version, "state", one->state, "message", info->message, "path", info->path, "sha256",
                     info->sha256, "build", info->build, "abi", (json_int_t)info->abi_major,
                     (json_int_t)info->abi_minor, "caps", (json_int_t)info->caps, "task_types",
                     strings_json((const char *const *)info->task_types, info->task_type_count), "interfaces",
                     strings_json(ids, id_count));
}

static god_status print_json(const list *l, god_error *err)
{
    json_t *plugins = json_array();
    for (size_t i = 0; i < l->count; i++) {
        (void)json_array_append_new(plugins, entry_json(&l->entries[i]));
    }
    uint32_t complete = json_array_size(plugins) == l->count;
    json_t *root = json_pack("{s:o}", "plugins", plugins);
    int failed = root == NULL || !complete || json_dumpf(root, stdout, JSON_INDENT(2)) != 0;
    (void)fputc('\n', stdout);
    json_decref(root);
    return failed ? god_fail(err, GOD_E_NOMEM, "out of memory for the list of plug-ins") : GOD_OK;
}

/* ---- the command ---- */

static god_status run_list(list *l, const arguments *args, god_error *err)
{
    GOD_TRY(gdi_layout_find(&l->layout, err));
    l->describe = (gdi_describe_options){.worker_path = l->layout.worker_path,
                                         .memory_path = memory_of(l),
                                         .time_limit_ms = (uint64_t)l->config.plugins_describe_time_limit_ms,
                                         .log = &l->log};
    if (args->again && l->describe.memory_path != NULL) {
        (void)unlink(l->describe.memory_path);
    }
    GOD_TRY(gather(l, err));
    if (args->as_json) {
        return print_json(l, err);
    }
    if (l->count == 0) {
        (void)printf("no plug-ins: there is no .so file in %s nor in plugins.folders of god.yaml\n",
                     l->layout.plugins_dir);
    } else {
        print_table(l);
    }
    return GOD_OK;
}

static god_status list_plugins(const arguments *args, god_error *err)
{
    list l = {.log = {.fd = STDERR_FILENO, .lowest_level = GOD_LOG_WARNING}};
    GOD_TRY(gdi_config_load(args->config_path, &l.config, err));
    l.entries = calloc(listed_max, sizeof *l.entries);
    god_status status = l.entries == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for the list of plug-ins")
                                          : run_list(&l, args, err);
    for (size_t i = 0; i < l.count; i++) {
        gdi_plugin_info_clear(&l.entries[i].info);
    }
    free(l.entries);
    gdi_config_clear(&l.config);
    return status;
}

int gdi_plugin_list(int argc, char **argv)
{
    arguments args = {.config_path = NULL};
    god_error err = GOD_ERROR_INIT;
    uint32_t help = 0;
    god_status status = gdi_options_read(&usage, argc, argv, &args, take_option, &help, &err);
    if (help) {
        gdi_usage_print(stdout, &usage);
        return GDI_EXIT_OK;
    }
    if (status == GOD_OK) {
        status = list_plugins(&args, &err);
    }
    return status == GOD_OK ? GDI_EXIT_OK : gdi_cli_fail("plugin list", &err);
}
