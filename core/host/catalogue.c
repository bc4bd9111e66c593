#include "core/host/catalogue.h"

static const gdi_plugin_info *find_path(const gdi_plugins *plugins, const char *path)
{
    for (uint32_t i = 0; i < plugins->count; i++) {
        if (strcmp(plugins->infos[i].path, path) == 0) {
            return &plugins->infos[i];
        }
    }
    return NULL;
}

static void say_found(const gdi_log *log, const gdi_plugin_info *info, uint32_t use, const char *replaced_or_added)
{
    static const char *const uses[] = {"", "ready", "refused", "disabled", "shadowed by another file with its id"};
    if (info->state != GOD_OK) {
        gdi_log_write(log, GOD_LOG_WARNING, "refused a plug-in", "path", info->path, "reason", info->message, NULL);
        return;
    }
    gdi_log_write(log, GOD_LOG_INFO, replaced_or_added, "plugin", info->id, "version", info->version, "state",
                  uses[use], "path", info->path, NULL);
}

static void say_changes(const gdi_log *log, const gdi_plugins *before, const gdi_plugins *after)
{
    for (uint32_t i = 0; i < after->count; i++) {
        const gdi_plugin_info *old = find_path(before, after->infos[i].path);
        if (old == NULL) {
            say_found(log, &after->infos[i], after->uses[i], "found a plug-in");
        } else if (strcmp(old->sha256, after->infos[i].sha256) != 0) {
            say_found(log, &after->infos[i], after->uses[i], "a plug-in was replaced");
        }
    }
    for (uint32_t i = 0; i < before->count; i++) {
        const gdi_plugin_info *old = &before->infos[i];
        if (find_path(after, old->path) == NULL) {
            gdi_log_write(log, GOD_LOG_INFO, "a plug-in was removed", "plugin", old->id, "path", old->path, NULL);
        }
    }
}

god_status gdi_catalogue_refresh(gdi_catalogue *catalogue, god_error *err)
{
    gdi_plugins plugins;
    GOD_TRY(gdi_plugins_open(catalogue->config, catalogue->layout, catalogue->log, &plugins, err));
    say_changes(catalogue->log, &catalogue->plugins, &plugins);
    gdi_plugins_close(&catalogue->plugins);
    catalogue->plugins = plugins;
    return GOD_OK;
}

void gdi_catalogue_close(gdi_catalogue *catalogue)
{
    gdi_plugins_close(&catalogue->plugins);
}

god_status gdi_catalogue_find(const gdi_catalogue *catalogue, const char *id, const char *task_type,
                              const gdi_plugin_info **ret_info, god_error *err)
{
    const gdi_plugins *plugins = &catalogue->plugins;
    const gdi_plugin_info *found = NULL;
    for (uint32_t i = 0; i < plugins->count; i++) {
        const gdi_plugin_info *info = &plugins->infos[i];
        if (plugins->uses[i] != GDI_PLUGIN_USABLE) {
            continue;
        }
        uint32_t fits =
            id != NULL ? strcmp(info->id, id) == 0 : info->has_eval && gdi_plugin_info_has_type(info, task_type);
        if (fits && found != NULL) {
            return god_fail(err, GOD_E_INVALID, "both \"%s\" and \"%s\" evaluate \"%.100s\"", found->id, info->id,
                            task_type);
        }
        found = fits ? info : found;
    }
    if (found == NULL) {
        return god_fail(err, GOD_E_NOT_FOUND, "there is no plug-in for %s \"%.100s\"",
                        id != NULL ? "the id" : "the task type", id != NULL ? id : task_type);
    }
    *ret_info = found;
    return GOD_OK;
}
