/* core/tournament/task_mix.h: which tasks a round consists of, as far as chance decides it. Sources: sections 10
 * and 11.1, 11.5.
 *
 * Nothing here knows a task type, a model or an environment by name: kinds, families, environments and models are
 * places in lists of the caller, which come from the plug-ins and the configuration. Every list is ascending unless
 * stated. Each draw has its own stream (core/tournament/stream.h), so a task that must be made again after a crash, or
 * alone, is drawn as it was.
 */
#ifndef GDI_TOURNAMENT_TASK_MIX_H
#define GDI_TOURNAMENT_TASK_MIX_H

#include "core/tournament/rules.h"
#include "core/tournament/stream.h"
#include "core/tournament/task_size.h"

/* ---- text ---- */

/* One kind of text task. The list is in the order of the draw, not ascending. */
typedef struct gdi_task_kind {
    double pair_probability; /* share of the tasks of knockout pairs; the last kind takes what is left */
    uint32_t group_count;    /* tasks per group in a group round */
    uint32_t final_count;    /* tasks in the final */
    bool may_use_kl;
} gdi_task_kind;

enum { GDI_STAGE_GROUP = 1, GDI_STAGE_PAIR = 2, GDI_STAGE_FINAL = 3 };

/* The kind for a uniform u in [0, 1): the first whose summed probability exceeds u. */
uint32_t gdi_draw_task_kind(const gdi_task_kind *kinds, uint32_t kind_count, double u);

typedef struct gdi_text_task {
    uint32_t kind;
    bool large_model; /* final only: 12 to 71 billion parameters */
    bool use_kl;
    double kl_coef;          /* 0 without KL */
    gdi_params_range params; /* model size asked for */
} gdi_text_task;

/* How many text tasks one slot of a stage has. */
uint32_t gdi_text_task_count(const gdi_task_kind *kinds, uint32_t kind_count, uint32_t stage);
/* Task i (from 0) of the group or pair `slot_id`, drawn from "task/<slot_id>/<i>": one unit each, in this order and
 * always all four, for kind, large model, KL and coefficient. */
gdi_text_task gdi_draw_text_task(const gdi_rules *rules, const gdi_task_kind *kinds, uint32_t kind_count,
                                 uint32_t stage, const char *round_id, const char *slot_id, uint32_t i);

/* ---- image ---- */

/* The families of all image tasks of a round, in the order of its groups or pairs, drawn from "image": below(number of
 * families) each. In the final, k = below(4) first; the first k tasks choose among the opening families, the others
 * among the rest. is_opening[f] says so of family f. */
void gdi_draw_image_families(const gdi_rules *rules, const bool *is_opening, uint32_t family_count, bool is_final,
                             const char *round_id, uint32_t task_count, uint32_t *ret_families);

/* ---- environment ---- */

/* What an environment task starts from. */
enum { GDI_START_DEFAULT = 1, GDI_START_CONTINUATION = 2, GDI_START_FROM_SCRATCH = 3, GDI_START_PREVIOUS_WINNER = 4 };

/* Environments of a task: min(2 * round number, supported). */
uint32_t gdi_environment_count(const gdi_rules *rules, uint32_t round_number, uint32_t supported_count);
/* The start of task i: round 1 DEFAULT, later CONTINUATION, in a final CONTINUATION, FROM_SCRATCH, PREVIOUS_WINNER. */
uint32_t gdi_environment_start(uint32_t round_number, bool is_final, uint32_t i);

typedef struct gdi_environment_draw {
    uint32_t eval_seed; /* 31 bits */
    uint32_t model;     /* place among the candidates; UINT32_MAX when there are none to draw from */
} gdi_environment_draw;

/* Draws from "environments/<i>": a sample of environments without replacement, the seed, then the model. i is 0 outside
 * the final, where all groups share one draw. `candidate_count` is the number of models to draw from: those supported
 * for DEFAULT, those without the tournament's base model for FROM_SCRATCH, 0 otherwise. `ret_environments` has room for
 * supported_count; the first environment_count of it are the sample, in the order drawn. */
gdi_environment_draw gdi_draw_environments(const char *round_id, uint32_t i, uint32_t environment_count,
                                           uint32_t supported_count, uint32_t candidate_count,
                                           uint32_t *ret_environments);

#endif
