/* core/cycles/rounds.h: the steps of the half from the bracket to the winner, and what their files share. Internal to
 * core/cycles; each function runs inside a step, and what it answers lives until that step ends. [one]
 *
 *     rounds.c        a bracket becomes rows                               10, 12
 *     tasks.c         task_plan.c says what, content comes as a job        11
 *     preparation.c   data, model_preparation.c statistics                 13.1
 *     queue.c         training rows                                        13.2
 *     training.c      GPUs, start, watch; gpus.c who holds what            13.3, 13.4
 *     evaluation.c    evaluate jobs; games.c pairs and single entrants     14.1, 14.2, 17.4
 *     scoring.c       quality, the task's outcome                          14.3
 *     finish_round.c  complete or blocked; results.c who won               15
 *     boss_round.c    the last round                                       16, 17.5
 *     next_round.c    the field that goes on                               10.3
 *
 * Tasks of every tournament and benchmark copies go through the same global steps; rounds belong to their tournament.
 */
#ifndef GDI_CYCLES_ROUNDS_H
#define GDI_CYCLES_ROUNDS_H

#include "core/cycles/steps.h"
#include "core/cycles/task_kinds.h"
#include "core/store/evaluations.h"
#include "core/store/pvp.h"
#include "core/store/rounds.h"
#include "core/store/tasks.h"
#include "core/store/trainers.h"
#include "core/store/trainings.h"
#include "core/tournament/bracket.h"
#include "core/tournament/roster.h"

/* Reasons of this half alone: a task came to a stage. Beside them GDI_ON_TASKS for whoever looks at tasks from
 * outside. */
enum {
    GDI_ON_TO_PREPARE = 50,  /* pending */
    GDI_ON_TO_PREPARE_MODEL, /* awaiting_model_prep */
    GDI_ON_TO_QUEUE,         /* looking_for_nodes */
    GDI_ON_STARTED,          /* a trainer accepted: there is a deadline */
    GDI_ON_TO_CLOSE,         /* a training came to its end */
    GDI_ON_TO_EVALUATE,      /* preevaluation, or evaluated again */
    GDI_ON_TASK_BROKEN,      /* prep_task_failure */
    GDI_ON_TASK_ENDED,       /* success or failure */
};

/* ---- steps ---- */

god_status gdi_step_first_round(gdi_step *step, god_error *err);
god_status gdi_step_next_round(gdi_step *step, god_error *err);
god_status gdi_step_create_tasks(gdi_step *step, god_error *err);
god_status gdi_step_replace_tasks(gdi_step *step, god_error *err);
god_status gdi_step_prepare(gdi_step *step, god_error *err);
god_status gdi_step_prepare_models(gdi_step *step, god_error *err);
god_status gdi_step_queue(gdi_step *step, god_error *err);
god_status gdi_step_started(gdi_step *step, god_error *err);
god_status gdi_step_watched(gdi_step *step, god_error *err);
god_status gdi_step_start(gdi_step *step, god_error *err);
god_status gdi_step_gpus(gdi_step *step, god_error *err);
god_status gdi_step_close_trainings(gdi_step *step, god_error *err);
god_status gdi_step_evaluate(gdi_step *step, god_error *err);
god_status gdi_step_evaluated(gdi_step *step, god_error *err);
god_status gdi_step_played(gdi_step *step, god_error *err);
god_status gdi_step_finish_round(gdi_step *step, god_error *err);
god_status gdi_step_abandon(gdi_step *step, god_error *err);

/* ---- shared ---- */

enum { GDI_TASK_EVALUATIONS_MAX = 4 }; /* MAX_EVAL_ATTEMPTS */
#define GDI_STEP_MINUTE_US INT64_C(60000000)
#define GDI_STEP_LOOP_US (15 * GDI_STEP_MINUTE_US) /* how often the original looks at rounds: 15 minutes */

/* Limits for what executors answer, in bytes; an answer beyond them cannot be used. */
enum {
    GDI_MODEL_NAME_MAX = 256,
    GDI_DATASET_NAME_MAX = 1024,
    GDI_DATA_URL_MAX = 8192,
    GDI_TASK_DETAILS_MAX = 1 << 20, /* fields, and statistics of a model, as JSON text */
    GDI_REASON_BYTES = 512          /* of a message that is kept in a row; longer ones are cut */
};

/* The kind of a task; NULL, and one log line, when no plug-in serves it any more. */
const gdi_named_task_kind *gdi_step_kind_of(gdi_step *step, const char *task_type, const char *task_id);

/* Rows that a function of core/store answered, kept for the step: GDI_KEEP(step, rows, err, gdi_round_members(...)). */
#define GDI_KEEP(step, rows, err, call)                    \
    do {                                                   \
        GOD_TRY(call);                                     \
        GOD_TRY(gdi_step_keep_rows_take(step, rows, err)); \
    } while (0)

/* A job that belongs to a task; *ret_key is the whole key, for the row that waits for it. `payload` is taken. */
typedef struct gdi_task_work {
    const char *kind, *key; /* the part after "<kind>/" */
    const char *tournament_id, *task_id, *hotkey;
    json_t *payload;
    int64_t not_before_us;
    uint32_t attempts_max;
} gdi_task_work;
god_status gdi_task_work_add(gdi_step *step, const gdi_task_work *work, const char **ret_key, god_error *err);
/* A copy of a message for a row, cut to GDI_REASON_BYTES; NULL stays NULL. */
god_status gdi_step_reason(gdi_step *step, const char *message, const char **ret_reason, god_error *err);
/* What a row says of a job that ended: done and an object, or NULL and a message (never NULL then). */
god_status gdi_ended_result(gdi_step *step, const char *state, const char *result, const char *message,
                            json_t **ret_result, const char **ret_message, god_error *err);
/* Neither empty nor longer than that; NULL is not. */
static inline bool gdi_name_fits(const char *name, size_t bytes_max)
{
    return name != NULL && name[0] != '\0' && strlen(name) <= bytes_max;
}
/* Puts a value into a list or an object, as "key"; both are borrowed, the value is taken. NULL for a value: jansson had
 * no memory. */
god_status gdi_json_append_take(json_t *list, json_t *value, god_error *err);
god_status gdi_json_set_take(json_t *object, const char *key, json_t *value, god_error *err);
/* A list of GPU numbers, kept by the step. */
struct gdi_gpu_pick;
god_status gdi_json_gpu_ids(gdi_step *step, const struct gdi_gpu_pick *pick, json_t **ret_list, god_error *err);
/* JSON text of a row as a value: NULL becomes an empty object. Kept by the step; borrowed. */
god_status gdi_step_details(gdi_step *step, const char *details_json, json_t **ret_details, god_error *err);
/* The row of a task in the table of its kind, from its details and their fields; nothing for a kind without one. */
god_status gdi_step_write_details(gdi_step *step, const char *task_id, const gdi_named_task_kind *kind,
                                  const json_t *details, god_error *err);
/* The repository of a trained model on the hub. */
god_status gdi_step_output_repo(gdi_step *step, const char *expected_repo_name, const char **ret_repo, god_error *err);

/* Groups or pairs of a round, in order, members ascending. */
typedef struct gdi_round_slot {
    const char *id;
    const char **hotkeys;
    uint32_t count;
} gdi_round_slot;
god_status gdi_round_slots(gdi_step *step, const gdi_round *round, gdi_round_slot **ret_slots, uint32_t *ret_count,
                           god_error *err);
/* Round `number` with its groups or pairs, pending. Raises GDI_ON_ROUND_CREATED. */
god_status gdi_round_write(gdi_step *step, uint32_t number, const gdi_bracket *bracket, const gdi_roster *roster,
                           gdi_round *ret_round, god_error *err);
/* Empty lists for a bracket of up to `field_count` entrants. */
god_status gdi_bracket_room(gdi_step *step, uint32_t field_count, gdi_bracket *ret_bracket, god_error *err);

/* What one place of a slot is to be, drawn from the streams of its round. */
typedef struct gdi_task_plan {
    const gdi_named_task_kind *kind;
    bool needs_content;                 /* model and data come from the content service */
    gdi_params_range params;            /* of the model to choose; 0, 0: any */
    json_t *details;                    /* kept by the step */
    double hours;                       /* 0: by data and model */
    const char *model_id, *start_point; /* NULL: none */
    const char *starting_repo;          /* of every entrant; NULL: none */
    bool continues;                     /* each entrant goes on from its output of the round before */
} gdi_task_plan;
typedef struct gdi_task_place {
    const gdi_round *round;
    const gdi_round_slot *slots;
    uint32_t slot_count, slot, place;
} gdi_task_place;
god_status gdi_task_places(gdi_step *step, const gdi_round *round, uint32_t *ret_per_slot, god_error *err);
god_status gdi_task_plan_draw(gdi_step *step, const gdi_task_place *at, gdi_task_plan *ret_plan, god_error *err);

/* ---- GPUs ---- */

enum { GDI_GPUS_OF_TASK_MAX = 8 };
typedef struct gdi_gpu_pool gdi_gpu_pool; /* what is free at the start of a step, less what it reserved */
typedef struct gdi_gpu_pick {
    const char *trainer_ip;
    int64_t ids[GDI_GPUS_OF_TASK_MAX];
    uint32_t count;
} gdi_gpu_pick;
god_status gdi_gpu_pool_read(gdi_step *step, gdi_gpu_pool **ret_pool, god_error *err);
uint32_t gdi_gpus_needed(const gdi_named_task_kind *kind, int64_t model_params_count);
/* Reserves `needed` GPUs of the tightest trainer; false when none fits. */
god_status gdi_gpu_pool_take(gdi_step *step, gdi_gpu_pool *pool, uint32_t needed, const char *held_by, double hours,
                             bool *ret_taken, gdi_gpu_pick *ret_pick, god_error *err);
/* Somebody waits in vain: again when a GPU frees itself, and ask the trainers meanwhile. */
god_status gdi_gpus_wait(gdi_step *step, god_error *err);
/* A start failed: ask the trainers what is really free. */
god_status gdi_gpus_doubt(gdi_step *step, god_error *err);

/* ---- evaluation ---- */

/* Seeds pairs and single rows of a task whose trainings ended, with their jobs. */
god_status gdi_games_begin(gdi_step *step, const gdi_task *task, const gdi_named_task_kind *kind, god_error *err);
/* All evaluations of a task came to an end: quality scores, success or failure. Raises GDI_ON_TASK_ENDED. */
god_status gdi_task_score(gdi_step *step, const char *task_id, const gdi_named_task_kind *kind, god_error *err);

/* ---- results of a round ---- */

typedef struct gdi_task_result {
    const char *task_id, *slot_id;
    const gdi_named_task_kind *kind;
    gdi_slot scores; /* of gdi_round_results.scores */
} gdi_task_result;
typedef struct gdi_round_results {
    gdi_roster roster; /* everybody in the round, and the boss */
    gdi_task_result *tasks;
    uint32_t task_count;
    gdi_score *scores;
    uint32_t score_count;
} gdi_round_results;
god_status gdi_round_results_read(gdi_step *step, const gdi_round *round, gdi_round_results *ret_results,
                                  god_error *err);
/* Who goes on from a round that is not the final (15.2, 17.2); room for everybody of the roster. */
god_status gdi_round_winners(gdi_step *step, const gdi_round *round, const gdi_round_results *results,
                             gdi_entrant **ret_winners, uint32_t *ret_count, god_error *err);
/* The final: scores its tasks against the threshold and decides the tournament. */
god_status gdi_boss_round_decide(gdi_step *step, const gdi_round *round, const gdi_round_results *results,
                                 god_error *err);

#endif
