/* Schedule and creation: sections 6 and 7. */
#include <jansson.h>
#include <string.h>

#include "stage.h"
#include "suites.h"

static stage s;

static void set_up(void)
{
    stage_open(&s);
    s.options.types_enabled = 1u << GDI_TEXT | 1u << GDI_IMAGE | 1u << GDI_ENVIRONMENT;
    stage_reopen(&s);
}
static void tear_down(void)
{
    stage_close(&s);
}

static void complete_all(const char *when)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE tournaments SET status = 'completed', updated_at = '%s' WHERE status <> 'cancelled'", when);
    stage_sql(&s, sql);
}

START_TEST(test_cycles_schedule__starts_the_first_of_each_type_at_once)
{
    stage_turn(&s);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE status = 'pending'"), 3);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(DISTINCT tournament_type) FROM tournaments"), 3);
    const char *id = stage_text(&s, "SELECT tournament_id FROM tournaments LIMIT 1");
    ck_assert_uint_eq(strlen(id), strlen("tourn_0123456789abcdef_20260615"));
    ck_assert_str_eq(id + strlen(id) - 9, "_20260615");
}
END_TEST

START_TEST(test_cycles_schedule__starts_none_while_one_is_unfinished)
{
    stage_turn(&s);
    stage_sql(&s, "UPDATE tournaments SET status = 'active'");
    stage_reopen(&s);
    stage_at(&s, "2026-06-18T14:20:00Z");
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments"), 3);
}
END_TEST

START_TEST(test_cycles_schedule__starts_in_the_window_and_not_after_it)
{
    stage_turn(&s);
    complete_all("2026-06-16T00:00:00.000000Z");
    stage_at(&s, "2026-06-17T12:00:00Z");
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments"), 3);
    ck_assert_int_eq(s.last.next_due_us, stage_time("2026-06-18T14:00:00Z"));
    /* The machine slept through the text window, and comes back in that of image. */
    stage_at(&s, "2026-06-18T15:30:00Z");
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE tournament_type = 'text'"), 1);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE tournament_type = 'image'"), 2);
    ck_assert_int_eq(s.last.next_due_us, stage_time("2026-06-22T14:00:00Z"));
    stage_at(&s, "2026-06-25T14:59:59Z");
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE tournament_type = 'text'"), 2);
}
END_TEST

START_TEST(test_cycles_schedule__forgets_cancelled_tournaments)
{
    god_error err = GOD_ERROR_INIT;
    stage_turn(&s);
    char id[GDI_TOURNAMENT_ID_BYTES];
    (void)snprintf(id, sizeof id, "%s",
                   stage_text(&s, "SELECT tournament_id FROM tournaments WHERE tournament_type = 'text'"));
    ck_assert_int_eq(gdi_operator_cancel(s.cycles, id, s.now_us, &err), GOD_OK);
    stage_turn(&s);
    /* No other text tournament was ever held: the next one is the first again, and has an id of its own. */
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE tournament_type = 'text'"), 2);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM jobs WHERE state = 'cancelled'"), 1);
    ck_assert_int_eq(gdi_operator_cancel(s.cycles, id, s.now_us, &err), GOD_E_INVALID);
}
END_TEST

START_TEST(test_cycles_schedule__keeps_disabled_types_out)
{
    s.options.types_enabled = 1u << GDI_IMAGE;
    stage_reopen(&s);
    stage_turn(&s);
    ck_assert_str_eq(stage_text(&s, "SELECT group_concat(tournament_type) FROM tournaments"), "image");
}
END_TEST

/* ---- the boss ---- */

static void past(const char *id, const char *created, const char *winner, const char *base)
{
    char sql[512];
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO tournaments (tournament_id, tournament_type, status, winner_hotkey, base_winner_hotkey, "
        "created_at, updated_at) VALUES ('%s', 'text', 'completed', '%s', %s%s%s, '%s', '%s')",
        id, winner, base == NULL ? "" : "'", base == NULL ? "NULL" : base, base == NULL ? "" : "'", created, created);
    stage_sql(&s, sql);
}

static void entry(const char *tournament_id, const char *hotkey, const char *repo, const char *backup)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO tournament_participants (tournament_id, hotkey, training_repo, training_commit_hash, "
                   "backup_repo, created_at) VALUES ('%s', '%s', '%s', '%040x', %s%s%s, '2026-06-01T00:00:00.000000Z')",
                   tournament_id, hotkey, repo, 7, backup == NULL ? "" : "'", backup == NULL ? "NULL" : backup,
                   backup == NULL ? "" : "'");
    stage_sql(&s, sql);
}

static void only_text(void)
{
    s.options.types_enabled = 0;
    stage_reopen(&s);
}

START_TEST(test_cycles_creation__enters_the_default_boss_without_a_champion)
{
    only_text();
    (void)stage_create(&s, GDI_TEXT);
    ck_assert_str_eq(stage_text(&s, "SELECT COALESCE(base_winner_hotkey, 'nobody') FROM tournaments"), "nobody");
    ck_assert_str_eq(stage_text(&s, "SELECT hotkey || ' ' || training_repo || ' ' || training_commit_hash || ' ' || "
                                    "COALESCE(fee_event_id, 'free') FROM tournament_participants"),
                     STAGE_BURN " https://github.com/default/boss 00000000000000000000000000000000000000dd free");
    ck_assert_uint_eq(stage_open_jobs(&s, "find_head"), 0);
}
END_TEST

START_TEST(test_cycles_creation__enters_the_champion_of_an_older_reign)
{
    only_text();
    past("t1", "2026-06-01T00:00:00.000000Z", "5A", NULL);
    past("t2", "2026-06-08T00:00:00.000000Z", STAGE_BURN, "5A"); /* a defence has no row of its own */
    entry("t1", "5A", "https://github.com/a/code", NULL);
    (void)stage_create(&s, GDI_TEXT);
    ck_assert_str_eq(stage_text(&s, "SELECT base_winner_hotkey FROM tournaments WHERE status = 'pending'"), "5A");
    ck_assert_str_eq(
        stage_text(&s, "SELECT training_repo FROM tournament_participants WHERE hotkey = '" STAGE_BURN "'"),
        "https://github.com/a/code");
}
END_TEST

START_TEST(test_cycles_creation__takes_the_head_of_the_public_repository)
{
    only_text();
    past("t1", "2026-06-01T00:00:00.000000Z", "5A", NULL);
    entry("t1", "5A", "https://github.com/a/code", "https://github.com/public/a");
    (void)stage_create(&s, GDI_TEXT);
    const char *boss = "SELECT training_repo || ' ' || training_commit_hash FROM tournament_participants WHERE "
                       "hotkey = '" STAGE_BURN "'";
    /* Until the answer is there, the next source stands in. */
    ck_assert_str_eq(stage_text(&s, boss), "https://github.com/a/code 0000000000000000000000000000000000000007");
    stage_fail(&s, "find_head", "no answer");
    stage_answer(&s, "ask_miners", "{\"replies\": []}");
    ck_assert_uint_eq(stage_open_jobs(&s, "find_head"), 0);
    /* Asked again in the next pass. */
    s.now_us += 30 * 60 * GDI_SECOND_US;
    stage_turn(&s);
    json_t *payload = stage_payload(&s, "find_head");
    ck_assert_str_eq(json_string_value(json_object_get(payload, "github_repo")), "https://github.com/public/a");
    ck_assert_str_eq(json_string_value(json_object_get(payload, "branch")), "main");
    json_decref(payload);
    stage_answer(&s, "find_head", "{\"commit_hash\": \"ABCDEF0123456789abcdef0123456789abcdef01\"}");
    ck_assert_str_eq(stage_text(&s, boss), "https://github.com/public/a ABCDEF0123456789abcdef0123456789abcdef01");
    /* And then no more. */
    stage_answer(&s, "ask_miners", "{\"replies\": []}");
    s.now_us += 30 * 60 * GDI_SECOND_US;
    stage_turn(&s);
    ck_assert_uint_eq(stage_open_jobs(&s, "find_head"), 0);
}
END_TEST

START_TEST(test_cycles_creation__refuses_a_second_one)
{
    god_error err = GOD_ERROR_INIT;
    char id[GDI_TOURNAMENT_ID_BYTES];
    only_text();
    (void)stage_create(&s, GDI_TEXT);
    ck_assert_int_eq(gdi_operator_create(s.cycles, GDI_TEXT, s.now_us, id, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "is pending"));
}
END_TEST

Suite *suite_cycles_schedule(void)
{
    Suite *suite = suite_create("cycles_schedule");
    TCase *tcase = tcase_create("schedule");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_cycles_schedule__starts_the_first_of_each_type_at_once);
    tcase_add_test(tcase, test_cycles_schedule__starts_none_while_one_is_unfinished);
    tcase_add_test(tcase, test_cycles_schedule__starts_in_the_window_and_not_after_it);
    tcase_add_test(tcase, test_cycles_schedule__forgets_cancelled_tournaments);
    tcase_add_test(tcase, test_cycles_schedule__keeps_disabled_types_out);
    tcase_add_test(tcase, test_cycles_creation__enters_the_default_boss_without_a_champion);
    tcase_add_test(tcase, test_cycles_creation__enters_the_champion_of_an_older_reign);
    tcase_add_test(tcase, test_cycles_creation__takes_the_head_of_the_public_repository);
    tcase_add_test(tcase, test_cycles_creation__refuses_a_second_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
