/* nearest.c and layout.c: finding things by name. */
#include "core/base/layout.h"
#include "core/base/nearest.h"

#include <stdlib.h>

#include "test_base.h"

static const char *const names[] = {"evaluate", "host", "plugin", "worker.threads"};

static const char *nearest(const char *misspelt)
{
    return gdi_nearest(misspelt, names, sizeof names / sizeof *names);
}

START_TEST(test_base_nearest__finds_typing_mistakes)
{
    ck_assert_str_eq(nearest("evalaute"), "evaluate");
    ck_assert_str_eq(nearest("hots"), "host");
    ck_assert_str_eq(nearest("plugins"), "plugin");
    ck_assert_str_eq(nearest("worker.thread"), "worker.threads");
}
END_TEST

START_TEST(test_base_nearest__suggests_nothing_for_another_word)
{
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_ptr_null(nearest("banana"));
    ck_assert_ptr_null(nearest(""));
    ck_assert_ptr_null(nearest(longest));
    ck_assert_ptr_null(gdi_nearest("host", NULL, 0));
}
END_TEST

START_TEST(test_base_layout__finds_the_rest_from_any_program)
{
    static const char *const programs[] = {"/nowhere/god/bin/god", "/nowhere/god/libexec/god/god-worker",
                                           "/nowhere/god/tests/test_base"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        gdi_layout layout;
        god_error err = GOD_ERROR_INIT;
        ck_assert_int_eq(gdi_layout_from(programs[i], &layout, &err), GOD_OK);
        ck_assert_str_eq(layout.root, "/nowhere/god");
        ck_assert_str_eq(layout.worker_path, "/nowhere/god/libexec/god/god-worker");
        ck_assert_str_eq(layout.plugins_dir, "/nowhere/god/lib/god/plugins");
        ck_assert_str_eq(layout.nn_dir, "/nowhere/god/lib/god/nn");
    }
}
END_TEST

START_TEST(test_base_layout__refuses_a_program_outside_an_installation)
{
    gdi_layout layout;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_layout_from("/nowhere/god", &layout, &err), GOD_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "\"/nowhere/god\" lies in no bin"));
}
END_TEST

Suite *suite_base_names(void)
{
    Suite *suite = suite_create("base_names");
    TCase *tests = tcase_create("names");
    tcase_add_test(tests, test_base_nearest__finds_typing_mistakes);
    tcase_add_test(tests, test_base_nearest__suggests_nothing_for_another_word);
    tcase_add_test(tests, test_base_layout__finds_the_rest_from_any_program);
    tcase_add_test(tests, test_base_layout__refuses_a_program_outside_an_installation);
    suite_add_tcase(suite, tests);
    return suite;
}
