#include "core/http/points.h"

#include <stdlib.h>

#include "core/tournament/history.h"
#include "core/tournament/points.h"

god_status gdi_results_read(gdi_db *db, const char *tournament_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT r.round_number, l.task_id, n.hotkey, n.quality_score, n.test_loss FROM tournament_tasks l "
                     "JOIN tournament_rounds r ON r.round_id = l.round_id JOIN task_nodes n ON n.task_id = l.task_id "
                     "WHERE l.tournament_id = $1 ORDER BY r.round_number, l.task_id, n.hotkey",
                     gdi_text(tournament_id));
}

/* Room for the results of one task. */
typedef struct task_results {
    gdi_score *scores, *scratch;
    gdi_standing *ranked;
    uint32_t count;
    uint32_t round_number;
    gdi_entrant winner;
    double best_quality;
    const char *task_id;
} task_results;

static void take_result(task_results *task, const gdi_roster *roster, const gdi_rows *rows)
{
    gdi_entrant entrant = gdi_roster_find(roster, gdi_rows_text(rows, GDI_RESULT_HOTKEY));
    double quality = gdi_rows_real(rows, GDI_RESULT_QUALITY);
    if (entrant == GDI_NOBODY) {
        return;
    }
    if (gdi_has_value(quality) && quality > task->best_quality) {
        task->best_quality = quality;
        task->winner = entrant;
    }
    double value = gdi_rows_is_null(rows, GDI_RESULT_LOSS) ? GDI_NO_VALUE : gdi_rows_real(rows, GDI_RESULT_LOSS);
    task->scores[task->count++] = (gdi_score){.value = value, .entrant = entrant};
}

static void add_task(const gdi_type_rules *type_rules, uint32_t type, gdi_entrant champion, gdi_entrant boss,
                     const task_results *task, double *points)
{
    if (task->task_id == NULL) {
        return;
    }
    if (type == GDI_ENVIRONMENT) {
        gdi_points_add_environment(type_rules, task->round_number, champion, boss, task->scores, task->count,
                                   task->scratch, task->ranked, points);
    } else {
        gdi_points_add_winner(type_rules, task->round_number, task->winner, points);
    }
}

god_status gdi_points_read(const gdi_rules *rules, const gdi_points_of *of, gdi_rows *results, const gdi_roster *roster,
                           double *ret_points, god_error *err)
{
    const gdi_type_rules *type_rules = gdi_rules_of(rules, of->tournament_type);
    size_t room = gdi_rows_count(results) + 1;
    task_results task = {.scores = calloc(room, sizeof(gdi_score)),
                         .scratch = calloc(room, sizeof(gdi_score)),
                         .ranked = calloc(room, sizeof(gdi_standing)),
                         .winner = GDI_NOBODY};
    god_status status = GOD_OK;
    if (task.scores == NULL || task.scratch == NULL || task.ranked == NULL) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for the points");
        goto free_room;
    }
    const char *boss_hotkey = roster->boss == GDI_NOBODY ? NULL : roster->hotkeys[roster->boss];
    const gdi_past record = {.winner_hotkey = of->winner_hotkey, .base_winner_hotkey = of->base_winner_hotkey};
    const char *champion_hotkey = boss_hotkey == NULL ? of->winner_hotkey : gdi_past_champion(&record, boss_hotkey);
    gdi_entrant champion = gdi_roster_find(roster, champion_hotkey != NULL ? champion_hotkey : boss_hotkey);
    if (of->winner_hotkey == NULL) {
        champion = GDI_NOBODY; /* nobody has won it yet */
    }
    for (uint32_t i = 0; i < roster->count; i++) {
        ret_points[i] = 0.0;
    }
    while (gdi_rows_next(results)) {
        const char *task_id = gdi_rows_text(results, GDI_RESULT_TASK);
        if (task.task_id == NULL || strcmp(task.task_id, task_id) != 0) {
            add_task(type_rules, of->tournament_type, champion, roster->boss, &task, ret_points);
            task.task_id = task_id;
            task.round_number = (uint32_t)gdi_rows_int(results, GDI_RESULT_ROUND);
            task.winner = GDI_NOBODY;
            task.best_quality = 0.0;
            task.count = 0;
        }
        take_result(&task, roster, results);
    }
    add_task(type_rules, of->tournament_type, champion, roster->boss, &task, ret_points);
    gdi_points_leave_out(champion, roster->boss, of->base_winner_hotkey != NULL, ret_points);
free_room:
    free(task.scores);
    free(task.scratch);
    free(task.ranked);
    return status;
}
