#include "core/http/key.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "test_http.h"

static const char variable[] = "GOD_TEST_KEY";
static const gdi_key_source from_variable = {.variable = variable};

START_TEST(test_http_key__is_compared_whole)
{
    ck_assert_int_eq(setenv(variable, " long enough\n", 1), 0);
    ck_assert_int_eq(gdi_key_check(&from_variable, "Bearer long enough", NULL), GOD_OK);
    ck_assert_int_eq(gdi_key_check(&from_variable, "bearer long enough", NULL), GOD_OK);
    static const char *const wrong[] = {
        NULL, "", "long enough", "Bearer ", "Bearer long enoug", "Bearer long enough ", "Basic long enough"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(gdi_key_check(&from_variable, wrong[i], NULL), GOD_E_CANCELLED);
    }
}
END_TEST

START_TEST(test_http_key__without_a_key_nobody_gets_in)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(unsetenv(variable), 0);
    ck_assert_int_eq(gdi_key_check(&from_variable, "Bearer ", &err), GOD_E_INTERNAL);
    ck_assert_int_eq(setenv(variable, "short", 1), 0);
    ck_assert_int_eq(gdi_key_check(&from_variable, "Bearer short", &err), GOD_E_INTERNAL);
    ck_assert_ptr_null(strstr(err.message, "short"));
    const gdi_key_source none = {.file = NULL};
    ck_assert_int_eq(gdi_key_check(&none, "Bearer ", &err), GOD_E_INTERNAL);
}
END_TEST

START_TEST(test_http_key__of_a_file_counts_at_once_and_must_be_private)
{
    static const char path[] = "key-file";
    const gdi_key_source source = {.file = path, .variable = variable};
    god_error err = GOD_ERROR_INIT;
    (void)unlink(path);
    ck_assert_int_eq(gdi_key_check(&source, "Bearer first key", &err), GOD_E_INTERNAL);
    ck_assert_int_eq(god_file_write(path, "first key\n", 10, &err), GOD_OK);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(gdi_key_check(&source, "Bearer first key", &err), GOD_OK);
    ck_assert_int_eq(god_file_write(path, "second key\n", 11, &err), GOD_OK);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(gdi_key_check(&source, "Bearer first key", &err), GOD_E_CANCELLED);
    ck_assert_int_eq(gdi_key_check(&source, "Bearer second key", &err), GOD_OK);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(gdi_key_check(&source, "Bearer second key", &err), GOD_E_INTERNAL);
    ck_assert_ptr_nonnull(strstr(err.message, "chmod"));
}
END_TEST

Suite *suite_http_key(void)
{
    Suite *suite = suite_create("http/key");
    TCase *tcase = tcase_create("key");
    tcase_add_test(tcase, test_http_key__is_compared_whole);
    tcase_add_test(tcase, test_http_key__without_a_key_nobody_gets_in);
    tcase_add_test(tcase, test_http_key__of_a_file_counts_at_once_and_must_be_private);
    suite_add_tcase(suite, tcase);
    return suite;
}
