/* core/cycles/state.h: what a cycles object remembers between two turns: reasons, and nothing that a start could not
 * find out again. Internal to core/cycles. [one]
 */
#ifndef GDI_CYCLES_STATE_H
#define GDI_CYCLES_STATE_H

#include "core/cycles/scratch.h"
#include "core/cycles/steps.h"

enum { GDI_STEPS_MAX = 64, GDI_UNFINISHED_MAX = 64 };

/* One bit per step, by its place in gdi_cycles.kinds. */
typedef struct gdi_subject {
    char tournament_id[GDI_TOURNAMENT_ID_BYTES]; /* empty: the global steps */
    uint32_t status;
    uint64_t wanted;               /* steps that have a reason */
    uint64_t failed;               /* of those, steps that failed in this turn: not again before the next one */
    bool seen;                     /* while the list is read anew */
    int64_t due_us[GDI_STEPS_MAX]; /* INT64_MAX: only by a reason */
} gdi_subject;

struct gdi_cycles {
    gdi_cycles_options options;
    gdi_scratch scratch;
    const gdi_step_kind *kinds[GDI_STEPS_MAX];
    uint32_t kind_count;
    uint64_t global_kinds; /* bits of the steps that are global */
    gdi_subject global;
    gdi_subject subjects[GDI_UNFINISHED_MAX]; /* unfinished tournaments, in the order of their creation */
    uint32_t subject_count;
    bool look_at_everything; /* set by open, and by whoever is not sure */
    bool list_is_old;        /* a tournament may have come or gone */
};

/* The event for the end of a job of this kind; GDI_ON_JOB_COUNT for a kind that no step waits for. */
uint32_t gdi_event_of_kind(const char *kind);

#endif
