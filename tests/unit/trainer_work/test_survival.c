/* A trainer that is killed, paused or told to cancel, and the same job afterwards. */
#include <string.h>
#include <unistd.h>

#include "stage.h"

Suite *trainer_survival_suite(void);

static god_error err = GOD_ERROR_INIT;

/* The same end as of a job that nobody disturbed, and one training only. */
static void check_end(void)
{
    ck_assert_msg(stage_run(&err) == GOD_OK, "%s", err.message);
    ck_assert_msg(stage_now.end.succeeded, "%s", stage_now.end.message);
    ck_assert_str_eq(stage_now.end.repository, "made/wait");
    ck_assert_uint_eq(strlen(stage_now.end.commit), 40);
    ck_assert_int_eq(stage_printed("started\n"), 1);
    ck_assert(!stage_has("source") && stage_has("end.json"));
    ck_assert(!stage_leaks(STAGE_TOKEN));
}

START_TEST(test_trainer_work__killed_at_the_start_of_a_step)
{
    stage_make(stage_request("task", "wait"));
    stage_now.go_when_started = 1;
    stage_now.kill_at_step = (uint32_t)_i;
    stage_run_killed();
    check_end();
}
END_TEST

START_TEST(test_trainer_work__killed_at_every_step_in_turn)
{
    stage_make(stage_request("task", "wait"));
    stage_now.go_when_started = 1;
    for (uint32_t step = GDI_WORK_CLONING; step <= GDI_WORK_CLEANING; step++) {
        stage_now.kill_at_step = step;
        stage_run_killed();
    }
    check_end();
}
END_TEST

/* Within steps, further on each time: whenever the work asks whether it shall stop, which it does all the time. */
START_TEST(test_trainer_work__killed_again_and_again)
{
    int killed = 0;
    stage_make(stage_request("again", "wait"));
    stage_now.go_when_started = 1;
    for (stage_now.kill_at_ask = 1; stage_run_in_child(); stage_now.kill_at_ask += 4) {
        killed++;
    }
    ck_assert_int_ge(killed, 3);
    stage_now.kill_at_ask = 0;
    check_end();
}
END_TEST

START_TEST(test_trainer_work__killed_while_it_trains)
{
    stage_make(stage_request("task", "wait"));
    stage_now.kill_when_started = 1;
    stage_run_killed();
    ck_assert(!stage_has("result.json")); /* the training waits */
    stage_now.go_when_started = 1;
    check_end();
}
END_TEST

START_TEST(test_trainer_work__pauses_and_goes_on)
{
    stage_make(stage_request("task", "wait"));
    stage_now.stop_then = GDI_WORK_PAUSE; /* when the container has started */
    ck_assert_int_eq(stage_run(&err), GOD_E_CANCELLED);
    ck_assert(!stage_has("result.json") && !stage_has("end.json"));
    stage_now.stop = stage_now.stop_then = GDI_WORK_GO_ON;
    stage_let_go();
    check_end();
}
END_TEST

START_TEST(test_trainer_work__cancels_a_training_that_another_process_started)
{
    stage_make(stage_request("task", "wait"));
    stage_now.kill_when_started = 1;
    stage_run_killed();
    stage_now.stop = GDI_WORK_CANCEL;
    ck_assert_msg(stage_run(&err) == GOD_OK, "%s", err.message);
    ck_assert(!stage_now.end.succeeded);
    ck_assert_int_eq(stage_said("[INFO] Training cancelled."), 1);
    ck_assert(stage_has("end.json") && !stage_has("source"));
}
END_TEST

START_TEST(test_trainer_work__cancels_before_it_trains)
{
    stage_make(stage_request("task", "result"));
    stage_now.stop_at_step = GDI_WORK_DATASETS;
    stage_now.stop_then = GDI_WORK_CANCEL;
    ck_assert_msg(stage_run(&err) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(stage_now.end.message, "cancelled");
    ck_assert(!stage_has("run.json") && !stage_has("source"));
}
END_TEST

START_TEST(test_trainer_work__removes_a_job_whose_training_runs)
{
    stage_make(stage_request("task", "wait"));
    stage_now.kill_when_started = 1;
    stage_run_killed();
    ck_assert_msg(gdi_work_remove(&stage_now.work, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_ne(access(stage_now.job_dir, F_OK), 0);
}
END_TEST

Suite *trainer_survival_suite(void)
{
    Suite *suite = suite_create("trainer survival");
    TCase *all = tcase_create("all");
    tcase_add_unchecked_fixture(all, stage_open, stage_close);
    tcase_add_checked_fixture(all, stage_set_up, stage_tear_down);
    if (!STAGE_IS_SANITIZED) { /* the next one passes the same places */
        tcase_add_loop_test(all, test_trainer_work__killed_at_the_start_of_a_step, GDI_WORK_CLONING,
                            GDI_WORK_CLEANING + 1);
    }
    tcase_add_test(all, test_trainer_work__killed_again_and_again);
    tcase_add_test(all, test_trainer_work__killed_at_every_step_in_turn);
    tcase_add_test(all, test_trainer_work__killed_while_it_trains);
    tcase_add_test(all, test_trainer_work__pauses_and_goes_on);
    tcase_add_test(all, test_trainer_work__cancels_a_training_that_another_process_started);
    tcase_add_test(all, test_trainer_work__cancels_before_it_trains);
    tcase_add_test(all, test_trainer_work__removes_a_job_whose_training_runs);
    suite_add_tcase(suite, all);
    return suite;
}
