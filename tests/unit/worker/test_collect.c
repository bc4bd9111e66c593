#include "core/worker/collect.h"

#include <stdlib.h>

#include "test_worker.h"

static const char two_submissions[] =
    "{\"version\": 1, \"id\": \"a\", \"operation\": \"evaluate\", \"plugin\": {\"path\": \"/x\", \"id\": \"x\"},"
    " \"spec\": {}, \"cache_dir\": \"/c\", \"submissions\": [{\"id\": \"alice\", \"model_dir\": \"/a\"},"
    " {\"id\": \"bob\", \"model_dir\": \"/b\"}]}";

static const char score[] = "{\"frame\":\"score\",\"direction\":1,\"primary\":\"loss\",\"lowest\":0,\"highest\":10,"
                            "\"tie_epsilon\":0,\"metrics\":[{\"name\":\"loss\",\"title\":\"loss\",\"decimals\":4}]}";

static gdi_result begin(void)
{
    gdi_job job;
    gdi_result result;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_job_parse("job", two_submissions, strlen(two_submissions), &job, &err), GOD_OK);
    ck_assert_int_eq(gdi_result_begin(&job, &result, &err), GOD_OK);
    gdi_job_clear(&job);
    return result;
}

static god_status take(gdi_collector *collector, const char *text, god_error *err)
{
    json_t *frame = NULL;
    god_status status = gdi_collect_frame(collector, text, &frame, err);
    json_decref(frame);
    return status;
}

static void take_good(gdi_collector *collector, const char *text)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(take(collector, text, &err) == GOD_OK, "%s: %s", text, err.message);
}

START_TEST(test_worker_collect__builds_the_result_of_a_good_run)
{
    double value = 0;
    god_error err = GOD_ERROR_INIT;
    gdi_result result = begin();
    gdi_collector collector = {.result = &result};
    take_good(&collector, score);
    take_good(&collector, "{\"frame\":\"log\",\"level\":2,\"message\":\"hello\"}");
    take_good(&collector, "{\"frame\":\"progress\",\"done\":1,\"total\":2,\"unit\":\"rows\",\"stage\":\"alice\"}");
    take_good(&collector, "{\"frame\":\"fact\",\"name\":\"engine\",\"value\":\"plain\"}");
    take_good(&collector, "{\"frame\":\"metric\",\"submission\":1,\"name\":\"loss\",\"value\":1.25,\"items\":64}");
    take_good(&collector, "{\"frame\":\"note\",\"submission\":1,\"message\":\"tied head\"}");
    take_good(&collector, "{\"frame\":\"artifact\",\"submission\":1,\"name\":\"rows\",\"path\":\"artifacts/1-rows\"}");
    take_good(&collector, "{\"frame\":\"failed\",\"submission\":0,\"why\":-2,\"message\":\"cut short\"}");
    take_good(&collector, "{\"frame\":\"failed\",\"submission\":0,\"why\":-2,\"message\":\"said later\"}");
    take_good(&collector, "{\"frame\":\"done\",\"status\":0,\"message\":\"\"}");
    ck_assert_int_eq(gdi_collect_finish(&collector, &err), GOD_OK);
    ck_assert_str_eq(gdi_result_primary(&result), "loss");
    ck_assert_uint_eq(gdi_result_metric(&result, 1, "loss", &value), 1);
    ck_assert_double_eq(value, 1.25);
    ck_assert_str_eq(gdi_result_submission_status(&result, 1), "ok");
    ck_assert_str_eq(gdi_result_submission_status(&result, 0), "failed");
    ck_assert_str_eq(json_string_value(json_object_get(gdi_result_submission(&result, 0), "message")), "cut short");
    ck_assert_str_eq(json_string_value(json_object_get(result.facts, "engine")), "plain");
    ck_assert_uint_eq(collector.done, 1);
    gdi_result_clear(&result);
}
END_TEST

START_TEST(test_worker_collect__a_submission_without_its_score_has_failed)
{
    god_error err = GOD_ERROR_INIT;
    gdi_result result = begin();
    gdi_collector collector = {.result = &result};
    take_good(&collector, score);
    take_good(&collector, "{\"frame\":\"metric\",\"submission\":0,\"name\":\"samples\",\"value\":3,\"items\":3}");
    take_good(&collector,
              "{\"frame\":\"excluded\",\"submission\":1,\"status\":\"not_finetuned\",\"message\":\"a copy\"}");
    ck_assert_int_eq(gdi_collect_finish(&collector, &err), GOD_OK);
    ck_assert_str_eq(json_string_value(json_object_get(gdi_result_submission(&result, 0), "message")),
                     "the plug-in reported no loss for this submission");
    ck_assert_str_eq(gdi_result_submission_status(&result, 1), "not_finetuned");
    gdi_result_clear(&result);
}
END_TEST

static const struct bad_value {
    const char *value, *message;
} bad_values[] = {
    {"\"nan\"", "its loss is not a number"},
    {"\"inf\"", "its loss is infinite"},
    {"\"-inf\"", "its loss is infinite"},
    {"-0.5", "its loss is -0.5, outside the range 0 to 10"},
    {"10.5", "its loss is 10.5, outside the range 0 to 10"},
};

START_TEST(test_worker_collect__a_number_that_is_none_fails_its_submission_alone)
{
    char text[200];
    gdi_result result = begin();
    gdi_collector collector = {.result = &result};
    take_good(&collector, score);
    (void)snprintf(text, sizeof text,
                   "{\"frame\":\"metric\",\"submission\":0,\"name\":\"loss\",\"value\":%s,\"items\":1}",
                   bad_values[_i].value);
    take_good(&collector, text);
    take_good(&collector, "{\"frame\":\"metric\",\"submission\":0,\"name\":\"loss\",\"value\":1,\"items\":1}");
    take_good(&collector, "{\"frame\":\"metric\",\"submission\":1,\"name\":\"loss\",\"value\":10,\"items\":1}");
    ck_assert_str_eq(gdi_result_submission_status(&result, 0), "failed");
    ck_assert_str_eq(json_string_value(json_object_get(gdi_result_submission(&result, 0), "message")),
                     bad_values[_i].message);
    ck_assert_str_eq(gdi_result_submission_status(&result, 1), "ok");
    gdi_result_clear(&result);
}
END_TEST

static const struct bad_frame {
    const char *text, *message;
} bad_frames[] = {
    {"{", "frame: line 1"},
    {"[]", "frame: it is not an object"},
    {"{}", "frame: \"frame\" is missing"},
    {"{\"frame\":\"magic\"}", "frame: \"magic\" is no kind of frame"},
    {"{\"frame\":\"metric\",\"submission\":2,\"name\":\"loss\",\"value\":1,\"items\":1}",
     "frame: submission 2 is reported, the job has 2"},
    {"{\"frame\":\"metric\",\"submission\":-1,\"name\":\"loss\",\"value\":1,\"items\":1}",
     "frame: submission -1 is reported, the job has 2"},
    {"{\"frame\":\"metric\",\"submission\":0,\"name\":\"a b\",\"value\":1,\"items\":1}", "the name \"a b\" is refused"},
    {"{\"frame\":\"metric\",\"submission\":0,\"name\":\"\",\"value\":1,\"items\":1}", "the name \"\" is refused"},
    {"{\"frame\":\"metric\",\"submission\":0,"
     "\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"value\":1,\"items\":1}",
     "is refused, 1 to 64 letters"},
    {"{\"frame\":\"metric\",\"submission\":0,\"name\":\"loss\",\"value\":\"much\",\"items\":1}",
     "frame: \"value\" is \"much\", a number is needed"},
    {"{\"frame\":\"metric\",\"submission\":0,\"name\":\"loss\",\"value\":1,\"items\":-1}", "\"items\" is -1"},
    {"{\"frame\":\"excluded\",\"submission\":0,\"status\":\"ok\",\"message\":\"\"}", "is excluded as \"ok\""},
    {"{\"frame\":\"artifact\",\"submission\":0,\"name\":\"rows\",\"path\":\"../../etc/passwd\"}",
     "the artifact \"rows\" is at \"../../etc/passwd\", not at \"artifacts/0-rows\""},
    {"{\"frame\":\"score\",\"direction\":1,\"primary\":\"loss\",\"lowest\":0,\"highest\":1,\"tie_epsilon\":0,"
     "\"metrics\":[]}",
     "the score is stated twice"},
    {"{\"frame\":\"log\",\"level\":9,\"message\":\"\"}", "\"level\" is 9"},
    {"{\"frame\":\"progress\",\"done\":-1,\"total\":0,\"unit\":\"\",\"stage\":\"\"}", "\"done\" is -1"},
};

START_TEST(test_worker_collect__refuses_a_bad_frame_and_leaves_the_result_alone)
{
    god_error err = GOD_ERROR_INIT;
    gdi_result result = begin();
    gdi_collector collector = {.result = &result};
    take_good(&collector, score);
    json_t *before = json_deep_copy(result.submissions);
    ck_assert_int_eq(take(&collector, bad_frames[_i].text, &err), GOD_E_DATA);
    ck_assert_msg(strstr(err.message, bad_frames[_i].message) != NULL, "\"%s\" does not say \"%s\"", err.message,
                  bad_frames[_i].message);
    ck_assert_int_eq(json_equal(before, result.submissions), 1);
    json_decref(before);
    gdi_result_clear(&result);
}
END_TEST

START_TEST(test_worker_collect__refuses_a_score_without_direction_or_range)
{
    static const char *const bad[] = {
        "{\"frame\":\"score\",\"direction\":0,\"primary\":\"a\",\"lowest\":0,\"highest\":1,\"tie_epsilon\":0,"
        "\"metrics\":[]}",
        "{\"frame\":\"score\",\"direction\":1,\"primary\":\"a\",\"lowest\":1,\"highest\":1,\"tie_epsilon\":0,"
        "\"metrics\":[]}",
        "{\"frame\":\"score\",\"direction\":1,\"primary\":\"\",\"lowest\":0,\"highest\":1,\"tie_epsilon\":0,"
        "\"metrics\":[]}",
        "{\"frame\":\"score\",\"direction\":1,\"primary\":\"a\",\"lowest\":0,\"highest\":1,\"tie_epsilon\":-1,"
        "\"metrics\":[]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        god_error err = GOD_ERROR_INIT;
        gdi_result result = begin();
        gdi_collector collector = {.result = &result};
        ck_assert_int_eq(take(&collector, bad[i], &err), GOD_E_DATA);
        ck_assert_uint_eq(result.direction, 0);
        ck_assert_int_eq(
            take(&collector, "{\"frame\":\"metric\",\"submission\":0,\"name\":\"a\",\"value\":1,\"items\":1}", &err),
            GOD_E_DATA);
        gdi_result_clear(&result);
    }
}
END_TEST

START_TEST(test_worker_collect__cuts_a_long_message_between_characters)
{
    char text[2048] = "{\"frame\":\"failed\",\"submission\":0,\"why\":-2,\"message\":\"a";
    for (int i = 0; i < 400; i++) {
        strcat(text, "\xc3\xa9"); /* two bytes each, so that the limit falls inside one */
    }
    strcat(text, "\"}");
    gdi_result result = begin();
    gdi_collector collector = {.result = &result};
    take_good(&collector, text);
    const char *message = json_string_value(json_object_get(gdi_result_submission(&result, 0), "message"));
    ck_assert_ptr_nonnull(message);
    ck_assert_uint_eq(strlen(message), 503);
    gdi_result_clear(&result);
}
END_TEST

Suite *suite_worker_collect(void)
{
    Suite *suite = suite_create("worker_collect");
    TCase *tests = tcase_create("collect");
    tcase_add_test(tests, test_worker_collect__builds_the_result_of_a_good_run);
    tcase_add_test(tests, test_worker_collect__a_submission_without_its_score_has_failed);
    tcase_add_loop_test(tests, test_worker_collect__a_number_that_is_none_fails_its_submission_alone, 0,
                        sizeof bad_values / sizeof *bad_values);
    tcase_add_loop_test(tests, test_worker_collect__refuses_a_bad_frame_and_leaves_the_result_alone, 0,
                        sizeof bad_frames / sizeof *bad_frames);
    tcase_add_test(tests, test_worker_collect__refuses_a_score_without_direction_or_range);
    tcase_add_test(tests, test_worker_collect__cuts_a_long_message_between_characters);
    suite_add_tcase(suite, tests);
    return suite;
}
