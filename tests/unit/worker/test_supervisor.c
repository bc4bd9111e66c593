/* Every plug-in that misbehaves is survived, and the result says what it did. */
#include "core/worker/supervisor.h"

#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/json.h"
#include "jobs.h"
#include "test_worker.h"

static const test_submission three[] = {
    {"alice", 2.5, NULL}, {"bob", 1.25, NULL}, {"carol", -1, NULL}, {NULL, 0, NULL}};

/* How one run of each plug-in ends, before anything is split. */
static const struct expectation {
    const char *fault;
    uint32_t outcome;
    god_status status;
    const char *message; /* part of it */
    const char *alice;   /* status of alice; her message contains why */
    const char *why;
} expectations[] = {
    {"normal", GDI_OUTCOME_RESULT, GOD_OK, "", "ok", ""},
    {"minor_newer", GDI_OUTCOME_RESULT, GOD_OK, "", "ok", ""},
    {"eval_short", GDI_OUTCOME_RESULT, GOD_OK, "", "ok", ""},
    {"noise", GDI_OUTCOME_RESULT, GOD_OK, "", "ok", ""},
    {"flood_run", GDI_OUTCOME_RESULT, GOD_OK, "", "ok", ""},
    {"random_key", GDI_OUTCOME_RESULT, GOD_OK, "", "ok", ""},
    {"grandchild", GDI_OUTCOME_RESULT, GOD_OK, "", "ok", ""},
    {"no_metrics", GDI_OUTCOME_RESULT, GOD_OK, "", "failed", "the plug-in reported no score for this submission"},
    {"nan_metric", GDI_OUTCOME_RESULT, GOD_OK, "", "failed", "its score is not a number"},
    {"range_metric", GDI_OUTCOME_RESULT, GOD_OK, "", "failed", "its score is -1, outside the range 0 to 1000"},
    {"bad_index", GDI_OUTCOME_PLUGIN_ERROR, GOD_E_INTERNAL,
     "the plug-in made a mistake: it reported something for submission 1000003 of a job with 3", "failed",
     "not evaluated: the plug-in made a mistake"},
    {"huge_name", GDI_OUTCOME_PLUGIN_ERROR, GOD_E_INTERNAL, "the plug-in made a mistake: it named a metric \"xxxxx",
     "failed", "not evaluated"},
    {"failing_run", GDI_OUTCOME_PLUGIN_ERROR, GOD_E_DATA, "row 17: field \"output\" is missing", "failed",
     "not evaluated: row 17"},
    {"silent_run", GDI_OUTCOME_PLUGIN_ERROR, GOD_E_INTERNAL, "the plug-in returned GOD_E_INTERNAL and did not say why",
     "failed", "not evaluated"},
    {"silent_open", GDI_OUTCOME_PLUGIN_ERROR, GOD_E_INTERNAL, "did not say why", "failed", "not evaluated"},
    {"silent_check", GDI_OUTCOME_PLUGIN_ERROR, GOD_E_INVALID, "did not say why", "failed", "not evaluated"},
    {"failing_prepare", GDI_OUTCOME_PLUGIN_ERROR, GOD_E_DATA, "row 17: field \"instruction\" is missing", "failed",
     "not evaluated"},
    {"escaping_key", GDI_OUTCOME_PLUGIN_ERROR, GOD_E_INVALID, "\"../../outside\" cannot name a cache entry", "failed",
     "not evaluated"},
    {"device_lost", GDI_OUTCOME_PLUGIN_ERROR, GOD_E_DEVICE, "the device context is lost", "failed", "not evaluated"},
    {"crash_open", GDI_OUTCOME_CRASH, GOD_OK, "the worker was killed by signal 11 (segmentation fault)", "failed",
     "not evaluated: the worker was killed"},
    {"crash_run", GDI_OUTCOME_CRASH, GOD_OK, "the worker was killed by signal 11 (segmentation fault)", "failed",
     "not evaluated"},
    {"abort_run", GDI_OUTCOME_CRASH, GOD_OK, "the worker was killed by signal 6 (abort)", "failed", "not evaluated"},
    {"abort_thread", GDI_OUTCOME_CRASH, GOD_OK, "the worker was killed by signal 6 (abort)", "failed", "not evaluated"},
    {"exit_run", GDI_OUTCOME_NO_RESULT, GOD_OK, "without a result", "failed", "not evaluated: the worker ended"},
    {"forge_run", GDI_OUTCOME_NO_RESULT, GOD_OK, "without a result", "failed", "not evaluated: the worker ended"},
};

START_TEST(test_worker_supervisor__survives_and_reports_each_plugin)
{
    const struct expectation *expected = &expectations[_i];
    char name[64];
    gdi_result result;
    god_error err = GOD_ERROR_INIT;
    (void)snprintf(name, sizeof name, "survive-%s", expected->fault);
    test_job job = test_job_make(name, expected->fault, three);
    gdi_job opened = test_job_open(&job);
    const gdi_supervise_options options = {.worker_path = job.layout.worker_path};
    ck_assert_msg(gdi_supervise(&options, job.dir, &opened, &result, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(result.outcome == expected->outcome, "%s: %s: %s", expected->fault, gdi_outcome_name(result.outcome),
                  result.message);
    ck_assert_msg(strstr(result.message, expected->message) != NULL, "%s: \"%s\" does not say \"%s\"", expected->fault,
                  result.message, expected->message);
    ck_assert_int_eq(result.status, expected->status);
    ck_assert_str_eq(test_status_of(&result, "alice"), expected->alice);
    ck_assert_msg(strstr(test_message_of(&result, "alice"), expected->why) != NULL, "%s: \"%s\"", expected->fault,
                  test_message_of(&result, "alice"));
    if (strcmp(expected->alice, "ok") == 0) {
        test_assert_score(&result, "alice", 2.5);
        test_assert_score(&result, "bob", 1.25);
    }
    ck_assert_str_eq(test_status_of(&result, "carol"), "failed"); /* has no score.txt, whoever looks */
    gdi_result_clear(&result);
    gdi_job_clear(&opened);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_supervisor__leaves_no_process_behind)
{
    static const char *const faults[] = {"grandchild", "grandchild_session"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        test_job job = test_job_make("left-behind", faults[i], three);
        gdi_result result = test_job_run(&job);
        const char *pid = json_string_value(json_object_get(result.facts, "grandchild"));
        ck_assert_uint_eq(result.outcome, GDI_OUTCOME_RESULT);
        ck_assert_ptr_nonnull(pid);
        test_await_death(strtol(pid, NULL, 10));
        gdi_result_clear(&result);
        test_job_clear(&job);
    }
}
END_TEST

START_TEST(test_worker_supervisor__writes_down_what_happened)
{
    char path[GOD_PATH_MAX], *text = NULL;
    size_t bytes = 0;
    gdi_result again;
    god_error err = GOD_ERROR_INIT;
    test_job job = test_job_make("written", "noise", three);
    gdi_result result = test_job_run(&job);
    gdi_result_clear(&result);

    ck_assert_msg(gdi_result_read(job.dir, &again, &err) == GOD_OK, "%s", err.message);
    test_assert_score(&again, "alice", 2.5);
    gdi_result_clear(&again);

    ck_assert_int_eq(god_path_join(job.dir, "progress.jsonl", path, &err), GOD_OK);
    ck_assert_int_eq(god_file_read(path, 1 << 20, &text, &bytes, &err), GOD_OK);
    unsigned lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++) {
        json_t *value = json_loads(line, 0, NULL);
        ck_assert_msg(json_is_string(json_object_get(value, "time")), "%s", line);
        json_decref(value);
    }
    ck_assert_uint_gt(lines, 3);
    free(text);

    ck_assert_int_eq(god_path_join(job.dir, "output.txt", path, &err), GOD_OK);
    ck_assert_int_eq(god_file_read(path, 1 << 20, &text, &bytes, &err), GOD_OK);
    ck_assert_ptr_nonnull(strstr(text, "noise from run"));
    free(text);
    ck_assert_int_eq(god_path_join(job.dir, "work", path, &err), GOD_OK);
    ck_assert_uint_eq(god_file_exists(path), 0);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_supervisor__names_a_plugin_that_is_another)
{
    char path[GOD_PATH_MAX];
    test_job job = test_job_make("another", "normal", three);
    test_job_set(&job, "plugin", json_pack("{s:s, s:s}", "path", test_fault_path("noise", path), "id", "fault.normal"));
    gdi_result result = test_job_run(&job);
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_PLUGIN_ERROR);
    ck_assert_ptr_nonnull(strstr(result.message, "is the plug-in \"fault.noise\", not \"fault.normal\""));
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_supervisor__says_which_input_is_missing)
{
    test_job job = test_job_make("no-input", "normal", three);
    test_job_set(&job, "inputs", json_object());
    gdi_result result = test_job_run(&job);
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_PLUGIN_ERROR);
    ck_assert_int_eq(result.status, GOD_E_INVALID);
    ck_assert_str_eq(result.message, "the task needs the input \"data\", and the job has none");
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_supervisor__checks_a_task_without_data)
{
    static const struct {
        const char *task_type;
        uint32_t outcome;
    } checks[] = {{"FaultTask", GDI_OUTCOME_RESULT}, {"OtherTask", GDI_OUTCOME_PLUGIN_ERROR}};
    static const test_submission none[] = {{NULL, 0, NULL}};
    for (size_t i = 0; i < 2; i++) {
        test_job job = test_job_make("check", "normal", none);
        test_job_set(&job, "operation", json_string("check"));
        test_job_set(&job, "spec", json_pack("{s:s}", "task_type", checks[i].task_type));
        test_job_set(&job, "inputs", json_object());
        gdi_result result = test_job_run(&job);
        ck_assert_msg(result.outcome == checks[i].outcome, "%s", result.message);
        gdi_result_clear(&result);
        test_job_clear(&job);
    }
}
END_TEST

Suite *suite_worker_supervisor(void)
{
    Suite *suite = suite_create("worker_supervisor");
    TCase *tests = tcase_create("supervisor");
    tcase_add_loop_test(tests, test_worker_supervisor__survives_and_reports_each_plugin, 0,
                        sizeof expectations / sizeof *expectations);
    tcase_add_test(tests, test_worker_supervisor__leaves_no_process_behind);
    tcase_add_test(tests, test_worker_supervisor__writes_down_what_happened);
    tcase_add_test(tests, test_worker_supervisor__names_a_plugin_that_is_another);
    tcase_add_test(tests, test_worker_supervisor__says_which_input_is_missing);
    tcase_add_test(tests, test_worker_supervisor__checks_a_task_without_data);
    suite_add_tcase(suite, tests);
    return suite;
}
