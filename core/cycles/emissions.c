#include "core/cycles/emissions.h"

#include <stdlib.h>
#include <string.h>

#include "core/store/nodes.h"
#include "core/store/participants.h"
#include "core/store/tournaments.h"
#include "core/tournament/points.h"

enum { HISTORY_MAX = 4096 };

/* Rows of one type while the roster is not known yet. */
typedef struct type_rows {
    gdi_past *past;
    uint32_t past_count;
    gdi_rows *results; /* NULL: never held */
} type_rows;

enum { RESULT_ROUND, RESULT_TASK, RESULT_HOTKEY, RESULT_QUALITY, RESULT_VALUE };

typedef struct emission_reading {
    const gdi_emissions_input *input;
    gdi_emissions *emissions;
    type_rows types[GDI_TYPE_COUNT];
    gdi_rows *nodes, *active;
    bool *is_node;
} emission_reading;

static god_status no_memory(god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "no memory for the weights");
}

static god_status new_memory(emission_reading *reading, size_t count, size_t size, void **ret_memory, god_error *err)
{
    *ret_memory = gdi_scratch_alloc(&reading->emissions->scratch, count, size);
    return *ret_memory == NULL ? no_memory(err) : GOD_OK;
}
#define NEW(reading, count, ret_pointer, err) \
    new_memory(reading, count, sizeof **(ret_pointer), (void **)(ret_pointer), err)

static god_status keep(emission_reading *reading, gdi_rows *rows, god_error *err)
{
    return gdi_scratch_keep_rows_take(&reading->emissions->scratch, rows) ? GOD_OK : no_memory(err);
}

static const char *text_or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

/* ---- rows ---- */

static god_status read_history(emission_reading *reading, uint32_t type, type_rows *rows, gdi_past_row *list,
                               size_t count, god_error *err)
{
    gdi_past_row *kept = NULL;
    GOD_TRY(NEW(reading, count, &kept, err));
    GOD_TRY(NEW(reading, count, &rows->past, err));
    (void)memcpy(kept, list, count * sizeof *kept);
    for (size_t i = 0; i < count; i++) {
        rows->past[i] = (gdi_past){.winner_hotkey = text_or_null(kept[i].winner_hotkey),
                                   .base_winner_hotkey = text_or_null(kept[i].base_winner_hotkey),
                                   .completed_us = kept[i].completed_us,
                                   .winning_performance_difference = kept[i].winning_performance_difference};
    }
    rows->past_count = (uint32_t)count;
    if (count > 0) {
        reading->emissions->types[type - 1].tournament_id = kept[0].tournament_id;
    }
    return GOD_OK;
}

static god_status read_results(emission_reading *reading, type_rows *rows, const char *tournament_id, god_error *err)
{
    gdi_rows *results = NULL;
    GOD_TRY(GDI_QUERY(reading->input->db, &results, err,
                      "SELECT r.round_number, tt.task_id, n.hotkey, n.quality_score, n.test_loss "
                      "FROM tournament_tasks tt JOIN tournament_rounds r ON r.round_id = tt.round_id "
                      "JOIN task_nodes n ON n.task_id = tt.task_id WHERE tt.tournament_id = $1 "
                      "ORDER BY r.round_number, tt.task_id, n.hotkey",
                      gdi_text(tournament_id)));
    rows->results = results;
    return keep(reading, results, err);
}

static god_status count_participants(emission_reading *reading, uint32_t type, uint32_t *ret_count, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(reading->input->db, &rows, err,
                      "SELECT COUNT(*) FROM tournament_participants WHERE tournament_id = (SELECT tournament_id FROM "
                      "tournaments WHERE tournament_type = $1 AND status <> 'cancelled' "
                      "ORDER BY created_at DESC, tournament_id DESC LIMIT 1)",
                      gdi_text(gdi_type_name(type))));
    *ret_count = gdi_rows_next(rows) ? (uint32_t)gdi_rows_int(rows, 0) : 0;
    gdi_rows_free(rows);
    return GOD_OK;
}

static god_status read_type(emission_reading *reading, uint32_t type, god_error *err)
{
    type_rows *rows = &reading->types[type - 1];
    gdi_type_emission *emission = &reading->emissions->types[type - 1];
    gdi_past_row *list = NULL;
    size_t count = 0;
    GOD_TRY(gdi_tournament_history(reading->input->db, type, HISTORY_MAX, &list, &count, err));
    god_status status = read_history(reading, type, rows, list, count, err);
    free(list);
    GOD_TRY(status);
    GOD_TRY(count_participants(reading, type, &emission->participant_rows, err));
    return count == 0 ? GOD_OK : read_results(reading, rows, emission->tournament_id, err);
}

/* ---- the roster ---- */

static uint32_t add_hotkeys(gdi_rows *rows, size_t column, const char **hotkeys, uint32_t count)
{
    while (rows != NULL && gdi_rows_next(rows)) {
        hotkeys[count++] = gdi_rows_text(rows, column);
    }
    if (rows != NULL) {
        gdi_rows_rewind(rows);
    }
    return count;
}

static god_status make_roster(emission_reading *reading, god_error *err)
{
    const char **hotkeys = NULL;
    size_t room = gdi_rows_count(reading->nodes) + gdi_rows_count(reading->active) + GDI_TYPE_COUNT + 1;
    for (uint32_t i = 0; i < GDI_TYPE_COUNT; i++) {
        room += reading->types[i].results == NULL ? 0 : gdi_rows_count(reading->types[i].results);
    }
    GOD_TRY(NEW(reading, room, &hotkeys, err));
    uint32_t count = add_hotkeys(reading->nodes, GDI_NODES_HOTKEY, hotkeys, 0);
    count = add_hotkeys(reading->active, 0, hotkeys, count);
    for (uint32_t i = 0; i < GDI_TYPE_COUNT; i++) {
        count = add_hotkeys(reading->types[i].results, RESULT_HOTKEY, hotkeys, count);
        if (reading->emissions->types[i].champion != NULL) {
            hotkeys[count++] = reading->emissions->types[i].champion;
        }
    }
    hotkeys[count++] = reading->input->burn_hotkey;
    gdi_roster_init(hotkeys, count, reading->input->burn_hotkey, &reading->emissions->roster);
    return GOD_OK;
}

static god_status mark_nodes(emission_reading *reading, god_error *err)
{
    const gdi_roster *roster = &reading->emissions->roster;
    gdi_entrant *active = NULL;
    GOD_TRY(NEW(reading, roster->count, &reading->is_node, err));
    while (gdi_rows_next(reading->nodes)) {
        reading->is_node[gdi_roster_find(roster, gdi_rows_text(reading->nodes, GDI_NODES_HOTKEY))] = true;
    }
    GOD_TRY(NEW(reading, gdi_rows_count(reading->active), &active, err));
    uint32_t count = 0;
    while (gdi_rows_next(reading->active)) {
        active[count++] = gdi_roster_find(roster, gdi_rows_text(reading->active, 0));
    }
    reading->emissions->active = active;
    reading->emissions->active_count = count;
    return GOD_OK;
}

/* ---- points ---- */

/* Rows of one task, read off the cursor: who won it, or every value. */
typedef struct task_scores {
    gdi_score *scores, *scratch;
    gdi_standing *ranked;
    uint32_t count;
    gdi_entrant winner;
    double best;
} task_scores;

static void add_score(const emission_reading *reading, const gdi_rows *rows, task_scores *task)
{
    gdi_entrant entrant = gdi_roster_find(&reading->emissions->roster, gdi_rows_text(rows, RESULT_HOTKEY));
    double quality = gdi_rows_is_null(rows, RESULT_QUALITY) ? 0 : gdi_rows_real(rows, RESULT_QUALITY);
    if (quality > task->best) {
        task->best = quality;
        task->winner = entrant;
    }
    double value = gdi_rows_is_null(rows, RESULT_VALUE) ? GDI_NO_VALUE : gdi_rows_real(rows, RESULT_VALUE);
    task->scores[task->count++] = (gdi_score){.value = value, .entrant = entrant};
}

static void add_task(const emission_reading *reading, uint32_t type, uint32_t round_number, gdi_entrant champion,
                     task_scores *task, double *points)
{
    const gdi_type_rules *type_rules = gdi_rules_of(reading->input->rules, type);
    if (type == GDI_ENVIRONMENT) {
        gdi_points_add_environment(type_rules, round_number, champion, reading->emissions->roster.boss, task->scores,
                                   task->count, task->scratch, task->ranked, points);
    } else {
        gdi_points_add_winner(type_rules, round_number, task->winner, points);
    }
    task->count = 0;
    task->winner = GDI_NOBODY;
    task->best = 0;
}

static god_status add_points(emission_reading *reading, uint32_t type, gdi_entrant champion, double *points,
                             god_error *err)
{
    gdi_rows *rows = reading->types[type - 1].results;
    const char *task_id = NULL;
    uint32_t round_number = 0;
    size_t room = gdi_rows_count(rows);
    task_scores task = {.winner = GDI_NOBODY};
    GOD_TRY(NEW(reading, room, &task.scores, err));
    GOD_TRY(NEW(reading, room, &task.scratch, err));
    GOD_TRY(NEW(reading, room, &task.ranked, err));
    while (gdi_rows_next(rows)) {
        const char *row_task = gdi_rows_text(rows, RESULT_TASK);
        if (task_id != NULL && strcmp(task_id, row_task) != 0) {
            add_task(reading, type, round_number, champion, &task, points);
        }
        task_id = row_task;
        round_number = (uint32_t)gdi_rows_int(rows, RESULT_ROUND);
        add_score(reading, rows, &task);
    }
    if (task_id != NULL) {
        add_task(reading, type, round_number, champion, &task, points);
    }
    return GOD_OK;
}

static god_status place(emission_reading *reading, uint32_t type, gdi_payment *payment, god_error *err)
{
    const type_rows *rows = &reading->types[type - 1];
    gdi_type_emission *emission = &reading->emissions->types[type - 1];
    const gdi_roster *roster = &reading->emissions->roster;
    double *points = NULL;
    gdi_entrant champion = emission->champion == NULL ? roster->boss : gdi_roster_find(roster, emission->champion);
    GOD_TRY(NEW(reading, roster->count, &points, err));
    GOD_TRY(NEW(reading, roster->count + 1, &emission->shares, err));
    GOD_TRY(add_points(reading, type, champion, points, err));
    gdi_points_leave_out(champion, roster->boss, rows->past[0].base_winner_hotkey != NULL, points);
    emission->share_count = gdi_place(reading->input->rules, champion, points, roster->count, emission->shares);
    payment->champion = champion;
    payment->shares = emission->shares;
    payment->share_count = emission->share_count;
    return GOD_OK;
}

/* ---- together ---- */

static void judge_reign(emission_reading *reading, uint32_t type)
{
    const gdi_emissions_input *input = reading->input;
    const type_rows *rows = &reading->types[type - 1];
    gdi_type_emission *emission = &reading->emissions->types[type - 1];
    emission->allocation =
        gdi_allocate_type(input->rules, type, rows->past, rows->past_count, input->burn_hotkey, input->now_us);
    emission->burn_proportion = gdi_burn_proportion(input->rules, type, emission->allocation.allocation);
    if (rows->past_count == 0) {
        return;
    }
    emission->champion = gdi_past_champion(&rows->past[0], input->burn_hotkey);
    const char *asked = emission->champion == NULL ? input->burn_hotkey : emission->champion;
    emission->consecutive_wins = gdi_consecutive_wins(rows->past, rows->past_count, asked, input->burn_hotkey);
    emission->performance_difference = gdi_reign_performance(rows->past, rows->past_count, input->burn_hotkey);
}

static god_status weigh(emission_reading *reading, god_error *err)
{
    gdi_emissions *emissions = reading->emissions;
    gdi_weights_input input = {.active = emissions->active,
                               .active_count = emissions->active_count,
                               .burn = emissions->roster.boss,
                               .is_node = reading->is_node,
                               .entrant_count = emissions->roster.count};
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        gdi_payment *payment = &input.payments[type - 1];
        *payment = (gdi_payment){.allocation = emissions->types[type - 1].allocation.allocation,
                                 .base_weight = gdi_rules_of(reading->input->rules, type)->base_weight,
                                 .champion = GDI_NOBODY};
        if (reading->types[type - 1].past_count > 0) {
            GOD_TRY(place(reading, type, payment, err));
        }
    }
    GOD_TRY(NEW(reading, emissions->roster.count, &emissions->weights, err));
    gdi_weights(reading->input->rules, &input, emissions->weights, &emissions->summary);
    emissions->burn_weight = 1 - emissions->summary.allocation_sum;
    return GOD_OK;
}

static god_status read_all(emission_reading *reading, god_error *err)
{
    gdi_db *db = reading->input->db;
    GOD_TRY(gdi_nodes_read(db, reading->input->netuid, &reading->nodes, err));
    GOD_TRY(keep(reading, reading->nodes, err));
    GOD_TRY(gdi_participants_active(db, &reading->active, err));
    GOD_TRY(keep(reading, reading->active, err));
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        GOD_TRY(read_type(reading, type, err));
        judge_reign(reading, type);
    }
    GOD_TRY(make_roster(reading, err));
    GOD_TRY(mark_nodes(reading, err));
    return weigh(reading, err);
}

god_status gdi_emissions_read(const gdi_emissions_input *input, gdi_emissions *ret_emissions, god_error *err)
{
    gdi_emissions emissions = {.active_count = 0};
    emission_reading reading = {.input = input, .emissions = &emissions};
    god_status status = read_all(&reading, err);
    if (status != GOD_OK) {
        gdi_emissions_fini(&emissions);
        return status;
    }
    *ret_emissions = emissions;
    return GOD_OK;
}

void gdi_emissions_fini(gdi_emissions *emissions)
{
    gdi_scratch_fini(&emissions->scratch);
}
