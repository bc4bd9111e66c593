/* core/host/catalogue.h: the plug-ins of a running daemon: the list as it is now, and a log line for each change of it.
 * A file is described anew when its bytes change; what it was is forgotten, what was loaded from it lives on. [one] */
#ifndef GDI_HOST_CATALOGUE_H
#define GDI_HOST_CATALOGUE_H

#include "core/host/plugins.h"

typedef struct gdi_catalogue {
    const gdi_config *config; /* borrowed, as the next two */
    const gdi_layout *layout;
    const gdi_log *log;
    gdi_plugins plugins; /* own */
} gdi_catalogue;

/* Looks again. When that fails, the list stays as it was. */
god_status gdi_catalogue_refresh(gdi_catalogue *catalogue, god_error *err);
void gdi_catalogue_close(gdi_catalogue *catalogue);

/* The usable plug-in with this id, or, when id is NULL, the only one that evaluates this task type. GOD_E_NOT_FOUND,
 * GOD_E_INVALID when several do. Borrowed until the next refresh. */
god_status gdi_catalogue_find(const gdi_catalogue *catalogue, const char *id, const char *task_type,
                              const gdi_plugin_info **ret_info, god_error *err);

#endif
