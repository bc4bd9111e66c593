/* core/store/trainings.h: one training of one entrant for one task. Source: tournament specification, sections 5.5, 13
 * and 24; training specification, section 22. [one]
 *
 *     pending, job_key NULL     waits for a GPU, or for next_attempt_at
 *     pending, job_key          a trainer is asked to start; `starts` counts these and names the job
 *     training, job_key         a trainer is at work, watched until overdue_at
 *
 * Functions that end in _in write and belong inside the caller's transaction; the others only read. Answers are rows
 * whose columns an enum names; the caller frees them. */
#ifndef GDI_STORE_TRAININGS_H
#define GDI_STORE_TRAININGS_H

#include "core/store/db.h"

/* One pending row for each node of a task, with the repository of its participant: the public copy when there is one,
 * else what the entrant named. Rows that are there stay. */
god_status gdi_trainings_add_in(gdi_db *db, const char *task_id, const char *tournament_id, uint32_t priority,
                                int64_t now_us, uint64_t *ret_added, god_error *err);
/* Pending rows of a priority; of one task type unless that is NULL. */
god_status gdi_trainings_pending_count(gdi_db *db, uint32_t priority, const char *task_type, uint32_t *ret_count,
                                       god_error *err);

/* Pending rows that used up their attempts or have no repository become failures. */
god_status gdi_trainings_give_up_in(gdi_db *db, uint32_t attempts_max, int64_t now_us, uint64_t *ret_count,
                                    god_error *err);
/* Pending rows that wait for a GPU, in the order in which they are served. */
enum { GDI_WAITING_TASK, GDI_WAITING_HOTKEY, GDI_WAITING_TYPE, GDI_WAITING_PARAMS, GDI_WAITING_NEXT_ATTEMPT };
god_status gdi_trainings_waiting(gdi_db *db, gdi_rows **ret_rows, god_error *err);

/* All that a start request needs; one row. */
enum {
    GDI_START_STARTS,
    GDI_START_REPO,
    GDI_START_COMMIT,
    GDI_START_TOKEN,
    GDI_START_DATASETS,
    GDI_START_EXPECTED_REPO,
    GDI_START_STARTING_MODEL,
    GDI_START_NODE_STATS
};
god_status gdi_training_request(gdi_db *db, const char *task_id, const char *hotkey, gdi_rows **ret_rows,
                                god_error *err);
god_status gdi_training_ask_in(gdi_db *db, const char *task_id, const char *hotkey, const char *trainer_ip,
                               const char *job_key, int64_t now_us, god_error *err);

/* Rows of this status whose job ended, or is not there any more (state NULL). */
enum {
    GDI_TRAINING_ENDED_TASK,
    GDI_TRAINING_ENDED_HOTKEY,
    GDI_TRAINING_ENDED_ATTEMPTS,
    GDI_TRAINING_ENDED_STARTS,
    GDI_TRAINING_ENDED_TRAINER,
    GDI_TRAINING_ENDED_HOURS,
    GDI_TRAINING_ENDED_STATE,
    GDI_TRAINING_ENDED_RESULT,
    GDI_TRAINING_ENDED_MESSAGE,
    GDI_TRAINING_ENDED_AT
};
god_status gdi_trainings_ended(gdi_db *db, const char *status, gdi_rows **ret_rows, god_error *err);
/* Rows in training past their deadline: task, hotkey, attempts, job key. */
enum { GDI_OVERDUE_TASK, GDI_OVERDUE_HOTKEY, GDI_OVERDUE_ATTEMPTS, GDI_OVERDUE_JOB };
god_status gdi_trainings_overdue(gdi_db *db, int64_t now_us, gdi_rows **ret_rows, god_error *err);
/* The next deadline; INT64_MAX: none. */
god_status gdi_trainings_next_overdue(gdi_db *db, int64_t *ret_us, god_error *err);

/* The row after a start or a poll. */
typedef struct gdi_training_change {
    const char *status;
    uint32_t attempts;
    const char *reason;      /* NULL: none */
    const char *job_key;     /* NULL: none */
    int64_t next_attempt_us; /* 0: at once */
    int64_t overdue_us;      /* 0: none; it started now otherwise */
} gdi_training_change;
god_status gdi_training_change_in(gdi_db *db, const char *task_id, const char *hotkey,
                                  const gdi_training_change *change, int64_t now_us, god_error *err);

/* Tasks in `training` whose rows are all at an end: one column. */
god_status gdi_trainings_closed_tasks(gdi_db *db, gdi_rows **ret_rows, god_error *err);
/* Rows of every task of a round and how many of them failed: by group or pair, place. */
enum { GDI_TRAINING_COUNT_TASK, GDI_TRAINING_COUNT_STATUS, GDI_TRAINING_COUNT_ALL, GDI_TRAINING_COUNT_FAILED };
god_status gdi_trainings_of_round(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err);

/* By an operator: failed rows of a task are pending again with all attempts before them. */
god_status gdi_trainings_reset_in(gdi_db *db, const char *task_id, int64_t now_us, god_error *err);
/* What is not at an end fails: its tournament was cancelled, or another task takes its place. */
god_status gdi_trainings_abandon_in(gdi_db *db, const char *task_id, const char *reason, int64_t now_us,
                                    god_error *err);

#endif
