/* Every statement of a stretch of work is broken once, and the work is done again: the rows must be those of a stretch
 * that nothing broke. The turn either goes on with the same object, or with a new one, as after a kill. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"
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

typedef void (*stretch)(void);

static uint64_t broken_statement; /* counted from arm(); 0: none */

static void arm(void)
{
    s.fail_at = broken_statement == 0 ? 0 : s.statements + broken_statement;
}

static void creation(void)
{
    s.options.types_enabled = 1u << GDI_TEXT;
    stage_reopen(&s);
    stage_miners(&s, 9);
    arm();
    (void)stage_try_turn(&s);
}

static void after_miners(void)
{
    stage_miners(&s, 9);
    (void)stage_create(&s, GDI_TEXT);
    stage_answer(&s, "ask_miners", stage_replies(&s, 5));
    stage_accept_all(&s, NULL);
    s.now_us += 30 * 60 * GDI_SECOND_US;
    stage_turn(&s);
    stage_finish(&s, "ask_miners", stage_replies(&s, 9));
    arm();
    (void)stage_try_turn(&s);
}

static void after_checks(void)
{
    stage_miners(&s, 9);
    (void)stage_create(&s, GDI_TEXT);
    stage_answer(&s, "ask_miners", stage_replies(&s, 9));
    while (stage_open_jobs(&s, "check_repository") > 0) {
        stage_finish(&s, "check_repository", "{\"accepted\": true, \"source_digest\": null}");
    }
    arm();
    (void)stage_try_turn(&s);
}

static void finish_round_one(void)
{
    stage_miners(&s, 8);
    (void)stage_activate(&s, GDI_TEXT, 8);
    stage_sql(
        &s, "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round, status, "
            "created_at) SELECT 'r1', tournament_id, 1, 'knockout', 0, 'completed', created_at FROM tournaments");
    stage_reopen(&s);
}

static void gate(void)
{
    finish_round_one();
    stage_turn(&s);
    stage_finish(&s, "review_duplicates", "{\"digests\": {\"5M00\": \"a\", \"5M01\": \"a\"}, \"verdicts\": []}");
    arm();
    (void)stage_try_turn(&s);
}

static void approval(void)
{
    god_error err = GOD_ERROR_INIT;
    char id[GDI_TOURNAMENT_ID_BYTES];
    finish_round_one();
    stage_turn(&s);
    stage_answer(&s, "review_duplicates", "{\"digests\": {\"5M00\": \"a\", \"5M01\": \"a\"}, \"verdicts\": []}");
    (void)snprintf(id, sizeof id, "%s", stage_text(&s, "SELECT tournament_id FROM tournaments"));
    ck_assert_int_eq(gdi_operator_approve_review(s.cycles, id, NULL, s.now_us, &err), GOD_OK);
    arm();
    (void)stage_try_turn(&s);
}

static void ending(void)
{
    stage_miners(&s, 8);
    (void)stage_activate(&s, GDI_TEXT, 8);
    stage_sql(&s, "UPDATE tournaments SET winner_hotkey = '5M03'");
    stage_reopen(&s);
    stage_turn(&s);
    stage_finish(&s, "publish_repository", "{\"repository_url\": \"https://github.com/public/winner\"}");
    arm();
    (void)stage_try_turn(&s);
}

static void periods(void)
{
    s.options.weights_period_us = s.options.nodes_period_us = s.options.transfers_period_us = 0;
    s.options.collection_address = "5FEES";
    stage_reopen(&s);
    stage_miners(&s, 2);
    stage_turn(&s);
    stage_finish(&s, "refresh_nodes",
                 "{\"nodes\": [{\"hotkey\": \"5M00\", \"coldkey\": \"5C\", \"ip\": \"10.1.1.1\", \"port\": 1}]}");
    stage_finish(&s, "read_transfers",
                 "{\"transfers\": [{\"id\": \"a\", \"from_ss58\": \"5C00\", \"to_ss58\": \"5FEES\", \"amount_rao\": 9, "
                 "\"timestamp\": \"2026-06-15T08:00:00Z\"}], \"timestamp\": \"2026-06-15T08:00:00Z\", \"block\": 3}");
    stage_finish(&s, "set_weights", "{\"accepted\": false}");
    s.now_us += GDI_HOUR_US;
    arm();
    (void)stage_try_turn(&s);
}

static char *play(stretch work, uint64_t fail_after, bool kill, uint32_t *ret_failures)
{
    stage_empty(&s);
    broken_statement = fail_after;
    work();
    s.fail_at = 0;
    if (kill) {
        stage_reopen(&s);
    }
    stage_turn(&s);
    *ret_failures = s.failures;
    return stage_dump(&s);
}

static void break_each_statement(stretch work, uint32_t statements_least)
{
    uint32_t failures = 0, broken = 0;
    char *whole = play(work, 0, false, &failures);
    do {
        broken++;
        for (int kill = 0; kill <= 1; kill++) {
            char *dump = play(work, broken, kill == 1, &failures);
            if (strcmp(whole, dump) != 0) {
                size_t at = 0;
                while (whole[at] == dump[at]) {
                    at++;
                }
                while (at > 0 && whole[at - 1] != '\n') {
                    at--;
                }
                ck_abort_msg("statement %u, kill %d:\n%.300s\ninstead of\n%.300s", broken, kill, dump + at, whole + at);
            }
            free(dump);
        }
    } while (failures > 0);
    free(whole);
    ck_assert_uint_ge(broken, statements_least);
}

START_TEST(test_cycles_faults__creation)
{
    break_each_statement(creation, 8);
}
END_TEST
START_TEST(test_cycles_faults__a_pass_with_replies)
{
    break_each_statement(after_miners, 8);
}
END_TEST
START_TEST(test_cycles_faults__fees_and_activation)
{
    break_each_statement(after_checks, 40);
}
END_TEST
START_TEST(test_cycles_faults__the_gate)
{
    break_each_statement(gate, 8);
}
END_TEST
START_TEST(test_cycles_faults__an_approval)
{
    break_each_statement(approval, 10);
}
END_TEST
START_TEST(test_cycles_faults__the_ending)
{
    break_each_statement(ending, 6);
}
END_TEST
START_TEST(test_cycles_faults__periods)
{
    break_each_statement(periods, 25);
}
END_TEST

Suite *suite_cycles_faults(void)
{
    Suite *suite = suite_create("cycles_faults");
    TCase *tcase = tcase_create("faults");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_cycles_faults__creation);
    tcase_add_test(tcase, test_cycles_faults__a_pass_with_replies);
    tcase_add_test(tcase, test_cycles_faults__fees_and_activation);
    tcase_add_test(tcase, test_cycles_faults__the_gate);
    tcase_add_test(tcase, test_cycles_faults__an_approval);
    tcase_add_test(tcase, test_cycles_faults__the_ending);
    tcase_add_test(tcase, test_cycles_faults__periods);
    suite_add_tcase(suite, tcase);
    return suite;
}
