/* The window, registration, fees, duplicates, training rows. */
#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "core/tournament/calendar.h"
#include "core/tournament/duplicates.h"
#include "core/tournament/fees.h"
#include "core/tournament/registration.h"
#include "core/tournament/schedule.h"
#include "core/tournament/training.h"
#include "play.h"

static gdi_rules rules;

static void set_up(void)
{
    gdi_rules_default(&rules);
}

static int64_t at(const char *text)
{
    int64_t time_us = 0;
    ck_assert(gdi_time_parse(text, &time_us));
    return time_us;
}

START_TEST(test_tournament_schedule__a_missed_window_waits_a_week)
{
    /* Every minute of four weeks: started exactly in the window, and the next start never lies a week ahead or more. */
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        const gdi_type_rules *type_rules = gdi_rules_of(&rules, type);
        int64_t last_us = at("2026-05-01T00:00:00Z"), from_us = at("2026-06-01T00:00:00Z");
        uint32_t started = 0;
        for (uint32_t minute = 0; minute < 4 * 7 * 24 * 60; minute++) {
            int64_t now_us = from_us + (int64_t)minute * 60 * GDI_SECOND_US;
            gdi_schedule next = gdi_schedule_next(type_rules, last_us, now_us);
            started += next.start_now;
            int64_t ahead_us = next.next_start_us - now_us;
            bool right = gdi_time_weekday(next.next_start_us) == type_rules->start_weekday &&
                         gdi_time_hour(next.next_start_us) == type_rules->start_hour && ahead_us < 7 * GDI_DAY_US &&
                         ahead_us > -GDI_HOUR_US && next.start_now == (ahead_us <= 0);
            if (!right) {
                ck_abort_msg("type %u, minute %u", type, minute);
            }
        }
        ck_assert_uint_eq(started, 4 * 60);
    }
}
END_TEST

START_TEST(test_tournament_schedule__decides_by_what_is_known)
{
    const gdi_type_rules *text = gdi_rules_of(&rules, GDI_TEXT);
    int64_t monday_us = at("2026-06-15T09:00:00Z"), window_us = at("2026-06-18T14:20:00Z");
    gdi_schedule_input input = {.unfinished = true};
    ck_assert(!gdi_schedule_decide(text, &input, window_us).start_now);
    input.unfinished = false;
    ck_assert(gdi_schedule_decide(text, &input, monday_us).start_now);
    input.held_before = true;
    input.last_us = monday_us;
    ck_assert(!gdi_schedule_decide(text, &input, monday_us).start_now);
    ck_assert(gdi_schedule_decide(text, &input, window_us).start_now);
    input.last_us = at("2026-06-18T14:21:00Z"); /* completes later in this hour */
    ck_assert(gdi_schedule_decide(text, &input, window_us).next_start_us == at("2026-06-18T14:00:00Z"));
}
END_TEST

START_TEST(test_tournament_registration__waits_for_the_minimum_field)
{
    static const uint32_t minimum[] = {8, 8, 5};
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        ck_assert(gdi_registration_finish(&rules, type, minimum[type - 1], 0).activate);
        gdi_registration_end end = gdi_registration_finish(&rules, type, minimum[type - 1] - 1, 1000);
        ck_assert(!end.activate);
        ck_assert_int_eq(end.next_attempt_us, 1000 + 30 * 60 * GDI_SECOND_US);
    }
}
END_TEST

static uint32_t one_per_both(const gdi_candidate *candidates, uint32_t *order, uint32_t count)
{
    gdi_registration_key keys[64];
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
    }
    count = gdi_one_per_ip(candidates, order, count, keys);
    return gdi_one_per_account(candidates, order, count, keys);
}

START_TEST(test_tournament_registration__earlier_entrants_keep_their_place)
{
    const gdi_candidate candidates[] = {
        {"1.1.1.1", "https://github.com/new/r", true, false},  {"1.1.1.1", "https://github.com/paid/r", false, true},
        {"2.2.2.2", "https://github.com/PAID/q", true, false}, {"3.3.3.3", "https://github.com/other/q", false, false},
        {"1.1.1.1", "https://github.com/also/r", false, true},
    };
    uint32_t order[5];
    ck_assert_uint_eq(one_per_both(candidates, order, 5), 3);
    ck_assert(order[0] == 1 && order[1] == 4 && order[2] == 3);
}
END_TEST

START_TEST(test_tournament_registration__finds_accounts)
{
    static const struct {
        const char *repo, *owner;
    } rows[] = {{"https://github.com/me/r", "me"}, {"HTTPS://GITHUB.COM/me/r.git", "me"},
                {"github.com//me//r", "me"},       {"https://x/github.com/me/r", "me"},
                {"https://github.com/me", ""},     {"https://github.com/me/", ""},
                {"https://github.com/", ""},       {"https://github.com", ""},
                {"git@github.com:me/r", ""},       {"", ""},
                {"https://gitlab.com/me/r", ""},   {"https://github.com/a/b/tree/main", "a"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *owner = "";
        size_t length = gdi_github_owner(rows[i].repo, &owner);
        ck_assert_uint_eq(length, strlen(rows[i].owner));
        ck_assert_mem_eq(owner, rows[i].owner, length);
    }
}
END_TEST

START_TEST(test_tournament_registration__one_survivor_of_each_group)
{
    enum { most = 3000 };
    static gdi_candidate candidates[most];
    static gdi_registration_key keys[most];
    static uint32_t order[most];
    static char ips[200][16];
    play numbers = {.state = 9};
    for (uint32_t i = 0; i < 200; i++) {
        (void)snprintf(ips[i], sizeof ips[i], "10.0.0.%u", i);
    }
    for (uint32_t n = 0; n <= most; n += n < 30 ? 1 : 270) {
        bool present[200] = {0};
        uint32_t groups = 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t ip = (uint32_t)(play_random(&numbers) % 200);
            candidates[i] =
                (gdi_candidate){.ip = ips[ip], .github_repo = "", .has_token = play_random(&numbers) % 3 == 0};
            groups += !present[ip];
            present[ip] = true;
            order[i] = i;
        }
        uint32_t count = gdi_one_per_ip(candidates, order, n, keys);
        ck_assert_uint_eq(count, groups);
        uint32_t appeared_last = 0;
        for (uint32_t k = 0; k < count; k++) {
            uint32_t survivor = order[k], appeared = UINT32_MAX, expected = UINT32_MAX;
            for (uint32_t i = 0; i < n; i++) {
                if (candidates[i].ip == candidates[survivor].ip) {
                    appeared = appeared == UINT32_MAX ? i : appeared;
                    expected = expected == UINT32_MAX && candidates[i].has_token ? i : expected;
                }
            }
            ck_assert_uint_eq(survivor, expected == UINT32_MAX ? appeared : expected);
            ck_assert(k == 0 || appeared > appeared_last);
            appeared_last = appeared;
        }
    }
}
END_TEST

START_TEST(test_tournament_registration__takes_two_white_listed_data_sets)
{
    static const char *const requested[] = {"x", "b", "b", "a", "c"}, *const white[] = {"a", "b", "c"};
    uint32_t places[2];
    ck_assert_uint_eq(gdi_requested_datasets(&rules, requested, 5, white, 3, places), 2);
    ck_assert(places[0] == 1 && places[1] == 3);
    ck_assert_uint_eq(gdi_requested_datasets(&rules, requested, 1, white, 3, places), 0);
    ck_assert_uint_eq(gdi_requested_datasets(&rules, requested, 0, white, 0, places), 0);
}
END_TEST

START_TEST(test_tournament_fees__are_charged_once_and_refunded_once)
{
    int64_t balance = 0;
    ck_assert_uint_eq(gdi_fee_charge(250, false, 250, &balance), GDI_FEE_CHARGED);
    ck_assert_int_eq(balance, 0);
    ck_assert_uint_eq(gdi_fee_charge(250, true, 1000, &balance), GDI_FEE_ALREADY_CHARGED);
    ck_assert_int_eq(balance, 1000);
    ck_assert_uint_eq(gdi_fee_charge(250, false, 249, &balance), GDI_FEE_INSUFFICIENT_BALANCE);
    ck_assert_int_eq(balance, 249);
    ck_assert_int_eq(gdi_fee_refund(-500), 500);
    ck_assert_int_eq(gdi_fee_refund(0), 0);
    ck_assert_int_eq(gdi_fee_refund(3), 0);
}
END_TEST

START_TEST(test_tournament_duplicates__clusters_join_over_both_hashes)
{
    const gdi_reference references[] = {
        {.entrant = 0, .commit = "AB", .digest = "1"}, {.entrant = 1, .commit = "cd", .digest = "2"},
        {.entrant = 2, .commit = "ab", .digest = "2"}, {.entrant = 3, .commit = "ef", .digest = NULL},
        {.entrant = 4, .commit = "ef", .digest = "9"}, {.entrant = 5, .commit = NULL, .digest = NULL},
        {.entrant = 6, .commit = NULL, .digest = NULL}};
    gdi_duplicate_link links[7];
    gdi_duplicate_key keys[7];
    gdi_duplicates_init(links, 7);
    gdi_duplicates_by_hash(references, 7, links, keys);
    ck_assert_uint_eq(gdi_duplicates_finish(references, 7, 4, links), 4);
    ck_assert(links[0].root == 0 && links[1].root == 0 && links[2].root == 0 && links[1].size == 3);
    ck_assert(links[3].flagged && !links[4].flagged && links[4].root == 3);
    ck_assert(!links[5].flagged && !links[6].flagged && links[6].size == 1);
    ck_assert_uint_eq(gdi_duplicates_representative(references, 7, 4, links, 3), 4);
    ck_assert_uint_eq(gdi_duplicates_representative(references, 7, 4, links, 0), 0);

    const gdi_verdict verdicts[] = {{4, 5, GDI_VERDICT_DUPLICATE}, {0, 6, GDI_VERDICT_DISTINCT}};
    gdi_duplicates_by_verdict(references, 4, verdicts, 2, links);
    ck_assert_uint_eq(gdi_duplicates_finish(references, 7, 4, links), 5);
    ck_assert(links[5].flagged && links[5].root == 3 && links[3].size == 3 && !links[6].flagged);
}
END_TEST

START_TEST(test_tournament_duplicates__evasion_flags_the_larger)
{
    const gdi_reference references[] = {{.entrant = 0, .source_chars = 10},
                                        {.entrant = 1, .source_chars = 10},
                                        {.entrant = 2, .source_chars = 11},
                                        {.entrant = 3, .source_chars = 99}};
    gdi_duplicate_link links[4];
    gdi_duplicates_init(links, 4);
    const gdi_verdict verdicts[] = {
        {1, 0, GDI_VERDICT_DROP_EVASION}, {0, 2, GDI_VERDICT_DROP_EVASION}, {3, 0, GDI_VERDICT_DROP_EVASION}};
    gdi_duplicates_by_verdict(references, 3, verdicts, 3, links);
    ck_assert_uint_eq(gdi_duplicates_finish(references, 4, 3, links), 2);
    ck_assert(!links[0].flagged && links[1].flagged && links[2].flagged && !links[3].flagged);
    ck_assert_uint_eq(links[1].size, 1);
}
END_TEST

START_TEST(test_tournament_duplicates__clusters_are_the_connected_parts)
{
    enum { most = 600 };
    static gdi_reference references[most];
    static gdi_duplicate_link links[most];
    static gdi_duplicate_key keys[most];
    static char names[40][8];
    play numbers = {.state = 31};
    for (uint32_t i = 0; i < 40; i++) {
        (void)snprintf(names[i], sizeof names[i], "%x", i);
    }
    for (uint32_t n = 1; n <= most; n += n < 20 ? 1 : 83) {
        uint32_t label[most];
        for (uint32_t i = 0; i < n; i++) {
            references[i] =
                (gdi_reference){.entrant = i,
                                .commit = names[play_random(&numbers) % 40],
                                .digest = play_random(&numbers) % 4 ? NULL : names[play_random(&numbers) % 40]};
            label[i] = i;
        }
        for (bool changed = true; changed;) { /* the smallest place of each part, by spreading it */
            changed = false;
            for (uint32_t i = 0; i < n; i++) {
                for (uint32_t j = 0; j < i; j++) {
                    bool same = references[i].commit == references[j].commit ||
                                (references[i].digest != NULL && references[i].digest == references[j].digest);
                    if (same && label[i] != label[j]) {
                        label[i] = label[j] = label[i] < label[j] ? label[i] : label[j];
                        changed = true;
                    }
                }
            }
        }
        gdi_duplicates_init(links, n);
        gdi_duplicates_by_hash(references, n, links, keys);
        (void)gdi_duplicates_finish(references, n, GDI_NOBODY, links);
        for (uint32_t i = 0; i < n; i++) {
            ck_assert_uint_eq(links[i].root, label[i]);
        }
    }
}
END_TEST

START_TEST(test_tournament_training__never_starts_a_third_time)
{
    play numbers = {.state = 77};
    for (uint32_t run = 0; run < 20000; run++) {
        gdi_training row = {.status = GDI_TRAINING_PENDING};
        uint32_t started = 0;
        for (uint32_t i = 0; i < 20; i++) {
            gdi_training before = row;
            if (play_random(&numbers) % 2) {
                bool may = gdi_training_may_start(&rules, &row);
                uint32_t outcome = (uint32_t)(1 + play_random(&numbers) % GDI_START_NOT_TRIED);
                row = gdi_training_start(&rules, row, outcome);
                started += row.attempts > before.attempts;
                ck_assert(row.attempts == before.attempts || (may && outcome == GDI_START_ACCEPTED));
            } else {
                gdi_training_poll poll = {(uint32_t)(play_random(&numbers) % 8 == 0),
                                          (uint32_t)(play_random(&numbers) % 2), (uint32_t)(play_random(&numbers) % 2)};
                row = gdi_training_polled(row, &poll);
                ck_assert_uint_eq(row.attempts, before.attempts);
            }
            bool terminal = before.status == GDI_TRAINING_SUCCESS || before.status == GDI_TRAINING_FAILURE;
            ck_assert(!terminal || memcmp(&row, &before, sizeof row) == 0);
            ck_assert(row.status != GDI_TRAINING_SUCCESS || before.status >= GDI_TRAINING_TRAINING);
        }
        ck_assert_uint_le(started, 2);
    }
}
END_TEST

START_TEST(test_tournament_training__late_and_tight)
{
    ck_assert(!gdi_training_overdue(&rules, 0, 1.5, (int64_t)(2.5 * 3600e6) - 1));
    ck_assert(gdi_training_overdue(&rules, 0, 1.5, (int64_t)(2.5 * 3600e6)));
    const uint32_t free_counts[] = {8, 4, 5, 4, 0};
    ck_assert_uint_eq(gdi_training_pick_trainer(free_counts, 5, 4), 1);
    ck_assert_uint_eq(gdi_training_pick_trainer(free_counts, 5, 5), 2);
    ck_assert_uint_eq(gdi_training_pick_trainer(free_counts, 5, 8), 0);
    ck_assert_uint_eq(gdi_training_pick_trainer(free_counts, 5, 9), UINT32_MAX);
    ck_assert_uint_eq(gdi_training_pick_trainer(free_counts, 0, 1), UINT32_MAX);
}
END_TEST

Suite *suite_tournament_entry(void)
{
    Suite *suite = suite_create("tournament_entry");
    TCase *tcase = tcase_create("entry");
    tcase_add_unchecked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, test_tournament_schedule__a_missed_window_waits_a_week);
    tcase_add_test(tcase, test_tournament_schedule__decides_by_what_is_known);
    tcase_add_test(tcase, test_tournament_registration__waits_for_the_minimum_field);
    tcase_add_test(tcase, test_tournament_registration__earlier_entrants_keep_their_place);
    tcase_add_test(tcase, test_tournament_registration__finds_accounts);
    tcase_add_test(tcase, test_tournament_registration__one_survivor_of_each_group);
    tcase_add_test(tcase, test_tournament_registration__takes_two_white_listed_data_sets);
    tcase_add_test(tcase, test_tournament_fees__are_charged_once_and_refunded_once);
    tcase_add_test(tcase, test_tournament_duplicates__clusters_join_over_both_hashes);
    tcase_add_test(tcase, test_tournament_duplicates__evasion_flags_the_larger);
    tcase_add_test(tcase, test_tournament_duplicates__clusters_are_the_connected_parts);
    tcase_add_test(tcase, test_tournament_training__never_starts_a_third_time);
    tcase_add_test(tcase, test_tournament_training__late_and_tight);
    suite_add_tcase(suite, tcase);
    return suite;
}
