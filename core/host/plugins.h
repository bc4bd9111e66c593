/* core/host/plugins.h: the plug-ins that a configuration names, each described.
 *
 * Order of looking: plugins.files, then plugins.folders, then the folder of this installation. The first file with an
 * id has it; a later file with the same id is passed over, so that a file or folder of one's own can replace what came
 * with the installation. The list is owned by its caller. [one]
 */
#ifndef GDI_HOST_PLUGINS_H
#define GDI_HOST_PLUGINS_H

#include "core/base/layout.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/loader/loader.h"

enum { GDI_PLUGINS_MAX = 256 };

/* Why a plug-in may not be used though its description is fine. */
enum { GDI_PLUGIN_USABLE = 1, GDI_PLUGIN_REFUSED, GDI_PLUGIN_DISABLED, GDI_PLUGIN_SHADOWED };

typedef struct gdi_plugins {
    gdi_plugin_info *infos; /* own */
    uint32_t *uses;         /* own: GDI_PLUGIN_... of each */
    uint32_t count;
} gdi_plugins;

/* Describes every file. A file that vanishes meanwhile is left out. */
god_status gdi_plugins_open(const gdi_config *config, const gdi_layout *layout, const gdi_log *log,
                            gdi_plugins *ret_plugins, god_error *err);
/* Describes one file that is in no list. The info is the caller's. */
god_status gdi_plugins_describe(const gdi_config *config, const gdi_layout *layout, const gdi_log *log,
                                const char *path, gdi_plugin_info *ret_info, god_error *err);
void gdi_plugins_close(gdi_plugins *plugins); /* accepts an empty one */

uint32_t gdi_plugin_info_has_type(const gdi_plugin_info *info, const char *task_type);

#endif
