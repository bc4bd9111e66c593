/* core/cycles/results.c: what the tasks of a round gave, and who goes on. Sections 15.2, 17.2. */
#include "core/cycles/rounds.h"
#include "core/tournament/advance.h"
#include "core/tournament/environment_advance.h"

/* ---- reading ---- */

static god_status make_roster(gdi_step *step, gdi_rows *rows, gdi_roster *ret_roster, god_error *err)
{
    const char **names = NULL;
    uint32_t count = 0;
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows) + 1, &names, err));
    while (gdi_rows_next(rows)) {
        names[count++] = gdi_rows_text(rows, GDI_RESULT_HOTKEY);
    }
    names[count++] = step->options->burn_hotkey;
    gdi_roster_init(names, count, step->options->burn_hotkey, ret_roster);
    gdi_rows_rewind(rows);
    return GOD_OK;
}

god_status gdi_round_results_read(gdi_step *step, const gdi_round *round, gdi_round_results *ret_results,
                                  god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_round_results results = {.task_count = 0};
    GDI_KEEP(step, rows, err, gdi_tasks_results(step->db, round->id, &rows, err));
    GOD_TRY(make_roster(step, rows, &results.roster, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &results.tasks, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &results.scores, err));
    while (gdi_rows_next(rows)) {
        const char *task_id = gdi_rows_text(rows, GDI_RESULT_TASK), *type = gdi_rows_text(rows, GDI_RESULT_TYPE);
        gdi_task_result *last = results.task_count > 0 ? &results.tasks[results.task_count - 1] : NULL;
        if (last == NULL || strcmp(last->task_id, task_id) != 0) {
            last = &results.tasks[results.task_count++];
            *last = (gdi_task_result){.task_id = task_id,
                                      .slot_id = gdi_rows_text(rows, GDI_RESULT_SLOT),
                                      .kind = gdi_task_kind_of(step->options->kinds, type),
                                      .scores = {.first = results.score_count}};
            if (last->kind == NULL) {
                return god_fail(err, GOD_E_NOT_FOUND, "no plug-in serves task %s of type \"%.60s\"", task_id, type);
            }
        }
        last->scores.count++;
        results.scores[results.score_count++] =
            (gdi_score){.entrant = gdi_roster_find(&results.roster, gdi_rows_text(rows, GDI_RESULT_HOTKEY)),
                        .value = gdi_rows_real(rows, GDI_RESULT_VALUE)};
    }
    *ret_results = results;
    return GOD_OK;
}

/* ---- winners ---- */

/* Rounds just before this one that left the field as it was: a field only shrinks, so equal sizes are equal fields. */
static god_status unchanged_rounds(gdi_step *step, const gdi_round *round, uint32_t field, uint32_t *ret_count,
                                   god_error *err)
{
    gdi_rows *sizes = NULL;
    uint32_t count = 0;
    if (round->number > 1) {
        GDI_KEEP(step, sizes, err,
                 gdi_round_field_sizes(step->db, step->tournament.id, round->number, step->options->burn_hotkey, &sizes,
                                       err));
        while (gdi_rows_next(sizes) && gdi_rows_int(sizes, 0) == field) {
            count++;
        }
    }
    *ret_count = count;
    return GOD_OK;
}

static god_status environment_winners(gdi_step *step, const gdi_round *round, const gdi_round_results *results,
                                      const gdi_slot *groups, gdi_entrant *winners, uint32_t *ret_count, god_error *err)
{
    uint32_t field = 0, ignored = 0;
    for (uint32_t i = 0; i < results->score_count; i++) {
        field += results->scores[i].entrant != results->roster.boss;
    }
    gdi_environment_round played = {
        .groups = groups, .group_count = results->task_count, .scores = results->scores, .boss = results->roster.boss};
    GOD_TRY(unchanged_rounds(step, round, field, &played.unchanged_rounds, err));
    *ret_count = gdi_environment_advance(step->options->rules, &played, winners, &ignored);
    return GOD_OK;
}

god_status gdi_round_winners(gdi_step *step, const gdi_round *round, const gdi_round_results *results,
                             gdi_entrant **ret_winners, uint32_t *ret_count, god_error *err)
{
    gdi_entrant *winners = NULL, *pairs = NULL;
    gdi_slot *groups = NULL;
    gdi_standing *standings = NULL;
    const gdi_rules *rules = step->options->rules;
    GOD_TRY(GDI_STEP_NEW(step, results->score_count + rules->group_advance_count + 1, &winners, err));
    GOD_TRY(GDI_STEP_NEW(step, results->task_count, &pairs, err));
    GOD_TRY(GDI_STEP_NEW(step, results->task_count, &groups, err));
    GOD_TRY(GDI_STEP_NEW(step, results->score_count, &standings, err));
    for (uint32_t i = 0; i < results->task_count; i++) {
        const gdi_task_result *task = &results->tasks[i];
        groups[i] = task->scores;
        pairs[i] = gdi_task_winner(task->kind->direction, results->scores + task->scores.first, task->scores.count);
    }
    *ret_winners = winners;
    if (step->tournament.type == GDI_ENVIRONMENT) {
        return environment_winners(step, round, results, groups, winners, ret_count, err);
    }
    if (round->type == GDI_ROUND_KNOCKOUT) {
        *ret_count = gdi_advance_pairs(pairs, results->task_count, winners);
        return GOD_OK;
    }
    uint32_t direction = results->task_count > 0 ? results->tasks[0].kind->direction : GOD_LOWER_WINS;
    *ret_count = gdi_advance_groups(rules, direction, groups, results->task_count, results->scores, standings, winners);
    return GOD_OK;
}
