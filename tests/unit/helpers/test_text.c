#include "suites.h"

#include "god/helpers/text.h"

START_TEST(test_helpers_text__grows_and_stays_nul_ended)
{
    god_text text = GOD_TEXT_INIT;
    god_error err = GOD_ERROR_INIT;
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(god_text_append_f(&text, &err, "%03d,", i), GOD_OK);
        ck_assert_uint_eq(text.bytes, (size_t)(i + 1) * 4);
        ck_assert_int_eq(text.data[text.bytes], '\0');
    }
    ck_assert_int_eq(strncmp(text.data + 4 * 512, "512,", 4), 0);
    god_text_free(&text);
}
END_TEST

START_TEST(test_helpers_text__keeps_bytes_that_are_zero)
{
    god_text text = GOD_TEXT_INIT;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_text_append(&text, "a\0b", 3, &err), GOD_OK);
    ck_assert_int_eq(god_text_append_str(&text, "c", &err), GOD_OK);
    ck_assert_uint_eq(text.bytes, 4);
    ck_assert_mem_eq(text.data, "a\0bc", 5);
    god_text_clear(&text);
    ck_assert_uint_eq(text.bytes, 0);
    ck_assert_str_eq(text.data, "");
    god_text_free(&text);
    ck_assert_ptr_null(text.data);
}
END_TEST

START_TEST(test_helpers_text__refuses_to_grow_beyond_its_limit)
{
    god_text text = GOD_TEXT_INIT;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_text_append(&text, "x", GOD_TEXT_BYTES_MAX, &err), GOD_E_NOMEM);
    ck_assert_ptr_nonnull(strstr(err.message, "GOD_TEXT_BYTES_MAX"));
    ck_assert_ptr_null(text.data);
}
END_TEST

START_TEST(test_helpers_text__percent_encodes_whole_bytes)
{
    char buf[16];
    ck_assert_uint_eq(god_percent_encode("a-Z_0.9~", buf, sizeof buf), 8);
    ck_assert_str_eq(buf, "a-Z_0.9~");
    ck_assert_uint_eq(god_percent_encode("/ \xc3\xa9%", buf, sizeof buf), 15);
    ck_assert_str_eq(buf, "%2F%20%C3%A9%25");
    ck_assert_uint_eq(god_percent_encode("ab/c", buf, 5), 6);
    ck_assert_str_eq(buf, "ab");
    ck_assert_uint_eq(god_percent_encode("", buf, 1), 0);
    ck_assert_str_eq(buf, "");
}
END_TEST

Suite *helpers_text_suite(void)
{
    Suite *suite = suite_create("helpers_text");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, test_helpers_text__grows_and_stays_nul_ended);
    tcase_add_test(cases, test_helpers_text__keeps_bytes_that_are_zero);
    tcase_add_test(cases, test_helpers_text__refuses_to_grow_beyond_its_limit);
    tcase_add_test(cases, test_helpers_text__percent_encodes_whole_bytes);
    suite_add_tcase(suite, cases);
    return suite;
}
