/* core/store/evaluations.h: one row for each trained model of a task that is to be scored. Source: tournament
 * specification, sections 5.6, 14.1 and 24. [one]
 *
 * Functions that end in _in write and belong inside the caller's transaction; the others only read. Answers are rows
 * whose columns an enum names; the caller frees them. */
#ifndef GDI_STORE_EVALUATIONS_H
#define GDI_STORE_EVALUATIONS_H

#include "core/store/db.h"

/* A pending row for each successful training of a task. Rows that are there stay. */
god_status gdi_evaluations_add_in(gdi_db *db, const char *task_id, int64_t netuid, int64_t now_us, uint64_t *ret_added,
                                  god_error *err);
/* All rows of a task from one status to another. */
god_status gdi_evaluations_move_in(gdi_db *db, const char *task_id, const char *from, const char *to, int64_t now_us,
                                   god_error *err);
god_status gdi_evaluation_end_in(gdi_db *db, const char *task_id, const char *hotkey, const char *status,
                                 int64_t now_us, god_error *err);
/* Rows of a task with this status and the repository of each: hotkey ascending. */
enum { GDI_EVALUATION_HOTKEY, GDI_EVALUATION_REPO };
god_status gdi_evaluations_with_status(gdi_db *db, const char *task_id, const char *status, gdi_rows **ret_rows,
                                       god_error *err);
/* One more evaluation of the task is under way, as this job. */
god_status gdi_evaluation_try_in(gdi_db *db, const char *task_id, const char *job_key, int64_t now_us, god_error *err);
/* By an operator: no evaluation of the task happened. */
god_status gdi_evaluations_reset_in(gdi_db *db, const char *task_id, int64_t now_us, god_error *err);

#endif
