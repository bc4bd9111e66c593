#include <string.h>

#include "regex.h"
#include "suites.h"

/* Cuts `text` at the matches of an Oniguruma pattern and compares "[match]text[match]" with what is expected. */
static void expect_matches(const char *pattern, const char *text, const char *expected)
{
    god_error err = GOD_ERROR_INIT;
    gdt_regex *regex = NULL;
    gdt_work work;
    god_text shown = GOD_TEXT_INIT;
    memset(&work, 0, sizeof work);
    god_status status = gdt_regex_compile("test", pattern, strlen(pattern), &regex, &err);
    ck_assert_msg(status == GOD_OK, "%s: %s", pattern, err.message);
    ck_assert_int_eq(gdt_work_begin(&work, text, strlen(text), &err), GOD_OK);
    status = gdt_regex_matches(regex, &work, 0, (uint32_t)strlen(text), &err);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
    for (size_t i = 0; i < work.matches.count; i++) {
        const gdt_match *m = &work.matches.items[i];
        ck_assert_int_eq(
            god_text_append_f(&shown, &err, m->is_match ? "[%.*s]" : "%.*s", (int)(m->end - m->begin), text + m->begin),
            GOD_OK);
    }
    ck_assert_msg(strcmp(shown.data, expected) == 0, "%s on \"%s\" gives %s, not %s", pattern, text, shown.data,
                  expected);
    god_text_free(&shown);
    gdt_work_fini(&work);
    gdt_regex_free(regex);
}

START_TEST(test_token_regex__reads_the_syntax_of_oniguruma)
{
    expect_matches("\\s+",
                   "a \xE2\x80\xAF"
                   "b\xE1\xA0\x8E"
                   "c",
                   "a[ \xE2\x80\xAF]b\xE1\xA0\x8E"
                   "c"); /* no U+180E */
    expect_matches("\\h+", "xfFg", "x[fF]g");
    expect_matches("[\\h_]+", "xf_Fg", "x[f_F]g");
    expect_matches("\\w+",
                   "a\xCC\x81\xE2\x80\xBF"
                   "b-c",
                   "[a\xCC\x81\xE2\x80\xBF"
                   "b]-[c]"); /* marks, connectors */
    expect_matches("^.", "ab\ncd", "[a]b\n[c]d");
    expect_matches(".$", "ab\ncd", "a[b]\nc[d]");
    expect_matches("(?m:.)+", "a\nb", "[a\nb]");
    expect_matches("a{,2}", "aaa", "[aa][a]");
    expect_matches("(ab){1,2}+c", "abababc", "[abababc]"); /* again, not possessive */
    expect_matches("x{a}", "x{a}", "[x{a}]");
    expect_matches("[a[b-d]]+", "xabdx", "x[abd]x");
    expect_matches("[]a]+", "x]a", "x[]a]");
    expect_matches("[\\s\\-9]+", "a -9b", "a[ -9]b");
    expect_matches("\\u00e9", "caf\xC3\xA9", "caf[\xC3\xA9]");
    expect_matches("\\p{^L}+", "ab1-c", "ab[1-]c");
    expect_matches("\\P{L}+", "ab1-c", "ab[1-]c");
    expect_matches("\\p{Han}+", "a\xE6\x97\xA5\xE3\x80\x82", "a[\xE6\x97\xA5]\xE3\x80\x82");
    expect_matches("(?i:'s|'ll)", "It'S, I'LL", "It['S], I['LL]");
    expect_matches("\\bx", "x yx", "[x] yx");
    expect_matches("a*", "baac", "[]b[aa]c[]");
}
END_TEST

static void expect_compile_error(const char *pattern, size_t bytes, god_status code, const char *sentence)
{
    god_error err = GOD_ERROR_INIT;
    gdt_regex *regex = NULL;
    ck_assert_int_eq(gdt_regex_compile("test", pattern, bytes, &regex, &err), code);
    ck_assert_ptr_null(regex);
    ck_assert_str_eq(err.message, sentence);
}

START_TEST(test_token_regex__refuses_by_name_what_it_cannot_carry_over)
{
#define REFUSED(pattern, what)                                        \
    expect_compile_error(pattern, strlen(pattern), GOD_E_UNSUPPORTED, \
                         "test: the regular expression \"" pattern "\" uses " what ", which is not supported")
    REFUSED("[a&&b]", "&& in a class");
    REFUSED("[a[^b]]", "a negated class inside a class");
    REFUSED("[\\W]", "a negated set in a class");
    REFUSED("\\G", "\\G");
    REFUSED("[\\b]", "\\b in a class");
    REFUSED("(*FAIL)", "(*");
    REFUSED("(?#x)", "(?#");
    REFUSED("(?s:a)", "an option other than i, m, x");
    REFUSED("\\x80", "\\x with a byte above 7F");
    REFUSED("\\u12", "\\u without four hexadecimal digits");
    REFUSED("\\pL", "\\p without {}");
#undef REFUSED
    expect_compile_error("[a", 2, GOD_E_DATA, "test: the regular expression \"[a\" has a class without an end");
    expect_compile_error("(a", 2, GOD_E_DATA,
                         "test: the regular expression \"(a\" is refused at byte 2: missing closing parenthesis");
    static char longest[GDT_REGEX_BYTES_MAX + 1];
    memset(longest, 'a', sizeof longest);
    expect_compile_error(longest, sizeof longest, GOD_E_DATA,
                         "test: the regular expression has 16385 bytes, GDT_REGEX_BYTES_MAX is 16384");
}
END_TEST

START_TEST(test_token_regex__gives_up_on_hostile_patterns)
{
    static char text[4096];
    god_error err = GOD_ERROR_INIT;
    gdt_regex *regex = NULL;
    gdt_work work;
    memset(&work, 0, sizeof work);
    memset(text, 'a', sizeof text - 1);
    ck_assert_int_eq(gdt_regex_compile("test", "(a|a)+(?=!|_)", 13, &regex, &err), GOD_OK);
    ck_assert_int_eq(gdt_work_begin(&work, text, sizeof text - 1, &err), GOD_OK);
    ck_assert_int_eq(gdt_regex_matches(regex, &work, 0, sizeof text - 1, &err), GOD_E_DATA);
    ck_assert_msg(strstr(err.message, "gave up on 4095 bytes: ") != NULL, "%s", err.message);
    gdt_work_fini(&work);
    gdt_regex_free(regex);
}
END_TEST

Suite *suite_token_regex(void)
{
    Suite *suite = suite_create("token_regex");
    TCase *tests = tcase_create("regex");
    tcase_add_test(tests, test_token_regex__reads_the_syntax_of_oniguruma);
    tcase_add_test(tests, test_token_regex__refuses_by_name_what_it_cannot_carry_over);
    tcase_add_test(tests, test_token_regex__gives_up_on_hostile_patterns);
    suite_add_tcase(suite, tests);
    return suite;
}
