/* core/cycles/queue.c: a task that is ready to be trained becomes one row per entrant, while the queue has room.
 * Section 13.2. */
#include "core/cycles/rounds.h"

enum { TOURNAMENT = 2, BENCHMARK = 3 };

/* Fewer pending rows than this let another task in. */
static const uint32_t gate_tournament = 8, gate_benchmark = 5;

static god_status has_room(gdi_step *step, const gdi_task *task, uint32_t priority, bool *ret_room, god_error *err)
{
    uint32_t pending = 0;
    if (priority == BENCHMARK) {
        GOD_TRY(gdi_trainings_pending_count(step->db, priority, NULL, &pending, err));
        *ret_room = pending < gate_benchmark;
        return GOD_OK;
    }
    if (priority != TOURNAMENT) {
        *ret_room = true;
        return GOD_OK;
    }
    GOD_TRY(gdi_trainings_pending_count(step->db, priority, task->task_type, &pending, err));
    *ret_room = pending < gate_tournament;
    return GOD_OK;
}

static god_status enter(gdi_step *step, const char *task_id, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_task task = {.task_id = NULL};
    uint32_t priority = 0;
    bool room = false;
    GDI_KEEP(step, rows, err, gdi_task_read(step->db, task_id, &rows, &task, err));
    GOD_TRY(gdi_task_priority(step->db, task_id, &priority, err));
    GOD_TRY(has_room(step, &task, priority, &room, err));
    if (!room) {
        return GOD_OK;
    }
    GOD_TRY(gdi_trainings_add_in(step->db, task_id, task.tournament_id, priority, step->now_us, NULL, err));
    GOD_TRY(gdi_task_train_in(step->db, task_id, step->now_us, err));
    step->changed = true;
    gdi_step_raise(step, GDI_ON_TRAININGS);
    gdi_step_raise(step, GDI_ON_TASKS);
    return GOD_OK;
}

god_status gdi_step_queue(gdi_step *step, god_error *err)
{
    gdi_rows *waiting = NULL;
    GDI_KEEP(step, waiting, err, gdi_tasks_with_status(step->db, "looking_for_nodes", 0, &waiting, err));
    while (gdi_rows_next(waiting)) {
        GOD_TRY(enter(step, gdi_rows_text(waiting, 0), err));
    }
    return GOD_OK;
}
