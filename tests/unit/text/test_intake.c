/* What becomes of the rows of a data set, by kind of task: spec/training.md 20.1, steps 4 and 5. */
#include "common/intake.h"

#include "common/csv.h"

#include <check.h>
#include <stdlib.h>

#include "god/helpers/text.h"

/* Writes down what it is given: rows as they are, "-" for one that is left out. */
typedef struct notebook {
    god_text rows, fields;
    uint32_t calls, refuse_at;
} notebook;

static god_status note_row(void *ctx, const char *json_or_null, size_t bytes)
{
    notebook *book = ctx;
    if (++book->calls == book->refuse_at) {
        return GOD_E_IO;
    }
    ck_assert(json_or_null == NULL || strlen(json_or_null) == bytes);
    return god_text_append_f(&book->rows, NULL, "%s\n", json_or_null == NULL ? "-" : json_or_null);
}

static god_status note_field(void *ctx, const char *name, const char *value)
{
    notebook *book = ctx;
    return god_text_append_f(&book->fields, NULL, "%s=%s ", name, value);
}

typedef struct intake_case {
    const char *task_type;
    gtx_kind kind;
    const char *record, *rows;
    god_status status;
    const char *expected; /* the rows; or, for a failure, the sentence */
    const char *fields;
} intake_case;

#define INSTRUCT "{\"field_instruction\": \"q\", \"field_output\": \"a\"}"
#define WITH_INPUT \
    "{\"field_instruction\": \"q\", \"field_output\": \"a\", \"field_input\": \"i\", \"field_system\": \"\"}"
#define DPO "{\"field_prompt\": \"p\", \"field_chosen\": \"c\", \"field_rejected\": \"r\"}"
#define GRPO                                                                                              \
    "{\"field_prompt\": \"p\", \"extra_column\": \"x\", \"reward_functions\": [{\"reward_func\": \"f\", " \
    "\"reward_weight\": 1}]}"
#define CHAT "{\"chat_column\": \"talk\", \"chat_role_field\": \"r\", \"chat_content_field\": \"c\"}"

static const intake_case cases[] = {
    {"InstructTextTask", GTX_KIND_INSTRUCT, INSTRUCT,
     "[{\"a\": \"2\", \"q\": \"1+1\", \"z\": 1}, {\"q\": null, \"a\": 1.5}, {\"q\": true, \"a\": [1, \"\\u00e9\"]}, "
     "{\"q\": "
     "-3}]",
     GOD_OK,
     "{\"instruct\":\"1+1\",\"output\":\"2\"}\n{\"instruct\":\"\",\"output\":\"1.5\"}\n"
     "{\"instruct\":\"True\",\"output\":\"[1, \\\"\\\\u00e9\\\"]\"}\n{\"instruct\":\"-3\",\"output\":\"\"}\n",
     "field_instruction=instruct field_output=output "},
    {"InstructTextTask", GTX_KIND_INSTRUCT, WITH_INPUT, "{\"q\": \"a\", \"a\": \"b\", \"i\": \"c\"}", GOD_OK,
     "{\"instruct\":\"a\",\"output\":\"b\",\"input\":\"c\"}\n",
     "field_instruction=instruct field_output=output field_input=input "},
    {"InstructTextTask", GTX_KIND_INSTRUCT, WITH_INPUT, "{\"q\": \"a\", \"a\": \"b\"}", GOD_E_DATA,
     "the data set has no column \"i\", which \"field_input\" names", NULL},
    {"InstructTextTask", GTX_KIND_INSTRUCT, "{\"field_instruction\": \"q\"}", "{\"q\": \"a\"}", GOD_E_INVALID,
     "dataset_type: \"field_output\" names no column", NULL},
    {"InstructTextTask", GTX_KIND_INSTRUCT, INSTRUCT,
     "{\"q\": \"\", \"a\": \"x\"} {\"q\": \"\", \"a\": \"\"} {} {} {} {\"q\": null}", GOD_E_DATA,
     "5 of 6 rows are empty, at most 80 % may be", NULL},
    {"InstructTextTask", GTX_KIND_INSTRUCT, INSTRUCT, "{\"q\": \"\", \"a\": \" \"} {} {} {} {}", GOD_OK,
     "{\"instruct\":\"\",\"output\":\" \"}\n{\"instruct\":\"\",\"output\":\"\"}\n{\"instruct\":\"\",\"output\":\"\"}\n"
     "{\"instruct\":\"\",\"output\":\"\"}\n{\"instruct\":\"\",\"output\":\"\"}\n",
     "field_instruction=instruct field_output=output "},
    {"DpoTask", GTX_KIND_DPO, DPO,
     "{\"p\": \"1\", \"c\": \"2\", \"r\": \"3\"} {\"p\": \"1\", \"c\": \" \\n\", \"r\": \"3\"} {\"p\": \"1\", \"c\": "
     "\"2\"}",
     GOD_OK, "{\"prompt\":\"1\",\"chosen\":\"2\",\"rejected\":\"3\"}\n-\n-\n",
     "field_prompt=prompt field_chosen=chosen field_rejected=rejected "},
    {"DpoTask", GTX_KIND_DPO, DPO, "{\"p\": \"1\", \"c\": \"\", \"r\": \"3\"}", GOD_E_DATA,
     "none of 1 rows can be used", NULL},
    {"GrpoTask", GTX_KIND_GRPO, GRPO, "{\"p\": \"1\", \"x\": {\"b\": [null]}}", GOD_OK,
     "{\"prompt\":\"1\",\"extra_data\":\"{\\\"b\\\": [null]}\"}\n", "field_prompt=prompt extra_column=extra_data "},
    {"ChatTask", GTX_KIND_CHAT, CHAT,
     "{\"talk\": [{\"r\": \"u\", \"c\": \"a\", \"n\": 1}, {\"r\": \"b\", \"c\": \"\"}, {\"r\": \"u\"}, 5, {\"c\": "
     "\"x\"}]} "
     "{\"talk\": [{\"r\": \"u\", \"c\": \"a\"}, {\"r\": \"u\", \"c\": null}]} "
     "{\"talk\": \" [{\\\"r\\\": 1, \\\"c\\\": 2}, {\\\"r\\\": 3, \\\"c\\\": 4}]\"} {\"talk\": \"[broken\"} {\"talk\": "
     "5}",
     GOD_OK,
     "{\"conversations\":[{\"r\":\"u\",\"c\":\"a\",\"n\":1},{\"r\":\"b\",\"c\":\"\"}]}\n-\n"
     "{\"conversations\":[{\"r\":1,\"c\":2},{\"r\":3,\"c\":4}]}\n-\n-\n",
     "chat_column=conversations "},
};
enum { case_count = sizeof cases / sizeof *cases };

static god_status run(const intake_case *c, notebook *book, god_error *err)
{
    char spec_json[1024];
    gtx_task_spec spec;
    gtx_rows rows;
    god_error why = GOD_ERROR_INIT;
    const god_intake_sink sink = {
        .size = GOD_SIZE_TO(god_intake_sink, field), .ctx = book, .row = note_row, .field = note_field};
    (void)snprintf(spec_json, sizeof spec_json, "{\"task_id\": \"t\", \"dataset_type\": %s}", c->record);
    ck_assert_msg(gtx_task_spec_parse(spec_json, c->task_type, c->kind, &spec, &why) == GOD_OK, "%s", why.message);
    ck_assert_msg(gtx_rows_parse(c->rows, strlen(c->rows), &rows, &why) == GOD_OK, "%s", why.message);
    god_status status = gtx_intake_rows(&spec, c->kind, &rows, &sink, err);
    gtx_rows_free(&rows);
    gtx_task_spec_free(&spec);
    return status;
}

START_TEST(test_text_intake__makes_rows)
{
    const intake_case *c = &cases[_i];
    notebook book = {.calls = 0};
    god_error err = GOD_ERROR_INIT;
    god_status status = run(c, &book, &err);
    ck_assert_msg(status == c->status, "status %d: %s", status, err.message);
    if (status == GOD_OK) {
        ck_assert_str_eq(book.rows.data, c->expected);
        ck_assert_str_eq(book.fields.data, c->fields);
    } else {
        ck_assert_str_eq(err.message, c->expected);
    }
    god_text_free(&book.rows);
    god_text_free(&book.fields);
}
END_TEST

/* A sink that refuses a row ends it, with the sink's own status. */
START_TEST(test_text_intake__stops_when_refused)
{
    for (uint32_t at = 1; at <= 4; at++) {
        notebook book = {.refuse_at = at};
        god_error err = GOD_ERROR_INIT;
        ck_assert_int_eq(run(&cases[0], &book, &err), GOD_E_IO);
        ck_assert_uint_eq(book.calls, at);
        god_text_free(&book.rows);
        god_text_free(&book.fields);
    }
}
END_TEST

/* ---- tables ---- */

typedef struct table_case {
    const char *text, *expected; /* the rows; or the sentence */
    god_status status;
} table_case;

static const table_case tables[] = {
    {"a,b\n1,2\n", "[{\"a\":\"1\",\"b\":\"2\"}]", GOD_OK},
    {"\xef\xbb\xbf\"a\",b\r\n\"x, \"\"y\"\"\nz\",\r\n\r\n,2",
     "[{\"a\":\"x, \\\"y\\\"\\nz\",\"b\":null},{\"a\":null,\"b\":\"2\"}]", GOD_OK},
    {"a\n\"1\"2\n", "[{\"a\":\"12\"}]", GOD_OK},
    {"a,b\n1\n", "record 1 has 1 fields, there are 2 columns and at most 1048576 records", GOD_E_DATA},
    {"a,b\n1,2\n1,2,3", "record 2 has 3 fields, there are 2 columns and at most 1048576 records", GOD_E_DATA},
    {"a,a\n1,2\n", "column 2 has no name, or that of another", GOD_E_DATA},
    {"a,\n1,2\n", "column 2 has no name, or that of another", GOD_E_DATA},
    {"a\n\"1\n2\n", "record 1: a quote is not closed", GOD_E_DATA},
    {"a\n\xff\n", "record 1: more than 1024 fields, or one that is not UTF-8", GOD_E_DATA},
    {"a,b\n", "the table has no records", GOD_E_DATA},
    {"", "the table has no records", GOD_E_DATA},
};
enum { table_count = sizeof tables / sizeof *tables };

START_TEST(test_text_csv__reads_tables)
{
    const table_case *c = &tables[_i];
    gtx_rows rows = {0};
    god_error err = GOD_ERROR_INIT;
    god_status status = gtx_csv_parse(c->text, strlen(c->text), &rows, &err);
    ck_assert_msg(status == c->status, "status %d: %s", status, err.message);
    if (status != GOD_OK) {
        ck_assert_str_eq(err.message, c->expected);
        return;
    }
    char *found = json_dumps(rows.list, JSON_COMPACT);
    ck_assert_str_eq(found, c->expected);
    ck_assert(gtx_rows_has_column(&rows, "a"));
    free(found);
    gtx_rows_free(&rows);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text intake");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, test_text_intake__makes_rows, 0, case_count);
    tcase_add_test(tests, test_text_intake__stops_when_refused);
    tcase_add_loop_test(tests, test_text_csv__reads_tables, 0, table_count);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
