/* Performance, allocation, points, shares, the weight vector, projection. */
#include "suites.h"

#include "core/tournament/allocation.h"
#include "core/tournament/calendar.h"
#include "core/tournament/performance.h"
#include "core/tournament/points.h"
#include "core/tournament/projection.h"
#include "core/tournament/weights.h"
#include "play.h"

static gdi_rules rules;

static void set_up(void)
{
    gdi_rules_default(&rules);
}

START_TEST(test_tournament_performance__table_of_the_specification)
{
    static const struct {
        double c, b, diff;
    } rows[] = {{12, 0, 0.1}, {11, 0, 0.0791666666666667}, {9, 3, 0.06875}, {10, 1, 0.06875}, {8, 2, 0}, {7, 4, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_double_eq_tol(gdi_environment_performance(&rules, rows[i].b, rows[i].c, 4), rows[i].diff, 1e-12);
    }
    ck_assert(!gdi_has_value(gdi_environment_performance(&rules, GDI_NO_VALUE, 3, 4)));
}
END_TEST

START_TEST(test_tournament_performance__median_of_what_is_there)
{
    double values[] = {GDI_NO_VALUE, 3, 1, INFINITY, 2}, even[] = {4, 1, 3, 2}, none[] = {GDI_NO_VALUE};
    ck_assert_double_eq(gdi_performance_median(values, 5), 2);
    ck_assert_double_eq(gdi_performance_median(even, 4), 2.5);
    ck_assert_double_eq(gdi_performance_median(none, 1), 0);
    ck_assert_double_eq(gdi_performance_median(none, 0), 0);
}
END_TEST

START_TEST(test_tournament_allocation__worked_examples)
{
    const int64_t start_us = rules.decay_start_us;
    gdi_reign reign = {.performance_difference = 0.15, .first_win_us = start_us, .consecutive_wins = 1};
    ck_assert_double_eq_tol(gdi_allocate(&rules, GDI_TEXT, &reign, start_us).allocation, 0.35, 1e-12);
    gdi_allocation later = gdi_allocate(&rules, GDI_TEXT, &reign, start_us + 30 * GDI_DAY_US);
    ck_assert_double_eq_tol(later.allocation, 0.251, 1e-12);
    ck_assert_double_eq_tol(gdi_burn_proportion(&rules, GDI_TEXT, later.allocation), 0.477083333333, 1e-9);
    reign.first_win_us = start_us - 25 * GDI_DAY_US;
    gdi_allocation third_row = gdi_allocate(&rules, GDI_TEXT, &reign, start_us + 10 * GDI_DAY_US);
    ck_assert(!third_row.hybrid);
    ck_assert_double_eq_tol(third_row.allocation, 0.35 - 35 * 0.0033, 1e-12);
    gdi_rules replay = rules;
    replay.decay_replays_history = true;
    reign.performance_difference = 0.12;
    reign.consecutive_wins = 3;
    gdi_allocation hybrid = gdi_allocate(&replay, GDI_TEXT, &reign, start_us + 10 * GDI_DAY_US);
    ck_assert(hybrid.hybrid);
    ck_assert_double_eq_tol(hybrid.allocation, 0.27, 1e-12);
}
END_TEST

START_TEST(test_tournament_allocation__stays_between_nothing_and_the_cap)
{
    play numbers = {.state = 3};
    rules.decay_replays_history = true;
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t type = (uint32_t)(1 + play_random(&numbers) % 3);
        int64_t now_us = rules.decay_start_us + (int64_t)(play_random(&numbers) % 800 - 400) * GDI_DAY_US;
        gdi_reign reign = {.performance_difference = play_unit(&numbers) * 2 - 0.5,
                           .first_win_us = now_us - (int64_t)(play_random(&numbers) % 400) * GDI_DAY_US,
                           .consecutive_wins = (uint32_t)(play_random(&numbers) % 40)};
        double allocation = gdi_allocate(&rules, type, &reign, now_us).allocation;
        ck_assert(allocation >= 0 && allocation <= gdi_rules_of(&rules, type)->weight_max);
    }
    rules.decay_replays_history = false;
}
END_TEST

START_TEST(test_tournament_allocation__from_the_history_of_a_type)
{
    const char *burn = "BURN";
    const int64_t won_us = rules.decay_start_us + GDI_DAY_US;
    const gdi_past rows[] = {{"BURN", "a", won_us + 20 * GDI_DAY_US, 0.9}, {"a", "b", won_us, 0.15}};
    gdi_allocation got = gdi_allocate_type(&rules, GDI_TEXT, rows, 2, burn, won_us + 30 * GDI_DAY_US);
    ck_assert_double_eq_tol(got.allocation, 0.251, 1e-12);
    ck_assert_double_eq(gdi_allocate_type(&rules, GDI_IMAGE, rows, 0, burn, won_us).allocation, 0.125);
    const gdi_past nobody[] = {{"BURN", NULL, won_us, 0.9}};
    ck_assert_double_eq(gdi_allocate_type(&rules, GDI_IMAGE, nobody, 1, burn, won_us + 300 * GDI_DAY_US).allocation,
                        0.125);
}
END_TEST

START_TEST(test_tournament_shares__never_sum_above_one)
{
    enum { most = 4096 };
    static double points[most], shares_of_rank[most];
    static gdi_share shares[most + 1];
    play numbers = {.state = 17};
    for (uint32_t n = 0; n <= most; n = n < 40 ? n + 1 : n * 2) {
        uint32_t positive = 0;
        gdi_entrant champion = n > 0 && play_random(&numbers) % 2 ? (gdi_entrant)(play_random(&numbers) % n) : n;
        for (uint32_t e = 0; e < n; e++) {
            points[e] = (double)(play_random(&numbers) % 7) * 0.15;
            positive += points[e] > 0 && e != champion;
        }
        uint32_t count = gdi_place(&rules, champion, points, n, shares);
        ck_assert_uint_eq(count, positive == 0 ? 0 : positive + 1);
        double sum = 0, ranks = 0;
        uint32_t wrong = 0;
        for (uint32_t i = 0; i < count; i++) {
            wrong += shares[i].share < 0 || (i > 0 && shares[i].share > shares[i - 1].share);
            wrong += i >= 2 && shares[i].points_nano >= shares[i - 1].points_nano &&
                     shares[i].entrant <= shares[i - 1].entrant;
            wrong += fabs(shares[i].share - gdi_decay_share(&rules, count, shares[i].rank)) > 1e-15;
            sum += shares[i].share;
            ranks += shares[i].rank;
        }
        ck_assert_uint_eq(wrong, 0);
        ck_assert(count == 0 || (shares[0].entrant == champion && shares[0].rank == 1));
        ck_assert(sum <= 1 + 1e-12);
        ck_assert_double_eq_tol(ranks, (double)count * (count + 1) / 2, 1e-6);
        if (n > 0) {
            gdi_decay_shares(&rules, n, shares_of_rank);
            double whole = 0;
            for (uint32_t i = 0; i < n; i++) {
                whole += shares_of_rank[i];
            }
            ck_assert_double_eq_tol(whole, 1, 1e-12);
        }
    }
}
END_TEST

START_TEST(test_tournament_shares__sums_equal_on_paper_are_tied)
{
    const double points[] = {0.1 + 0.2, 0.3, 0.15};
    gdi_share shares[4];
    ck_assert(points[0] != points[1]);
    ck_assert_uint_eq(gdi_place(&rules, 3, points, 3, shares), 4);
    ck_assert(shares[1].rank == 2.5 && shares[2].rank == 2.5 && shares[3].rank == 4);
}
END_TEST

START_TEST(test_tournament_points__environment_ranks)
{
    const gdi_score scores[] = {{5, 3}, {5, 1}, {0, 2}, {9, 4}, {8, 5}, {GDI_NO_VALUE, 6}, {-1, 7}};
    gdi_score scratch[7];
    gdi_standing ranked[7];
    double points[8] = {0};
    gdi_points_add_environment(gdi_rules_of(&rules, GDI_ENVIRONMENT), 2, 4, 5, scores, 7, scratch, ranked, points);
    ck_assert_double_eq_tol(points[1], 0.3, 1e-15); /* 2 * 0.15 * 3 / 3 */
    ck_assert_double_eq_tol(points[3], 0.2, 1e-15);
    ck_assert_double_eq_tol(points[7], 0.1, 1e-15);
    ck_assert(points[2] == 0 && points[4] == 0 && points[5] == 0 && points[6] == 0);
    points[4] = 1;
    points[5] = 1;
    gdi_points_leave_out(4, 5, false, points);
    ck_assert(points[4] == 0 && points[5] == 1);
    gdi_points_leave_out(GDI_NOBODY, 5, true, points);
    ck_assert_double_eq(points[5], 0);
}
END_TEST

enum { hotkeys_max = 4096 };
static double points[hotkeys_max], weights[hotkeys_max];
static gdi_share shares[GDI_TYPE_COUNT][hotkeys_max + 1];
static bool is_node[hotkeys_max];
static gdi_entrant active[hotkeys_max];

/* A network of `count` hotkeys with random standings, nodes and active participants. */
static gdi_weights_input random_network(play *numbers, uint32_t count)
{
    gdi_weights_input input = {.active = active,
                               .is_node = is_node,
                               .entrant_count = count,
                               .burn = (gdi_entrant)(play_random(numbers) % count)};
    for (uint32_t e = 0; e < count; e++) {
        is_node[e] = play_random(numbers) % 10 != 0;
        if (play_random(numbers) % 4 == 0 && input.active_count < 1000) {
            active[input.active_count++] = e;
        }
    }
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        const gdi_type_rules *type_rules = gdi_rules_of(&rules, t + 1);
        gdi_payment *payment = &input.payments[t];
        *payment = (gdi_payment){.allocation = type_rules->base_weight,
                                 .base_weight = type_rules->base_weight,
                                 .champion = GDI_NOBODY,
                                 .shares = shares[t]};
        if (play_random(numbers) % 5 == 0) {
            continue; /* never held */
        }
        for (uint32_t e = 0; e < count; e++) {
            points[e] = (double)(play_random(numbers) % 5) * 0.15;
        }
        payment->champion = (gdi_entrant)(play_random(numbers) % count);
        payment->allocation = play_unit(numbers) * type_rules->weight_max;
        payment->share_count = gdi_place(&rules, payment->champion, points, count, shares[t]);
    }
    return input;
}

START_TEST(test_tournament_weights__sum_to_one_and_are_never_negative)
{
    play numbers = {.state = 23};
    for (uint32_t run = 0; run < 3000; run++) {
        uint32_t count = run % 100 == 0 ? hotkeys_max : (uint32_t)(1 + play_random(&numbers) % 60);
        gdi_weights_input input = random_network(&numbers, count);
        gdi_weights_summary summary;
        gdi_weights(&rules, &input, weights, &summary);
        uint32_t unpaid = 0, wrong = 0;
        for (uint32_t i = 0; i < input.active_count; i++) {
            unpaid += !is_node[active[i]] || active[i] == input.burn;
        }
        for (uint32_t e = 0; e < count; e++) {
            wrong += weights[e] < 0 || (!is_node[e] && weights[e] != 0);
        }
        ck_assert_msg(wrong == 0, "run %u: %u weights", run, wrong);
        ck_assert(summary.sum <= 1 + 1e-12);
        if (is_node[input.burn]) { /* everything is given to somebody, but for participants without a node */
            ck_assert_double_eq_tol(summary.sum, 1 - unpaid * rules.participation_weight, 1e-12);
        }
    }
}
END_TEST

START_TEST(test_tournament_weights__burn_may_keep_its_participation)
{
    const gdi_entrant only_burn[] = {0};
    const bool nodes[] = {true};
    gdi_weights_input input = {.active = only_burn, .active_count = 1, .burn = 0, .is_node = nodes, .entrant_count = 1};
    gdi_weights_summary summary;
    double weight = 0;
    gdi_weights(&rules, &input, &weight, &summary);
    ck_assert_double_eq_tol(weight, 0.9999, 1e-12);
    gdi_rules switched = rules;
    switched.burn_keeps_participation = true;
    gdi_weights(&switched, &input, &weight, &summary);
    ck_assert_double_eq_tol(weight, 1.0, 1e-12);
}
END_TEST

START_TEST(test_tournament_weights__chain_form)
{
    const uint32_t node_ids[] = {40, 3, 17, 5, 8};
    const double vector[] = {0.5, 0.0, 0.25, 0.5 * 0.5 / 65535, 0.5 * 1.5 / 65535};
    gdi_chain_weight chain[5];
    ck_assert_uint_eq(gdi_chain_weights(node_ids, vector, 5, chain), 3);
    ck_assert(chain[0].node_id == 8 && chain[0].weight == 2);      /* 1.5 rounds to even */
    ck_assert(chain[1].node_id == 17 && chain[1].weight == 32768); /* 32767.5 rounds to even */
    ck_assert(chain[2].node_id == 40 && chain[2].weight == 65535);
    const double nothing[] = {0, 0};
    ck_assert_uint_eq(gdi_chain_weights(node_ids, nothing, 2, chain), 0);
    ck_assert_uint_eq(gdi_chain_weights(node_ids, nothing, 0, chain), 0);
}
END_TEST

START_TEST(test_tournament_projection__falls_with_the_days)
{
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        for (double percentage = 0; percentage <= 100; percentage += 2.5) {
            gdi_projection_input input = {.tournament_type = type,
                                          .percentage_improvement = percentage,
                                          .champion_consecutive_wins = 1,
                                          .participant_rows = 10,
                                          .active_count = 5};
            gdi_projection got = gdi_project(&rules, &input);
            bool champion = type == GDI_ENVIRONMENT ? percentage >= 60 : percentage > 5;
            ck_assert_uint_eq(got.placement, champion ? GDI_PLACED_CHAMPION : GDI_PLACED_RUNNER_UP);
            double last = got.initial_weight;
            for (uint32_t i = 0; i < GDI_PROJECTION_COUNT; i++) {
                ck_assert(got.projections[i].weight <= last && got.projections[i].weight >= 0);
                last = got.projections[i].weight;
            }
            ck_assert(champion || last == got.initial_weight);
            ck_assert(champion || got.emission_boost == 0);
        }
    }
}
END_TEST

Suite *suite_tournament_emission(void)
{
    Suite *suite = suite_create("tournament_emission");
    TCase *tcase = tcase_create("emission");
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, test_tournament_performance__table_of_the_specification);
    tcase_add_test(tcase, test_tournament_performance__median_of_what_is_there);
    tcase_add_test(tcase, test_tournament_allocation__worked_examples);
    tcase_add_test(tcase, test_tournament_allocation__stays_between_nothing_and_the_cap);
    tcase_add_test(tcase, test_tournament_allocation__from_the_history_of_a_type);
    tcase_add_test(tcase, test_tournament_shares__never_sum_above_one);
    tcase_add_test(tcase, test_tournament_shares__sums_equal_on_paper_are_tied);
    tcase_add_test(tcase, test_tournament_points__environment_ranks);
    tcase_add_test(tcase, test_tournament_weights__sum_to_one_and_are_never_negative);
    tcase_add_test(tcase, test_tournament_weights__burn_may_keep_its_participation);
    tcase_add_test(tcase, test_tournament_weights__chain_form);
    tcase_add_test(tcase, test_tournament_projection__falls_with_the_days);
    suite_add_tcase(suite, tcase);
    return suite;
}
