/* Digests, streams, moments and ids. */
#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "core/tournament/calendar.h"
#include "core/tournament/ids.h"
#include "core/tournament/roster.h"
#include "core/tournament/rules.h"
#include "core/tournament/stream.h"
#include "god/helpers/sha256.h"

static void to_hex(const uint8_t digest[GDI_SHA256_BYTES], char hex[GOD_SHA256_HEX])
{
    for (size_t i = 0; i < GDI_SHA256_BYTES; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
}

START_TEST(test_tournament_sha256__agrees_with_the_sdk)
{
    enum { bytes_max = 300 };
    uint8_t text[bytes_max];
    for (size_t i = 0; i < bytes_max; i++) {
        text[i] = (uint8_t)(i * 37 + 11);
    }
    for (size_t bytes = 0; bytes <= bytes_max; bytes++) {
        for (size_t first = 0; first <= bytes; first += 1 + bytes / 7) {
            gdi_sha256 sha;
            uint8_t digest[GDI_SHA256_BYTES];
            char hex[GOD_SHA256_HEX], expected[GOD_SHA256_HEX];
            gdi_sha256_init(&sha);
            gdi_sha256_update(&sha, text, first);
            gdi_sha256_update(&sha, text + first, bytes - first);
            gdi_sha256_final(&sha, digest);
            to_hex(digest, hex);
            god_sha256_bytes(text, bytes, expected);
            ck_assert_str_eq(hex, expected);
        }
    }
}
END_TEST

START_TEST(test_tournament_sha256__knows_abc)
{
    gdi_sha256 sha;
    uint8_t digest[GDI_SHA256_BYTES];
    char hex[GOD_SHA256_HEX];
    gdi_sha256_init(&sha);
    gdi_sha256_update(&sha, "abc", 3);
    gdi_sha256_final(&sha, digest);
    to_hex(digest, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(test_tournament_stream__is_the_digests_of_counted_labels)
{
    gdi_stream stream;
    gdi_stream_open(&stream, "round", "label");
    for (unsigned k = 0; k < 12; k++) {
        char text[32], expected[GOD_SHA256_HEX], got[4 * 16 + 1];
        (void)snprintf(text, sizeof text, "round/label/%u", k);
        god_sha256_bytes(text, strlen(text), expected);
        for (size_t i = 0; i < 4; i++) {
            (void)snprintf(got + 16 * i, 17, "%016llx", (unsigned long long)gdi_stream_next(&stream));
        }
        ck_assert_str_eq(got, expected);
    }
}
END_TEST

START_TEST(test_tournament_stream__one_choice_reads_nothing)
{
    gdi_stream a, b;
    gdi_stream_open(&a, "r", "l");
    gdi_stream_open(&b, "r", "l");
    for (unsigned i = 0; i < 100; i++) {
        ck_assert_uint_eq(gdi_stream_below(&a, 1), 0);
    }
    ck_assert_uint_eq(gdi_stream_next(&a), gdi_stream_next(&b));
}
END_TEST

START_TEST(test_tournament_stream__throws_away_the_incomplete_run)
{
    /* With 2^63 + 1 choices nearly half of all numbers lie in the incomplete run, so skipping shows quickly. */
    const uint64_t bound = ((uint64_t)1 << 63) + 1;
    gdi_stream stream, raw;
    gdi_stream_open(&stream, "r", "l");
    gdi_stream_open(&raw, "r", "l");
    unsigned skipped = 0;
    for (unsigned i = 0; i < 200; i++) {
        uint64_t x = gdi_stream_next(&raw);
        while (x >= bound) { /* 2^64 - r is the bound itself here */
            skipped++;
            x = gdi_stream_next(&raw);
        }
        ck_assert_uint_eq(gdi_stream_below(&stream, bound), x);
    }
    ck_assert_uint_gt(skipped, 50);
}
END_TEST

START_TEST(test_tournament_stream__below_and_unit_stay_in_range)
{
    gdi_stream stream;
    gdi_stream_open(&stream, "r", "l");
    double sum = 0;
    for (unsigned i = 1; i <= 2000; i++) {
        ck_assert_uint_lt(gdi_stream_below(&stream, i), i);
        double unit = gdi_stream_unit(&stream);
        ck_assert(unit >= 0 && unit < 1);
        sum += unit;
    }
    ck_assert_double_eq_tol(sum / 2000, 0.5, 0.03);
}
END_TEST

START_TEST(test_tournament_stream__shuffle_keeps_the_items)
{
    uint32_t items[500], seen[500] = {0};
    for (uint32_t i = 0; i < 500; i++) {
        items[i] = i;
    }
    gdi_stream stream;
    gdi_stream_open(&stream, "r", "l");
    gdi_stream_shuffle(&stream, items, 500);
    unsigned moved = 0;
    for (uint32_t i = 0; i < 500; i++) {
        seen[items[i]]++;
        moved += items[i] != i;
    }
    for (uint32_t i = 0; i < 500; i++) {
        ck_assert_uint_eq(seen[i], 1);
    }
    ck_assert_uint_gt(moved, 400);
    gdi_stream_shuffle(&stream, items, 0);
    gdi_stream_shuffle(&stream, items, 1);
}
END_TEST

START_TEST(test_tournament_calendar__reads_and_writes_moments)
{
    static const char *const moments[] = {
        "1970-01-01T00:00:00Z", "2026-06-18T14:07:00Z",   "2024-02-29T23:59:59Z",        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z", "1900-03-01T12:00:00.5Z", "2026-01-01T00:00:00.000001Z", "1969-12-31T23:59:59.25Z"};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        int64_t time_us = 0;
        char text[GDI_TIME_TEXT];
        ck_assert(gdi_time_parse(moments[i], &time_us));
        gdi_time_format(time_us, text);
        ck_assert_str_eq(text, moments[i]);
    }
}
END_TEST

START_TEST(test_tournament_calendar__refuses_other_forms)
{
    static const char *const texts[] = {"",
                                        "2026-06-18",
                                        "2026-06-18T14:07:00",
                                        "2026-06-18 14:07:00Z",
                                        "2026-02-29T00:00:00Z",
                                        "2026-13-01T00:00:00Z",
                                        "2026-00-01T00:00:00Z",
                                        "2026-01-00T00:00:00Z",
                                        "2026-01-32T00:00:00Z",
                                        "2026-01-01T24:00:00Z",
                                        "2026-01-01T00:60:00Z",
                                        "2026-01-01T00:00:60Z",
                                        "2026-01-01T00:00:00.Z",
                                        "2026-01-01T00:00:00.1234567Z",
                                        "2026-01-01T00:00:00Zx",
                                        "0000-01-01T00:00:00Z",
                                        "-026-01-01T00:00:00Z",
                                        "2026-04-31T00:00:00Z",
                                        "1900-02-29T00:00:00Z"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t time_us = 42;
        ck_assert_msg(!gdi_time_parse(texts[i], &time_us), "\"%s\" was taken", texts[i]);
        ck_assert_int_eq(time_us, 42);
    }
}
END_TEST

START_TEST(test_tournament_calendar__days_follow_one_another)
{
    int64_t day_us = 0;
    char text[GDI_TIME_TEXT], last[GDI_TIME_TEXT] = "";
    ck_assert(gdi_time_parse("1899-12-25T05:00:00Z", &day_us)); /* a Monday */
    for (uint32_t i = 0; i < 400 * 366; i++, day_us += GDI_DAY_US) {
        gdi_time_format(day_us, text);
        int64_t again = 0;
        bool right = gdi_time_weekday(day_us) == i % 7 && gdi_time_hour(day_us) == 5 && strcmp(last, text) < 0 &&
                     gdi_time_parse(text, &again) && again == day_us;
        if (!right) {
            ck_abort_msg("day %u, \"%s\"", i, text); /* asserting each is what takes time here */
        }
        memcpy(last, text, sizeof last);
    }
    ck_assert_double_eq(gdi_days_between(0, GDI_DAY_US + GDI_DAY_US / 2), 1.5);
    ck_assert_double_eq(gdi_days_between(GDI_DAY_US, 0), -1.0);
}
END_TEST

START_TEST(test_tournament_ids__have_the_forms_of_the_network)
{
    int64_t created_us = 0;
    char tournament[GDI_ID_BYTES], round[GDI_ID_BYTES], slot[GDI_ID_BYTES], name[GDI_REPOSITORY_BYTES];
    ck_assert(gdi_time_parse("2026-06-18T23:59:59Z", &created_us));
    ck_assert(gdi_tournament_id(0x0123456789abcdef, created_us, tournament, sizeof tournament));
    ck_assert_str_eq(tournament, "tourn_0123456789abcdef_20260618");
    ck_assert(gdi_round_id(tournament, 1, round, sizeof round));
    ck_assert_str_eq(round, "tourn_0123456789abcdef_20260618_round_001");
    ck_assert(gdi_slot_id(round, GDI_SLOT_GROUP, 12, slot, sizeof slot));
    ck_assert_str_eq(slot, "tourn_0123456789abcdef_20260618_round_001_group_012");
    ck_assert(gdi_slot_id(round, GDI_SLOT_PAIR, 1000, slot, sizeof slot));
    ck_assert_str_eq(slot, "tourn_0123456789abcdef_20260618_round_001_pair_1000");
    ck_assert(gdi_output_repository(tournament, "t", "5GU4Xkd3dCGT", name, sizeof name));
    ck_assert_str_eq(name, "tournament-tourn_0123456789abcdef_20260618-t-5GU4Xkd3");
    ck_assert(gdi_benchmark_repository("root", tournament, "5G", name, sizeof name));
    ck_assert_str_eq(name, "benchmark-root-tourn_0123456789abcdef_20260618-5G");
    ck_assert(gdi_winner_repository(GDI_ENVIRONMENT, tournament, name, sizeof name));
    ck_assert_str_eq(name, "god-environment-tourn-0123456789abcdef-20260618-position-1");
    ck_assert(gdi_duplicate_repository(GDI_TEXT, tournament, "5GU4Xkd3dCGT", name, sizeof name));
    ck_assert_str_eq(name, "god-text-tourn_0123456789abcdef_20260618-dedup-5GU4Xkd3");
}
END_TEST

START_TEST(test_tournament_ids__say_when_there_is_no_room)
{
    char small[8] = "before";
    ck_assert(!gdi_round_id("tourn_0123456789abcdef_20260618", 1, small, sizeof small));
    ck_assert_str_eq(small, "");
    ck_assert(!gdi_winner_repository(GDI_TEXT, "tourn", small, sizeof small));
}
END_TEST

START_TEST(test_tournament_roster__sorts_by_bytes_and_finds)
{
    const char *hotkeys[] = {"b", "é", "a", "BOSS", "b", "aa", "~", ""};
    static const char *const expected[] = {"", "BOSS", "a", "aa", "b", "~", "é"};
    gdi_roster roster;
    gdi_roster_init(hotkeys, sizeof hotkeys / sizeof *hotkeys, "BOSS", &roster);
    ck_assert_uint_eq(roster.count, 7);
    for (uint32_t i = 0; i < roster.count; i++) {
        ck_assert_str_eq(roster.hotkeys[i], expected[i]);
        ck_assert_uint_eq(gdi_roster_find(&roster, expected[i]), i);
    }
    ck_assert_uint_eq(roster.boss, 1);
    ck_assert_uint_eq(gdi_roster_find(&roster, "c"), GDI_NOBODY);
    ck_assert_uint_eq(gdi_roster_find(&roster, NULL), GDI_NOBODY);
    gdi_roster_init(hotkeys, 0, "BOSS", &roster);
    ck_assert_uint_eq(roster.boss, GDI_NOBODY);
}
END_TEST

START_TEST(test_tournament_rules__types_have_names)
{
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        ck_assert_uint_eq(gdi_type_from_name(gdi_type_name(type)), type);
    }
    ck_assert_uint_eq(gdi_type_from_name("Text"), 0);
    gdi_rules rules;
    char text[GDI_TIME_TEXT];
    gdi_rules_default(&rules);
    gdi_time_format(rules.decay_start_us, text);
    ck_assert_str_eq(text, "2025-11-26T00:00:00Z");
}
END_TEST

Suite *suite_tournament_draws(void)
{
    Suite *suite = suite_create("tournament_draws");
    TCase *tcase = tcase_create("draws");
    tcase_add_test(tcase, test_tournament_sha256__agrees_with_the_sdk);
    tcase_add_test(tcase, test_tournament_sha256__knows_abc);
    tcase_add_test(tcase, test_tournament_stream__is_the_digests_of_counted_labels);
    tcase_add_test(tcase, test_tournament_stream__one_choice_reads_nothing);
    tcase_add_test(tcase, test_tournament_stream__throws_away_the_incomplete_run);
    tcase_add_test(tcase, test_tournament_stream__below_and_unit_stay_in_range);
    tcase_add_test(tcase, test_tournament_stream__shuffle_keeps_the_items);
    tcase_add_test(tcase, test_tournament_calendar__reads_and_writes_moments);
    tcase_add_test(tcase, test_tournament_calendar__refuses_other_forms);
    tcase_add_test(tcase, test_tournament_calendar__days_follow_one_another);
    tcase_add_test(tcase, test_tournament_ids__have_the_forms_of_the_network);
    tcase_add_test(tcase, test_tournament_ids__say_when_there_is_no_room);
    tcase_add_test(tcase, test_tournament_roster__sorts_by_bytes_and_finds);
    tcase_add_test(tcase, test_tournament_rules__types_have_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
