/* Draws, the agenda, the clock, fates and faults: the parts of a virtual world. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "core/cycles/work.h"
#include "core/simulation/agenda.h"
#include "core/simulation/arrows.h"
#include "core/simulation/clock.h"
#include "core/simulation/draw.h"
#include "core/simulation/fate.h"
#include "core/simulation/faults.h"
#include "core/simulation/mix.h"
#include "core/simulation/seen.h"
#include "core/tournament/calendar.h"

/* The authors' vector: key 00..0f, message 00..0e. */
START_TEST(test_simulation_draw__siphash_vector)
{
    uint8_t message[15];
    for (uint8_t i = 0; i < sizeof message; i++) {
        message[i] = i;
    }
    ck_assert_uint_eq(gdi_siphash(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, message, sizeof message),
                      0xa129ca6149be45e5u);
}
END_TEST

START_TEST(test_simulation_draw__depends_on_each_part_alone)
{
    uint64_t one = gdi_draw(1, "fate", "job/1", 2);
    ck_assert_uint_eq(one, gdi_draw(1, "fate", "job/1", 2));
    ck_assert_uint_ne(one, gdi_draw(2, "fate", "job/1", 2));
    ck_assert_uint_ne(one, gdi_draw(1, "fates", "job/1", 2));
    ck_assert_uint_ne(one, gdi_draw(1, "fate", "job/2", 2));
    ck_assert_uint_ne(one, gdi_draw(1, "fate", "job/1", 3));
    ck_assert_uint_ne(gdi_draw(1, "ab", "c", 0), gdi_draw(1, "a", "bc", 0));
}
END_TEST

START_TEST(test_simulation_draw__ranges_are_met)
{
    uint32_t counts[7] = {0};
    double sum = 0, squares = 0;
    for (uint64_t i = 0; i < 70000; i++) {
        int64_t value = gdi_draw_range(9, "range", "", i, -3, 3);
        ck_assert(value >= -3 && value <= 3);
        counts[value + 3]++;
        double unit = gdi_draw_unit(9, "unit", "", i), normal = gdi_draw_normal(9, "normal", "", i);
        ck_assert(unit >= 0 && unit < 1);
        sum += normal;
        squares += normal * normal;
    }
    for (int i = 0; i < 7; i++) {
        ck_assert_uint_gt(counts[i], 9500);
        ck_assert_uint_lt(counts[i], 10500);
    }
    ck_assert_double_eq_tol(sum / 70000, 0, 0.02);
    ck_assert_double_eq_tol(squares / 70000, 1, 0.03);
}
END_TEST

START_TEST(test_simulation_agenda__goes_by_time_then_order)
{
    static const char *const orders[] = {"d", "a", "c", "b", "a"};
    static const int64_t times[] = {5, 7, 5, 5, 5};
    gdi_agenda agenda = {0};
    gdi_agenda_item item;
    char got[16] = "";
    for (uint32_t round = 0; round < 40; round++) { /* also across growth */
        for (uint32_t i = 0; i < 5; i++) {
            item = (gdi_agenda_item){.at_us = times[i] + 10 * round, .order = orders[i], .what = i};
            ck_assert_int_eq(gdi_agenda_add(&agenda, &item, NULL), GOD_OK);
        }
    }
    ck_assert_int_eq(gdi_agenda_next_us(&agenda), 5);
    ck_assert(!gdi_agenda_take(&agenda, 4, &item));
    while (gdi_agenda_take(&agenda, 7, &item)) {
        (void)strcat(got, item.order);
    }
    ck_assert_str_eq(got, "abcda");
    int64_t last_us = 0;
    uint32_t count = 0;
    for (; gdi_agenda_take(&agenda, INT64_MAX, &item); count++) {
        ck_assert_int_ge(item.at_us, last_us);
        last_us = item.at_us;
    }
    ck_assert_uint_eq(count, 39 * 5);
    ck_assert_int_eq(gdi_agenda_next_us(&agenda), INT64_MAX);
    gdi_agenda_free(&agenda);
}
END_TEST

START_TEST(test_simulation_clock__jumps_and_never_misses_a_moment)
{
    gdi_virtual_clock clock = {.seed = 3, .faults = 1, .start_us = 1000 * GDI_DAY_US};
    int64_t end_us = clock.start_us + 60 * GDI_DAY_US, last_host_us = clock.start_us, back = 0, forward = 0;
    for (int64_t t_us = clock.start_us; t_us < end_us; t_us += 60 * GDI_SECOND_US) {
        int64_t host_us = gdi_virtual_host_us(&clock, t_us), moved_us = host_us - last_host_us;
        back += moved_us < 0;
        forward += moved_us > 120 * GDI_SECOND_US;
        ck_assert_int_ge(moved_us, -(int64_t)GDI_CLOCK_BACK_SECONDS_MAX * GDI_SECOND_US);
        last_host_us = host_us;
    }
    ck_assert_int_gt(back, 5);
    ck_assert_int_gt(forward, 5);
    /* Going from due moment to due moment arrives at the first moment that shows the wanted time, and not before. */
    int64_t wanted_us = gdi_virtual_host_us(&clock, clock.start_us) + 20 * GDI_DAY_US, t_us = clock.start_us;
    for (int i = 0; gdi_virtual_host_us(&clock, t_us) < wanted_us; i++) {
        int64_t next_us = gdi_virtual_due_us(&clock, t_us, wanted_us);
        ck_assert_int_gt(next_us, t_us);
        ck_assert_int_lt(gdi_virtual_host_us(&clock, next_us - 1), wanted_us);
        ck_assert_int_lt(i, 100);
        t_us = next_us;
    }
    clock.faults = 0;
    ck_assert_int_eq(gdi_virtual_host_us(&clock, end_us), end_us);
    ck_assert_int_eq(gdi_virtual_due_us(&clock, clock.start_us, end_us), end_us);
    ck_assert_int_eq(gdi_virtual_due_us(&clock, clock.start_us, INT64_MAX), INT64_MAX);
}
END_TEST

START_TEST(test_simulation_fate__every_ending_comes_up_and_takes_time)
{
    gdi_people people = {.seed = 5, .faults = 1};
    uint32_t seen[GDI_FATE_TOO_LATE + 1] = {0}, twice = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        gdi_fate fate = gdi_fate_of(&people, GDI_WORK_EVALUATE, "evaluate/1", i, GDI_DAY_US, 0);
        ck_assert_int_gt(fate.ends_us, GDI_DAY_US);
        if (fate.how == GDI_FATE_TOO_LATE) {
            ck_assert_int_gt(fate.ends_us, GDI_DAY_US + fate.lease_us);
        }
        seen[fate.how]++;
        twice += fate.answers_twice;
    }
    for (uint32_t how = GDI_FATE_ANSWERS; how <= GDI_FATE_TOO_LATE; how++) {
        ck_assert_uint_gt(seen[how], 10);
    }
    ck_assert_uint_gt(twice, 10);
    people.faults = 0;
    gdi_fate fate = gdi_fate_of(&people, GDI_WORK_WATCH_TRAINING, "watch_training/1", 1, 0, 3 * GDI_HOUR_US);
    ck_assert_uint_eq(fate.how, GDI_FATE_ANSWERS);
    ck_assert_int_le(fate.ends_us, 3 * GDI_HOUR_US + 600 * GDI_SECOND_US);
    ck_assert(!fate.answers_twice);
}
END_TEST

START_TEST(test_simulation_faults__a_dead_process_stays_dead)
{
    gdi_faults faults;
    gdi_faults_init(&faults, 1, 0);
    faults.kill_at = 3;
    ck_assert_int_eq(gdi_faults_before(&faults, "one", NULL), GOD_OK);
    faults.armed = false;
    ck_assert_int_eq(gdi_faults_before(&faults, "not counted", NULL), GOD_OK);
    faults.armed = true;
    ck_assert_int_eq(gdi_faults_before(&faults, "two", NULL), GOD_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(gdi_faults_before(&faults, "three", NULL), GOD_E_IO);
    }
    ck_assert(faults.is_dead && faults.is_hit);
    gdi_faults_revive(&faults);
    ck_assert_int_eq(gdi_faults_before(&faults, "four", NULL), GOD_OK);
    ck_assert_uint_eq(faults.kills, 1);
}
END_TEST

START_TEST(test_simulation_faults__come_as_often_as_asked)
{
    gdi_faults faults;
    gdi_faults_init(&faults, 7, 10);
    for (int i = 0; i < 100000; i++) {
        if (gdi_faults_before(&faults, "", NULL) != GOD_OK) {
            gdi_faults_revive(&faults);
        }
    }
    ck_assert_uint_gt(faults.kills, 350);
    ck_assert_uint_lt(faults.kills, 650);
    ck_assert_uint_gt(faults.errors, 350);
    ck_assert_uint_lt(faults.errors, 650);
}
END_TEST

START_TEST(test_simulation_mix__has_every_kind_of_season)
{
    enum { SEEDS = 4000 };
    gdi_rules rules;
    uint32_t types[16] = {0}, few = 0, usual = 0, most = 0, is_long = 0;
    gdi_rules_default(&rules);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        gdi_mix mix = gdi_mix_of(&rules, seed);
        uint32_t lowest = mix.types == 1u << GDI_ENVIRONMENT ? 5 : 8;
        ck_assert_uint_eq(mix.types & ~(1u << GDI_TEXT | 1u << GDI_IMAGE | 1u << GDI_ENVIRONMENT), 0);
        types[mix.types]++;
        ck_assert(mix.miners >= 2 && mix.miners <= 40 && (mix.miners <= 4 || mix.miners >= lowest));
        few += mix.miners <= 4;
        usual += mix.miners >= lowest && 10 * mix.miners <= 17 * lowest;
        most = mix.miners > most ? mix.miners : most;
        ck_assert(mix.days >= 2 && mix.days <= 7);
        is_long += mix.days > 2;
        ck_assert(mix.faults >= 0 && mix.faults <= 0.4);
        ck_assert(mix.per_1000_statements >= 0 && mix.per_1000_statements <= 3);
    }
    for (uint32_t i = 2; i < 16; i += 2) {
        ck_assert_uint_gt(types[i], SEEDS / 16 / 4);
    }
    ck_assert(few > SEEDS / 20 && few < SEEDS / 12);
    ck_assert(is_long > SEEDS / 20 && is_long < SEEDS / 12);
    ck_assert_uint_ge(usual, SEEDS * 2 / 5);
    ck_assert_uint_eq(most, 40);
}
END_TEST

START_TEST(test_simulation_seen__remembers_many)
{
    gdi_seen seen = {0};
    char name[32], state[32];
    ck_assert_ptr_null(gdi_seen_get(&seen, "nobody"));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            (void)snprintf(name, sizeof name, "name %d", i);
            (void)snprintf(state, sizeof state, "state %d", i + round);
            ck_assert_int_eq(gdi_seen_put(&seen, name, state, NULL), GOD_OK);
        }
    }
    ck_assert_uint_eq(seen.count, 1000);
    ck_assert_str_eq(gdi_seen_get(&seen, "name 999"), "state 1000");
    ck_assert_ptr_null(gdi_seen_get(&seen, "name 1000"));
    gdi_seen_free(&seen);
}
END_TEST

START_TEST(test_simulation_arrows__lead_forwards)
{
    ck_assert(gdi_arrows_lead(GDI_ARROWS_TOURNAMENT, "pending", "completed"));
    ck_assert(!gdi_arrows_lead(GDI_ARROWS_TOURNAMENT, "completed", "active"));
    ck_assert(!gdi_arrows_lead(GDI_ARROWS_ROUND, "active", "pending"));
    ck_assert(gdi_arrows_lead(GDI_ARROWS_TASK, "pending", "success"));
    ck_assert(!gdi_arrows_lead(GDI_ARROWS_TASK, "success", "training"));
    ck_assert(!gdi_arrows_lead(GDI_ARROWS_TASK, "training", "looking_for_nodes"));
    ck_assert(gdi_arrows_lead(GDI_ARROWS_TRAINING, "training", "pending"));
    ck_assert(!gdi_arrows_lead(GDI_ARROWS_TRAINING, "success", "pending"));
    ck_assert(gdi_arrows_lead(GDI_ARROWS_SET_ONCE, "", "x"));
    ck_assert(!gdi_arrows_lead(GDI_ARROWS_SET_ONCE, "x", ""));
    ck_assert(!gdi_arrows_lead(GDI_ARROWS_ROUND, "active", "made up"));
}
END_TEST

Suite *suite_simulation_parts(void)
{
    Suite *suite = suite_create("simulation parts");
    TCase *cases = tcase_create("parts");
    tcase_add_test(cases, test_simulation_draw__siphash_vector);
    tcase_add_test(cases, test_simulation_draw__depends_on_each_part_alone);
    tcase_add_test(cases, test_simulation_draw__ranges_are_met);
    tcase_add_test(cases, test_simulation_agenda__goes_by_time_then_order);
    tcase_add_test(cases, test_simulation_clock__jumps_and_never_misses_a_moment);
    tcase_add_test(cases, test_simulation_fate__every_ending_comes_up_and_takes_time);
    tcase_add_test(cases, test_simulation_faults__a_dead_process_stays_dead);
    tcase_add_test(cases, test_simulation_faults__come_as_often_as_asked);
    tcase_add_test(cases, test_simulation_mix__has_every_kind_of_season);
    tcase_add_test(cases, test_simulation_seen__remembers_many);
    tcase_add_test(cases, test_simulation_arrows__lead_forwards);
    suite_add_tcase(suite, cases);
    return suite;
}
