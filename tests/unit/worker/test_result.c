#include "core/worker/result.h"

#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "test_worker.h"

static const char one_submission[] =
    "{\"version\": 1, \"id\": \"a\", \"operation\": \"evaluate\", \"plugin\": {\"path\": \"/x\", \"id\": \"x\"},"
    " \"spec\": {\"task_type\": \"T\"}, \"cache_dir\": \"/c\", \"digests\": {\"data\": \"d\"},"
    " \"submissions\": [{\"id\": \"alice\", \"model_dir\": \"/a\"}]}";

static gdi_job make_job(void)
{
    gdi_job job;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_job_parse("job", one_submission, strlen(one_submission), &job, &err), GOD_OK);
    return job;
}

START_TEST(test_worker_result__reads_what_it_wrote_to_the_last_bit)
{
    double value = 0;
    god_error err = GOD_ERROR_INIT;
    gdi_job job = make_job();
    gdi_result result, again;
    ck_assert_int_eq(gdi_result_begin(&job, &result, &err), GOD_OK);
    result.outcome = GDI_OUTCOME_RESULT;
    result.direction = GOD_HIGHER_WINS;
    result.primary = json_string("score");
    result.highest = 0.1;
    (void)json_object_set_new(json_object_get(gdi_result_submission(&result, 0), "metrics"), "score",
                              json_pack("{s:f, s:i}", "value", 0.1 + 0.2, "items", 3));
    ck_assert_msg(gdi_result_write(".", &job, &result, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(gdi_result_read(".", &again, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(again.outcome, GDI_OUTCOME_RESULT);
    ck_assert_uint_eq(again.direction, GOD_HIGHER_WINS);
    ck_assert_double_eq(again.highest, 0.1);
    ck_assert_uint_eq(gdi_result_metric(&again, 0, "score", &value), 1);
    ck_assert_double_eq(value, 0.1 + 0.2);
    ck_assert_uint_eq(gdi_result_metric(&again, 0, "other", &value), 0);
    ck_assert_uint_eq(gdi_result_metric(&again, 7, "score", &value), 0);
    ck_assert_str_eq(again.started_at, result.started_at);
    gdi_result_clear(&again);
    gdi_result_clear(&result);
    gdi_job_clear(&job);
}
END_TEST

START_TEST(test_worker_result__keeps_outcome_status_and_message_of_a_failure)
{
    static const god_status statuses[] = {GOD_E_INVALID, GOD_E_DATA, GOD_E_DEVICE, GOD_OK};
    for (uint32_t outcome = GDI_OUTCOME_RESULT; outcome <= GDI_OUTCOME_CANCELLED; outcome++) {
        god_error err = GOD_ERROR_INIT;
        gdi_job job = make_job();
        gdi_result result, again;
        ck_assert_int_eq(gdi_result_begin(&job, &result, &err), GOD_OK);
        result.outcome = outcome;
        result.status = statuses[outcome % 4];
        (void)snprintf(result.message, sizeof result.message, "because %u", outcome);
        ck_assert_int_eq(gdi_result_fail_all(&result, "not evaluated", &err), GOD_OK);
        ck_assert_int_eq(gdi_result_write(".", &job, &result, &err), GOD_OK);
        ck_assert_msg(gdi_result_read(".", &again, &err) == GOD_OK, "%s", err.message);
        ck_assert_uint_eq(again.outcome, outcome);
        ck_assert_int_eq(again.status, statuses[outcome % 4]);
        ck_assert_str_eq(again.message, result.message);
        ck_assert_uint_eq(again.direction, 0);
        ck_assert_str_eq(gdi_result_submission_status(&again, 0), "failed");
        gdi_result_clear(&again);
        gdi_result_clear(&result);
        gdi_job_clear(&job);
    }
}
END_TEST

START_TEST(test_worker_result__says_when_there_is_none_or_it_is_damaged)
{
    static const char *const damaged[] = {
        "{}",
        "[]",
        "{\"version\":1,\"outcome\":\"great\"}",
        "{\"version\":1,\"outcome\":\"result\",\"status\":\"GOD_OK\",\"message\":\"\",\"submissions\":[7]}",
        "{\"version\":1,\"outcome\":\"result\",\"status\":\"GOD_OK\",\"message\":\"\",\"direction\":\"lower\"}",
    };
    gdi_result result;
    god_error err = GOD_ERROR_INIT;
    (void)unlink("result.json");
    ck_assert_int_eq(gdi_result_read(".", &result, &err), GOD_E_NOT_FOUND);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        ck_assert_int_eq(god_file_write("result.json", damaged[i], strlen(damaged[i]), &err), GOD_OK);
        ck_assert_msg(gdi_result_read(".", &result, &err) == GOD_E_DATA, "%s", damaged[i]);
    }
}
END_TEST

Suite *suite_worker_result(void)
{
    Suite *suite = suite_create("worker_result");
    TCase *tests = tcase_create("result");
    tcase_add_test(tests, test_worker_result__reads_what_it_wrote_to_the_last_bit);
    tcase_add_test(tests, test_worker_result__keeps_outcome_status_and_message_of_a_failure);
    tcase_add_test(tests, test_worker_result__says_when_there_is_none_or_it_is_damaged);
    suite_add_tcase(suite, tests);
    return suite;
}
