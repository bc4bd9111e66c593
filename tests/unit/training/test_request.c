#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "core/training/request.h"
#include "god/helpers/text.h"

#define DATA                                                                                                         \
    "{\"task_id\": \"t1\", \"model\": \"a/b\", \"hours_to_complete\": 1.5, \"dataset\": \"d\", \"baseline_stats\": " \
    "null}"
#define REQUEST(data, more) \
    "{\"training_data\": " data ", \"github_repo\": \"https://h/a/b\", \"hotkey\": \"5Grw\" " more "}"

static void expect_refused(const char *text, const char *sentence)
{
    gdi_start_request request = {.root = NULL};
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_start_request_parse("request.json", text, strlen(text), &request, &err), GOD_E_INVALID);
    ck_assert_int_eq(err.code, GOD_E_INVALID);
    ck_assert_str_eq(err.message, sentence);
    ck_assert_ptr_null(request.root);
}

START_TEST(test_training_request__reads_what_every_type_has)
{
    gdi_start_request request;
    god_error err = GOD_ERROR_INIT;
    static const char text[] = REQUEST(
        DATA, ", \"gpu_ids\": [3, 0], \"github_token\": null, \"requested_datasets\": [\"x/y\"], \"unknown\": 1");
    ck_assert_int_eq(gdi_start_request_parse("request.json", text, sizeof text - 1, &request, &err), GOD_OK);
    ck_assert_str_eq(request.task_id, "t1");
    ck_assert_str_eq(request.model, "a/b");
    ck_assert_ptr_null(request.expected_repo_name);
    ck_assert_ptr_null(request.github_commit_hash);
    ck_assert_ptr_null(request.github_token);
    ck_assert_ptr_null(request.baseline_stats);
    ck_assert_uint_eq(request.gpu_count, 2);
    ck_assert_uint_eq(request.gpu_ids[0], 3);
    ck_assert_uint_eq(json_array_size(request.requested_datasets), 1);
    gdi_start_request_clear(&request);
}
END_TEST

START_TEST(test_training_request__names_key_and_value)
{
    expect_refused("[]", "request.json: an object is needed");
    expect_refused("{}", "request.json: \"training_data\" is missing");
    expect_refused(REQUEST(DATA, ""), "request.json: \"gpu_ids\" is missing");
    expect_refused(REQUEST(DATA, ", \"gpu_ids\": []"), "request.json: \"gpu_ids\" has 0 entries, 1 to 64 are needed");
    expect_refused(REQUEST(DATA, ", \"gpu_ids\": [1, 1]"), "request.json: \"gpu_ids\" names 1 twice");
    expect_refused(REQUEST(DATA, ", \"gpu_ids\": [1.5]"),
                   "request.json: entry 1 of \"gpu_ids\" is no whole number from 0 to 1023");
    expect_refused(REQUEST(DATA, ", \"gpu_ids\": [0], \"github_token\": 5"),
                   "request.json: \"github_token\" is a number, a string is needed");
    expect_refused(REQUEST(DATA, ", \"gpu_ids\": [0], \"requested_datasets\": [1]"),
                   "request.json: entry 1 of \"requested_datasets\" is no string");
    expect_refused(REQUEST("{\"task_id\": \"../x\", \"model\": \"m\", \"hours_to_complete\": 1}", ", \"gpu_ids\": [0]"),
                   "training_data: \"task_id\" is \"../x\": only letters, digits, \".\", \"_\" and \"-\" are allowed, "
                   "\"..\" is not");
    expect_refused(REQUEST("{\"task_id\": \"x\", \"model\": \"\", \"hours_to_complete\": 1}", ", \"gpu_ids\": [0]"),
                   "training_data: \"model\" is empty");
    expect_refused(REQUEST("{\"task_id\": \"x\", \"model\": \"m\", \"hours_to_complete\": -1}", ", \"gpu_ids\": [0]"),
                   "training_data: \"hours_to_complete\" is -1, 0 to 8784 is needed");
    expect_refused(REQUEST("{\"task_id\": \"x\", \"model\": \"m\", \"hours_to_complete\": 1e9}", ", \"gpu_ids\": [0]"),
                   "training_data: \"hours_to_complete\" is 1e+09, 0 to 8784 is needed");
}
END_TEST

/* A token must not come back in a sentence that may end in a log. */
START_TEST(test_training_request__never_repeats_a_token)
{
    gdi_start_request request;
    god_error err = GOD_ERROR_INIT;
    static const char text[] = REQUEST(DATA, ", \"gpu_ids\": [0], \"github_token\": \"ghp_secret\\n\"");
    ck_assert_int_eq(gdi_start_request_parse("request.json", text, sizeof text - 1, &request, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "request.json: \"github_token\" has a control character");
}
END_TEST

START_TEST(test_training_request__has_limits)
{
    god_text text = GOD_TEXT_INIT;
    god_error err = GOD_ERROR_INIT;
    gdi_start_request request;
    ck_assert_int_eq(god_text_append_str(&text, "{\"training_data\": \"", &err), GOD_OK);
    for (int i = 0; i < GDI_REQUEST_BYTES_MAX / 64 + 1; i++) {
        ck_assert_int_eq(
            god_text_append_str(&text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", &err),
            GOD_OK);
    }
    ck_assert_int_eq(gdi_start_request_parse("request.json", text.data, text.bytes, &request, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "a request has at most 4194304"));
    god_text_free(&text);
}
END_TEST

Suite *training_request_suite(void)
{
    Suite *suite = suite_create("training request");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_training_request__reads_what_every_type_has);
    tcase_add_test(all, test_training_request__names_key_and_value);
    tcase_add_test(all, test_training_request__never_repeats_a_token);
    tcase_add_test(all, test_training_request__has_limits);
    suite_add_tcase(suite, all);
    return suite;
}
