/* core/cli/rules_results.c: vectors about what values make of a round: scores, winners, the boss. */
#include "core/cli/rules_vector.h"
#include "core/tournament/advance.h"
#include "core/tournament/boss.h"
#include "core/tournament/environment.h"
#include "core/tournament/environment_advance.h"
#include "core/tournament/history.h"
#include "core/tournament/ranking.h"

static god_status threshold(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t wins = 0;
    GOD_TRY(gdi_read_count(in, "consecutive_wins", 0, &wins, err));
    *ret_out = gdi_number(gdi_threshold(vector->rules, wins));
    return GOD_OK;
}

static god_status boss_task(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t direction = 0, wins = 0;
    double boss = 0, challenger = 0;
    GOD_TRY(gdi_read_direction("direction", json_object_get(in, "direction"), &direction, err));
    GOD_TRY(gdi_read_count(in, "consecutive_wins", 0, &wins, err));
    GOD_TRY(gdi_read_member_value(in, "boss", &boss, err));
    GOD_TRY(gdi_read_member_value(in, "challenger", &challenger, err));
    uint32_t winner = gdi_boss_task(direction, gdi_threshold(vector->rules, wins), boss, challenger);
    *ret_out = json_string(winner == GDI_BOSS_WINS ? "boss" : "challenger");
    return GOD_OK;
}

static god_status boss_round(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    (void)vector;
    json_t *tasks = NULL;
    GOD_TRY(god_json_get_array("in", in, "decided_tasks", &tasks, err));
    uint32_t challenger_wins = 0;
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        const char *winner = NULL;
        GOD_TRY(gdi_read_text("decided_tasks", json_array_get(tasks, i), &winner, err));
        if (strcmp(winner, "boss") != 0 && strcmp(winner, "challenger") != 0) {
            return god_fail(err, GOD_E_DATA,
                            "in: \"decided_tasks\" has \"%.40s\", \"boss\" or \"challenger\" is needed", winner);
        }
        challenger_wins += strcmp(winner, "challenger") == 0;
    }
    uint32_t winner = gdi_boss_round((uint32_t)json_array_size(tasks), challenger_wins);
    *ret_out = json_string(winner == GDI_BOSS_WINS ? "boss" : "challenger");
    return GOD_OK;
}

static god_status quality_scores(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t direction = 0, count = 0;
    json_t *object = NULL;
    gdi_names names = {0};
    gdi_roster roster;
    gdi_score *scores = NULL;
    void *ranked = NULL, *quality = NULL;
    GOD_TRY(gdi_read_direction("direction", json_object_get(in, "direction"), &direction, err));
    GOD_TRY(god_json_get_object("in", in, "scores", &object, err));
    GOD_TRY(gdi_names_add_keys(vector, &names, object, err));
    gdi_roster_init(names.texts, names.count, GDI_BOSS_ENTRY, &roster);
    GOD_TRY(gdi_read_scores(vector, &roster, "scores", object, &scores, &count, err));
    GOD_TRY(gdi_vector_alloc(vector, count, sizeof(gdi_standing), &ranked, err));
    GOD_TRY(gdi_vector_alloc(vector, count, sizeof(double), &quality, err));
    (void)gdi_quality_scores(vector->rules, direction, scores, count, ranked, quality);
    json_t *out = json_object();
    for (uint32_t i = 0; i < count; i++) {
        gdi_set(vector, out, roster.hotkeys[scores[i].entrant], gdi_number(((double *)quality)[i]));
    }
    *ret_out = out;
    return GOD_OK;
}

static god_status group_advance_text(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    const char *task_type = NULL;
    const gdi_named_task_kind *kind = NULL;
    json_t *object = NULL;
    gdi_names names = {0};
    gdi_roster roster;
    gdi_slot group = {0};
    gdi_score *scores = NULL;
    void *standings = NULL, *winners = NULL;
    GOD_TRY(god_json_get_str("in", in, "task_type", &task_type, err));
    GOD_TRY(gdi_task_kinds_find(vector->task_kinds, task_type, &kind, err));
    GOD_TRY(god_json_get_object("in", in, "scores", &object, err));
    GOD_TRY(gdi_names_add_keys(vector, &names, object, err));
    gdi_roster_init(names.texts, names.count, GDI_BOSS_ENTRY, &roster);
    GOD_TRY(gdi_read_scores(vector, &roster, "scores", object, &scores, &group.count, err));
    GOD_TRY(gdi_vector_alloc(vector, group.count, sizeof(gdi_standing), &standings, err));
    GOD_TRY(gdi_vector_alloc(vector, vector->rules->group_advance_count, sizeof(gdi_entrant), &winners, err));
    uint32_t count = gdi_advance_groups(vector->rules, kind->direction, &group, 1, scores, standings, winners);
    *ret_out = gdi_hotkeys(vector, &roster, winners, count);
    return GOD_OK;
}

static const char *next_word(uint32_t winner_count)
{
    if (winner_count == 0) {
        return "boss_retains";
    }
    return winner_count == 1 ? "final" : "group_round";
}

/* The groups' scores one after the other, and the slots that point into them. */
static god_status read_groups(gdi_vector *vector, const json_t *groups, gdi_roster *roster,
                              gdi_environment_round *ret_round, god_error *err)
{
    gdi_names names = {0};
    uint32_t group_count = (uint32_t)json_array_size(groups), used = 0;
    for (uint32_t g = 0; g < group_count; g++) {
        GOD_TRY(gdi_names_add_keys(vector, &names, json_array_get(groups, g), err));
    }
    uint32_t member_count = names.count;
    gdi_roster_init(names.texts, names.count, GDI_BOSS_ENTRY, roster);
    if (roster->count != member_count) {
        return god_fail(err, GOD_E_DATA, "in: \"groups\" names a hotkey twice");
    }
    void *slots = NULL, *all = NULL;
    GOD_TRY(gdi_vector_alloc(vector, group_count, sizeof(gdi_slot), &slots, err));
    GOD_TRY(gdi_vector_alloc(vector, member_count, sizeof(gdi_score), &all, err));
    for (uint32_t g = 0; g < group_count; g++) {
        gdi_score *scores = NULL;
        uint32_t count = 0;
        GOD_TRY(gdi_read_scores(vector, roster, "groups", json_array_get(groups, g), &scores, &count, err));
        ((gdi_slot *)slots)[g] = (gdi_slot){.first = used, .count = count};
        for (uint32_t i = 0; i < count; i++) {
            ((gdi_score *)all)[used++] = scores[i];
        }
    }
    *ret_round =
        (gdi_environment_round){.groups = slots, .group_count = group_count, .scores = all, .boss = roster->boss};
    return GOD_OK;
}

static god_status environment_advance(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    json_t *groups = NULL;
    gdi_roster roster;
    gdi_environment_round round;
    void *winners = NULL;
    GOD_TRY(god_json_get_array("in", in, "groups", &groups, err));
    GOD_TRY(read_groups(vector, groups, &roster, &round, err));
    GOD_TRY(gdi_vector_alloc(vector, roster.count, sizeof(gdi_entrant), &winners, err));
    uint32_t unchanged = 0;
    uint32_t count = gdi_environment_advance(vector->rules, &round, winners, &unchanged);
    json_t *out = json_object();
    gdi_set(vector, out, "winners", gdi_hotkeys(vector, &roster, winners, count));
    gdi_set(vector, out, "next", json_string(next_word(count)));
    *ret_out = out;
    return GOD_OK;
}

static god_status environment_final(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    json_t *rows = NULL;
    void *room = NULL;
    GOD_TRY(god_json_get_array("in", in, "tasks_contender_boss", &rows, err));
    uint32_t count = (uint32_t)json_array_size(rows);
    GOD_TRY(gdi_vector_alloc(vector, count, sizeof(gdi_final_task), &room, err));
    gdi_final_task *tasks = room;
    for (uint32_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(rows, i);
        GOD_TRY(gdi_read_row("tasks_contender_boss", row, 2, err));
        GOD_TRY(gdi_read_value("tasks_contender_boss", json_array_get(row, 0), &tasks[i].contender, err));
        GOD_TRY(gdi_read_value("tasks_contender_boss", json_array_get(row, 1), &tasks[i].boss, err));
    }
    bool contender_wins = gdi_environment_final(tasks, count);
    json_t *out = json_object();
    gdi_set(vector, out, "winner", json_string(contender_wins ? "contender" : "boss"));
    *ret_out = out;
    return GOD_OK;
}

static god_status read_history(gdi_vector *vector, const json_t *in, gdi_past **ret_past, uint32_t *ret_count,
                               god_error *err)
{
    json_t *rows = NULL;
    void *room = NULL;
    GOD_TRY(god_json_get_array("in", in, "completed_newest_first", &rows, err));
    uint32_t count = (uint32_t)json_array_size(rows);
    GOD_TRY(gdi_vector_alloc(vector, count, sizeof(gdi_past), &room, err));
    gdi_past *past = room;
    for (uint32_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(rows, i);
        if (!json_is_object(row)) {
            return god_fail(err, GOD_E_DATA, "in: \"completed_newest_first\": an array of objects is needed");
        }
        past[i].winning_performance_difference = GDI_NO_VALUE;
        GOD_TRY(god_json_opt_str("in", row, "winner_hotkey", &past[i].winner_hotkey, err));
        GOD_TRY(god_json_opt_str("in", row, "base_winner_hotkey", &past[i].base_winner_hotkey, err));
    }
    *ret_past = past;
    *ret_count = count;
    return GOD_OK;
}

static god_status streak_from_history(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    gdi_past *past = NULL;
    uint32_t count = 0;
    json_t *champions = NULL;
    GOD_TRY(read_history(vector, in, &past, &count, err));
    GOD_TRY(god_json_get_array("in", in, "champions", &champions, err));
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(champions); i++) {
        const json_t *item = json_array_get(champions, i);
        const char *champion = GDI_BURN_NODE; /* null: there is no champion, the burn hotkey is asked for */
        if (!json_is_null(item)) {
            god_status status = gdi_read_text("champions", item, &champion, err);
            if (status != GOD_OK) {
                json_decref(out);
                return status;
            }
        }
        uint32_t wins = gdi_consecutive_wins(past, count, champion, GDI_BURN_NODE);
        json_t *row = json_object();
        gdi_set(vector, row, "champion", json_incref((json_t *)(uintptr_t)item));
        gdi_set(vector, row, "consecutive_wins", json_integer(wins));
        gdi_set(vector, row, "threshold", gdi_number(gdi_threshold(vector->rules, wins)));
        gdi_put(vector, out, row);
    }
    *ret_out = out;
    return GOD_OK;
}

const gdi_vector_kind gdi_rules_result_kinds[] = {
    {.name = "boss_round", .answer = boss_round},
    {.name = "boss_task", .answer = boss_task},
    {.name = "environment_advance", .answer = environment_advance},
    {.name = "environment_final", .answer = environment_final},
    {.name = "group_advance_text", .answer = group_advance_text},
    {.name = "quality_scores", .answer = quality_scores},
    {.name = "streak_from_history", .answer = streak_from_history},
    {.name = "threshold", .answer = threshold},
    {.name = NULL},
};
