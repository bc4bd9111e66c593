#include "suites.h"

static god_error err = GOD_ERROR_INIT;

static void expect_rows(const char *text, size_t bytes, size_t count)
{
    gtx_rows rows;
    expect_ok(gtx_rows_parse(text, bytes, &rows, &err), &err);
    ck_assert_uint_eq(gtx_rows_count(&rows), count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(json_integer_value(json_object_get(gtx_rows_at(&rows, i), "n")), (json_int_t)i);
    }
    gtx_rows_free(&rows);
}

static void expect_bad(const char *text, const char *sentence)
{
    gtx_rows rows;
    expect_refused(gtx_rows_parse(text, strlen(text), &rows, &err), GOD_E_DATA, &err, sentence);
}

#define EXPECT_ROWS(text, count) expect_rows(text, sizeof(text) - 1, count)

START_TEST(test_instruct_rows__reads_lists_and_lines)
{
    EXPECT_ROWS("[{\"n\":0},{\"n\":1}]", 2);
    EXPECT_ROWS("\xef\xbb\xbf [\r\n {\"n\":0} ,\r\n {\"n\":1}\r\n]\r\n", 2);
    EXPECT_ROWS("{\"n\":0}\n{\"n\":1}\n{\"n\":2}", 3);
    EXPECT_ROWS("\xef\xbb\xbf{\"n\":0}\r\n\r\n  \r\n{\"n\":1}\r\n", 2);
    EXPECT_ROWS("{\n \"n\": 0\n}\n{\n \"n\": 1\n}\n", 2);
}
END_TEST

START_TEST(test_instruct_rows__reads_the_word_nan_as_null)
{
    gtx_rows rows;
    const char text[] = "{\"a\": NaN, \"b\": \"a \\\" NaN\"}\n{\"a\": [NaN,NaN]}\n";
    expect_ok(gtx_rows_parse(text, sizeof text - 1, &rows, &err), &err);
    ck_assert(json_is_null(json_object_get(gtx_rows_at(&rows, 0), "a")));
    ck_assert_str_eq(json_string_value(json_object_get(gtx_rows_at(&rows, 0), "b")), "a \" NaN");
    ck_assert_uint_eq(json_array_size(json_object_get(gtx_rows_at(&rows, 1), "a")), 2);
    gtx_rows_free(&rows);
}
END_TEST

START_TEST(test_instruct_rows__names_the_row_at_fault)
{
    expect_bad("{\"n\":0}\n{\"n\":1\n{\"n\":2}", "row 2: ");
    expect_bad("[{\"n\":0},{\"n\":1},3]", "row 3: a JSON object is needed");
    expect_bad("[{\"n\":0},]", "row 2: ");
    expect_bad("[{\"n\":0}", "row 1: a \",\" or the \"]\"");
    expect_bad("[{\"n\":0}] {", "goes on behind the \"]\"");
    expect_bad("[]", "has no rows");
    expect_bad("", "has no rows");
    expect_bad("\xef\xbb\xbf \n", "has no rows");
    expect_bad("\"text\"", "row 1: a JSON object is needed");
    expect_bad("{\"n\":1,\"n\":2}", "row 1: duplicate object key");
    expect_bad("{\"n\":\"\xff\"}", "row 1: ");
}
END_TEST

START_TEST(test_instruct_rows__columns_are_those_of_any_row)
{
    gtx_rows rows;
    const char text[] = "{\"a\": 1}\n{\"b\": null}\n";
    expect_ok(gtx_rows_parse(text, sizeof text - 1, &rows, &err), &err);
    ck_assert(gtx_rows_has_column(&rows, "a"));
    ck_assert(gtx_rows_has_column(&rows, "b"));
    ck_assert(!gtx_rows_has_column(&rows, "c"));
    ck_assert(!gtx_rows_has_column(&rows, ""));
    gtx_rows_free(&rows);
}
END_TEST

START_TEST(test_instruct_rows__texts_are_strings_or_nothing)
{
    gtx_rows rows;
    const char *text;
    size_t bytes;
    const char source[] = "{\"s\": \"x\\u0000y\", \"z\": null, \"n\": 5, \"l\": []}";
    expect_ok(gtx_rows_parse(source, sizeof source - 1, &rows, &err), &err);
    expect_ok(gtx_rows_text(&rows, 0, "s", &text, &bytes, &err), &err);
    ck_assert_uint_eq(bytes, 3);
    ck_assert_mem_eq(text, "x\0y", 3);
    expect_ok(gtx_rows_text(&rows, 0, "z", &text, &bytes, &err), &err);
    ck_assert_ptr_null(text);
    expect_ok(gtx_rows_text(&rows, 0, "absent", &text, &bytes, &err), &err);
    ck_assert_ptr_null(text);
    expect_refused(gtx_rows_text(&rows, 0, "n", &text, &bytes, &err), GOD_E_DATA, &err,
                   "row 1: field \"n\" is a number, a string is needed");
    expect_refused(gtx_rows_text(&rows, 0, "l", &text, &bytes, &err), GOD_E_DATA, &err, "field \"l\" is a list");
    gtx_rows_free(&rows);
}
END_TEST

Suite *instruct_rows_suite(void)
{
    const TTest *const tests[] = {
        test_instruct_rows__reads_lists_and_lines,        test_instruct_rows__reads_the_word_nan_as_null,
        test_instruct_rows__names_the_row_at_fault,       test_instruct_rows__columns_are_those_of_any_row,
        test_instruct_rows__texts_are_strings_or_nothing, NULL};
    return suite_of("rows", tests);
}
