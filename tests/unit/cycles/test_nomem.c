/* Every allocation of a stretch of work fails once, and the work is done again: nothing leaks, and the rows are those
 * of a stretch that had all the memory it wanted. The wrapped functions are those of our own code; jansson is told to
 * use them too. */
#include <check.h>
#include <stdlib.h>

#include "../loader/failing_alloc.h"
#include "core/cycles/steps.h"
#include "stretches.h"

const gdi_step_kind gdi_round_steps[] = {{.name = NULL}};

typedef struct memory_shortage {
    size_t fail_at, count;
} memory_shortage;

static void begin(stage *s, void *user)
{
    const memory_shortage *shortage = user;
    (void)s;
    failing_alloc_begin(shortage->fail_at);
}

static void end(stage *s, void *user)
{
    memory_shortage *shortage = user;
    (void)s;
    shortage->count = failing_alloc_end();
}

START_TEST(test_cycles_nomem__each_allocation_may_fail)
{
    stage s;
    const stretch *work = &stretches[_i];
    memory_shortage shortage = {.fail_at = 0};
    stretch_fault fault = {.begin = begin, .end = end, .user = &shortage};
    size_t live = failing_alloc_live(); /* of the test library */
    stage_open(&s);
    char *whole = stretch_play(&s, work, &fault);
    size_t all = shortage.count;
    ck_assert_uint_gt(all, 20);
    for (size_t i = 1; i <= all; i++) {
        shortage.fail_at = i;
        char *dump = stretch_play(&s, work, &fault);
        stretch_assert_same(work, i, whole, dump);
        free(dump);
    }
    free(whole);
    stage_close(&s);
    ck_assert_uint_eq(failing_alloc_live(), live);
}
END_TEST

int main(void)
{
    int count = 0;
    while (stretches[count].name != NULL) {
        count++;
    }
    Suite *suite = suite_create("cycles_nomem");
    TCase *tcase = tcase_create("nomem");
    tcase_add_loop_test(tcase, test_cycles_nomem__each_allocation_may_fail, 0, count);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
