/* core/cycles/task_kinds.h: what the task types of the network ask of the tournament: direction, shares, sizes,
 * batches.
 *
 * The host knows no task type by name. What it must know of them comes from a data file that belongs to the plug-ins
 * (share/god/task-kinds.json), an array of
 *
 *     {"task_type": "DpoTask", "tournament_type": "text", "direction": "lower",
 *      "pair_probability": 0.2, "group_count": 0, "final_count": 2, "may_use_kl": false,     the mix (11.1)
 *      "hours_factor": 1.4, "gpu_factor": 3,                                                 by size of data and model,
 *      "gpu_count": 4, "hours_min": 0.5, "hours_max": 1, "hours_from_scratch": 3,            or fixed (11.3, 11.4)
 *      "dataset_filter": "any" | "best_loss" | "mean_loss",                                  rejected data sets (11.2)
 *      "prepares_model": true,           baseline statistics of the model come before training (13.1)
 *      "one_batch": false,               all entrants are evaluated together (14.1)
 *      "archive": false,                 its data is one zip instead of a table (start request)
 *      "families": [{"name": "flux", "opening": false, "extra_hours": 0}],                   ascending; one is drawn
 *      "table": "dpo_tasks", "columns": ["field_prompt"],                         its own table in the store, if any
 *      "alone": ["intercode"], "games": 100}       environments played alone, and games of each other pair (17.4)
 *
 * in the order in which the kinds of a tournament type are drawn. Only the first line of members is required. Read
 * once, when first needed; afterwards the object is only read. [one]
 */
#ifndef GDI_CYCLES_TASK_KINDS_H
#define GDI_CYCLES_TASK_KINDS_H

#include "core/tournament/task_mix.h"
#include "god/error.h"

enum { GDI_TASK_KIND_COLUMNS_MAX = 32, GDI_TASK_KINDS_MAX = 64, GDI_TASK_FAMILIES_MAX = 32, GDI_TASK_ALONE_MAX = 32 };

typedef struct gdi_task_family {
    const char *name; /* borrowed from the file's JSON, as every name here */
    bool is_opening;  /* the first tasks of a final choose among these */
    double extra_hours;
} gdi_task_family;

typedef struct gdi_named_task_kind {
    const char *task_type;
    uint32_t tournament_type;
    uint32_t direction; /* GOD_LOWER_WINS or GOD_HIGHER_WINS */
    double hours_factor, gpu_factor;
    uint32_t gpu_count;          /* 0: by the size of the model */
    double hours_min, hours_max; /* 0: by the size of data and model; otherwise uniform between them */
    double hours_from_scratch;   /* 0: as otherwise */
    uint32_t dataset_filter;     /* GDI_DATASET_... */
    bool prepares_model, one_batch, archive;
    gdi_task_kind mix;
    const char *table; /* NULL: none; a good name (core/store/task_rows.h), as those of its columns */
    const char *columns[GDI_TASK_KIND_COLUMNS_MAX];
    uint32_t column_count;
    gdi_task_family families[GDI_TASK_FAMILIES_MAX];
    uint32_t family_count;
    const char *alone[GDI_TASK_ALONE_MAX];
    uint32_t alone_count;
    uint32_t games; /* 0: nothing is played in pairs */
} gdi_named_task_kind;

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

/* The rest is for a list that was read. */

/* NULL for a name that is not there. */
const gdi_named_task_kind *gdi_task_kind_of(const gdi_task_kinds *task_kinds, const char *task_type);
/* The kinds of one tournament type in the order of the draw, at most GDI_TASK_KINDS_MAX. Returns how many. */
uint32_t gdi_task_kinds_of_type(const gdi_task_kinds *task_kinds, uint32_t tournament_type,
                                const gdi_named_task_kind **ret_kinds);
/* Whether entrants of this kind play an environment alone instead of in pairs. */
bool gdi_task_kind_plays_alone(const gdi_named_task_kind *kind, const char *environment_name);

#endif
