/* core/cycles/steps.h: what the steps of the cycles share. Only core/cycles and its tests include this.
 *
 *     turn ─► news of jobs, unfinished tournaments ─► which steps have a reason ─► each of them, one transaction each
 *                                                        ▲                                   │
 *                                                        └──── gdi_step_raise, gdi_step_due ◄┘
 *
 * A step is a function that looks at one tournament (or, when global, at what belongs to none), asks the rules, and
 * writes rows and jobs. Rules for a step:
 *
 *   - It runs inside its own transaction, which the turn opens and closes. A failure rolls everything back and is
 *     logged with the name of the step; the others go on, and the step has its reason again in the next turn. On
 *     PostgreSQL a step may be repeated after a collision, so it touches nothing but the store and its own gdi_step.
 *   - It first looks for its own output and does nothing when that is there. Reasons are hints and never the truth: a
 *     step that is run for no reason at all must be harmless, and after a start every step is run once.
 *   - It never waits: what takes time is a job. The end of the job is the reason for the next run.
 *   - What it asks of the arena and of the store through gdi_step_... lives until it returns and is freed for it.
 *
 * Reasons are bits: the end of a job of some kind, or an event that another step raised. Time is a reason too: a step
 * that needs the clock says when with gdi_step_due, anew each time it runs.
 *
 * Order of the steps in a turn: gdi_entry_steps, gdi_round_steps, gdi_ending_steps, each of them for every tournament
 * it concerns, the oldest first; then again from the start while anything was raised; at last those that wait for
 * rest. A fixed order, so that a season replays the same; and what is scarce is shared out by one step after all those
 * that ask for it, so that it also goes the same way when the host was killed between two steps.
 */
#ifndef GDI_CYCLES_STEPS_H
#define GDI_CYCLES_STEPS_H

#include <jansson.h>

#include "core/cycles/cycles.h"
#include "core/cycles/work.h"
#include "core/store/jobs.h"
#include "core/store/tournaments.h"
#include "core/tournament/history.h"

/* ---- reasons ---- */

#define GDI_ON(bit) (UINT64_C(1) << (bit))
enum {
    /* A job of this kind ended (of this tournament; of any for a global step). */
    GDI_ON_REFRESH_NODES,
    GDI_ON_READ_TRANSFERS,
    GDI_ON_SET_WEIGHTS,
    GDI_ON_ASK_MINERS,
    GDI_ON_CHECK_REPOSITORY,
    GDI_ON_FIND_HEAD,
    GDI_ON_REVIEW_DUPLICATES,
    GDI_ON_CHOOSE_CONTENT,
    GDI_ON_PREPARE_TASK,
    GDI_ON_PREPARE_MODEL,
    GDI_ON_START_TRAINING,
    GDI_ON_WATCH_TRAINING,
    GDI_ON_REFRESH_GPUS,
    GDI_ON_EVALUATE,
    GDI_ON_PLAY_PAIR,
    GDI_ON_PLAY_ALONE,
    GDI_ON_PUBLISH_REPOSITORY,
    GDI_ON_COMPARE_SOURCES,
    GDI_ON_READ_MODEL_BASE,
    GDI_ON_NOTIFY,
    GDI_ON_JOB_COUNT,

    /* Events that steps raise. */
    GDI_ON_CREATED = 32,    /* a tournament is there, pending */
    GDI_ON_ACTIVATED,       /* it became active: round 1 can be drawn */
    GDI_ON_ROUND_CREATED,   /* a round with its groups or pairs is there, pending */
    GDI_ON_ROUND_STARTED,   /* it became active */
    GDI_ON_TASKS,           /* a task of the round changed its status */
    GDI_ON_TRAININGS,       /* training rows appeared or ended */
    GDI_ON_EVALUATIONS,     /* evaluation, pair or individual rows appeared or ended */
    GDI_ON_ROUND_COMPLETED, /* completed, losers eliminated (15.2): the gate, then the next round */
    GDI_ON_GATE_PASSED,     /* 9.4 is resolved: the next round may be drawn */
    GDI_ON_DECIDED,         /* winner_hotkey is set */
    GDI_ON_COMPLETED,       /* completed or cancelled */
    GDI_ON_TRAINERS         /* a GPU became free or a trainer changed */
};

/* ---- a step ---- */

enum {
    GDI_SCOPE_GLOBAL = 1,  /* of no tournament */
    GDI_SCOPE_PENDING = 2, /* run for each tournament with this status; */
    GDI_SCOPE_ACTIVE = 3   /* the turn checks it again inside the transaction */
};

typedef struct gdi_step gdi_step;
typedef struct gdi_step_kind {
    const char *name; /* "registration": the field `step` of its log lines */
    uint32_t scope;
    uint64_t reasons; /* GDI_ON(...) | GDI_ON(...) */
    bool at_rest;     /* only when no other step has a reason any more: for what looks at all tournaments at once */
    god_status (*run)(gdi_step *step, god_error *err);
} gdi_step_kind;

/* Each list ends with a NULL name. */
extern const gdi_step_kind gdi_entry_steps[];  /* nodes, transfers, schedule, registration, activation, gate of 9.4 */
extern const gdi_step_kind gdi_round_steps[];  /* sections 10 to 17 */
extern const gdi_step_kind gdi_ending_steps[]; /* section 18, weights */

/* One run of one step. */
struct gdi_step {
    const gdi_cycles_options *options; /* of the cycles object */
    gdi_cycles *cycles;                /* for the functions below alone */
    gdi_db *db;
    void *user; /* of an operator's action; NULL in a turn */
    int64_t now_us;
    gdi_tournament tournament; /* read at the start of the transaction; zero when global */
    /* What the step says, read by the turn after the commit. */
    bool changed;    /* set by whoever wrote a row; gdi_step_run and gdi_step_add_job do it */
    uint64_t raised; /* gdi_step_raise */
    int64_t due_us;  /* gdi_step_due; INT64_MAX: only by a reason */
};

/* Gives steps of the same tournament (of a global step: of every tournament) and the global ones a reason. */
static inline void gdi_step_raise(gdi_step *step, uint32_t event)
{
    step->raised |= GDI_ON(event);
}
/* Run this step again at that moment; the earliest counts. */
static inline void gdi_step_due(gdi_step *step, int64_t due_us)
{
    step->due_us = due_us < step->due_us ? due_us : step->due_us;
}

/* ---- store ---- */

/* gdi_db_query whose rows are freed when the step ends. */
god_status gdi_step_query(gdi_step *step, const char *sql, const gdi_value *values, size_t value_count,
                          gdi_rows **ret_rows, god_error *err);
/* gdi_db_run; sets step->changed when a row was touched. ret_touched may be NULL. */
god_status gdi_step_run(gdi_step *step, const char *sql, const gdi_value *values, size_t value_count,
                        uint64_t *ret_touched, god_error *err);
#define GDI_STEP_QUERY(step, ret_rows, err, sql, ...)                                                                \
    gdi_step_query(step, sql, GDI_VALUES(__VA_ARGS__), sizeof GDI_VALUES(__VA_ARGS__) / sizeof(gdi_value), ret_rows, \
                   err)
#define GDI_STEP_RUN(step, ret_touched, err, sql, ...)                                                                \
    gdi_step_run(step, sql, GDI_VALUES(__VA_ARGS__), sizeof GDI_VALUES(__VA_ARGS__) / sizeof(gdi_value), ret_touched, \
                 err)
/* Rows that a function of core/store answered: freed when the step ends. Accepts NULL. */
god_status gdi_step_keep_rows_take(gdi_step *step, gdi_rows *rows, god_error *err);

/* ---- memory ---- */

/* Zeroed memory until the step ends; never fails for count 0. */
god_status gdi_step_alloc(gdi_step *step, size_t count, size_t size, void **ret_memory, god_error *err);
#define GDI_STEP_NEW(step, count, ret_pointer, err) \
    gdi_step_alloc(step, (size_t)(count), sizeof **(ret_pointer), (void **)(ret_pointer), err)
god_status gdi_step_text(gdi_step *step, const char *text, const char **ret_copy, god_error *err);
GOD_PRINTF(4, 5)
god_status gdi_step_format(gdi_step *step, const char **ret_text, god_error *err, const char *format, ...);
/* JSON that is released when the step ends. NULL (jansson had no memory): GOD_E_NOMEM. */
god_status gdi_step_keep_json_take(gdi_step *step, json_t *value, god_error *err);
/* Compact text, keys in the order they were set. `value` is borrowed. */
god_status gdi_step_dump(gdi_step *step, const json_t *value, const char **ret_text, god_error *err);
/* JSON of a column or a result. `where` names it in errors; NULL text reads as JSON null. */
god_status gdi_step_parse(gdi_step *step, const char *where, const char *text, json_t **ret_value, god_error *err);

/* ---- jobs ---- */

typedef struct gdi_work {
    const char *kind; /* GDI_WORK_... */
    const char *key;  /* the part after "<kind>/" */
    const char *task_id, *hotkey;
    json_t *payload; /* taken, on failure too */
    int64_t not_before_us;
    uint32_t attempts_max;
    int32_t priority;
} gdi_work;
/* Adds a job of the step's tournament. Nothing happens when the key is there already. */
god_status gdi_step_add_job(gdi_step *step, const gdi_work *work, god_error *err);
/* How it stands; state 0: nobody added it. `result` is NULL unless the job is done and its result is a JSON object: a
 * result that cannot be read counts as failed, with a message that says so. */
typedef struct gdi_outcome {
    uint32_t state; /* GDI_JOB_..., 0 */
    int64_t ended_us;
    json_t *result;
    const char *message;
} gdi_outcome;
god_status gdi_step_look(gdi_step *step, const char *kind, const char *key, gdi_outcome *ret_outcome, god_error *err);
static inline bool gdi_outcome_open(const gdi_outcome *outcome)
{
    return outcome->state == GDI_JOB_QUEUED || outcome->state == GDI_JOB_RUNNING;
}

/* A message to people (section 26). `event` is the key: one event is told once. */
GOD_PRINTF(4, 5)
god_status gdi_step_notify(gdi_step *step, const char *event, god_error *err, const char *format, ...);

/* ---- the rest ---- */

/* Random bytes from the options. A label is used once: the same one may bring the same bytes. */
god_status gdi_step_random(gdi_step *step, const char *label, uint8_t *ret_bytes, size_t count, god_error *err);
/* A random UUID, version 4: task ids. */
enum { GDI_UUID_BYTES = 37 };
god_status gdi_step_uuid(gdi_step *step, const char *label, char ret_uuid[GDI_UUID_BYTES], god_error *err);
/* One line with the step's tournament and name as fields. `key` and `value` may be NULL. */
void gdi_step_log(const gdi_step *step, uint32_t level, const char *message, const char *key, const char *value);

/* Runs one step as a turn would, in its transaction: for the turn and for tests. tournament_id NULL for a global step.
 * *ret_step keeps what the step said (changed, raised, due_us); its memory and texts are gone. */
god_status gdi_step_execute(gdi_cycles *cycles, const gdi_step_kind *kind, const char *tournament_id, int64_t now_us,
                            gdi_step *ret_step, god_error *err);

/* The same for an operator's action (core/cycles/operator.h): `run` with `user`, whatever the status of the tournament.
 * GOD_E_NOT_FOUND when there is no such tournament. */
god_status gdi_step_act(gdi_cycles *cycles, god_status (*run)(gdi_step *step, god_error *err), void *user,
                        const char *tournament_id, int64_t now_us, god_error *err);

/* ---- where the halves meet ---- */

/* Duplicates, gate of 9.3 (core/cycles/gate_first.c); called by the step that draws round 1, in its transaction.
 * ret_field: paying participants that still have a node and are not flagged, hotkeys ascending; ret_flagged: those that
 * T0 and T1 flag, ascending, to be marked eliminated in round 1 by the caller once its row is there. The arena's. */
god_status gdi_gate_first(gdi_step *step, const char *const **ret_field, uint32_t *ret_field_count,
                          const char *const **ret_flagged, uint32_t *ret_flagged_count, god_error *err);
/* Gate of 9.4 (core/cycles/gate_second.c): whether the round after this completed round 1 may be drawn. The gate's own
 * step runs on GDI_ON_ROUND_COMPLETED, over the participants that 15.2 left alive plus the boss; approved eliminations
 * are marked with round 1's id before GDI_ON_GATE_PASSED is raised. */
god_status gdi_gate_second_open(gdi_step *step, const char *round_id, bool *ret_open, god_error *err);
/* Section 18, step 1 (core/cycles/decide.c): sets winner_hotkey when it is not set, marks `loser_hotkey` (NULL: nobody;
 * the burn hotkey only after a lost final) eliminated in `round_id`, raises GDI_ON_DECIDED. */
god_status gdi_decide(gdi_step *step, const char *winner_hotkey, const char *loser_hotkey, const char *round_id,
                      god_error *err);
/* Threshold of the running tournament's final (16.1), from the completed tournaments of its type. */
god_status gdi_consecutive_wins_of(gdi_step *step, uint32_t *ret_wins, god_error *err);

#endif
