#include "chat/turns.h"

#include <stdlib.h>

#include "support.h"

/* The conversation of the first row as compact JSON. */
static void expect_turns(const char *row_json, const char *turns_json, const char *tools_json)
{
    const chat_record record = record_of("chatml");
    chat_conversation conversation;
    gtx_rows rows = rows_of(row_json);
    ck_assert_msg(chat_conversation_read(&record, &rows, 0, &conversation, &err) == GOD_OK, "%s", err.message);
    char *turns = json_dumps(conversation.turns, JSON_COMPACT);
    char *tools = conversation.tools != NULL ? json_dumps(conversation.tools, JSON_COMPACT) : NULL;
    ck_assert_str_eq(turns, turns_json);
    ck_assert_pstr_eq(tools, tools_json);
    free(turns);
    free(tools);
    chat_conversation_free(&conversation);
    gtx_rows_free(&rows);
}

/* The last row of the rows is refused with this sentence. */
static void expect_refused(const char *rows_json, const char *sentence)
{
    const chat_record record = record_of("chatml");
    chat_conversation conversation = {NULL, NULL};
    gtx_rows rows = rows_of(rows_json);
    ck_assert_int_eq(chat_conversation_read(&record, &rows, gtx_rows_count(&rows) - 1, &conversation, &err),
                     GOD_E_DATA);
    ck_assert_str_eq(err.message, sentence);
    ck_assert_ptr_null(conversation.turns);
    gtx_rows_free(&rows);
}

START_TEST(test_chat_turns__translates_the_two_configured_roles)
{
    const chat_record record = {"chatml", "talk", "who", "what", "human", "gpt"};
    chat_conversation conversation;
    gtx_rows rows = rows_of("{\"talk\": [{\"who\": \"human\", \"what\": \"a\"}, {\"who\": \"gpt\", \"what\": \"b\"}, "
                            "{\"who\": \"assistant\", \"what\": \"c\"}, {\"who\": \"user\", \"what\": \"d\"}, "
                            "{\"who\": \"narrator\", \"what\": \"\"}]}");
    ck_assert_msg(chat_conversation_read(&record, &rows, 0, &conversation, &err) == GOD_OK, "%s", err.message);
    char *turns = json_dumps(conversation.turns, JSON_COMPACT);
    ck_assert_str_eq(turns, "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},"
                            "{\"role\":\"assistant\",\"content\":\"c\"},{\"role\":\"user\",\"content\":\"d\"},"
                            "{\"role\":\"narrator\",\"content\":\"\"}]");
    free(turns);
    chat_conversation_free(&conversation);
    gtx_rows_free(&rows);
}
END_TEST

START_TEST(test_chat_turns__leaves_out_what_is_null)
{
    expect_turns("{\"conversations\": [null, {\"from\": \"user\", \"value\": null, \"weight\": null}, "
                 "{\"from\": null, \"value\": \"x\"}, {\"value\": \"y\"}]}",
                 "[{\"role\":\"user\"},{\"content\":\"x\"},{\"content\":\"y\"}]", NULL);
}
END_TEST

START_TEST(test_chat_turns__keeps_other_members_under_their_names)
{
    expect_turns("{\"conversations\": [{\"from\": \"user\", \"value\": \"x\", \"name\": \"Ann\", \"role\": \"r\", "
                 "\"content\": \"c\"}]}",
                 "[{\"role\":\"user\",\"content\":\"x\",\"name\":\"Ann\"}]", NULL);
    expect_turns("{\"conversations\": [{\"from\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\", "
                 "\"arguments\": \"{\\\"a\\\": [1]}\"}}, {\"function\": {\"arguments\": {\"b\": 2}}}]}]}",
                 "[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":[1]}}},"
                 "{\"function\":{\"arguments\":{\"b\":2}}}]}]",
                 NULL);
}
END_TEST

START_TEST(test_chat_turns__puts_the_system_column_in_front)
{
    const char *turn = "{\"role\":\"user\",\"content\":\"x\"}";
    char expected[200];
    (void)snprintf(expected, sizeof expected, "[{\"role\":\"system\",\"content\":\"S\"},%s]", turn);
    expect_turns("{\"system\": \"S\", \"conversations\": [{\"from\": \"user\", \"value\": \"x\"}]}", expected, NULL);
    (void)snprintf(expected, sizeof expected, "[{\"role\":\"system\",\"content\":\"\"},%s]", turn);
    expect_turns("{\"system\": \"\", \"conversations\": [{\"from\": \"user\", \"value\": \"x\"}]}", expected, NULL);
    (void)snprintf(expected, sizeof expected, "[{\"role\":\"system\",\"content\":\"own\"},%s]", turn);
    expect_turns("{\"system\": \"S\", \"conversations\": [{\"from\": \"system\", \"value\": \"own\"}, {\"from\": "
                 "\"user\", \"value\": \"x\"}]}",
                 expected, NULL);
    expect_turns("{\"system\": null, \"conversations\": [{\"from\": \"system\", \"value\": \"own\"}, {\"from\": "
                 "\"user\", \"value\": \"x\"}]}",
                 expected, NULL);
}
END_TEST

START_TEST(test_chat_turns__hands_on_tools_with_their_parameters_unpacked)
{
    expect_turns("{\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": "
                 "\"{\\\"type\\\": \\\"object\\\"}\"}}, 5], \"conversations\": [{\"from\": \"user\"}]}",
                 "[{\"role\":\"user\"}]",
                 "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}},5]");
    expect_turns("{\"tools\": null, \"conversations\": [{\"from\": \"user\"}]}", "[{\"role\":\"user\"}]", NULL);
}
END_TEST

START_TEST(test_chat_turns__errors_name_row_and_message)
{
    const char *good = "{\"conversations\": [{\"from\": \"user\", \"value\": \"x\"}]}";
    const struct {
        const char *row, *sentence;
    } cases[] = {
        {"{\"messages\": []}", "row 2: \"conversations\" has no messages"},
        {"{\"conversations\": null}", "row 2: \"conversations\" has no messages"},
        {"{\"conversations\": []}", "row 2: \"conversations\" has no messages"},
        {"{\"conversations\": [null]}", "row 2: \"conversations\" has no messages"},
        {"{\"conversations\": \"[]\"}", "row 2: \"conversations\" is not a list of messages"},
        {"{\"conversations\": [\"hi\"]}", "row 2: message 1 is not an object"},
        {"{\"conversations\": [null, {\"value\": \"x\"}]}", "row 2: message 2: \"from\" is missing"},
        {"{\"conversations\": [{\"from\": 7, \"value\": \"x\"}]}", "row 2: message 1: \"from\" is not a string"},
        {"{\"conversations\": [{\"from\": \"user\", \"value\": 1.5}]}", "row 2: message 1: \"value\" is not a string"},
        {"{\"conversations\": [{\"from\": \"user\"}, {\"from\": \"user\", \"value\": \"a\\u0000b\"}]}",
         "row 2: message 2: \"value\" holds the letter NUL, which no template can print"},
        {"{\"conversations\": [{\"from\": \"user\"}], \"tools\": {}}", "row 2: \"tools\" is not a list"},
        {"{\"conversations\": [{\"from\": \"user\"}], \"tools\": [{\"function\": {\"parameters\": \"{\"}}]}",
         "row 2: parameters: line 1, column 1: string or '}' expected near end of file"},
        {"{\"conversations\": [{\"from\": \"user\"}], \"system\": 5}", "row 2: \"system\" is not a string"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char rows[512];
        (void)snprintf(rows, sizeof rows, "%s\n%s", good, cases[i].row);
        expect_refused(rows, cases[i].sentence);
    }
}
END_TEST

START_TEST(test_chat_turns__a_system_column_needs_a_text_in_every_row)
{
    expect_refused("{\"system\": \"S\", \"conversations\": [{\"from\": \"user\"}]}\n"
                   "{\"conversations\": [{\"from\": \"user\"}]}",
                   "row 2: \"system\" is null, the file has that column and needs a text in it");
    expect_refused("{\"system\": null, \"conversations\": [{\"from\": \"user\"}]}",
                   "row 1: \"system\" is null, the file has that column and needs a text in it");
}
END_TEST

START_TEST(test_chat_turns__the_record_is_checked_as_a_whole)
{
    const struct {
        const char *record, *sentence;
    } cases[] = {
        {"{\"chat_column\": null}", "dataset_type: \"chat_column\" is null, a name is needed"},
        {"{\"chat_role_field\": \"\"}", "dataset_type: \"chat_role_field\" is empty, a name is needed"},
        {"{\"chat_role_field\": \"value\"}",
         "dataset_type: \"chat_role_field\" and \"chat_content_field\" are both \"value\""},
        {"{\"chat_user_reference\": \"x\", \"chat_assistant_reference\": \"x\"}",
         "dataset_type: \"chat_user_reference\" and \"chat_assistant_reference\" are both \"x\""},
        {"{\"chat_template\": \"llama\"}",
         "dataset_type: \"chat_template\" is \"llama\", known are alpaca, chatml, gemma, llama3, mistral_v1, "
         "mistral_v2v3, phi_3, phi_35, qwen_25, tokenizer_default and tokenizer_default_fallback_NAME"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *given = json_loads(cases[i].record, 0, NULL), *complete = NULL;
        chat_record record;
        ck_assert_int_eq(gtx_record_complete(GTX_KIND_CHAT, given, &complete, &err), GOD_OK);
        ck_assert_int_eq(chat_record_read(complete, &record, &err), GOD_E_INVALID);
        ck_assert_str_eq(err.message, cases[i].sentence);
        json_decref(complete);
        json_decref(given);
    }
}
END_TEST

START_TEST(test_chat_turns__the_record_has_its_defaults)
{
    json_t *given = json_object(), *complete = NULL;
    chat_record record;
    ck_assert_int_eq(gtx_record_complete(GTX_KIND_CHAT, given, &complete, &err), GOD_OK);
    ck_assert_int_eq(chat_record_read(complete, &record, &err), GOD_OK);
    ck_assert_str_eq(record.template_name, "chatml");
    ck_assert_str_eq(record.column, "conversations");
    ck_assert_str_eq(record.role_field, "from");
    ck_assert_str_eq(record.content_field, "value");
    ck_assert_str_eq(record.user_reference, "user");
    ck_assert_str_eq(record.assistant_reference, "assistant");
    json_decref(complete);
    json_decref(given);
}
END_TEST

Suite *chat_turns_suite(void)
{
    Suite *suite = suite_create("chat_turns");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, test_chat_turns__translates_the_two_configured_roles);
    tcase_add_test(cases, test_chat_turns__leaves_out_what_is_null);
    tcase_add_test(cases, test_chat_turns__keeps_other_members_under_their_names);
    tcase_add_test(cases, test_chat_turns__puts_the_system_column_in_front);
    tcase_add_test(cases, test_chat_turns__hands_on_tools_with_their_parameters_unpacked);
    tcase_add_test(cases, test_chat_turns__errors_name_row_and_message);
    tcase_add_test(cases, test_chat_turns__a_system_column_needs_a_text_in_every_row);
    tcase_add_test(cases, test_chat_turns__the_record_is_checked_as_a_whole);
    tcase_add_test(cases, test_chat_turns__the_record_has_its_defaults);
    suite_add_tcase(suite, cases);
    return suite;
}
