/* In every turn of a tournament one allocation fails, another one in each play, and the turn is taken again: nothing
 * leaks, and the rows are those of a tournament that had all the memory it wanted. The wrapped functions are those of
 * our own code; jansson keeps its own, since it cannot always tell a lack of memory from a broken text. */
#include <check.h>
#include <stdlib.h>

#include "../loader/failing_alloc.h"
#include "rounds_world.h"

enum { PLAYS = 40, WITHIN = 160 }; /* a play fails allocations 1 .. WITHIN of its turns, in its own order */

static uint32_t turn_without_memory(world *w, uint32_t fail_at)
{
    failing_alloc_begin(fail_at);
    god_status status = stage_try_turn(&w->stage);
    size_t count = failing_alloc_end();
    bool failed = count >= fail_at;
    ck_assert_msg(!failed || status == GOD_E_NOMEM || status == GOD_OK, "%s", god_status_name(status));
    return failed;
}

/* play 0: with all the memory it wants. Returns all rows. */
static char *played(uint32_t type, uint32_t play, uint32_t *ret_failures)
{
    world w;
    uint32_t failures = 0;
    world_open(&w, type, 8, 16);
    for (uint32_t turn = 0; turn < 5000 && world_winner(&w)[0] == '\0'; turn++) {
        if (play > 0) {
            failures += turn_without_memory(&w, 1 + (turn * 17 + play * 4) % WITHIN);
        }
        stage_turn(&w.stage);
        if (world_winner(&w)[0] == '\0' && !world_answer_one(&w)) {
            break;
        }
    }
    ck_assert_str_ne(world_winner(&w), "");
    char *dump = stage_dump(&w.stage);
    world_close(&w);
    *ret_failures = failures;
    return dump;
}

static void compare(uint32_t type)
{
    uint32_t failures = 0;
    size_t live = failing_alloc_live();
    char *wanted = played(type, 0, &failures);
    for (uint32_t play = 1; play <= PLAYS; play++) {
        char *got = played(type, play, &failures);
        ck_assert_uint_gt(failures, 10);
        ck_assert_str_eq(got, wanted);
        free(got);
    }
    free(wanted);
    ck_assert_uint_eq(failing_alloc_live(), live);
}

START_TEST(test_cycles_rounds_nomem__text)
{
    compare(GDI_TEXT);
}
END_TEST

START_TEST(test_cycles_rounds_nomem__environment)
{
    compare(GDI_ENVIRONMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cycles_rounds_nomem");
    TCase *tcase = tcase_create("nomem");
    tcase_add_test(tcase, test_cycles_rounds_nomem__text);
    tcase_add_test(tcase, test_cycles_rounds_nomem__environment);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
