/* What a plug-in says through god_report and god_host reaches the result, also when its job had to be split. */
#include "core/worker/report.h"

#include <stdlib.h>

#include "jobs.h"
#include "test_worker.h"

static const json_t *submission_of(const gdi_result *result, uint32_t index)
{
    return gdi_result_submission(result, index);
}

/* The artifact of a submission, read. The caller frees it. */
static char *read_artifact(const test_job *job, const gdi_result *result, uint32_t index)
{
    char path[GOD_PATH_MAX], *text = NULL;
    size_t bytes = 0;
    god_error err = GOD_ERROR_INIT;
    const json_t *artifacts = json_object_get(submission_of(result, index), "artifacts");
    ck_assert_uint_eq(json_object_size(artifacts), 1);
    const char *relative = json_string_value(json_object_get(artifacts, "rows.txt"));
    ck_assert_ptr_nonnull(relative);
    ck_assert_int_eq(god_path_join(job->dir, relative, path, &err), GOD_OK);
    ck_assert_msg(god_file_read(path, 1000, &text, &bytes, &err) == GOD_OK, "%s", err.message);
    return text;
}

static void assert_all_was_heard(const test_job *job, const gdi_result *result, uint32_t index)
{
    const json_t *submission = submission_of(result, index);
    const json_t *rows = json_object_get(json_object_get(submission, "metrics"), "rows");
    ck_assert_double_eq(json_number_value(json_object_get(rows, "value")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(rows, "items")), 3);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(submission, "notes"), 0)),
                     "a note that is not UTF-8: ?");
    char *text = read_artifact(job, result, index);
    ck_assert_str_eq(text, "row 1\n");
    free(text);
}

START_TEST(test_worker_report__everything_said_is_in_the_result)
{
    static const test_submission group[] = {{"alice", 2.5, NULL}, {"copycat", 1.25, "copy"}, {NULL, 0, NULL}};
    test_job job = test_job_make("talk", "talker", group);
    gdi_result result = test_job_run(&job);
    ck_assert_msg(result.outcome == GDI_OUTCOME_RESULT, "%s", result.message);
    test_assert_score(&result, "alice", 2.5);
    assert_all_was_heard(&job, &result, 0);
    assert_all_was_heard(&job, &result, 1);
    ck_assert_str_eq(test_status_of(&result, "copycat"), "not_finetuned");
    ck_assert_str_eq(test_message_of(&result, "copycat"), "its weights are those of the base model");
    ck_assert_str_eq(json_string_value(json_object_get(result.facts, "http")), "no");
    ck_assert_str_eq(json_string_value(json_object_get(result.facts, "unknown")), "no");
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_report__a_split_job_keeps_notes_and_artifacts)
{
    static const test_submission group[] = {
        {"alice", 2.5, NULL}, {"bob", 1, "crash"}, {"carol", 1.25, NULL}, {"dave", 3, NULL}, {NULL, 0, NULL}};
    test_job job = test_job_make("talk-split", "talker", group);
    gdi_result result = test_job_run(&job);
    ck_assert_msg(result.outcome == GDI_OUTCOME_RESULT, "%s", result.message);
    ck_assert_str_eq(test_status_of(&result, "bob"), "failed");
    ck_assert_uint_eq(json_object_size(json_object_get(submission_of(&result, 1), "artifacts")), 0);
    assert_all_was_heard(&job, &result, 0);
    assert_all_was_heard(&job, &result, 2);
    assert_all_was_heard(&job, &result, 3);
    ck_assert_str_eq(json_string_value(json_object_get(result.facts, "http")), "no");
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_report__the_network_is_lent_only_when_the_job_says_so)
{
    static const test_submission one[] = {{"alice", 2.5, NULL}, {NULL, 0, NULL}};
    test_job job = test_job_make("talk-http", "talker", one);
    test_job_set(&job, "http", json_pack("{s:[s]}", "allow", "https://data.example/"));
    gdi_result result = test_job_run(&job);
    ck_assert_str_eq(json_string_value(json_object_get(result.facts, "http")), "yes");
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

Suite *suite_worker_report(void)
{
    Suite *suite = suite_create("worker_report");
    TCase *tests = tcase_create("report");
    tcase_add_test(tests, test_worker_report__everything_said_is_in_the_result);
    tcase_add_test(tests, test_worker_report__a_split_job_keeps_notes_and_artifacts);
    tcase_add_test(tests, test_worker_report__the_network_is_lent_only_when_the_job_says_so);
    suite_add_tcase(suite, tests);
    return suite;
}
