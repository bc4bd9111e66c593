/* core/cycles/finish_round.c: an active round is complete, or says what stands in its way. Section 15. */
#include "core/cycles/rounds.h"
#include "core/tournament/advance.h"
#include "core/tournament/completion.h"

/* ---- what stands in its way ---- */

static uint32_t state_from_name(const char *status)
{
    if (strcmp(status, "success") == 0) {
        return GDI_TASK_SUCCESS;
    }
    if (strcmp(status, "failure") == 0) {
        return GDI_TASK_FAILURE;
    }
    return strcmp(status, "prep_task_failure") == 0 ? GDI_TASK_PREP_FAILURE : GDI_TASK_OPEN;
}

static god_status tell_failure(gdi_step *step, const char *task_id, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_task task = {.task_id = NULL};
    const char *event = NULL;
    GDI_KEEP(step, rows, err, gdi_task_read(step->db, task_id, &rows, &task, err));
    GOD_TRY(gdi_step_format(step, &event, err, "task_failed/%s", task_id));
    return gdi_step_notify(step, event, err, "Task %s (%s) of %s failed and blocks its round. Replace it or retry it.",
                           task_id, task.task_type, step->tournament.id);
}

/* Told again in every cycle of the original. */
static god_status tell_share(gdi_step *step, const char *task_id, const gdi_round_task *task, god_error *err)
{
    const char *event = NULL;
    int64_t slot = step->now_us / GDI_STEP_LOOP_US;
    gdi_step_due(step, (slot + 1) * GDI_STEP_LOOP_US);
    GOD_TRY(gdi_step_format(step, &event, err, "trainings_failed/%s/%lld", task_id, (long long)slot));
    return gdi_step_notify(
        step, event, err, "%u of %u trainings of task %s failed; round of %s is blocked. Replace the task or retry it.",
        task->failed_training_count, task->training_count, task_id, step->tournament.id);
}

static god_status look(gdi_step *step, const gdi_round *round, uint32_t *ret_state, god_error *err)
{
    gdi_rows *counts = NULL, *rows = NULL;
    gdi_round_task *tasks = NULL;
    const char **ids = NULL;
    uint32_t count = 0, which = 0;
    *ret_state = GDI_ROUND_OPEN;
    GDI_KEEP(step, counts, err, gdi_tasks_counts(step->db, round->id, &counts, err));
    if (!gdi_rows_next(counts) || gdi_rows_int(counts, GDI_ROUND_COUNT_ALL) == 0) {
        return GOD_OK;
    }
    bool all_well = gdi_rows_int(counts, GDI_ROUND_COUNT_ALL) == gdi_rows_int(counts, GDI_ROUND_COUNT_SUCCESS);
    if (!all_well && gdi_rows_int(counts, GDI_ROUND_COUNT_FAILURE) == 0) {
        /* Open, or to be replaced, which has its own step; a high share of failed trainings is told when all ended. */
        return GOD_OK;
    }
    GDI_KEEP(step, rows, err, gdi_trainings_of_round(step->db, round->id, &rows, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &tasks, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &ids, err));
    for (; gdi_rows_next(rows); count++) {
        ids[count] = gdi_rows_text(rows, GDI_TRAINING_COUNT_TASK);
        tasks[count] =
            (gdi_round_task){.status = state_from_name(gdi_rows_text(rows, GDI_TRAINING_COUNT_STATUS)),
                             .training_count = (uint32_t)gdi_rows_int(rows, GDI_TRAINING_COUNT_ALL),
                             .failed_training_count = (uint32_t)gdi_rows_int(rows, GDI_TRAINING_COUNT_FAILED)};
    }
    *ret_state = gdi_round_state(step->options->rules, tasks, count, &which);
    if (*ret_state == GDI_ROUND_BLOCKED_BY_FAILURE) {
        return tell_failure(step, ids[which], err);
    }
    return *ret_state == GDI_ROUND_BLOCKED_BY_SHARE ? tell_share(step, ids[which], &tasks[which], err) : GOD_OK;
}

/* ---- complete ---- */

static god_status eliminate(gdi_step *step, const gdi_round *round, const gdi_round_results *results,
                            const gdi_entrant *winners, uint32_t winner_count, god_error *err)
{
    gdi_rows *rows = NULL;
    const char **names = NULL;
    gdi_entrant *living = NULL, *goes_on = NULL, *out = NULL;
    gdi_roster roster = {.count = 0};
    GDI_KEEP(step, rows, err, gdi_round_living(step->db, step->tournament.id, step->options->netuid, &rows, err));
    size_t count = gdi_rows_count(rows);
    GOD_TRY(GDI_STEP_NEW(step, count + winner_count, &names, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &living, err));
    GOD_TRY(GDI_STEP_NEW(step, winner_count, &goes_on, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &out, err));
    for (size_t i = 0; gdi_rows_next(rows); i++) {
        names[i] = gdi_rows_text(rows, GDI_LIVING_HOTKEY);
    }
    for (uint32_t i = 0; i < winner_count; i++) {
        names[count + i] = results->roster.hotkeys[winners[i]];
    }
    gdi_roster_init(names, (uint32_t)count + winner_count, step->options->burn_hotkey, &roster);
    gdi_rows_rewind(rows);
    for (size_t i = 0; gdi_rows_next(rows); i++) {
        living[i] = gdi_roster_find(&roster, gdi_rows_text(rows, GDI_LIVING_HOTKEY));
    }
    for (uint32_t i = 0; i < winner_count; i++) {
        goes_on[i] = gdi_roster_find(&roster, results->roster.hotkeys[winners[i]]);
    }
    uint32_t out_count = gdi_eliminated(roster.boss, false, living, (uint32_t)count, goes_on, winner_count, out);
    for (uint32_t i = 0; i < out_count; i++) {
        GOD_TRY(gdi_round_eliminate_in(step->db, step->tournament.id, round->id, roster.hotkeys[out[i]], err));
    }
    return GOD_OK;
}

static god_status finish_pairs(gdi_step *step, const gdi_round_results *results, god_error *err)
{
    for (uint32_t i = 0; i < results->task_count; i++) {
        const gdi_task_result *task = &results->tasks[i];
        gdi_entrant winner =
            gdi_task_winner(task->kind->direction, results->scores + task->scores.first, task->scores.count);
        GOD_TRY(gdi_pair_finish_in(step->db, task->slot_id,
                                   winner == GDI_NOBODY ? NULL : results->roster.hotkeys[winner], step->now_us, err));
    }
    return GOD_OK;
}

static god_status finish(gdi_step *step, const gdi_round *round, god_error *err)
{
    gdi_round_results results = {.task_count = 0};
    gdi_entrant *winners = NULL;
    uint32_t winner_count = 0;
    GOD_TRY(gdi_round_results_read(step, round, &results, err));
    GOD_TRY(gdi_round_finish_in(step->db, round->id, step->now_us, err));
    step->changed = true;
    gdi_step_log(step, GOD_LOG_INFO, "round completed", "round", round->id);
    if (round->is_final) {
        return gdi_boss_round_decide(step, round, &results, err);
    }
    if (round->type == GDI_ROUND_KNOCKOUT) {
        GOD_TRY(finish_pairs(step, &results, err));
    }
    GOD_TRY(gdi_round_winners(step, round, &results, &winners, &winner_count, err));
    GOD_TRY(eliminate(step, round, &results, winners, winner_count, err));
    gdi_step_raise(step, GDI_ON_ROUND_COMPLETED);
    return GOD_OK;
}

god_status gdi_step_finish_round(gdi_step *step, god_error *err)
{
    gdi_round round = {.number = 0};
    god_error none = GOD_ERROR_INIT;
    uint32_t state = 0;
    god_status status = gdi_round_last(step->db, step->tournament.id, &round, &none);
    if (status != GOD_OK || round.status != GDI_ROUND_ACTIVE) {
        return status == GOD_OK || status == GOD_E_NOT_FOUND ? GOD_OK : god_fail(err, status, "%s", none.message);
    }
    GOD_TRY(look(step, &round, &state, err));
    return state == GDI_ROUND_COMPLETE ? finish(step, &round, err) : GOD_OK;
}
