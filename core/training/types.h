/* core/training/types.h: the task types that can be trained here: the usable plug-ins that offer "god.training/1",
 * loaded and opened. The host knows none of them by name.
 *
 * The salt that hides model ids is a secret that every trainer shares. A plug-in whose schema knows "model_hash_salt"
 * and whose section of god.yaml does not set it gets the one that is handed in.
 *
 * Owned by whoever opened it; does not move while it is open. [one]
 */
#ifndef GDI_TRAINING_TYPES_H
#define GDI_TRAINING_TYPES_H

#include "core/host/plugins.h"
#include "core/training/request.h"

typedef struct gdi_training_type {
    const gdi_plugin *plugin;
    god_instance *instance; /* own */
    const char *name;       /* its first task type: "EnvTask" */
} gdi_training_type;

typedef struct gdi_training_types {
    god_host host;      /* lent to the instances */
    const gdi_log *log; /* borrowed; may be NULL */
    gdi_training_type items[GDI_PLUGINS_MAX];
    uint32_t count;
} gdi_training_types;

/* salt "" when there is none; it is not kept. GOD_E_NOT_FOUND when no plug-in trains anything. */
god_status gdi_training_types_open(const gdi_config *config, const gdi_layout *layout, const gdi_log *log,
                                   const char *salt, gdi_training_types *types, god_error *err);
void gdi_training_types_close(gdi_training_types *types); /* accepts a zeroed one */

/* Whose request is it? Every type is asked; the one that knows most of the keys has it, of equal ones the one with the
 * lowest order (training specification 2.2). *ret_spec_json, the task in the type's own form with "task_type" and
 * "hotkey", is freed with free(). GOD_E_INVALID with the sentence of the type that came closest. */
god_status gdi_training_types_resolve(const gdi_training_types *types, const gdi_start_request *request,
                                      const gdi_training_type **ret_type, char **ret_spec_json, god_error *err);

#endif
