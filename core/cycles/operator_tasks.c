/* core/cycles/operator_tasks.c: what a person may do to tasks and rounds, and what a cancelled tournament leaves.
 * Section 26. */
#include "core/cycles/operator.h"
#include "core/cycles/rounds.h"
#include "core/cycles/state.h"
#include "core/store/reviews.h"

/* Nothing of a task is under way any more. */
static god_status stop_task(gdi_step *step, const char *task_id, const char *reason, god_error *err)
{
    GOD_TRY(gdi_task_jobs_remove_in(step->db, task_id, err));
    GOD_TRY(gdi_gpus_release_task_in(step->db, task_id, step->now_us, err));
    return gdi_trainings_abandon_in(step->db, task_id, reason, step->now_us, err);
}

static god_status wake(gdi_step *step, god_error *err)
{
    step->changed = true;
    if (step->tournament.status == GDI_TOURNAMENT_ACTIVE) {
        GOD_TRY(gdi_tournament_call_in(step->db, step->tournament.id, step->now_us, err));
    }
    return gdi_db_notify(step->db, "cycles", err);
}

/* ---- a task ---- */

typedef struct task_action {
    const char *task_id;
    god_status (*act)(gdi_step *step, const gdi_task *task, god_error *err);
    bool needs_round; /* a task of a round that is still played */
} task_action;

static god_status check_round(gdi_step *step, const gdi_task *task, god_error *err)
{
    gdi_round last = {.number = 0};
    if (task->round_id == NULL) {
        return god_fail(err, GOD_E_INVALID, "task %s belongs to no round", task->task_id);
    }
    GOD_TRY(gdi_round_last(step->db, step->tournament.id, &last, err));
    if (strcmp(last.id, task->round_id) != 0 || last.status == GDI_ROUND_FINISHED) {
        return god_fail(err, GOD_E_INVALID, "the round of task %s is over; undo the rounds after it first",
                        task->task_id);
    }
    return GOD_OK;
}

static god_status act(gdi_step *step, god_error *err)
{
    const task_action *action = step->user;
    gdi_rows *rows = NULL;
    gdi_task task = {.task_id = NULL};
    GDI_KEEP(step, rows, err, gdi_task_read(step->db, action->task_id, &rows, &task, err));
    if (action->needs_round || task.round_id != NULL) {
        GOD_TRY(check_round(step, &task, err));
    }
    GOD_TRY(action->act(step, &task, err));
    return wake(step, err);
}

static god_status act_on_task(gdi_cycles *cycles, gdi_db *db, task_action *action, int64_t now_us, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_task task = {.task_id = NULL};
    GOD_TRY(gdi_task_read(db, action->task_id, &rows, &task, err));
    god_status status = gdi_step_act(cycles, act, action, task.tournament_id, now_us, err);
    gdi_rows_free(rows);
    return status;
}

/* Should it fail again, people are told again. */
static god_status forget_told(gdi_step *step, const char *task_id, god_error *err)
{
    const char *key = NULL;
    GOD_TRY(gdi_step_format(step, &key, err, GDI_WORK_NOTIFY "/task_failed/%s", task_id));
    return GDI_STEP_RUN(step, NULL, err, "DELETE FROM jobs WHERE key = $1", gdi_text(key));
}

static god_status retry(gdi_step *step, const gdi_task *task, god_error *err)
{
    static const char *const may[] = {"training", "preevaluation", "evaluating", "success", "failure", NULL};
    size_t i = 0;
    while (may[i] != NULL && strcmp(may[i], task->status) != 0) {
        i++;
    }
    if (may[i] == NULL) {
        return god_fail(err, GOD_E_INVALID, "task %s is %s and was not trained yet; replace it instead", task->task_id,
                        task->status);
    }
    GOD_TRY(forget_told(step, task->task_id, err));
    GOD_TRY(gdi_task_jobs_remove_in(step->db, task->task_id, err));
    GOD_TRY(gdi_gpus_release_task_in(step->db, task->task_id, step->now_us, err));
    GOD_TRY(gdi_pvp_reset_in(step->db, task->task_id, err));
    GOD_TRY(gdi_evaluations_reset_in(step->db, task->task_id, step->now_us, err));
    GOD_TRY(gdi_trainings_reset_in(step->db, task->task_id, step->now_us, err));
    return gdi_task_end_in(step->db, task->task_id, "training", NULL, step->now_us, err);
}

god_status gdi_operator_retry_task(gdi_cycles *cycles, const char *task_id, int64_t now_us, god_error *err)
{
    task_action action = {.task_id = task_id, .act = retry};
    return act_on_task(cycles, cycles->options.db, &action, now_us, err);
}

static god_status replace(gdi_step *step, const gdi_task *task, god_error *err)
{
    GOD_TRY(stop_task(step, task->task_id, "the task is replaced", err));
    return gdi_task_end_in(step->db, task->task_id, "prep_task_failure", "an operator replaces it", step->now_us, err);
}

god_status gdi_operator_replace_task(gdi_cycles *cycles, const char *task_id, int64_t now_us, god_error *err)
{
    task_action action = {.task_id = task_id, .act = replace, .needs_round = true};
    return act_on_task(cycles, cycles->options.db, &action, now_us, err);
}

/* ---- a round ---- */

static god_status stop_round(gdi_step *step, const gdi_round *round, god_error *err)
{
    gdi_rows *tasks = NULL;
    GDI_KEEP(step, tasks, err, gdi_tasks_of_round(step->db, round->id, &tasks, err));
    while (gdi_rows_next(tasks)) {
        GOD_TRY(gdi_gpus_release_task_in(step->db, gdi_rows_text(tasks, GDI_ROUND_TASK_ID), step->now_us, err));
    }
    return gdi_tasks_of_round_remove_in(step->db, round->id, err);
}

/* Round 1 may end otherwise this time, so its survivors are compared again. */
static god_status forget_review(gdi_step *step, const gdi_round *round, god_error *err)
{
    const char *key = NULL;
    GOD_TRY(gdi_review_remove_in(step->db, round->id, err));
    GOD_TRY(gdi_step_format(step, &key, err, GDI_WORK_REVIEW_DUPLICATES "/%s", round->id));
    return GDI_STEP_RUN(step, NULL, err, "DELETE FROM jobs WHERE key = $1", gdi_text(key));
}

static god_status undo(gdi_step *step, god_error *err)
{
    gdi_round last = {.number = 0}, before = {.number = 0};
    if (step->tournament.status != GDI_TOURNAMENT_ACTIVE) {
        return god_fail(err, GOD_E_INVALID, "tournament %s is %s; only rounds of an active one can be undone",
                        step->tournament.id, gdi_tournament_status_name(step->tournament.status));
    }
    GOD_TRY(gdi_round_last(step->db, step->tournament.id, &last, err));
    if (last.number > 1) {
        GOD_TRY(gdi_round_read(step->db, step->tournament.id, last.number - 1, &before, err));
    }
    if (before.number == 1) {
        GOD_TRY(forget_review(step, &before, err));
    }
    GOD_TRY(stop_round(step, &last, err));
    GOD_TRY(gdi_round_remove_in(step->db, &last, last.number > 1 ? before.id : NULL, err));
    GOD_TRY(GDI_STEP_RUN(step, NULL, err,
                         "UPDATE tournaments SET winner_hotkey = NULL, updated_at = $2 WHERE tournament_id = $1",
                         gdi_text(step->tournament.id), gdi_time(step->now_us)));
    gdi_step_log(step, GOD_LOG_WARNING, "an operator undid a round", "round", last.id);
    return wake(step, err);
}

god_status gdi_operator_undo_round(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err)
{
    return gdi_step_act(cycles, undo, NULL, tournament_id, now_us, err);
}

/* ---- what a cancelled tournament leaves ---- */

god_status gdi_step_abandon(gdi_step *step, god_error *err)
{
    gdi_rows *tasks = NULL;
    GDI_KEEP(step, tasks, err, gdi_tasks_of_cancelled(step->db, &tasks, err));
    while (gdi_rows_next(tasks)) {
        const char *task_id = gdi_rows_text(tasks, 0);
        GOD_TRY(stop_task(step, task_id, "the tournament was cancelled", err));
        GOD_TRY(gdi_task_end_in(step->db, task_id, "failure", "the tournament was cancelled", step->now_us, err));
        step->changed = true;
        gdi_step_raise(step, GDI_ON_TRAINERS);
    }
    return GOD_OK;
}
