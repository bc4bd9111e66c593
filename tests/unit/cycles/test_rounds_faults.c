/* A statement that fails in the middle of a step: the same step again gives the same rows. */
#include <stdlib.h>

#include "rounds_suites.h"
#include "rounds_world.h"

/* No step has as many statements as the shortest period, or it would never come to its end. */
enum { TEXT_PERIOD = 151, ENVIRONMENT_PERIOD = 401, PERIODS = 24 };

static char *played(uint32_t type, uint32_t count, uint64_t fault_every, uint32_t *ret_failures)
{
    world world;
    world_open(&world, type, count, 4);
    world.fault_every = fault_every;
    world.stage.fail_at = fault_every > 0 ? world.stage.statements + fault_every : 0;
    world_play(&world);
    world.stage.fail_at = 0;
    ck_assert_str_eq(world_winner(&world), "5M00");
    char *dump = stage_dump(&world.stage);
    *ret_failures = world.stage.failures;
    world_close(&world);
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
    world world;
    world_open(&world, GDI_TEXT, 8, 4);
    for (uint32_t i = 0; i < 10000 && world_winner(&world)[0] == '\0'; i++) {
        stage_reopen(&world.stage);
        (void)stage_try_turn(&world.stage);
        stage_reopen(&world.stage);
        stage_turn(&world.stage);
        if (world_winner(&world)[0] == '\0') {
            while (world_answer_one(&world)) {
            }
        }
    }
    ck_assert_str_eq(world_winner(&world), "5M00");
    char *got = stage_dump(&world.stage);
    ck_assert_str_eq(got, wanted);
    free(got);
    free(wanted);
    world_close(&world);
}
END_TEST

Suite *suite_cycles_rounds_faults(void)
{
    Suite *suite = suite_create("cycles_rounds_faults");
    TCase *tcase = tcase_create("faults");
    tcase_add_test(tcase, test_cycles_rounds__faults_leave_the_tables_of_a_text_tournament_alone);
    tcase_add_test(tcase, test_cycles_rounds__faults_leave_the_tables_of_an_environment_tournament_alone);
    tcase_add_test(tcase, test_cycles_rounds__restarts_leave_the_tables_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
