/* Weights: sections 16.1, 19.3 and 20, on the worked example I of the specification. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/cycles/emissions.h"
#include "stage.h"
#include "suites.h"

static stage s;

static void set_up(void)
{
    stage_open(&s);
}
static void tear_down(void)
{
    stage_close(&s);
}

static void task(const char *task_id, int round, const char *winner)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO tasks (task_id, task_type, status, created_at, updated_at) VALUES ('%s', "
                   "'InstructTextTask', 'success', '2026-06-12T00:00:00.000000Z', '2026-06-12T00:00:00.000000Z')",
                   task_id);
    stage_sql(&s, sql);
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO tournament_tasks (tournament_id, task_id, round_id, pair_id) VALUES ('t1', '%s', 'r%d', "
        "'p%d')",
        task_id, round, round);
    stage_sql(&s, sql);
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO task_nodes (task_id, hotkey, netuid, quality_score, test_loss) VALUES ('%s', '%s', 56, 3, "
        "0.5), ('%s', '5ZZ', 56, 0, 0.9)",
        task_id, winner, task_id);
    stage_sql(&s, sql);
}

/* Champion 5A with a difference of 0.15 on the day of its win; points 5B 0.45, 5C and 5D 0.15; active: 5C and 5E. */
static void example_i(void)
{
    s.now_us = stage_time("2026-06-15T00:00:00Z");
    const char *const hotkeys[] = {"5A", "5B", "5C", "5D", "5E", STAGE_BURN};
    for (size_t i = 0; i < sizeof hotkeys / sizeof *hotkeys; i++) {
        stage_node(&s, hotkeys[i], "cold", "10.0.0.1");
    }
    stage_sql(&s,
              "INSERT INTO tournaments (tournament_id, tournament_type, status, winner_hotkey, base_winner_hotkey, "
              "winning_performance_difference, created_at, updated_at) VALUES ('t1', 'text', 'completed', '5A', '5Z', "
              "0.15, '2026-06-11T14:00:00.000000Z', '2026-06-15T00:00:00.000000Z')");
    for (int round = 1; round <= 4; round++) {
        char sql[512];
        (void)snprintf(
            sql, sizeof sql,
            "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round, "
            "status, created_at) VALUES ('r%d', 't1', %d, 'knockout', %d, 'completed', "
            "'2026-06-12T00:00:00.000000Z')",
            round, round, round == 4);
        stage_sql(&s, sql);
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO tournament_pairs (pair_id, round_id, hotkey1, hotkey2, created_at) VALUES ('p%d', "
                       "'r%d', 'x', 'y', '2026-06-12T00:00:00.000000Z')",
                       round, round);
        stage_sql(&s, sql);
    }
    task("a1", 1, "5A");
    task("a2", 1, "5B");
    task("a3", 1, "5C");
    task("a4", 1, "5D");
    task("b1", 2, "5A");
    task("b2", 2, "5B");
    task("c1", 3, "5A");
    task("d1", 4, "5A");
    task("d2", 4, STAGE_BURN);
    stage_sql(&s,
              "INSERT INTO tournaments (tournament_id, tournament_type, status, created_at, updated_at) VALUES ('t2', "
              "'image', 'active', '2026-06-14T14:00:00.000000Z', '2026-06-14T14:00:00.000000Z')");
    stage_sql(&s, "INSERT INTO tournament_participants (tournament_id, hotkey, created_at) VALUES ('t2', '5C', "
                  "'2026-06-14T14:00:00.000000Z'), ('t2', '5E', '2026-06-14T14:00:00.000000Z')");
}

static gdi_emissions read_now(void)
{
    gdi_emissions emissions;
    god_error err = GOD_ERROR_INIT;
    gdi_emissions_input input = {
        .db = s.db, .rules = &s.rules, .burn_hotkey = STAGE_BURN, .netuid = 56, .now_us = s.now_us};
    ck_assert_msg(gdi_emissions_read(&input, &emissions, &err) == GOD_OK, "%s", err.message);
    return emissions;
}

static double weight_of(const gdi_emissions *emissions, const char *hotkey)
{
    return emissions->weights[gdi_roster_find(&emissions->roster, hotkey)];
}

START_TEST(test_cycles_emissions__are_those_of_the_worked_example)
{
    example_i();
    gdi_emissions emissions = read_now();
    const gdi_type_emission *text = gdi_emission_of(&emissions, GDI_TEXT);
    ck_assert_str_eq(text->champion, "5A");
    ck_assert_uint_eq(text->consecutive_wins, 1);
    ck_assert_double_eq_tol(text->allocation.allocation, 0.35, 1e-12);
    ck_assert_double_eq_tol(text->burn_proportion, 0.270833333333, 1e-9);
    ck_assert_uint_eq(text->share_count, 4);
    ck_assert_double_eq_tol(emissions.summary.scale, 0.9998, 1e-12);
    ck_assert_double_eq_tol(weight_of(&emissions, "5A"), 0.246951305575, 1e-11);
    ck_assert_double_eq_tol(weight_of(&emissions, "5B"), 0.031750882145, 1e-11);
    ck_assert_double_eq_tol(weight_of(&emissions, "5C"), 0.005317202312, 1e-11);
    ck_assert_double_eq_tol(weight_of(&emissions, "5D"), 0.005217202312, 1e-11);
    ck_assert_double_eq_tol(weight_of(&emissions, "5E"), 0.0001, 1e-12);
    ck_assert_double_eq_tol(weight_of(&emissions, STAGE_BURN), 0.710663407656, 1e-11);
    ck_assert_double_eq_tol(emissions.summary.sum, 1, 1e-12);
    gdi_emissions_fini(&emissions);
}
END_TEST

START_TEST(test_cycles_emissions__burn_everything_before_the_first_tournament)
{
    stage_node(&s, STAGE_BURN, "cold", "10.0.0.1");
    gdi_emissions emissions = read_now();
    ck_assert_double_eq_tol(weight_of(&emissions, STAGE_BURN), 1, 1e-12);
    ck_assert_ptr_null(gdi_emission_of(&emissions, GDI_TEXT)->tournament_id);
    ck_assert_double_eq_tol(emissions.burn_weight, 1 - 0.15 - 0.125 - 0.15, 1e-12);
    gdi_emissions_fini(&emissions);
}
END_TEST

START_TEST(test_cycles_emissions__a_defence_keeps_the_reign)
{
    example_i();
    stage_sql(&s,
              "INSERT INTO tournaments (tournament_id, tournament_type, status, winner_hotkey, base_winner_hotkey, "
              "winning_performance_difference, created_at, updated_at) VALUES ('t3', 'text', 'completed', '" STAGE_BURN
              "', '5A', 0.9, '2026-06-18T14:00:00.000000Z', '2026-06-20T00:00:00.000000Z')");
    s.now_us = stage_time("2026-07-15T00:00:00Z"); /* 30 days after the win: example B */
    gdi_emissions emissions = read_now();
    const gdi_type_emission *text = gdi_emission_of(&emissions, GDI_TEXT);
    ck_assert_str_eq(text->champion, "5A");
    ck_assert_str_eq(text->tournament_id, "t3");
    ck_assert_uint_eq(text->consecutive_wins, 2);
    ck_assert_double_eq_tol(text->allocation.allocation, 0.251, 1e-12);
    ck_assert_uint_eq(text->share_count, 0); /* nobody has points: all of it burns */
    gdi_emissions_fini(&emissions);
}
END_TEST

static void points(const char *task_id, int round, const char *rows)
{
    char sql[1024];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO tasks (task_id, task_type, status, created_at, updated_at) VALUES ('%s', 'EnvTask', "
                   "'success', '2026-06-12T00:00:00.000000Z', '2026-06-12T00:00:00.000000Z')",
                   task_id);
    stage_sql(&s, sql);
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO tournament_tasks (tournament_id, task_id, round_id, pair_id) VALUES ('t1', '%s', 'r%d', "
        "'p%d')",
        task_id, round, round);
    stage_sql(&s, sql);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO task_nodes (task_id, hotkey, netuid, test_loss, quality_score) VALUES %s", rows);
    stage_sql(&s, sql);
}

START_TEST(test_cycles_emissions__rank_environments_by_points_of_tasks)
{
    /* Vector T79: 5a 0.45, 5d 0.3, 5b and 5e 0.075; the champion 5Z defended. */
    example_i();
    stage_sql(&s, "DELETE FROM tasks");
    stage_sql(&s, "UPDATE tournaments SET tournament_type = 'environment', winner_hotkey = '" STAGE_BURN
                  "', base_winner_hotkey = '5Z' WHERE tournament_id = 't1'");
    points("g1", 1, "('g1', '5a', 56, 9, 3), ('g1', '5b', 56, 5, 0), ('g1', '5c', 56, 0, 0)");
    points("g2", 1, "('g2', '5d', 56, 7, 0), ('g2', '5e', 56, 2, 0), ('g2', '" STAGE_BURN "', 56, 8, 3)");
    points("h1", 2, "('h1', '5a', 56, 6, 3), ('h1', '5d', 56, 4, 0), ('h1', '" STAGE_BURN "', 56, 5, 0)");
    gdi_emissions emissions = read_now();
    const gdi_type_emission *type = gdi_emission_of(&emissions, GDI_ENVIRONMENT);
    const char *const hotkeys[] = {"5Z", "5a", "5d", "5b", "5e"};
    const double ranks[] = {1, 2, 3, 4.5, 4.5};
    const int64_t nano[] = {INT64_MAX, 450000000, 300000000, 75000000, 75000000};
    ck_assert_uint_eq(type->share_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_str_eq(emissions.roster.hotkeys[type->shares[i].entrant], hotkeys[i]);
        ck_assert_double_eq_tol(type->shares[i].rank, ranks[i], 1e-12);
        ck_assert_int_eq(type->shares[i].points_nano, nano[i]);
    }
    ck_assert_double_eq_tol(emissions.summary.sum, 1, 1e-12);
    gdi_emissions_fini(&emissions);
}
END_TEST

START_TEST(test_cycles_weights__are_handed_out_in_every_period)
{
    example_i();
    s.options.weights_period_us = 0;
    stage_reopen(&s);
    stage_turn(&s);
    json_t *payload = stage_payload(&s, "set_weights");
    const json_t *weights = json_object_get(payload, "weights");
    ck_assert_uint_eq(json_object_size(weights), 6);
    ck_assert_double_eq_tol(json_real_value(json_object_get(weights, "5A")), 0.246951305575, 1e-11);
    const json_t *audit = json_object_get(json_object_get(payload, "audit"), "tournament_audit_data");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(audit, "text"), "champion")), "5A");
    ck_assert_uint_eq(json_array_size(json_object_get(audit, "active_participants")), 2);
    json_decref(payload);
    stage_fail(&s, "set_weights", "too early");
    ck_assert_uint_eq(stage_open_jobs(&s, "set_weights"), 0);
    s.now_us += 72 * 60 * GDI_SECOND_US;
    stage_turn(&s);
    ck_assert_uint_eq(stage_open_jobs(&s, "set_weights"), 1);
}
END_TEST

START_TEST(test_cycles_weights__wait_for_nodes)
{
    s.options.weights_period_us = 0;
    stage_reopen(&s);
    stage_turn(&s);
    ck_assert_uint_eq(stage_open_jobs(&s, "set_weights"), 0);
    stage_node(&s, STAGE_BURN, "cold", "10.0.0.1");
    s.now_us += 72 * 60 * GDI_SECOND_US;
    stage_turn(&s);
    ck_assert_uint_eq(stage_open_jobs(&s, "set_weights"), 1);
}
END_TEST

Suite *suite_cycles_emissions(void)
{
    Suite *suite = suite_create("cycles_emissions");
    TCase *tcase = tcase_create("emissions");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_cycles_emissions__are_those_of_the_worked_example);
    tcase_add_test(tcase, test_cycles_emissions__burn_everything_before_the_first_tournament);
    tcase_add_test(tcase, test_cycles_emissions__a_defence_keeps_the_reign);
    tcase_add_test(tcase, test_cycles_emissions__rank_environments_by_points_of_tasks);
    tcase_add_test(tcase, test_cycles_weights__are_handed_out_in_every_period);
    tcase_add_test(tcase, test_cycles_weights__wait_for_nodes);
    suite_add_tcase(suite, tcase);
    return suite;
}
