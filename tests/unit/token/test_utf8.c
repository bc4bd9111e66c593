#include <string.h>

#include "suites.h"
#include "unicode.h"
#include "utf8.h"

static void expect_next(const char *bytes, size_t count, uint32_t code, size_t used)
{
    uint32_t found = 0;
    ck_assert_uint_eq(gdt_utf8_next(bytes, count, &found), used);
    ck_assert_uint_eq(found, code);
}

START_TEST(test_token_utf8__replaces_maximal_subparts)
{
    expect_next("a", 1, 'a', 1);
    expect_next("\xC3\xA9", 2, 0xE9, 2);
    expect_next("\xF0\x9F\x99\x82", 4, 0x1F642, 4);
    expect_next("\x80", 1, GDT_REPLACEMENT, 1);
    expect_next("\xC0\xAF", 2, GDT_REPLACEMENT, 1);         /* overlong */
    expect_next("\xE2\x82x", 3, GDT_REPLACEMENT, 2);        /* cut short by another character */
    expect_next("\xE2\x82", 2, GDT_REPLACEMENT, 2);         /* cut short by the end */
    expect_next("\xED\xA0\x80", 3, GDT_REPLACEMENT, 1);     /* a surrogate */
    expect_next("\xF4\x90\x80\x80", 4, GDT_REPLACEMENT, 1); /* above U+10FFFF */
    expect_next("\xF0\x9F\x99x", 4, GDT_REPLACEMENT, 3);
    expect_next("\xFF", 1, GDT_REPLACEMENT, 1);
}
END_TEST

static int comes_back(uint32_t code)
{
    char bytes[4];
    uint32_t next = 0, decoded = 0;
    size_t count = gdt_utf8_encode(code, bytes);
    return gdt_utf8_next(bytes, count, &next) == count && next == code && gdt_utf8_decode(bytes, &decoded) == count &&
           decoded == code && gdt_utf8_length(bytes[0]) == count && gdt_utf8_valid_prefix(bytes, count) == count;
}

START_TEST(test_token_utf8__every_code_point_comes_back)
{
    for (uint32_t code = 0; code <= GDT_CODE_POINT_MAX; code++) {
        if ((code < 0xD800 || code > 0xDFFF) && !comes_back(code)) {
            ck_abort_msg("U+%04X does not come back", code);
        }
    }
}
END_TEST

START_TEST(test_token_utf8__valid_prefix_ends_at_the_first_bad_byte)
{
    static const char text[] = "0123456789abcdef\xC3\xA9\xEF\xBF\xBD\xE2\x28";
    ck_assert_uint_eq(gdt_utf8_valid_prefix(text, sizeof text - 1), 21);
    ck_assert_uint_eq(gdt_utf8_valid_prefix(text, 21), 21);
    ck_assert_uint_eq(gdt_utf8_valid_prefix(text, 17), 16);
    ck_assert_uint_eq(gdt_utf8_valid_prefix("", 0), 0);
}
END_TEST

START_TEST(test_token_unicode__tables_are_of_the_versions_they_say)
{
    uint32_t lower[2];
    ck_assert(gdt_is_numeric(0x10D40) && gdt_is_numeric(0xBD) && !gdt_is_numeric('a')); /* Unicode 16, No */
    ck_assert(gdt_is_word(0x105C0) && gdt_is_word('_') && gdt_is_word(0x24B6) && !gdt_is_word('-'));
    ck_assert(gdt_is_punctuation('$') && gdt_is_punctuation(0xA1) &&
              !gdt_is_punctuation(0x2E43)); /* not in Unicode 8 */
    ck_assert(gdt_is_white_space(0x3000) && gdt_is_white_space(0x85) && !gdt_is_white_space(0x180E));
    ck_assert(gdt_is_other(0xAD) && !gdt_is_other(0x378));
    ck_assert(gdt_is_mark(0x301) && gdt_is_nonspacing(0x301) && !gdt_is_nonspacing(0x903) && gdt_is_mark(0x903));
    ck_assert_uint_eq(gdt_lower(0x130, lower), 2);
    ck_assert_uint_eq(gdt_lower(0xC9, lower), 1);
    ck_assert_uint_eq(lower[0], 0xE9);
    ck_assert_uint_eq(gdt_compose('e', 0x301), 0xE9);
    ck_assert_uint_eq(gdt_compose(0x1100, 0x1161), 0xAC00);
    ck_assert_uint_eq(gdt_compose('a', 'b'), 0);
    ck_assert_uint_eq(gdt_combining_class(0x301), 230);
    ck_assert_uint_eq(gdt_combining_class(0x1ABF), 0); /* not in Unicode 9 */
}
END_TEST

/* What a decomposition has behind its first code point and composes with what is before it is a mark with a class, or
 * gdt_joins knows it. And gdt_joins knows nothing else. */
START_TEST(test_token_unicode__what_joins_is_what_decompositions_have)
{
    uint32_t codes[GDT_DECOMPOSITION_MAX], known = 0;
    static uint8_t seen[GDT_CODE_POINT_MAX + 1];
    for (uint32_t code = 0; code <= GDT_CODE_POINT_MAX; code++) {
        const size_t count = gdt_decompose(code, 0, codes);
        uint32_t composed = codes[0];
        for (size_t i = 1; i < count && (composed = gdt_compose(composed, codes[i])) != 0; i++) {
            ck_assert_msg(gdt_combining_class(codes[i]) != 0 || gdt_joins(codes[i]), "U+%04X ends with U+%04X", code,
                          codes[i]);
            seen[codes[i]] = 1;
        }
    }
    for (uint32_t code = 0; code <= GDT_CODE_POINT_MAX; code++) {
        if (gdt_joins(code)) {
            ck_assert_msg(seen[code] && gdt_combining_class(code) == 0, "U+%04X", code);
            known++;
        }
    }
    ck_assert_uint_gt(known, 21 + 27); /* vowels and final consonants of Hangul */
}
END_TEST

Suite *suite_token_utf8(void)
{
    Suite *suite = suite_create("token_utf8");
    TCase *tests = tcase_create("utf8");
    tcase_add_test(tests, test_token_utf8__replaces_maximal_subparts);
    tcase_add_test(tests, test_token_utf8__every_code_point_comes_back);
    tcase_add_test(tests, test_token_utf8__valid_prefix_ends_at_the_first_bad_byte);
    tcase_add_test(tests, test_token_unicode__tables_are_of_the_versions_they_say);
    tcase_add_test(tests, test_token_unicode__what_joins_is_what_decompositions_have);
    suite_add_tcase(suite, tests);
    return suite;
}
