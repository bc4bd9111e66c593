/* The turn: reasons, due times, restarts, failures. */
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

START_TEST(test_cycles_turn__does_little_when_nothing_is_due)
{
    s.options.types_enabled = 1u << GDI_TEXT;
    stage_reopen(&s);
    stage_miners(&s, 2);
    stage_turn(&s);
    ck_assert_uint_eq(stage_open_jobs(&s, "ask_miners"), 1);
    uint64_t before = s.statements;
    ck_assert_int_eq(stage_try_turn(&s), GOD_OK);
    ck_assert_uint_eq(s.last.steps, 0);
    ck_assert_uint_le(s.statements - before, 2); /* the news, and the list of unfinished tournaments */
}
END_TEST

START_TEST(test_cycles_turn__says_when_it_is_due)
{
    s.options.types_enabled = 1u << GDI_IMAGE;
    stage_reopen(&s);
    stage_sql(&s, "INSERT INTO tournaments (tournament_id, tournament_type, status, created_at, updated_at) VALUES "
                  "('old', 'image', 'completed', '2026-06-11T15:00:00.000000Z', '2026-06-12T15:00:00.000000Z')");
    stage_turn(&s);
    ck_assert_int_eq(s.last.next_due_us, stage_time("2026-06-18T15:00:00Z"));
}
END_TEST

START_TEST(test_cycles_turn__finds_everything_again_after_a_restart)
{
    const char *id = stage_create(&s, GDI_TEXT);
    ck_assert_uint_gt(strlen(id), 0);
    stage_finish(&s, "ask_miners", "{\"replies\": []}");
    stage_sql(&s, "UPDATE jobs SET news = 0"); /* told, and the process died before it acted */
    stage_reopen(&s);
    stage_turn(&s);
    ck_assert_int_eq(s.last.next_due_us, s.now_us + 30 * 60 * GDI_SECOND_US);
    ck_assert_int_eq(stage_int(&s, "SELECT registration_pass FROM tournaments"), 1);
}
END_TEST

START_TEST(test_cycles_turn__goes_on_when_one_tournament_is_broken)
{
    (void)stage_create(&s, GDI_TEXT);
    (void)stage_create(&s, GDI_IMAGE);
    stage_finish(&s, "ask_miners", "{\"replies\": []}");
    stage_finish(&s, "ask_miners", "{\"replies\": []}");
    stage_sql(&s, "CREATE TRIGGER broken BEFORE UPDATE ON tournaments WHEN NEW.tournament_type = 'text' "
                  "BEGIN SELECT RAISE(ABORT, 'broken'); END");
    ck_assert_int_ne(stage_try_turn(&s), GOD_OK);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE tournament_type = 'image' AND "
                                   "next_attempt_at IS NOT NULL"),
                     1);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE tournament_type = 'text' AND "
                                   "next_attempt_at IS NULL"),
                     1);
    ck_assert_int_eq(s.last.next_due_us, s.now_us + 60 * GDI_SECOND_US);
    stage_sql(&s, "DROP TRIGGER broken");
    stage_turn(&s);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE next_attempt_at IS NOT NULL"), 2);
}
END_TEST

START_TEST(test_cycles_turn__survives_results_that_are_no_json)
{
    (void)stage_create(&s, GDI_TEXT);
    stage_answer(&s, "ask_miners", "[1, 2]");
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE next_attempt_at IS NOT NULL"), 1);
    s.now_us += 30 * 60 * GDI_SECOND_US;
    stage_turn(&s);
    stage_answer(&s, "ask_miners", "{\"replies\": [1, {\"hotkey\": 7}, {\"hotkey\": \"nobody\"}, null]}");
    ck_assert_int_eq(stage_int(&s, "SELECT registration_pass FROM tournaments"), 2);
}
END_TEST

START_TEST(test_cycles_turn__looks_at_everything_when_asked)
{
    (void)stage_create(&s, GDI_TEXT);
    stage_finish(&s, "ask_miners", "{\"replies\": []}");
    stage_sql(&s, "UPDATE jobs SET news = 0");
    stage_turn(&s);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE next_attempt_at IS NOT NULL"), 0);
    gdi_cycles_look_at_everything(s.cycles);
    stage_turn(&s);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE next_attempt_at IS NOT NULL"), 1);
}
END_TEST

Suite *suite_cycles_turn(void)
{
    Suite *suite = suite_create("cycles_turn");
    TCase *tcase = tcase_create("turn");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_cycles_turn__does_little_when_nothing_is_due);
    tcase_add_test(tcase, test_cycles_turn__says_when_it_is_due);
    tcase_add_test(tcase, test_cycles_turn__finds_everything_again_after_a_restart);
    tcase_add_test(tcase, test_cycles_turn__goes_on_when_one_tournament_is_broken);
    tcase_add_test(tcase, test_cycles_turn__survives_results_that_are_no_json);
    tcase_add_test(tcase, test_cycles_turn__looks_at_everything_when_asked);
    suite_add_tcase(suite, tcase);
    return suite;
}
