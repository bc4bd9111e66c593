#include "suites.h"

#include "common/python_json.h"

static void expect_json(const char *value_text, const char *wanted)
{
    god_error err = GOD_ERROR_INIT;
    god_text text = GOD_TEXT_INIT;
    json_t *value = json_of(value_text);
    expect_ok(gtx_python_json(value, &text, &err), &err);
    ck_assert_str_eq(text.data, wanted);
    json_decref(value);
    god_text_free(&text);
}

START_TEST(test_instruct_python_json__separators_and_order)
{
    expect_json("{\"b\":1,\"a\":[1,2,{}],\"c\":null,\"d\":true,\"e\":false,\"f\":[]}",
                "{\"b\": 1, \"a\": [1, 2, {}], \"c\": null, \"d\": true, \"e\": false, \"f\": []}");
    expect_json("[2.0, -0.5, 1e16]", "[2.0, -0.5, 1e+16]");
}
END_TEST

START_TEST(test_instruct_python_json__escapes_everything_outside_ascii)
{
    expect_json("\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"", "\"\\u00e9 \\u20ac \\ud83d\\ude00\"");
    expect_json("\"\\\" \\\\ / \\n\\r\\t\\b\\f \\u0001 \\u007f \\u0000.\"",
                "\"\\\" \\\\ / \\n\\r\\t\\b\\f \\u0001 \x7f \\u0000.\"");
}
END_TEST

START_TEST(test_instruct_python_json__refuses_endless_nesting)
{
    god_error err = GOD_ERROR_INIT;
    god_text text = GOD_TEXT_INIT;
    json_t *value = json_array();
    for (int i = 0; i < 100; i++) {
        json_t *outer = json_array();
        ck_assert_int_eq(json_array_append_new(outer, value), 0);
        value = outer;
    }
    expect_refused(gtx_python_json(value, &text, &err), GOD_E_INVALID, &err, "nested deeper than 64 levels");
    json_decref(value);
    god_text_free(&text);
}
END_TEST

Suite *instruct_python_json_suite(void)
{
    const TTest *const tests[] = {test_instruct_python_json__separators_and_order,
                                  test_instruct_python_json__escapes_everything_outside_ascii,
                                  test_instruct_python_json__refuses_endless_nesting, NULL};
    return suite_of("python_json", tests);
}
