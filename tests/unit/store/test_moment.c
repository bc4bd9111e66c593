#include "core/store/moment.h"

#include <string.h>

#include "core/store/text.h"
#include "tests/unit/store/stores.h"

static const struct {
    const char *text;
    int64_t moment_us;
} known[] = {
    {"1970-01-01T00:00:00.000000Z", 0},
    {"1969-12-31T23:59:59.999999Z", -1},
    {"2000-02-29T12:34:56.789012Z", INT64_C(951827696789012)},
    {"2026-06-18T14:07:00.000000Z", INT64_C(1781791620000000)},
    {"0001-01-01T00:00:00.000000Z", GDI_MOMENT_MIN},
    {"9999-12-31T23:59:59.999999Z", GDI_MOMENT_MAX},
};

START_TEST(test_store_moment__writes_and_reads_known_moments)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[GDI_MOMENT_TEXT];
        int64_t moment_us = 1;
        ck_assert(gdi_moment_format(known[i].moment_us, text));
        ck_assert_str_eq(text, known[i].text);
        ck_assert(gdi_moment_parse(known[i].text, &moment_us));
        ck_assert_int_eq(moment_us, known[i].moment_us);
    }
}
END_TEST

START_TEST(test_store_moment__reads_what_it_writes_over_all_years)
{
    char before[GDI_MOMENT_TEXT] = "";
    const int64_t step_us = INT64_C(86400000000) * 13 + 1234567891; /* days, hours and fractions all move */
    for (int64_t at_us = GDI_MOMENT_MIN; at_us <= GDI_MOMENT_MAX; at_us += step_us) {
        char text[GDI_MOMENT_TEXT];
        int64_t read_us = 0;
        ck_assert(gdi_moment_format(at_us, text) && gdi_moment_parse(text, &read_us));
        ck_assert_int_eq(read_us, at_us);
        ck_assert_int_gt(strcmp(text, before), 0); /* sorts by time */
        (void)strcpy(before, text);
    }
}
END_TEST

START_TEST(test_store_moment__reads_what_postgresql_answers)
{
    int64_t moment_us = 0;
    ck_assert(gdi_moment_parse("2026-06-18 14:07:00+00", &moment_us));
    ck_assert_int_eq(moment_us, INT64_C(1781791620000000));
    ck_assert(gdi_moment_parse("2026-06-18 14:07:00.25+00", &moment_us));
    ck_assert_int_eq(moment_us, INT64_C(1781791620250000));
}
END_TEST

START_TEST(test_store_moment__refuses_other_forms)
{
    static const char *const texts[] = {
        "",
        "2026-06-18",
        "2026-06-18T14:07:00.000000",
        "2026-06-18T14:07:00.0000000Z",
        "2026-06-18T14:07:00.Z",
        "2026-06-18T14:07:00+01",
        "2026-06-18T14:07:00Zx",
        "2026-6-18T14:07:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "0000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
        "infinity",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t moment_us = 42;
        ck_assert_msg(!gdi_moment_parse(texts[i], &moment_us), "%s", texts[i]);
        ck_assert_int_eq(moment_us, 42);
    }
    char text[GDI_MOMENT_TEXT] = "as it was";
    ck_assert(!gdi_moment_format(GDI_MOMENT_MAX + 1, text) && !gdi_moment_format(GDI_MOMENT_MIN - 1, text));
    ck_assert(!gdi_moment_format(INT64_MAX, text) && !gdi_moment_format(INT64_MIN, text));
    ck_assert_str_eq(text, "as it was");
}
END_TEST

START_TEST(test_store_text__tells_utf8)
{
    static const char *const good[] = {"",
                                       "plain ascii, longer than eight bytes",
                                       "f\xc3\xbcr",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x8f\x86",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xed\x9f\xbf",
                                       "12345678\xc3\xbc"};
    static const char *const bad[] = {"\x80",         "\xc0\xaf",         "\xc3",  "\xe0\x80\xaf",
                                      "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff",  "12345678\xc3",
                                      "\xe2\x82",     "\xf0\x80\x80\xaf", "\xc3(", "\xe2(\xac"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(gdi_utf8_is_good(good[i], strlen(good[i])), "good %zu", i);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!gdi_utf8_is_good(bad[i], strlen(bad[i])), "bad %zu", i);
    }
    char copy[6];
    gdi_utf8_copy("f\xc3\xbcr\xff!", copy, sizeof copy);
    ck_assert_str_eq(copy, "f\xc3\xbcr?");
    gdi_utf8_copy("abcd\xc3\xbc", copy, sizeof copy);
    ck_assert_str_eq(copy, "abcd"); /* not half of a character */
    gdi_utf8_copy("\xc3", copy, sizeof copy);
    ck_assert_str_eq(copy, "?");
}
END_TEST

Suite *suite_store_moment(void)
{
    Suite *suite = suite_create("store_moment");
    TCase *tcase = tcase_create("moments and texts");
    tcase_add_test(tcase, test_store_moment__writes_and_reads_known_moments);
    tcase_add_test(tcase, test_store_moment__reads_what_it_writes_over_all_years);
    tcase_add_test(tcase, test_store_moment__reads_what_postgresql_answers);
    tcase_add_test(tcase, test_store_moment__refuses_other_forms);
    tcase_add_test(tcase, test_store_text__tells_utf8);
    suite_add_tcase(suite, tcase);
    return suite;
}
