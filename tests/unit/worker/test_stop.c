/* Deadlines, polite and impolite ends, and what happens to the worker when its supervisor is killed. */
#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/worker/split.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "jobs.h"
#include "test_worker.h"

static const test_submission two[] = {{"alice", 2.5, NULL}, {"bob", 1.25, NULL}, {NULL, 0, NULL}};

/* Asks to stop as soon as the plug-in has begun to work, which its first score tells. */
typedef struct stopper {
    uint32_t has_begun, how;
} stopper;

static void watch(void *user, const json_t *frame)
{
    stopper *s = user;
    const char *kind = json_string_value(json_object_get(frame, "frame"));
    const char *stage = json_string_value(json_object_get(frame, "stage"));
    s->has_begun |= strcmp(kind, "metric") == 0 || (stage != NULL && strcmp(stage, "evaluating") == 0);
}

static uint32_t stop_asked(void *user)
{
    const stopper *s = user;
    return s->has_begun ? s->how : 0;
}

static gdi_result run_and_stop(test_job *job, uint32_t how)
{
    gdi_result result;
    god_error err = GOD_ERROR_INIT;
    stopper s = {.how = how};
    const gdi_supervise_options options = {
        .worker_path = job->layout.worker_path, .user = &s, .stop_asked = stop_asked, .frame = watch};
    gdi_job opened = test_job_open(job);
    ck_assert_msg(gdi_job_run(&options, job->dir, &opened, &result, &err) == GOD_OK, "%s", err.message);
    gdi_job_clear(&opened);
    return result;
}

START_TEST(test_worker_stop__a_polite_plugin_ends_when_asked)
{
    uint64_t start_ms = gdi_clock_ms();
    test_job job = test_job_make("stop-polite", "wait_for_cancel", two);
    gdi_result result = run_and_stop(&job, 1);
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_CANCELLED);
    ck_assert_str_eq(result.message, "it was asked to stop");
    ck_assert_uint_lt(gdi_clock_ms() - start_ms, 9000); /* well before its grace time of 10 s is over */
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_stop__a_deaf_plugin_is_killed_after_its_grace_time)
{
    static const char *const faults[] = {"hang_run", "stubborn_run"};
    for (size_t i = 0; i < 2; i++) {
        test_job job = test_job_make("stop-deaf", faults[i], two);
        test_job_set(&job, "grace_ms", json_integer(50));
        gdi_result result = run_and_stop(&job, 1);
        ck_assert_uint_eq(result.outcome, GDI_OUTCOME_CANCELLED);
        gdi_result_clear(&result);
        test_job_clear(&job);
    }
}
END_TEST

START_TEST(test_worker_stop__asking_twice_kills_at_once)
{
    uint64_t start_ms = gdi_clock_ms();
    test_job job = test_job_make("stop-twice", "stubborn_run", two);
    test_job_set(&job, "grace_ms", json_integer(60000));
    gdi_result result = run_and_stop(&job, 2);
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_CANCELLED);
    ck_assert_uint_lt(gdi_clock_ms() - start_ms, 30000);
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_stop__a_polite_plugin_ends_at_its_deadline)
{
    test_job job = test_job_make("deadline-polite", "wait_for_cancel", two);
    test_job_set(&job, "time_limit_ms", json_integer(300));
    gdi_result result = test_job_run(&job);
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_TIMEOUT);
    ck_assert_uint_eq(result.hung, 0);
    ck_assert_str_eq(result.message, "the time limit of 0.3 s passed");
    ck_assert_str_eq(test_message_of(&result, "alice"), "not evaluated: the time limit of 0.3 s passed");
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_stop__a_hanging_plugin_is_killed_at_its_deadline)
{
    static const test_submission one[] = {{"alice", 2.5, NULL}, {NULL, 0, NULL}};
    test_job job = test_job_make("deadline-hang", "stubborn_run", one);
    test_job_set(&job, "time_limit_ms", json_integer(200));
    test_job_set(&job, "grace_ms", json_integer(50));
    gdi_result result = test_job_run(&job);
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_TIMEOUT);
    ck_assert_uint_eq(result.hung, 1);
    ck_assert_str_eq(result.message, "the time limit of 0.2 s passed and the worker did not react, so it was killed");
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

/* The process id of the one child of `parent`, 0 while there is none. */
static long child_of(long parent)
{
    char path[64];
    long pid = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", parent, parent);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        (void)fscanf(file, "%ld", &pid);
        (void)fclose(file);
    }
    return pid;
}

static gdi_child *start_supervisor(test_job *job)
{
    gdi_child *supervisor = NULL;
    god_error err = GOD_ERROR_INIT;
    const char *const argv[] = {GOD_BUILD_DIR "/tests/test-supervise", job->dir, NULL};
    const gdi_child_options options = {.argv = argv};
    gdi_job opened = test_job_open(job);
    gdi_job_clear(&opened);
    ck_assert_msg(gdi_child_start(&options, &supervisor, &err) == GOD_OK, "%s", err.message);
    return supervisor;
}

START_TEST(test_worker_stop__a_killed_supervisor_takes_its_worker_along)
{
    gdi_child_end end;
    long worker = 0;
    test_job job = test_job_make("supervisor-killed", "stubborn_run", two);
    gdi_child *supervisor = start_supervisor(&job);
    for (int i = 0; i < 30000 && worker == 0; i++) {
        worker = child_of((long)gdi_child_pid(supervisor));
        (void)usleep(1000);
    }
    ck_assert_int_gt(worker, 0);
    ck_assert_int_eq(kill(gdi_child_pid(supervisor), SIGKILL), 0);
    ck_assert_int_eq(gdi_child_wait(supervisor, 60000, &end, NULL), GOD_OK);
    test_await_death(worker);
    gdi_child_free(supervisor);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_stop__a_plugin_that_kills_its_supervisor_dies_with_it)
{
    gdi_child_end end;
    god_error err = GOD_ERROR_INIT;
    gdi_result result;
    test_job job = test_job_make("parricide", "kill_parent", two);
    gdi_child *supervisor = start_supervisor(&job);
    ck_assert_int_eq(gdi_child_wait(supervisor, 60000, &end, NULL), GOD_OK);
    ck_assert_uint_eq(end.how, GDI_CHILD_SIGNALLED);
    ck_assert_int_eq(end.code, SIGKILL);
    ck_assert_int_eq(gdi_result_read(job.dir, &result, &err), GOD_E_NOT_FOUND); /* nothing half-true is left */
    gdi_child_free(supervisor);
    test_job_clear(&job);
}
END_TEST

Suite *suite_worker_stop(void)
{
    Suite *suite = suite_create("worker_stop");
    TCase *tests = tcase_create("stop");
    tcase_add_test(tests, test_worker_stop__a_polite_plugin_ends_when_asked);
    tcase_add_test(tests, test_worker_stop__a_deaf_plugin_is_killed_after_its_grace_time);
    tcase_add_test(tests, test_worker_stop__asking_twice_kills_at_once);
    tcase_add_test(tests, test_worker_stop__a_polite_plugin_ends_at_its_deadline);
    tcase_add_test(tests, test_worker_stop__a_hanging_plugin_is_killed_at_its_deadline);
    tcase_add_test(tests, test_worker_stop__a_killed_supervisor_takes_its_worker_along);
    tcase_add_test(tests, test_worker_stop__a_plugin_that_kills_its_supervisor_dies_with_it);
    suite_add_tcase(suite, tests);
    return suite;
}
