/* Rankings, who advances, the boss round, environment rounds, completion, history. */
#include "suites.h"

#include <string.h>

#include "core/tournament/advance.h"
#include "core/tournament/boss.h"
#include "core/tournament/completion.h"
#include "core/tournament/environment.h"
#include "core/tournament/environment_advance.h"
#include "core/tournament/history.h"
#include "play.h"

static gdi_rules rules;

static void set_up(void)
{
    gdi_rules_default(&rules);
}

START_TEST(test_tournament_ranking__equal_values_go_by_hotkey)
{
    const gdi_score scores[] = {{1.0, 7}, {GDI_NO_VALUE, 1}, {1.0, 3}, {0.5, 9}, {INFINITY, 2}, {-0.0, 5}, {0.0, 4}};
    gdi_standing ranked[7];
    ck_assert_uint_eq(gdi_rank(GOD_LOWER_WINS, scores, 7, ranked), 5);
    static const gdi_entrant lower[] = {4, 5, 9, 3, 7}, higher[] = {3, 7, 9, 4, 5};
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(ranked[i].entrant, lower[i]);
        ck_assert_uint_eq(ranked[i].rank, i + 1);
    }
    ck_assert_uint_eq(gdi_rank(GOD_HIGHER_WINS, scores, 7, ranked), 5);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(ranked[i].entrant, higher[i]);
    }
    ck_assert_double_eq(ranked[0].value, 1.0);
    ck_assert_uint_eq(gdi_task_winner(GOD_LOWER_WINS, scores, 7), 4);
    ck_assert_uint_eq(gdi_task_winner(GOD_HIGHER_WINS, scores, 7), 3);
}
END_TEST

START_TEST(test_tournament_ranking__penalty_counts)
{
    enum { most = 4096 };
    static gdi_score scores[most];
    static gdi_standing ranked[most];
    static double quality[most];
    play numbers = {.state = 5};
    for (uint32_t n = 0; n <= most; n = n < 70 ? n + 1 : n * 2) {
        uint32_t valid = 0;
        for (uint32_t i = 0; i < n; i++) {
            bool none = play_random(&numbers) % 5 == 0;
            scores[i] =
                (gdi_score){.entrant = n - i, .value = none ? GDI_NO_VALUE : (double)(play_random(&numbers) % 9)};
            valid += !none;
        }
        gdi_entrant winner = gdi_quality_scores(&rules, GOD_HIGHER_WINS, scores, n, ranked, quality);
        uint32_t threes = 0, minus = 0, zeros = 0, misplaced = 0;
        for (uint32_t i = 0; i < n; i++) {
            threes += quality[i] == 3.0;
            minus += quality[i] == -1.0;
            zeros += quality[i] == 0.0;
            misplaced += quality[i] == 3.0 && scores[i].entrant != winner;
        }
        uint32_t punished = valid > 8 ? valid / 4 : 0;
        ck_assert_uint_eq(misplaced, 0);
        ck_assert_uint_eq(threes, valid > 0);
        ck_assert_uint_eq(minus, valid > 0 ? n - valid + punished : 0);
        ck_assert_uint_eq(threes + minus + zeros, n);
        ck_assert_uint_eq(winner, gdi_task_winner(GOD_HIGHER_WINS, scores, n));
    }
}
END_TEST

START_TEST(test_tournament_ranking__punishes_at_least_one)
{
    gdi_rules mild = rules;
    mild.penalty_share = 0.01;
    gdi_score scores[9];
    gdi_standing ranked[9];
    double quality[9];
    for (uint32_t i = 0; i < 9; i++) {
        scores[i] = (gdi_score){.entrant = i, .value = i};
    }
    (void)gdi_quality_scores(&mild, GOD_LOWER_WINS, scores, 9, ranked, quality);
    ck_assert_double_eq(quality[7], 0);
    ck_assert_double_eq(quality[8], -1);
}
END_TEST

START_TEST(test_tournament_advance__several_groups_take_turns)
{
    /* Three groups; ranks come first, values only decide between equal ranks. */
    const gdi_score scores[] = {{0.1, 0}, {0.2, 1}, {0.3, 2}, {0.35, 3}, {5.0, 4},          {6.0, 5},
                                {7.0, 6}, {8.0, 7}, {2.0, 8}, {2.0, 9},  {GDI_NO_VALUE, 10}};
    const gdi_slot groups[] = {{0, 4}, {4, 4}, {8, 3}};
    static const gdi_entrant expected[] = {0, 8, 4, 1, 9, 5, 2, 6};
    gdi_standing standings[11];
    gdi_entrant winners[8];
    ck_assert_uint_eq(gdi_advance_groups(&rules, GOD_LOWER_WINS, groups, 3, scores, standings, winners), 8);
    ck_assert_mem_eq(winners, expected, sizeof expected);
    static const gdi_entrant higher[] = {7, 8, 3, 6, 9, 2, 5, 1};
    ck_assert_uint_eq(gdi_advance_groups(&rules, GOD_HIGHER_WINS, groups, 3, scores, standings, winners), 8);
    ck_assert_mem_eq(winners, higher, sizeof higher);
}
END_TEST

START_TEST(test_tournament_advance__without_a_value_nobody_advances)
{
    const gdi_score scores[] = {{GDI_NO_VALUE, 0}, {GDI_NO_VALUE, 1}, {3.0, 2}};
    const gdi_slot group = {0, 3};
    gdi_standing standings[3];
    gdi_entrant winners[8];
    ck_assert_uint_eq(gdi_advance_groups(&rules, GOD_LOWER_WINS, &group, 1, scores, standings, winners), 1);
    ck_assert_uint_eq(winners[0], 2);
    const gdi_entrant tasks[] = {GDI_NOBODY, 4, GDI_NOBODY, 1};
    ck_assert_uint_eq(gdi_advance_pairs(tasks, 4, winners), 2);
    ck_assert(winners[0] == 4 && winners[1] == 1);
}
END_TEST

START_TEST(test_tournament_advance__boss_is_out_only_after_a_lost_final)
{
    const gdi_entrant living[] = {1, 2, 5, 7};
    gdi_entrant winners[] = {7, 1}, out[4];
    ck_assert_uint_eq(gdi_eliminated(5, false, living, 4, winners, 2, out), 1);
    ck_assert_uint_eq(out[0], 2);
    ck_assert_uint_eq(gdi_eliminated(5, true, living, 4, winners, 2, out), 2);
    ck_assert(out[0] == 2 && out[1] == 5);
    ck_assert_uint_eq(gdi_eliminated(5, false, living, 4, winners, 0, out), 3);
}
END_TEST

START_TEST(test_tournament_completion__reports_what_can_be_acted_on_first)
{
    uint32_t task = 99;
    gdi_round_task tasks[] = {{GDI_TASK_SUCCESS, 4, 2}, {GDI_TASK_SUCCESS, 0, 0}, {GDI_TASK_SUCCESS, 3, 1}};
    ck_assert_uint_eq(gdi_round_state(&rules, tasks, 3, &task), GDI_ROUND_COMPLETE);
    tasks[1].status = GDI_TASK_OPEN;
    ck_assert_uint_eq(gdi_round_state(&rules, tasks, 3, &task), GDI_ROUND_OPEN);
    ck_assert_uint_eq(task, 1);
    tasks[2].failed_training_count = 2;
    ck_assert_uint_eq(gdi_round_state(&rules, tasks, 3, &task), GDI_ROUND_BLOCKED_BY_SHARE);
    ck_assert_uint_eq(task, 2);
    tasks[0].status = GDI_TASK_FAILURE;
    ck_assert_uint_eq(gdi_round_state(&rules, tasks, 3, &task), GDI_ROUND_BLOCKED_BY_FAILURE);
    ck_assert_uint_eq(task, 0);
    tasks[1].status = GDI_TASK_PREP_FAILURE;
    ck_assert_uint_eq(gdi_round_state(&rules, tasks, 3, &task), GDI_ROUND_NEEDS_REPLACEMENT);
    ck_assert_uint_eq(task, 1);
    ck_assert_uint_eq(gdi_round_state(&rules, tasks, 0, &task), GDI_ROUND_OPEN);
    ck_assert_uint_eq(gdi_task_outcome(3, 2, 2), GDI_TASK_OPEN);
    ck_assert_uint_eq(gdi_task_outcome(3, 3, 1), GDI_TASK_SUCCESS);
    ck_assert_uint_eq(gdi_task_outcome(3, 3, 0), GDI_TASK_FAILURE);
}
END_TEST

START_TEST(test_tournament_boss__bounds_of_the_table_hold_in_doubles)
{
    static const double loss[] = {1.140, 1.152, 1.1616, 1.164}, reward[] = {0.525, 0.520, 0.516, 0.515};
    static const double exact[] = {0.0625, 0.05, 0.04, 0.032, 0.03, 0.03};
    for (uint32_t wins = 0; wins < 6; wins++) {
        ck_assert_double_eq_tol(gdi_threshold(&rules, wins), exact[wins], 1e-17);
    }
    ck_assert(gdi_threshold(&rules, 2) == 0.05 * 0.8 && gdi_threshold(&rules, 3) == 0.05 * 0.8 * 0.8);
    for (uint32_t wins = 1; wins <= 4; wins++) {
        double t = gdi_threshold(&rules, wins);
        ck_assert_uint_eq(gdi_boss_task(GOD_LOWER_WINS, t, 1.2, loss[wins - 1]), GDI_CHALLENGER_WINS);
        ck_assert_uint_eq(gdi_boss_task(GOD_LOWER_WINS, t, 1.2, loss[wins - 1] + 1e-6), GDI_BOSS_WINS);
        ck_assert_uint_eq(gdi_boss_task(GOD_HIGHER_WINS, t, 0.5, reward[wins - 1]), GDI_CHALLENGER_WINS);
        ck_assert_uint_eq(gdi_boss_task(GOD_HIGHER_WINS, t, 0.5, reward[wins - 1] - 1e-6), GDI_BOSS_WINS);
    }
    ck_assert_uint_eq(gdi_threshold(&rules, 0xffffffffu) == 0.03, 1);
}
END_TEST

START_TEST(test_tournament_environment__tied_field_plays_three_times)
{
    const gdi_score scores[] = {{4, 3}, {4, 1}, {4, 2}, {1, 9}};
    const gdi_slot group = {0, 4};
    gdi_environment_round round = {.groups = &group, .group_count = 1, .scores = scores, .boss = 9};
    gdi_entrant winners[4];
    for (uint32_t played = 0; played < 2; played++) {
        ck_assert_uint_eq(gdi_environment_advance(&rules, &round, winners, &round.unchanged_rounds), 3);
        ck_assert(winners[0] == 1 && winners[1] == 2 && winners[2] == 3);
        ck_assert_uint_eq(round.unchanged_rounds, played + 1);
    }
    ck_assert_uint_eq(gdi_environment_advance(&rules, &round, winners, &round.unchanged_rounds), 1);
    ck_assert_uint_eq(winners[0], 1);
    ck_assert_uint_eq(round.unchanged_rounds, 0);
}
END_TEST

START_TEST(test_tournament_environment__a_smaller_field_starts_counting_again)
{
    const gdi_score scores[] = {{4, 3}, {4, 1}, {2, 2}, {1, 9}};
    const gdi_slot group = {0, 4};
    gdi_environment_round round = {
        .groups = &group, .group_count = 1, .scores = scores, .boss = 9, .unchanged_rounds = 2};
    gdi_entrant winners[4];
    ck_assert_uint_eq(gdi_environment_advance(&rules, &round, winners, &round.unchanged_rounds), 2);
    ck_assert_uint_eq(round.unchanged_rounds, 0);
}
END_TEST

START_TEST(test_tournament_environment__boss_decides_only_a_single_group)
{
    const gdi_score scores[] = {{4, 3}, {9, 9}, {2, 2}, {1, 1}};
    const gdi_slot two[] = {{0, 2}, {2, 2}};
    gdi_environment_round round = {.groups = two, .group_count = 2, .scores = scores, .boss = 9};
    gdi_entrant winners[4];
    uint32_t unchanged = 0;
    ck_assert_uint_eq(gdi_environment_advance(&rules, &round, winners, &unchanged), 2);
    round.group_count = 1;
    ck_assert_uint_eq(gdi_environment_advance(&rules, &round, winners, &unchanged), 0);
}
END_TEST

START_TEST(test_tournament_environment__open_rows_give_no_points)
{
    const gdi_environment environments[] = {{false, 1.0}, {true, 2.0}};
    const gdi_meeting meeting = {0, 1};
    gdi_game_row games[] = {{5, 3, 2, false}, {0, 0, 0, false}};
    gdi_individual_row individual[] = {{0, 0, true}, {1.0, 1, true}, {0, 0, true}, {0.9, 1, true}};
    gdi_environment_task task = {environments, 2, 2, &meeting, 1, games, individual};
    double points[2] = {-7, -7};
    ck_assert(!gdi_environment_points(&rules, &task, points));
    ck_assert_double_eq(points[0], -7);
    games[0].attempts = 3; /* exhausted: a draw whatever was played */
    ck_assert(gdi_environment_points(&rules, &task, points));
    ck_assert_double_eq(points[0], 1 + 6);
    ck_assert_double_eq(points[1], 1);
    games[0].complete = true;
    individual[1].complete = false; /* still open */
    ck_assert(!gdi_environment_points(&rules, &task, points));
    individual[1].attempts = 3; /* exhausted: counts as 0 */
    ck_assert(gdi_environment_points(&rules, &task, points));
    ck_assert_double_eq(points[0], 3);
    ck_assert_double_eq(points[1], 6);
}
END_TEST

START_TEST(test_tournament_environment__within_the_margin_is_a_draw)
{
    static const struct {
        double a, b;
        double points_a, points_b;
    } rows[] = {{0, 0, 1, 1},     {1.016, 1, 3, 0}, {1.014, 1, 1, 1},
                {1, 1.014, 1, 1}, {1, 1.016, 0, 3}, {-1, -1.016, 3, 0}};
    const gdi_environment environment = {true, 1.0};
    const gdi_meeting meeting = {0, 1};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const gdi_individual_row individual[] = {{rows[i].a, 1, true}, {rows[i].b, 1, true}};
        const gdi_game_row unused = {0};
        gdi_environment_task task = {&environment, 1, 2, &meeting, 1, &unused, individual};
        double points[2] = {0};
        ck_assert(gdi_environment_points(&rules, &task, points));
        ck_assert_msg(points[0] == rows[i].points_a && points[1] == rows[i].points_b, "row %zu: %g, %g", i, points[0],
                      points[1]);
    }
}
END_TEST

START_TEST(test_tournament_history__reign_and_its_difference)
{
    const char *burn = "BURN";
    const gdi_past rows[] = {
        {"BURN", "a", 500, 0.4}, {"a", "b", 400, 0.12}, {"BURN", "b", 300, GDI_NO_VALUE}, {"b", NULL, 200, 0.3}};
    ck_assert_str_eq(gdi_past_champion(&rows[0], burn), "a");
    ck_assert_uint_eq(gdi_consecutive_wins(rows, 4, "a", burn), 2);
    ck_assert_uint_eq(gdi_consecutive_wins(rows, 4, "b", burn), 0);
    ck_assert_uint_eq(gdi_consecutive_wins(rows + 2, 2, "b", burn), 2);
    ck_assert_int_eq(gdi_reign_start(rows, 4, burn)->completed_us, 400);
    ck_assert_double_eq(gdi_reign_performance(rows, 4, burn), 0.12);
    ck_assert_double_eq(gdi_reign_performance(rows + 2, 2, burn), 0.3);
    ck_assert_double_eq(gdi_reign_performance(rows + 2, 1, burn), 0.0);
    ck_assert_int_eq(gdi_reign_start(rows + 2, 1, burn)->completed_us, 300);
    ck_assert_double_eq(gdi_reign_performance(rows, 0, burn), 0.0);
    const gdi_past nobody[] = {{"BURN", NULL, 100, 0.2}};
    ck_assert_ptr_null(gdi_past_champion(&nobody[0], burn));
    ck_assert_uint_eq(gdi_consecutive_wins(nobody, 1, burn, burn), 1);
    ck_assert_double_eq(gdi_reign_performance(nobody, 1, burn), 0.0);
}
END_TEST

Suite *suite_tournament_results(void)
{
    Suite *suite = suite_create("tournament_results");
    TCase *tcase = tcase_create("results");
    tcase_add_unchecked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, test_tournament_ranking__equal_values_go_by_hotkey);
    tcase_add_test(tcase, test_tournament_ranking__penalty_counts);
    tcase_add_test(tcase, test_tournament_ranking__punishes_at_least_one);
    tcase_add_test(tcase, test_tournament_advance__several_groups_take_turns);
    tcase_add_test(tcase, test_tournament_advance__without_a_value_nobody_advances);
    tcase_add_test(tcase, test_tournament_advance__boss_is_out_only_after_a_lost_final);
    tcase_add_test(tcase, test_tournament_completion__reports_what_can_be_acted_on_first);
    tcase_add_test(tcase, test_tournament_boss__bounds_of_the_table_hold_in_doubles);
    tcase_add_test(tcase, test_tournament_environment__tied_field_plays_three_times);
    tcase_add_test(tcase, test_tournament_environment__a_smaller_field_starts_counting_again);
    tcase_add_test(tcase, test_tournament_environment__boss_decides_only_a_single_group);
    tcase_add_test(tcase, test_tournament_environment__open_rows_give_no_points);
    tcase_add_test(tcase, test_tournament_environment__within_the_margin_is_a_draw);
    tcase_add_test(tcase, test_tournament_history__reign_and_its_difference);
    suite_add_tcase(suite, tcase);
    return suite;
}
