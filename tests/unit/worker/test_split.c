#include "core/worker/split.h"

#include <stdlib.h>

#include "jobs.h"
#include "test_worker.h"

enum { group = 9 };

/* A group of nine with scores 1 to 9; bit i of `guilty` gives submission i the file that kills. */
static void make_group(test_submission submissions[group + 1], unsigned guilty, const char *extra)
{
    static const char *const ids[group] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"};
    for (unsigned i = 0; i < group; i++) {
        submissions[i] = (test_submission){ids[i], 1.0 + i, (guilty >> i & 1) != 0 ? extra : NULL};
    }
    submissions[group] = (test_submission){NULL, 0, NULL};
}

static const unsigned guilty_sets[] = {0x001, 0x100, 0x010, 0x003, 0x111, 0x0ff, 0x1fe, 0x0aa};

START_TEST(test_worker_split__finds_whoever_kills_the_worker_and_keeps_the_others)
{
    test_submission submissions[group + 1];
    unsigned guilty = guilty_sets[_i];
    char name[32];
    (void)snprintf(name, sizeof name, "split-%03x", guilty);
    make_group(submissions, guilty, "crash");
    test_job job = test_job_make(name, "crash_one", submissions);
    gdi_result result = test_job_run(&job);
    ck_assert_msg(result.outcome == GDI_OUTCOME_RESULT, "%s", result.message);
    ck_assert_str_eq(result.message, "");
    ck_assert_uint_eq(result.direction, GOD_LOWER_WINS);
    ck_assert_str_eq(gdi_result_primary(&result), "score");
    for (unsigned i = 0; i < group; i++) {
        const char *id = submissions[i].id;
        if ((guilty >> i & 1) == 0) {
            test_assert_score(&result, id, submissions[i].score);
            continue;
        }
        ck_assert_str_eq(test_status_of(&result, id), "failed");
        ck_assert_str_eq(test_message_of(&result, id),
                         "the worker was killed by signal 11 (segmentation fault) while evaluating this model alone");
    }
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_split__gives_the_numbers_of_an_unsplit_run)
{
    test_submission submissions[group + 1];
    make_group(submissions, 0x010, "crash");
    test_job split = test_job_make("split-same", "crash_one", submissions);
    gdi_result with = test_job_run(&split);
    (void)json_array_remove(with.submissions, 4);
    test_job_clear(&split);

    memmove(&submissions[4], &submissions[5], (group - 4) * sizeof *submissions);
    test_job whole = test_job_make("split-same", "crash_one", submissions);
    gdi_result without = test_job_run(&whole);
    ck_assert_int_eq(json_equal(with.submissions, without.submissions), 1);
    ck_assert_int_eq(json_equal(with.metrics, without.metrics), 1);
    ck_assert_int_eq(json_equal(with.facts, without.facts), 1);
    gdi_result_clear(&with);
    gdi_result_clear(&without);
    test_job_clear(&whole);
}
END_TEST

START_TEST(test_worker_split__names_the_one_that_hangs)
{
    static const test_submission submissions[] = {
        {"alice", 1, NULL}, {"bob", 2, "hang"}, {"carol", 3, NULL}, {NULL, 0, NULL}};
    test_job job = test_job_make("split-hang", "hang_one", submissions);
    test_job_set(&job, "time_limit_ms", json_integer(2000)); /* plenty for the others, even under sanitizers */
    test_job_set(&job, "grace_ms", json_integer(50));
    gdi_result result = test_job_run(&job);
    ck_assert_msg(result.outcome == GDI_OUTCOME_RESULT, "%s", result.message);
    test_assert_score(&result, "alice", 1);
    test_assert_score(&result, "carol", 3);
    ck_assert_str_eq(test_status_of(&result, "bob"), "failed");
    ck_assert_ptr_nonnull(strstr(test_message_of(&result, "bob"), "the time limit of 2 s passed and the worker did not "
                                                                  "react, so it was killed while evaluating this model "
                                                                  "alone"));
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

/* When every part dies, nobody in particular is to blame. */
START_TEST(test_worker_split__blames_nobody_when_all_parts_die)
{
    static const struct {
        const char *fault;
        uint32_t outcome;
    } faults[] = {
        {"crash_run", GDI_OUTCOME_CRASH}, {"exit_run", GDI_OUTCOME_NO_RESULT}, {"crash_open", GDI_OUTCOME_CRASH}};
    test_submission submissions[group + 1];
    make_group(submissions, 0, NULL);
    submissions[3].id = NULL;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        test_job job = test_job_make("split-all", faults[i].fault, submissions);
        gdi_result result = test_job_run(&job);
        ck_assert_uint_eq(result.outcome, faults[i].outcome);
        ck_assert_str_eq(test_status_of(&result, "s0"), "failed");
        ck_assert_ptr_nonnull(strstr(test_message_of(&result, "s0"), "not evaluated: the worker"));
        gdi_result_clear(&result);
        test_job_clear(&job);
    }
}
END_TEST

START_TEST(test_worker_split__says_so_when_the_only_submission_kills_the_worker)
{
    static const test_submission one[] = {{"alice", 1, "crash"}, {NULL, 0, NULL}};
    test_job job = test_job_make("split-one", "crash_one", one);
    gdi_result result = test_job_run(&job);
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_CRASH);
    ck_assert_ptr_nonnull(strstr(test_message_of(&result, "alice"), "while evaluating this model alone"));
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_split__does_not_search_for_a_plain_error)
{
    test_submission submissions[group + 1];
    char parts[GOD_PATH_MAX];
    make_group(submissions, 0, NULL);
    test_job job = test_job_make("split-plain", "failing_run", submissions);
    gdi_result result = test_job_run(&job);
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_PLUGIN_ERROR);
    ck_assert_str_eq(test_message_of(&result, "s8"), "not evaluated: row 17: field \"output\" is missing");
    ck_assert_int_eq(god_path_join(job.dir, "parts", parts, NULL), GOD_OK);
    ck_assert_uint_eq(god_file_exists(parts), 0);
    gdi_result_clear(&result);
    test_job_clear(&job);
}
END_TEST

START_TEST(test_worker_split__a_job_may_be_run_again_in_its_folder)
{
    test_submission submissions[group + 1];
    make_group(submissions, 0x002, "crash");
    test_job job = test_job_make("split-again", "crash_one", submissions);
    gdi_result first = test_job_run(&job), second = test_job_run(&job);
    ck_assert_int_eq(json_equal(first.submissions, second.submissions), 1);
    gdi_result_clear(&first);
    gdi_result_clear(&second);
    test_job_clear(&job);
}
END_TEST

Suite *suite_worker_split(void)
{
    Suite *suite = suite_create("worker_split");
    TCase *tests = tcase_create("split");
    tcase_add_loop_test(tests, test_worker_split__finds_whoever_kills_the_worker_and_keeps_the_others, 0,
                        sizeof guilty_sets / sizeof *guilty_sets);
    tcase_add_test(tests, test_worker_split__gives_the_numbers_of_an_unsplit_run);
    tcase_add_test(tests, test_worker_split__names_the_one_that_hangs);
    tcase_add_test(tests, test_worker_split__blames_nobody_when_all_parts_die);
    tcase_add_test(tests, test_worker_split__says_so_when_the_only_submission_kills_the_worker);
    tcase_add_test(tests, test_worker_split__does_not_search_for_a_plain_error);
    tcase_add_test(tests, test_worker_split__a_job_may_be_run_again_in_its_folder);
    suite_add_tcase(suite, tests);
    return suite;
}
