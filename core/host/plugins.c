#include "core/host/plugins.h"

#include <stdlib.h>

#include "core/loader/find.h"

typedef struct search {
    const gdi_config *config;
    const gdi_layout *layout;
    const gdi_log *log;
    gdi_plugins *plugins;
} search;

/* Without a folder for its memory describing still works, only slower. */
static const char *find_memory(const gdi_config *config, const gdi_log *log, char path[GOD_PATH_MAX])
{
    god_error err = GOD_ERROR_INIT;
    god_status status = god_dir_make(config->paths_state_dir, &err);
    if (status == GOD_OK) {
        status = god_path_join(config->paths_state_dir, "plugins.json", path, &err);
    }
    if (status != GOD_OK) {
        gdi_log_write(log, GOD_LOG_WARNING, "cannot remember plug-ins, going on", "reason", err.message, NULL);
        return NULL;
    }
    return path;
}

god_status gdi_plugins_describe(const gdi_config *config, const gdi_layout *layout, const gdi_log *log,
                                const char *path, gdi_plugin_info *ret_info, god_error *err)
{
    char memory_path[GOD_PATH_MAX];
    const gdi_describe_options options = {.worker_path = layout->worker_path,
                                          .memory_path = find_memory(config, log, memory_path),
                                          .time_limit_ms = (uint64_t)config->plugins_describe_time_limit_ms,
                                          .log = log};
    return gdi_plugin_describe(path, &options, ret_info, err);
}

static uint32_t is_known_path(const gdi_plugins *plugins, const char *path)
{
    char *real = realpath(path, NULL);
    uint32_t known = 0;
    for (uint32_t i = 0; real != NULL && i < plugins->count && !known; i++) {
        char *other = realpath(plugins->infos[i].path, NULL);
        known = other != NULL && strcmp(real, other) == 0;
        free(other);
    }
    free(real);
    return known;
}

static uint32_t decide_use(const search *s, const gdi_plugin_info *info)
{
    if (info->state != GOD_OK) {
        return GDI_PLUGIN_REFUSED;
    }
    if (gdi_strings_has(&s->config->plugins_disabled, info->id)) {
        return GDI_PLUGIN_DISABLED;
    }
    for (uint32_t i = 0; i < s->plugins->count; i++) {
        if (s->plugins->uses[i] == GDI_PLUGIN_USABLE && strcmp(s->plugins->infos[i].id, info->id) == 0) {
            return GDI_PLUGIN_SHADOWED;
        }
    }
    return GDI_PLUGIN_USABLE;
}

static god_status add_file(void *user, const char *path, god_error *err)
{
    search *s = user;
    gdi_plugins *plugins = s->plugins;
    if (plugins->count == GDI_PLUGINS_MAX) {
        return god_fail(err, GOD_E_INVALID, "there are more than %d plug-in files, \"%s\" is one too many",
                        GDI_PLUGINS_MAX, path);
    }
    if (is_known_path(plugins, path)) {
        return GOD_OK;
    }
    gdi_plugin_info *info = &plugins->infos[plugins->count];
    god_status status = gdi_plugins_describe(s->config, s->layout, s->log, path, info, err);
    if (status == GOD_E_NOT_FOUND) {
        return GOD_OK; /* removed between listing and reading */
    }
    GOD_TRY(status);
    plugins->uses[plugins->count] = decide_use(s, info);
    plugins->count++;
    return GOD_OK;
}

static god_status search_places(search *s, const gdi_strings *places, god_error *err)
{
    for (size_t i = 0; i < places->count; i++) {
        if (places == &s->config->plugins_files && !god_file_exists(places->items[i])) {
            gdi_log_write(s->log, GOD_LOG_WARNING, "a file of plugins.files does not exist, ignoring", "path",
                          places->items[i], NULL);
        }
        GOD_TRY(gdi_plugins_find(places->items[i], s, add_file, err));
    }
    return GOD_OK;
}

god_status gdi_plugins_open(const gdi_config *config, const gdi_layout *layout, const gdi_log *log,
                            gdi_plugins *ret_plugins, god_error *err)
{
    gdi_plugins plugins = {.infos = calloc(GDI_PLUGINS_MAX, sizeof *plugins.infos),
                           .uses = calloc(GDI_PLUGINS_MAX, sizeof *plugins.uses)};
    search s = {.config = config, .layout = layout, .log = log, .plugins = &plugins};
    god_status status = GOD_OK;
    if (plugins.infos == NULL || plugins.uses == NULL) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for the list of plug-ins");
    }
    if (status == GOD_OK) {
        status = search_places(&s, &config->plugins_files, err);
    }
    if (status == GOD_OK) {
        status = search_places(&s, &config->plugins_folders, err);
    }
    if (status == GOD_OK) {
        status = gdi_plugins_find(layout->plugins_dir, &s, add_file, err);
    }
    if (status != GOD_OK) {
        gdi_plugins_close(&plugins);
        return status;
    }
    *ret_plugins = plugins;
    return GOD_OK;
}

void gdi_plugins_close(gdi_plugins *plugins)
{
    for (uint32_t i = 0; i < plugins->count; i++) {
        gdi_plugin_info_clear(&plugins->infos[i]);
    }
    free(plugins->infos);
    free(plugins->uses);
    *plugins = (gdi_plugins){.infos = NULL};
}

uint32_t gdi_plugin_info_has_type(const gdi_plugin_info *info, const char *task_type)
{
    for (uint32_t i = 0; i < info->task_type_count; i++) {
        if (strcmp(info->task_types[i], task_type) == 0) {
            return 1;
        }
    }
    return 0;
}
