/* What tasks a round has, and how large they are. */
#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "core/tournament/calendar.h"
#include "core/tournament/task_mix.h"
#include "core/tournament/task_size.h"

static gdi_rules rules;
static const gdi_task_kind kinds[] = {
    {.pair_probability = 0.75, .group_count = 1, .final_count = 2, .may_use_kl = true},
    {.pair_probability = 0.2, .final_count = 2},
    {.pair_probability = 0.05, .final_count = 2},
};
enum { kind_count = 3 };

static void set_up(void)
{
    gdi_rules_default(&rules);
}

START_TEST(test_tournament_task_mix__final_is_two_of_each)
{
    static const uint32_t expected[] = {0, 0, 1, 1, 2, 2};
    ck_assert_uint_eq(gdi_text_task_count(kinds, kind_count, GDI_STAGE_FINAL), 6);
    ck_assert_uint_eq(gdi_text_task_count(kinds, kind_count, GDI_STAGE_PAIR), 1);
    ck_assert_uint_eq(gdi_text_task_count(kinds, kind_count, GDI_STAGE_GROUP), 1);
    for (uint32_t i = 0; i < 6; i++) {
        gdi_text_task task = gdi_draw_text_task(&rules, kinds, kind_count, GDI_STAGE_FINAL, "r", "r_pair_001", i);
        ck_assert_uint_eq(task.kind, expected[i]);
        ck_assert_double_eq(task.params.lowest, task.large_model ? 12e9 : 0.1e9);
    }
}
END_TEST

START_TEST(test_tournament_task_mix__draws_with_the_stated_shares)
{
    enum { draws = 20000 };
    uint32_t counts[kind_count] = {0}, large = 0, kl = 0;
    double coef_sum = 0;
    for (uint32_t i = 0; i < draws; i++) {
        gdi_text_task task = gdi_draw_text_task(&rules, kinds, kind_count, GDI_STAGE_PAIR, "r", "r_pair_001", i);
        counts[task.kind]++;
        ck_assert(!task.large_model && task.params.highest == 12e9);
        ck_assert(!task.use_kl || task.kind == 0);
        ck_assert(task.use_kl ? task.kl_coef >= 0.1 && task.kl_coef < 1.5 : task.kl_coef == 0);
        task = gdi_draw_text_task(&rules, kinds, kind_count, GDI_STAGE_GROUP, "r", "r_group_001", 0);
        ck_assert(task.kind == 0 && !task.large_model && task.params.highest == 4e9);
    }
    ck_assert_double_eq_tol((double)counts[0] / draws, 0.75, 0.012);
    ck_assert_double_eq_tol((double)counts[1] / draws, 0.20, 0.012);
    ck_assert_double_eq_tol((double)counts[2] / draws, 0.05, 0.008);
    for (uint32_t i = 0; i < draws; i++) {
        char slot[32];
        (void)snprintf(slot, sizeof slot, "slot%u", i);
        gdi_text_task task = gdi_draw_text_task(&rules, kinds, kind_count, GDI_STAGE_FINAL, "r", slot, 0);
        large += task.large_model;
        kl += task.use_kl;
        coef_sum += task.kl_coef;
    }
    ck_assert_double_eq_tol((double)large / draws, 0.2, 0.012);
    ck_assert_double_eq_tol((double)kl / draws, 0.2, 0.012);
    ck_assert_double_eq_tol(coef_sum / kl, 0.8, 0.03);
}
END_TEST

START_TEST(test_tournament_task_mix__reads_four_units_in_order)
{
    for (uint32_t i = 0; i < 300; i++) {
        char label[64];
        gdi_stream stream;
        (void)snprintf(label, sizeof label, "task/r_pair_007/%u", i);
        gdi_stream_open(&stream, "r", label);
        double kind = gdi_stream_unit(&stream), large = gdi_stream_unit(&stream);
        double kl = gdi_stream_unit(&stream), coef = gdi_stream_unit(&stream);
        gdi_text_task task = gdi_draw_text_task(&rules, kinds, kind_count, GDI_STAGE_PAIR, "r", "r_pair_007", i);
        ck_assert_uint_eq(task.kind, kind < 0.75 ? 0 : kind < 0.95 ? 1 : 2);
        ck_assert_uint_eq(task.use_kl, task.kind == 0 && kl < 0.2);
        ck_assert_double_eq(task.kl_coef, task.use_kl ? 0.1 + 1.4 * coef : 0);
        task = gdi_draw_text_task(&rules, kinds, 1, GDI_STAGE_FINAL, "r", "r_pair_007", i % 2);
        ck_assert_uint_eq(task.kind, 0);
        if (i < 2) {
            ck_assert_uint_eq(task.large_model, large < 0.2);
        }
    }
}
END_TEST

START_TEST(test_tournament_task_mix__kind_bounds)
{
    static const struct {
        double u;
        uint32_t kind;
    } rows[] = {{0.0, 0}, {0.7499999, 0}, {0.75, 1}, {0.9499999, 1}, {0.95, 2}, {0.9999999, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_uint_eq(gdi_draw_task_kind(kinds, kind_count, rows[i].u), rows[i].kind);
    }
}
END_TEST

START_TEST(test_tournament_task_mix__image_final_opens_with_the_new_families)
{
    static const bool is_opening[] = {false, true, false, true}; /* flux, qwen-image, sdxl, z-image */
    uint32_t families[6], by_k[5] = {0}, seen[4] = {0};
    for (uint32_t round = 0; round < 4000; round++) {
        char round_id[32];
        (void)snprintf(round_id, sizeof round_id, "round%u", round);
        gdi_draw_image_families(&rules, is_opening, 4, true, round_id, 6, families);
        uint32_t k = 0;
        while (k < 6 && is_opening[families[k]]) {
            k++;
        }
        ck_assert_uint_le(k, 3);
        by_k[k]++;
        for (uint32_t i = k; i < 6; i++) {
            ck_assert(!is_opening[families[i]]);
        }
        gdi_draw_image_families(&rules, is_opening, 4, false, round_id, 6, families);
        for (uint32_t i = 0; i < 6; i++) {
            seen[families[i]]++;
        }
    }
    for (uint32_t k = 0; k < 4; k++) {
        ck_assert_double_eq_tol(by_k[k] / 4000.0, 0.25, 0.03);
        ck_assert_double_eq_tol(seen[k] / 24000.0, 0.25, 0.012);
    }
}
END_TEST

START_TEST(test_tournament_task_mix__environments_are_a_sample)
{
    uint32_t sample[4], chosen[4] = {0}, models[7] = {0};
    for (uint32_t round = 0; round < 4000; round++) {
        char round_id[32];
        (void)snprintf(round_id, sizeof round_id, "round%u", round);
        gdi_environment_draw draw = gdi_draw_environments(round_id, 0, 2, 4, 7, sample);
        ck_assert_uint_lt(draw.eval_seed, (uint32_t)1 << 31);
        ck_assert_uint_ne(sample[0], sample[1]);
        chosen[sample[0]]++;
        chosen[sample[1]]++;
        models[draw.model]++;
    }
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(chosen[i] / 4000.0, 0.5, 0.04);
    }
    for (uint32_t i = 0; i < 7; i++) {
        ck_assert_double_eq_tol(models[i] / 4000.0, 1.0 / 7, 0.03);
    }
    gdi_environment_draw a = gdi_draw_environments("r", 0, 4, 4, 0, sample),
                         b = gdi_draw_environments("r", 1, 4, 4, 0, sample);
    ck_assert_uint_eq(a.model, UINT32_MAX);
    ck_assert_uint_ne(a.eval_seed, b.eval_seed);
}
END_TEST

START_TEST(test_tournament_task_mix__environment_counts_and_starts)
{
    static const uint32_t counts[] = {2, 4, 4, 4};
    for (uint32_t round = 1; round <= 4; round++) {
        ck_assert_uint_eq(gdi_environment_count(&rules, round, 4), counts[round - 1]);
    }
    ck_assert_uint_eq(gdi_environment_count(&rules, 0xffffffffu, 9), 9);
    ck_assert_uint_eq(gdi_environment_start(1, false, 0), GDI_START_DEFAULT);
    ck_assert_uint_eq(gdi_environment_start(2, false, 0), GDI_START_CONTINUATION);
    ck_assert_uint_eq(gdi_environment_start(3, true, 0), GDI_START_CONTINUATION);
    ck_assert_uint_eq(gdi_environment_start(3, true, 1), GDI_START_FROM_SCRATCH);
    ck_assert_uint_eq(gdi_environment_start(3, true, 2), GDI_START_PREVIOUS_WINNER);
}
END_TEST

START_TEST(test_tournament_task_size__hours_grow_with_rows_and_params)
{
    double last = 0;
    for (double rows = 0; rows <= 700000; rows += 5000) {
        double hours = gdi_training_hours(rows, 7e9, 1.3);
        ck_assert(hours >= last && hours >= 1 && hours <= 6 && hours * 2 == rint(hours * 2));
        last = hours;
    }
    ck_assert(gdi_training_hours(300000, 3e9, 1.0) <= gdi_training_hours(300000, 13e9, 1.0));
    ck_assert_double_eq(gdi_training_hours(300000, 27e9, 1.0), gdi_training_hours(300000, 0, 1.0));
    ck_assert_double_eq(gdi_training_hours(300000, 14e9, 1.0), gdi_training_hours(300000, 0, 1.0));
    ck_assert_double_eq(gdi_context_hours(3.0, 2 * 512, GDI_NO_VALUE),
                        6.0); /* packed 2048: four times, at most three */
}
END_TEST

START_TEST(test_tournament_task_size__data_sets_with_a_history)
{
    const double solved[] = {1.0, 0.005}, hard[] = {2.5, 2.1}, stuck[] = {0.69, 0.70}, fine[] = {1.2, GDI_NO_VALUE};
    ck_assert(!gdi_dataset_accepted(GDI_DATASET_BEST_LOSS, solved, 2));
    ck_assert(!gdi_dataset_accepted(GDI_DATASET_MEAN_LOSS, solved, 2));
    ck_assert(gdi_dataset_accepted(GDI_DATASET_ANY, solved, 2));
    ck_assert(!gdi_dataset_accepted(GDI_DATASET_BEST_LOSS, hard, 2));
    ck_assert(gdi_dataset_accepted(GDI_DATASET_MEAN_LOSS, hard, 2));
    ck_assert(!gdi_dataset_accepted(GDI_DATASET_MEAN_LOSS, stuck, 2));
    ck_assert(gdi_dataset_accepted(GDI_DATASET_BEST_LOSS, stuck, 2));
    ck_assert(gdi_dataset_accepted(GDI_DATASET_BEST_LOSS, fine, 2));
    ck_assert(gdi_dataset_accepted(GDI_DATASET_BEST_LOSS, NULL, 0));
}
END_TEST

START_TEST(test_tournament_task_size__replacements)
{
    gdi_params_range range = gdi_replacement_params(7e9);
    ck_assert_double_eq_tol(range.lowest, 5.6e9, 1);
    ck_assert_double_eq_tol(range.highest, 8.4e9, 1);
    range = gdi_replacement_params(0);
    ck_assert(range.lowest == 1e9 && range.highest == 10e9);
    ck_assert_int_eq(gdi_replacement_wait_us(4), 0);
    ck_assert_int_eq(gdi_replacement_wait_us(5), 15 * 60 * GDI_SECOND_US);
}
END_TEST

Suite *suite_tournament_tasks(void)
{
    Suite *suite = suite_create("tournament_tasks");
    TCase *tcase = tcase_create("tasks");
    tcase_add_unchecked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, test_tournament_task_mix__final_is_two_of_each);
    tcase_add_test(tcase, test_tournament_task_mix__draws_with_the_stated_shares);
    tcase_add_test(tcase, test_tournament_task_mix__reads_four_units_in_order);
    tcase_add_test(tcase, test_tournament_task_mix__kind_bounds);
    tcase_add_test(tcase, test_tournament_task_mix__image_final_opens_with_the_new_families);
    tcase_add_test(tcase, test_tournament_task_mix__environments_are_a_sample);
    tcase_add_test(tcase, test_tournament_task_mix__environment_counts_and_starts);
    tcase_add_test(tcase, test_tournament_task_size__hours_grow_with_rows_and_params);
    tcase_add_test(tcase, test_tournament_task_size__data_sets_with_a_history);
    tcase_add_test(tcase, test_tournament_task_size__replacements);
    suite_add_tcase(suite, tcase);
    return suite;
}
