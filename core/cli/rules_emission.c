/* core/cli/rules_emission.c: vectors about performance, allocation and projection. */
#include "core/cli/rules_vector.h"
#include "core/tournament/allocation.h"
#include "core/tournament/calendar.h"
#include "core/tournament/performance.h"
#include "core/tournament/projection.h"

static god_status performance_text_image(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    json_t *tasks = NULL;
    void *room = NULL;
    GOD_TRY(god_json_get_array("in", in, "tasks", &tasks, err));
    uint32_t count = (uint32_t)json_array_size(tasks);
    GOD_TRY(gdi_vector_alloc(vector, count, sizeof(double), &room, err));
    double *values = room;
    for (uint32_t i = 0; i < count; i++) {
        const json_t *task = json_array_get(tasks, i);
        uint32_t direction = 0;
        double boss = 0, challenger = 0;
        GOD_TRY(gdi_read_row("tasks", task, 3, err));
        GOD_TRY(gdi_read_direction("tasks", json_array_get(task, 0), &direction, err));
        GOD_TRY(gdi_read_value("tasks", json_array_get(task, 1), &boss, err));
        GOD_TRY(gdi_read_value("tasks", json_array_get(task, 2), &challenger, err));
        values[i] = gdi_performance(direction, boss, challenger);
    }
    json_t *out = json_object(), *per_task = json_array();
    for (uint32_t i = 0; i < count; i++) {
        gdi_put(vector, per_task, gdi_number(values[i]));
    }
    gdi_set(vector, out, "per_task", per_task);
    gdi_set(vector, out, "median", gdi_number(gdi_performance_median(values, count)));
    *ret_out = out;
    return GOD_OK;
}

static god_status performance_environment(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    double boss = 0, challenger = 0;
    uint32_t environments = 0;
    GOD_TRY(gdi_read_member_value(in, "boss_points", &boss, err));
    GOD_TRY(gdi_read_member_value(in, "challenger_points", &challenger, err));
    GOD_TRY(gdi_read_count(in, "num_envs", 1, &environments, err));
    *ret_out = gdi_number(gdi_environment_performance(vector->rules, boss, challenger, environments));
    return GOD_OK;
}

static god_status allocation(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t type = 0, after_cutoff = 0;
    double difference = 0, days = 0;
    GOD_TRY(gdi_read_type(in, &type, err));
    GOD_TRY(god_json_get_num("in", in, "performance_difference", &difference, err));
    GOD_TRY(god_json_get_num("in", in, "days_since_first_win", &days, err));
    GOD_TRY(god_json_get_bool("in", in, "first_win_after_cutoff", &after_cutoff, err));
    if (!after_cutoff) {
        return god_fail(err, GOD_E_DATA,
                        "in: \"first_win_after_cutoff\" is false: such a reign needs its dates, use decay_regimes");
    }
    *ret_out = gdi_number(gdi_allocation_after(vector->rules, type, difference, vector->rules->decay_per_day * days));
    return GOD_OK;
}

static god_status decay_case(gdi_vector *vector, const json_t *in, const json_t *row, const gdi_rules *rules,
                             uint32_t type, json_t **ret_answer, god_error *err)
{
    size_t difference_at = 0, first_at = 0, wins_at = 0, now_at = 0;
    GOD_TRY(gdi_read_column(in, "case_fields", "performance_difference", &difference_at, err));
    GOD_TRY(gdi_read_column(in, "case_fields", "first_championship_time", &first_at, err));
    GOD_TRY(gdi_read_column(in, "case_fields", "consecutive_wins", &wins_at, err));
    GOD_TRY(gdi_read_column(in, "case_fields", "now", &now_at, err));
    GOD_TRY(gdi_read_row("cases", row, json_array_size(json_object_get(in, "case_fields")), err));
    gdi_reign reign = {0};
    int64_t now_us = 0;
    const json_t *wins = json_array_get(row, wins_at);
    GOD_TRY(gdi_read_value("performance_difference", json_array_get(row, difference_at), &reign.performance_difference,
                           err));
    GOD_TRY(gdi_read_time("first_championship_time", json_array_get(row, first_at), &reign.first_win_us, err));
    GOD_TRY(gdi_read_time("now", json_array_get(row, now_at), &now_us, err));
    if (!json_is_integer(wins) || json_integer_value(wins) < 0 || json_integer_value(wins) > GDI_VECTOR_FIELD_MAX) {
        return god_fail(err, GOD_E_DATA, "in: consecutive_wins: a whole number is needed");
    }
    reign.consecutive_wins = (uint32_t)json_integer_value(wins);
    if (!gdi_has_value(reign.performance_difference)) {
        reign.performance_difference = 0.0; /* null: nothing stored (19.3) */
    }
    gdi_allocation answer = gdi_allocate(rules, type, &reign, now_us);
    json_t *out = json_object();
    gdi_set(vector, out, "old_decay", gdi_number(answer.old_decay));
    gdi_set(vector, out, "new_decay", gdi_number(answer.new_decay));
    gdi_set(vector, out, "hybrid", json_boolean(answer.hybrid));
    gdi_set(vector, out, "allocation", gdi_number(answer.allocation));
    *ret_answer = out;
    return GOD_OK;
}

static god_status decay_regimes(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    gdi_rules rules = *vector->rules;
    rules.decay_replays_history = true;
    uint32_t type = 0;
    json_t *cases = NULL;
    GOD_TRY(gdi_read_type(in, &type, err));
    GOD_TRY(god_json_get_array("in", in, "cases", &cases, err));
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *answer = NULL;
        god_status status = decay_case(vector, in, json_array_get(cases, i), &rules, type, &answer, err);
        if (status != GOD_OK) {
            json_decref(out);
            return status;
        }
        gdi_put(vector, out, answer);
    }
    *ret_out = out;
    return GOD_OK;
}

static god_status read_projection(const json_t *in, const json_t *row, gdi_projection_input *ret_input, god_error *err)
{
    size_t type_at = 0, percentage_at = 0, wins_at = 0, rows_at = 0;
    GOD_TRY(gdi_read_column(in, "case_fields", "type", &type_at, err));
    GOD_TRY(gdi_read_column(in, "case_fields", "percentage_improvement", &percentage_at, err));
    GOD_TRY(gdi_read_column(in, "case_fields", "current_champion_consecutive_wins", &wins_at, err));
    GOD_TRY(gdi_read_column(in, "case_fields", "participant_rows_in_latest_tournament", &rows_at, err));
    GOD_TRY(gdi_read_row("cases", row, json_array_size(json_object_get(in, "case_fields")), err));
    const json_t *wins = json_array_get(row, wins_at), *rows = json_array_get(row, rows_at);
    const char *type = NULL;
    GOD_TRY(gdi_read_text("type", json_array_get(row, type_at), &type, err));
    GOD_TRY(gdi_read_value("percentage_improvement", json_array_get(row, percentage_at),
                           &ret_input->percentage_improvement, err));
    ret_input->tournament_type = gdi_type_from_name(type);
    if (ret_input->tournament_type == 0) {
        return god_fail(err, GOD_E_DATA, "in: there is no tournament type \"%.40s\"", type);
    }
    bool counts_fit = json_is_integer(wins) && json_is_integer(rows) && json_integer_value(wins) >= 0 &&
                      json_integer_value(rows) >= 0 && json_integer_value(wins) <= GDI_VECTOR_FIELD_MAX &&
                      json_integer_value(rows) <= GDI_VECTOR_FIELD_MAX;
    if (!counts_fit || !gdi_has_value(ret_input->percentage_improvement)) {
        return god_fail(
            err, GOD_E_DATA,
            "in: \"cases\": a percentage, and whole numbers of wins and participants from 0 to %d are needed",
            GDI_VECTOR_FIELD_MAX);
    }
    ret_input->champion_consecutive_wins = (uint32_t)json_integer_value(wins);
    ret_input->participant_rows = (uint32_t)json_integer_value(rows);
    return GOD_OK;
}

static json_t *projection_of(gdi_vector *vector, const gdi_projection_input *input)
{
    gdi_projection answer = gdi_project(vector->rules, input);
    json_t *out = json_object(), *projections = json_array();
    bool champion = answer.placement == GDI_PLACED_CHAMPION;
    gdi_set(vector, out, "dethrone_threshold", gdi_number(answer.dethrone_threshold));
    gdi_set(vector, out, "emission_boost", gdi_number(answer.emission_boost));
    gdi_set(vector, out, "placement", json_string(champion ? "champion" : "runner_up"));
    gdi_set(vector, out, "initial_weight", gdi_number(answer.initial_weight));
    for (uint32_t i = 0; i < GDI_PROJECTION_COUNT; i++) {
        json_t *projected = json_object();
        gdi_set(vector, projected, "days", json_integer(answer.projections[i].days));
        gdi_set(vector, projected, "weight", gdi_number(answer.projections[i].weight));
        gdi_set(vector, projected, "total_alpha", gdi_number(answer.projections[i].total_alpha));
        gdi_put(vector, projections, projected);
    }
    gdi_set(vector, out, "projections", projections);
    return out;
}

static god_status weight_projection(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t active_count = 0;
    json_t *cases = NULL;
    GOD_TRY(gdi_read_count(in, "active_participants", 0, &active_count, err));
    GOD_TRY(god_json_get_array("in", in, "cases", &cases, err));
    json_t *out = json_object(), *results = json_array();
    gdi_set(vector, out, "daily_alpha_to_miners", gdi_number(vector->rules->daily_alpha));
    gdi_set(vector, out, "results", results);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        gdi_projection_input input = {.active_count = active_count};
        god_status status = read_projection(in, json_array_get(cases, i), &input, err);
        if (status != GOD_OK) {
            json_decref(out);
            return status;
        }
        gdi_put(vector, results, projection_of(vector, &input));
    }
    *ret_out = out;
    return GOD_OK;
}

const gdi_vector_kind gdi_rules_emission_kinds[] = {
    {.name = "allocation", .answer = allocation},
    {.name = "decay_regimes", .answer = decay_regimes},
    {.name = "performance_environment", .answer = performance_environment},
    {.name = "performance_text_image", .answer = performance_text_image},
    {.name = "weight_projection", .answer = weight_projection},
    {.name = NULL},
};
