#include "core/http/emission.h"

#include <stdlib.h>

#include "core/tournament/points.h"

static god_status fail_nomem(god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "out of memory for the standings");
}

static const char *text_or_null(const gdi_rows *rows, size_t column)
{
    return gdi_rows_is_null(rows, column) ? NULL : gdi_rows_text(rows, column);
}

/* ---- points ---- */

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
        status = fail_nomem(err);
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

/* ---- the store ---- */

enum { past_id, past_winner, past_base_winner, past_completed, past_difference };

static god_status read_past(gdi_db *db, uint32_t type, gdi_type_emission *of, god_error *err)
{
    GOD_TRY(GDI_QUERY(db, &of->past_rows, err,
                      "SELECT tournament_id, winner_hotkey, base_winner_hotkey, updated_at, "
                      "winning_performance_difference FROM tournaments WHERE tournament_type = $1 "
                      "AND status = 'completed' ORDER BY created_at DESC, tournament_id DESC",
                      gdi_text(gdi_type_name(type))));
    of->past = calloc(gdi_rows_count(of->past_rows) + 1, sizeof *of->past);
    if (of->past == NULL) {
        return fail_nomem(err);
    }
    while (gdi_rows_next(of->past_rows)) {
        const gdi_rows *row = of->past_rows;
        double difference = gdi_rows_is_null(row, past_difference) ? GDI_NO_VALUE : gdi_rows_real(row, past_difference);
        of->latest_id = of->past_count == 0 ? gdi_rows_text(row, past_id) : of->latest_id;
        of->past[of->past_count++] = (gdi_past){.winner_hotkey = text_or_null(row, past_winner),
                                                .base_winner_hotkey = text_or_null(row, past_base_winner),
                                                .completed_us = gdi_rows_time(row, past_completed),
                                                .winning_performance_difference = difference};
    }
    return GOD_OK;
}

static god_status count_participants(gdi_db *db, uint32_t type, uint32_t *ret_count, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT count(*) FROM tournament_participants WHERE tournament_id = (SELECT tournament_id FROM "
                      "tournaments WHERE tournament_type = $1 AND status <> 'cancelled' "
                      "ORDER BY created_at DESC, tournament_id DESC LIMIT 1)",
                      gdi_text(gdi_type_name(type))));
    *ret_count = gdi_rows_next(rows) ? (uint32_t)gdi_rows_int(rows, 0) : 0;
    gdi_rows_free(rows);
    return GOD_OK;
}

static god_status read_type(gdi_db *db, const gdi_emission_options *o, uint32_t type, gdi_type_emission *of,
                            god_error *err)
{
    GOD_TRY(read_past(db, type, of, err));
    GOD_TRY(count_participants(db, type, &of->participant_rows, err));
    of->allocation = gdi_allocate_type(o->rules, type, of->past, of->past_count, o->burn_hotkey, o->now_us);
    of->performance_difference = GDI_NO_VALUE;
    if (of->past_count == 0) {
        return GOD_OK;
    }
    of->performance_difference = gdi_reign_performance(of->past, of->past_count, o->burn_hotkey);
    of->champion = gdi_past_champion(&of->past[0], o->burn_hotkey);
    of->consecutive_wins = gdi_consecutive_wins(of->past, of->past_count,
                                                of->champion == NULL ? o->burn_hotkey : of->champion, o->burn_hotkey);
    return gdi_results_read(db, of->latest_id, &of->result_rows, err);
}

static god_status read_all(gdi_db *db, const gdi_emission_options *o, gdi_emission *e, god_error *err)
{
    GOD_TRY(GDI_QUERY(db, &e->node_rows, err, "SELECT hotkey FROM nodes WHERE netuid = $1", gdi_int(o->netuid)));
    GOD_TRY(GDI_QUERY(db, &e->active_rows, err,
                      "SELECT DISTINCT p.hotkey FROM tournament_participants p JOIN tournaments t "
                      "ON t.tournament_id = p.tournament_id WHERE t.status = $1 AND p.eliminated_in_round_id IS NULL",
                      gdi_text("active")));
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        GOD_TRY(read_type(db, o, t + 1, &e->types[t], err));
    }
    return GOD_OK;
}

/* ---- one list of everybody ---- */

static void take_hotkeys(gdi_rows *rows, size_t column, const char **hotkeys, uint32_t *count)
{
    while (rows != NULL && gdi_rows_next(rows)) {
        hotkeys[(*count)++] = gdi_rows_text(rows, column);
    }
    if (rows != NULL) {
        gdi_rows_rewind(rows);
    }
}

static god_status make_roster(gdi_emission *e, const char *burn_hotkey, god_error *err)
{
    size_t room = gdi_rows_count(e->node_rows) + gdi_rows_count(e->active_rows) + 1;
    uint32_t count = 0;
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        room += 1 + (e->types[t].result_rows == NULL ? 0 : gdi_rows_count(e->types[t].result_rows));
    }
    e->hotkeys = calloc(room, sizeof *e->hotkeys);
    if (e->hotkeys == NULL) {
        return fail_nomem(err);
    }
    e->hotkeys[count++] = burn_hotkey;
    take_hotkeys(e->node_rows, 0, e->hotkeys, &count);
    take_hotkeys(e->active_rows, 0, e->hotkeys, &count);
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        take_hotkeys(e->types[t].result_rows, GDI_RESULT_HOTKEY, e->hotkeys, &count);
        if (e->types[t].champion != NULL) {
            e->hotkeys[count++] = e->types[t].champion;
        }
    }
    gdi_roster_init(e->hotkeys, count, burn_hotkey, &e->roster);
    return GOD_OK;
}

/* ---- shares and weights ---- */

static god_status place(const gdi_emission_options *o, const gdi_roster *roster, uint32_t type, gdi_type_emission *of,
                        god_error *err)
{
    if (of->past_count == 0) {
        return GOD_OK;
    }
    double *points = calloc(roster->count, sizeof *points);
    of->shares = calloc(roster->count + 1, sizeof *of->shares);
    god_status status = points == NULL || of->shares == NULL ? fail_nomem(err) : GOD_OK;
    if (status == GOD_OK) {
        const gdi_points_of latest = {.tournament_type = type,
                                      .winner_hotkey = of->past[0].winner_hotkey,
                                      .base_winner_hotkey = of->past[0].base_winner_hotkey};
        status = gdi_points_read(o->rules, &latest, of->result_rows, roster, points, err);
    }
    if (status == GOD_OK) {
        const char *champion = of->champion != NULL ? of->champion : o->burn_hotkey;
        of->share_count = gdi_place(o->rules, gdi_roster_find(roster, champion), points, roster->count, of->shares);
    }
    free(points);
    return status;
}

static void mark(gdi_rows *rows, const gdi_roster *roster, bool *ret_marks)
{
    while (gdi_rows_next(rows)) {
        ret_marks[gdi_roster_find(roster, gdi_rows_text(rows, 0))] = true;
    }
}

static void weigh(const gdi_emission_options *o, gdi_emission *e, bool *is_node, bool *is_active, gdi_entrant *active)
{
    mark(e->node_rows, &e->roster, is_node);
    mark(e->active_rows, &e->roster, is_active);
    for (uint32_t i = 0; i < e->roster.count; i++) {
        if (is_active[i]) {
            active[e->active_count++] = i;
        }
    }
    gdi_weights_input input = {.active = active,
                               .active_count = e->active_count,
                               .burn = e->roster.boss,
                               .is_node = is_node,
                               .entrant_count = e->roster.count};
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        const gdi_type_emission *of = &e->types[t];
        const char *champion = of->champion != NULL ? of->champion : o->burn_hotkey;
        input.payments[t] =
            (gdi_payment){.allocation = of->allocation.allocation,
                          .base_weight = gdi_rules_of(o->rules, t + 1)->base_weight,
                          .champion = of->past_count == 0 ? GDI_NOBODY : gdi_roster_find(&e->roster, champion),
                          .shares = of->shares,
                          .share_count = of->share_count};
    }
    gdi_weights(o->rules, &input, e->weights, &e->summary);
}

static god_status compute(const gdi_emission_options *o, gdi_emission *e, god_error *err)
{
    GOD_TRY(make_roster(e, o->burn_hotkey, err));
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        GOD_TRY(place(o, &e->roster, t + 1, &e->types[t], err));
    }
    e->weights = calloc(e->roster.count, sizeof *e->weights);
    bool *is_node = calloc(e->roster.count, sizeof *is_node), *is_active = calloc(e->roster.count, sizeof *is_active);
    gdi_entrant *active = calloc(e->roster.count, sizeof *active);
    god_status status = GOD_OK;
    if (e->weights == NULL || is_node == NULL || is_active == NULL || active == NULL) {
        status = fail_nomem(err);
    } else {
        weigh(o, e, is_node, is_active, active);
    }
    free(is_node);
    free(is_active);
    free(active);
    return status;
}

god_status gdi_emission_read(gdi_db *db, const gdi_emission_options *options, gdi_emission **ret_emission,
                             god_error *err)
{
    gdi_emission *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return fail_nomem(err);
    }
    god_status status = read_all(db, options, e, err);
    if (status == GOD_OK) {
        status = compute(options, e, err);
    }
    if (status != GOD_OK) {
        gdi_emission_free(e);
        return status;
    }
    *ret_emission = e;
    return GOD_OK;
}

void gdi_emission_free(gdi_emission *emission)
{
    if (emission == NULL) {
        return;
    }
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        gdi_type_emission *of = &emission->types[t];
        gdi_rows_free(of->past_rows);
        gdi_rows_free(of->result_rows);
        free(of->past);
        free(of->shares);
    }
    gdi_rows_free(emission->node_rows);
    gdi_rows_free(emission->active_rows);
    free(emission->hotkeys);
    free(emission->weights);
    free(emission);
}
