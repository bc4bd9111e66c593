/* Every statement of a stretch of work is broken once, and the work is done again: the rows must be those of a stretch
 * that nothing broke. The work goes on with the same object, or with a new one, as after a kill. */
#include <stdlib.h>

#include "stretches.h"
#include "suites.h"

static stage s;

static void set_up(void)
{
    stage_open(&s);
}
static void tear_down(void)
{
    stage_close(&s);
}

static void break_statement(stage *broken, void *user)
{
    const uint64_t *number = user; /* from 1; 0: none */
    broken->fail_at = *number == 0 ? 0 : broken->statements + *number;
}

static void mend(stage *broken, void *user)
{
    (void)user;
    broken->fail_at = 0;
}

START_TEST(test_cycles_faults__each_statement_may_break)
{
    const stretch *work = &stretches[_i];
    uint64_t number = 0;
    stretch_fault fault = {.begin = break_statement, .end = mend, .user = &number};
    char *whole = stretch_play(&s, work, &fault);
    do {
        number++;
        for (int kill = 0; kill <= 1; kill++) {
            fault.kill = kill == 1;
            char *dump = stretch_play(&s, work, &fault);
            stretch_assert_same(work, number, whole, dump);
            free(dump);
        }
    } while (s.failures > 0);
    free(whole);
    ck_assert_uint_ge(number, work->statements_least);
}
END_TEST

Suite *suite_cycles_faults(void)
{
    int count = 0;
    while (stretches[count].name != NULL) {
        count++;
    }
    Suite *suite = suite_create("cycles_faults");
    TCase *tcase = tcase_create("faults");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_cycles_faults__each_statement_may_break, 0, count);
    suite_add_tcase(suite, tcase);
    return suite;
}
