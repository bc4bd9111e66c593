/* A statement that fails in the middle of a step: the same step again gives the same rows. */
#include <stdio.h>
#include <stdlib.h>

#include "rounds_suites.h"
#include "rounds_world.h"

/* No step has as many statements as the shortest period, or it would never come to its end. */
enum { TEXT_PERIOD = 151, ENVIRONMENT_PERIOD = 401, PERIODS = 24 };

static char *played(uint32_t type, uint32_t count, uint64_t fault_every, uint32_t *ret_failures)
{
    world w;
    world_open(&w, type, count, 4);
    w.fault_every = fault_every;
    w.stage.fail_at = fault_every > 0 ? w.stage.statements + fault_every : 0;
    world_play(&w);
    w.stage.fail_at = 0;
    ck_assert_str_eq(world_winner(&w), "5M00");
    char *dump = stage_dump(&w.stage);
    *ret_failures = w.stage.failures;
    world_close(&w);
    return dump;
}

/* Periods differ, so that over all of them nearly every statement of the way fails once. */
static void compare(uint32_t type, uint32_t count, uint64_t shortest)
{
    uint32_t failures = 0;
    char *wanted = played(type, count, 0, &failures);
    ck_assert_int_eq(failures, 0);
    for (uint64_t period = shortest; period < shortest + PERIODS; period++) {
        char *got = played(type, count, period, &failures);
        ck_assert_int_gt(failures, 2);
        ck_assert_str_eq(got, wanted);
        free(got);
    }
    free(wanted);
}

START_TEST(test_cycles_rounds__faults_leave_the_tables_of_a_text_tournament_alone)
{
    compare(GDI_TEXT, 8, TEXT_PERIOD);
}
END_TEST

START_TEST(test_cycles_rounds__faults_leave_the_tables_of_an_environment_tournament_alone)
{
    compare(GDI_ENVIRONMENT, 7, ENVIRONMENT_PERIOD);
}
END_TEST

/* A new cycles object after every answer, as if the process was killed and started again each time. */
START_TEST(test_cycles_rounds__restarts_leave_the_tables_alone)
{
    uint32_t failures = 0;
    char *wanted = played(GDI_TEXT, 8, 0, &failures);
    world w;
    world_open(&w, GDI_TEXT, 8, 4);
    for (uint32_t i = 0; i < 10000 && world_winner(&w)[0] == '\0'; i++) {
        stage_reopen(&w.stage);
        (void)stage_try_turn(&w.stage);
        stage_reopen(&w.stage);
        stage_turn(&w.stage);
        if (world_winner(&w)[0] == '\0') {
            while (world_answer_one(&w)) {
            }
        }
    }
    ck_assert_str_eq(world_winner(&w), "5M00");
    char *got = stage_dump(&w.stage);
    ck_assert_str_eq(got, wanted);
    free(got);
    free(wanted);
    world_close(&w);
}
END_TEST

/* ---- answers that make no sense ---- */

static const char *const nonsense[] = {
    "{}",
    "{\"outcome\": 5, \"status\": [], \"scores\": [], \"trainers\": {}}",
    "{\"scores\": {\"5M00\": {\"status\": \"ok\", \"test_loss\": \"x\"}, \"5M99\": {}, \"5M01\": 7}}",
    "{\"training_data\": 7, \"test_data\": null, \"model_id\": null, \"ds\": 1}",
    "{\"model_id\": \"\", \"rows\": -1, \"model_params_count\": -5, \"fields\": [1]}",
    "{\"baseline_stats\": [], \"nodes\": {\"5M00\": 1}, \"augmented_model_id\": {}}",
    "{\"baseline_stats\": {\"dataset\": {\"near_duplicate_rate\": \"x\", \"seq_length_distribution\": []}}}",
    "{\"trainers\": [1, {}, {\"trainer_ip\": \"10.1.0.1\", \"gpus\": [{}, 3, {\"gpu_id\": -1, \"available\": 1}]}]}",
    "{\"model_a_wins\": -1, \"model_b_wins\": 1e300, \"draws\": \"none\", \"score\": \"NaN\"}",
    "[1, 2]",
};
enum { NONSENSE_COUNT = sizeof nonsense / sizeof *nonsense };

/* One answer in six; which one, a small generator says. */
static bool talk_nonsense(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)lease;
    (void)payload;
    w->counter = w->counter * 1664525u + 1013904223u;
    if ((w->counter >> 16) % 6 != 0) {
        return false;
    }
    *ret_result = json_loads(nonsense[(w->counter >> 20) % NONSENSE_COUNT], 0, NULL);
    return true;
}

/* An operator retries what failed, until the tournament is decided. */
static void play_with_an_operator(world *w)
{
    god_error err = GOD_ERROR_INIT;
    stage *s = &w->stage;
    w->clock_stands = true;
    for (int i = 0; i < 2000 && world_winner(w)[0] == '\0'; i++) {
        world_play(w);
        const char *task_id = stage_text(s, "SELECT l.task_id FROM tournament_tasks l JOIN tournament_rounds r ON"
                                            " r.round_id = l.round_id JOIN tasks t ON t.task_id = l.task_id WHERE"
                                            " r.status = 'active' AND t.status IN ('failure', 'success') ORDER BY"
                                            " t.status, t.updated_at LIMIT 1");
        if (task_id[0] != '\0' && world_winner(w)[0] == '\0') {
            char id[64];
            (void)snprintf(id, sizeof id, "%s", task_id);
            (void)gdi_operator_retry_task(s->cycles, id, s->now_us, &err);
        }
        s->now_us += INT64_C(900000000);
    }
}

START_TEST(test_cycles_rounds__nonsense_breaks_nothing)
{
    static const uint32_t types[] = {GDI_TEXT, GDI_ENVIRONMENT, GDI_IMAGE};
    world w;
    world_open(&w, types[_i % 3], 8, 8);
    w.hook = talk_nonsense;
    w.counter = (uint32_t)_i * 7919u + 1;
    play_with_an_operator(&w);
    ck_assert_str_ne(world_winner(&w), "");
    ck_assert_int_eq(stage_int(&w.stage, "SELECT count(*) FROM task_nodes WHERE quality_score NOT IN (-1, 0, 3)"), 0);
    world_close(&w);
}
END_TEST

Suite *suite_cycles_rounds_faults(void)
{
    Suite *suite = suite_create("cycles_rounds_faults");
    TCase *tcase = tcase_create("faults");
    tcase_add_test(tcase, test_cycles_rounds__faults_leave_the_tables_of_a_text_tournament_alone);
    tcase_add_test(tcase, test_cycles_rounds__faults_leave_the_tables_of_an_environment_tournament_alone);
    tcase_add_test(tcase, test_cycles_rounds__restarts_leave_the_tables_alone);
    tcase_add_loop_test(tcase, test_cycles_rounds__nonsense_breaks_nothing, 0, 12);
    suite_add_tcase(suite, tcase);
    return suite;
}
