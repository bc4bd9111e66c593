/* core/cli/rules_task_kinds.h: what the network's task types ask of the rules, for `god rules`.
 *
 * Vectors name task types, and the host knows none by name; so this comes from a data file that belongs to the plug-ins
 * (share/god/task-kinds.json, or the file given with --task-kinds), an array of
 *
 *     {"task_type": "ChatTask", "tournament_type": "text", "direction": "lower",
 *      "pair_probability": 0, "group_count": 0, "final_count": 0, "may_use_kl": false,
 *      "hours_factor": 1, "gpu_factor": 1}            or "gpu_count": 4 in place of the factors
 *
 * in the order in which the kinds of a tournament type are drawn. Read once, when first needed. [one]
 */
#ifndef GDI_CLI_RULES_TASK_KINDS_H
#define GDI_CLI_RULES_TASK_KINDS_H

#include "core/tournament/task_mix.h"
#include "god/error.h"

typedef struct gdi_named_task_kind {
    const char *task_type; /* borrowed from the file's JSON */
    uint32_t tournament_type;
    uint32_t direction; /* GOD_LOWER_WINS or GOD_HIGHER_WINS */
    double hours_factor, gpu_factor;
    uint32_t gpu_count; /* 0: by the size of the model */
    gdi_task_kind mix;
} gdi_named_task_kind;

enum { GDI_TASK_KINDS_MAX = 64 };

struct json_t;
typedef struct gdi_task_kinds {
    const char *path; /* borrowed; NULL: share/god/task-kinds.json of this installation */
    struct json_t *file;
    gdi_named_task_kind kinds[GDI_TASK_KINDS_MAX];
    uint32_t count; /* 0: not read yet */
} gdi_task_kinds;

/* Reads the file unless that was done. */
god_status gdi_task_kinds_need(gdi_task_kinds *task_kinds, god_error *err);
/* The kind of this name; reads the file first. GOD_E_DATA for a name that is not there. */
god_status gdi_task_kinds_find(gdi_task_kinds *task_kinds, const char *task_type, const gdi_named_task_kind **ret_kind,
                               god_error *err);
void gdi_task_kinds_fini(gdi_task_kinds *task_kinds);

#endif
