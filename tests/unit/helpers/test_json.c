#include "suites.h"

#include <stdlib.h>

#include "god/helpers/json.h"

static god_error err = GOD_ERROR_INIT;

static json_t *parsed(const char *text)
{
    json_t *value = NULL;
    ck_assert_int_eq(god_json_parse("task", text, strlen(text), &value, &err), GOD_OK);
    return value;
}

static void expect_refused(const char *text, const char *sentence)
{
    json_t *value = NULL;
    ck_assert_int_eq(god_json_parse("task", text, strlen(text), &value, &err), GOD_E_DATA);
    ck_assert_msg(strstr(err.message, sentence) != NULL, "\"%s\" lacks \"%s\"", err.message, sentence);
    ck_assert_ptr_null(value);
}

START_TEST(test_helpers_json__parse_errors_carry_line_and_column)
{
    expect_refused("{\"a\": 1,\n  oops}", "task: line 2, column 6: ");
    expect_refused("", "task: line 1, column 0: ");
    expect_refused("{\"a\":1,\"a\":2}", "duplicate object key");
}
END_TEST

START_TEST(test_helpers_json__depth_is_limited)
{
    enum { depth = 100000 };
    char *text = malloc(depth);
    ck_assert_ptr_nonnull(text);
    memset(text, '[', depth);
    json_t *value = NULL;
    ck_assert_int_eq(god_json_parse("task", text, depth, &value, &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "maximum parsing depth"));
    free(text);
}
END_TEST

START_TEST(test_helpers_json__getters_name_key_and_type)
{
    json_t *object = parsed("{\"s\": \"text\", \"n\": 7, \"x\": 1.5, \"b\": true, \"z\": null, \"a\": []}");
    const char *str = "unset";
    int64_t number = -1;
    double real = 0;
    uint32_t flag = 0;
    ck_assert_int_eq(god_json_get_str("task", object, "s", &str, &err), GOD_OK);
    ck_assert_str_eq(str, "text");
    ck_assert_int_eq(god_json_get_int("task", object, "n", 0, 7, &number, &err), GOD_OK);
    ck_assert_int_eq(number, 7);
    ck_assert_int_eq(god_json_get_num("task", object, "x", &real, &err), GOD_OK);
    ck_assert_double_eq(real, 1.5);
    ck_assert_int_eq(god_json_get_bool("task", object, "b", &flag, &err), GOD_OK);
    ck_assert_uint_eq(flag, 1);

    ck_assert_int_eq(god_json_get_int("task", object, "n", 0, 6, &number, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "task: \"n\" is 7, allowed are 0 to 6");
    ck_assert_int_eq(god_json_get_str("task", object, "n", &str, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "task: \"n\" is a number, a string is needed");
    ck_assert_int_eq(god_json_get_int("task", object, "x", 0, 6, &number, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "task: \"x\" is a number, a whole number is needed");
    ck_assert_int_eq(god_json_get_str("task", object, "absent", &str, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "task: \"absent\" is missing");
    ck_assert_int_eq(god_json_get_str("task", object, "z", &str, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "task: \"z\" is null");
    ck_assert_str_eq(str, "text"); /* failures leave the caller's value alone */
    json_decref(object);
}
END_TEST

START_TEST(test_helpers_json__optional_members_keep_the_default)
{
    json_t *object = parsed("{\"z\": null, \"s\": 3}");
    const char *str = "default";
    ck_assert_int_eq(god_json_opt_str("task", object, "absent", &str, &err), GOD_OK);
    ck_assert_int_eq(god_json_opt_str("task", object, "z", &str, &err), GOD_OK);
    ck_assert_str_eq(str, "default");
    ck_assert_int_eq(god_json_opt_str("task", object, "s", &str, &err), GOD_E_DATA);
    json_decref(object);
}
END_TEST

START_TEST(test_helpers_json__write_and_read_keep_doubles)
{
    json_t *object = json_object();
    json_object_set_new(object, "value", json_real(0.1 + 0.2));
    ck_assert_int_eq(god_json_write("doubles.json", object, &err), GOD_OK);
    json_t *again = NULL;
    ck_assert_int_eq(god_json_read("doubles.json", 1000, &again, &err), GOD_OK);
    ck_assert(json_real_value(json_object_get(again, "value")) == 0.1 + 0.2);
    json_decref(again);
    json_decref(object);
    ck_assert_int_eq(god_json_read("doubles.json", 3, &again, &err), GOD_E_DATA);
}
END_TEST

Suite *helpers_json_suite(void)
{
    Suite *suite = suite_create("helpers_json");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, test_helpers_json__parse_errors_carry_line_and_column);
    tcase_add_test(cases, test_helpers_json__depth_is_limited);
    tcase_add_test(cases, test_helpers_json__getters_name_key_and_type);
    tcase_add_test(cases, test_helpers_json__optional_members_keep_the_default);
    tcase_add_test(cases, test_helpers_json__write_and_read_keep_doubles);
    suite_add_tcase(suite, cases);
    return suite;
}
