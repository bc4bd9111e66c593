#include "suites.h"

#include "common/task_spec.h"
#include "instruct/record.h"

static god_error err = GOD_ERROR_INIT;

/* The complete record of the vectors' standard columns with some keys replaced. Owned by the caller. */
static json_t *record_with(const json_t *overrides)
{
    json_t *record =
        json_of("{\"field_instruction\":\"instruct\",\"field_input\":\"input\",\"field_output\":\"output\","
                "\"field_system\":\"system\"}");
    json_t *complete = NULL;
    ck_assert_int_eq(json_object_update(record, (json_t *)(uintptr_t)overrides), 0);
    expect_ok(gtx_record_complete(GTX_KIND_INSTRUCT, record, &complete, &err), &err);
    json_decref(record);
    return complete;
}

/* Renders one row; "error" stands for a refusal anywhere on the way. */
static void expect_prompt(const json_t *overrides, const json_t *row, const char *wanted)
{
    instruct_record record;
    god_text prompt = GOD_TEXT_INIT;
    const char *answer;
    size_t answer_bytes;
    json_t *complete = record_with(overrides);
    gtx_rows rows = rows_of(row);
    god_status status = instruct_record_read(complete, &record, &err);
    if (status == GOD_OK) {
        status = instruct_record_texts(&record, &rows, 0, &prompt, &answer, &answer_bytes, &err);
    }
    ck_assert_str_eq(status != GOD_OK ? "error" : prompt.data, wanted);
    god_text_free(&prompt);
    gtx_rows_free(&rows);
    json_decref(complete);
}

START_TEST(test_instruct_record__prompts_of_vector_T12)
{
    json_t *vector = vector_named("T12");
    const json_t *cases = json_object_get(json_object_get(vector, "inputs"), "cases");
    const json_t *prompts = json_object_get(json_object_get(vector, "expected"), "prompts");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        static const char *const columns[] = {"system", "instruct", "input"};
        const json_t *one = json_array_get(cases, i);
        json_t *row = json_object();
        for (size_t c = 0; c < 3; c++) {
            ck_assert_int_eq(json_object_set(row, columns[c], json_array_get(one, c)), 0);
        }
        expect_prompt(json_array_get(one, 3), row, json_string_value(json_array_get(prompts, i)));
        json_decref(row);
    }
    ck_assert_uint_eq(json_array_size(cases), 5);
    json_decref(vector);
}
END_TEST

START_TEST(test_instruct_record__edges_of_vector_T51)
{
    json_t *vector = vector_named("T51");
    const json_t *cases = json_object_get(json_object_get(vector, "inputs"), "cases");
    const json_t *prompts = json_object_get(json_object_get(vector, "expected"), "prompts");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i);
        expect_prompt(json_array_get(one, 0), json_array_get(one, 1), json_string_value(json_array_get(prompts, i)));
    }
    ck_assert_uint_eq(json_array_size(cases), 7);
    json_decref(vector);
}
END_TEST

static void expect_record_refused(const char *overrides_text, const char *sentence)
{
    instruct_record record;
    json_t *overrides = json_of(overrides_text);
    json_t *complete = record_with(overrides);
    expect_refused(instruct_record_read(complete, &record, &err), GOD_E_INVALID, &err, sentence);
    json_decref(complete);
    json_decref(overrides);
}

START_TEST(test_instruct_record__refuses_what_the_rules_refuse)
{
    expect_record_refused("{\"field\":\"text\"}", "\"field\" is \"text\"");
    expect_record_refused("{\"field_output\":null,\"field_instruction\":null}", "nothing to score");
    expect_record_refused("{\"format\":\"{question}\"}", "\"format\" names {question}");
    expect_record_refused("{\"no_input_format\":\"{input}\"}", "\"no_input_format\" names {input}");
    expect_record_refused("{\"system_format\":\"{instruction}\"}", "\"system_format\" names {instruction}");
}
END_TEST

START_TEST(test_instruct_record__names_the_row_without_its_column)
{
    instruct_record record;
    god_text prompt = GOD_TEXT_INIT;
    const char *answer;
    size_t bytes;
    json_t *none = json_object();
    json_t *complete = record_with(none);
    json_t *list =
        json_of("[{\"instruct\":\"a\",\"output\":\"b\"},{\"output\":\"b\"},{\"instruct\":\"a\",\"output\":7}]");
    gtx_rows rows = rows_of(list);
    expect_ok(instruct_record_read(complete, &record, &err), &err);
    expect_refused(instruct_record_texts(&record, &rows, 1, &prompt, &answer, &bytes, &err), GOD_E_DATA, &err,
                   "row 2: field \"instruct\" is missing");
    expect_refused(instruct_record_texts(&record, &rows, 2, &prompt, &answer, &bytes, &err), GOD_E_DATA, &err,
                   "row 3: field \"output\" is a number, a string is needed");
    god_text_free(&prompt);
    gtx_rows_free(&rows);
    json_decref(list);
    json_decref(complete);
    json_decref(none);
}
END_TEST

START_TEST(test_instruct_record__refuses_unknown_keys_and_wrong_types)
{
    json_t *complete = NULL;
    json_t *unknown = json_of("{\"field_output\":\"o\",\"field_prompt\":\"p\"}");
    json_t *wrong = json_of("{\"field_output\":5}");
    json_t *list = json_of("[]");
    expect_refused(gtx_record_complete(GTX_KIND_INSTRUCT, unknown, &complete, &err), GOD_E_INVALID, &err,
                   "dataset_type: unknown key \"field_prompt\"");
    expect_refused(gtx_record_complete(GTX_KIND_INSTRUCT, wrong, &complete, &err), GOD_E_INVALID, &err,
                   "dataset_type: \"field_output\" must be a string");
    expect_refused(gtx_record_complete(GTX_KIND_INSTRUCT, list, &complete, &err), GOD_E_INVALID, &err,
                   "dataset_type: an object is needed");
    json_decref(unknown);
    json_decref(wrong);
    json_decref(list);
}
END_TEST

Suite *instruct_record_suite(void)
{
    const TTest *const tests[] = {test_instruct_record__prompts_of_vector_T12,
                                  test_instruct_record__edges_of_vector_T51,
                                  test_instruct_record__refuses_what_the_rules_refuse,
                                  test_instruct_record__names_the_row_without_its_column,
                                  test_instruct_record__refuses_unknown_keys_and_wrong_types,
                                  NULL};
    return suite_of("record", tests);
}
