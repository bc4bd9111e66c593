/* Passes of a pending tournament: section 8. */
#include <jansson.h>
#include <stdio.h>
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

static void next_pass(void)
{
    s.now_us += 30 * 60 * GDI_SECOND_US;
    stage_turn(&s);
}

static int64_t entrants(void)
{
    return stage_int(&s, "SELECT COUNT(*) FROM tournament_participants WHERE fee_event_id IS NOT NULL");
}

static int64_t fees(void)
{
    return stage_int(&s, "SELECT COUNT(*) FROM balance_events WHERE event_type = 'participation_fee'");
}

/* One reply; `i` makes hotkey 5M<i> and a commit. */
static const char *reply(uint32_t i, const char *repo, uint32_t commit, const char *token)
{
    static char text[8][512];
    static uint32_t next;
    char *to = text[next++ % 8];
    (void)snprintf(to, sizeof text[0],
                   "{\"hotkey\": \"5M%02u\", \"github_repo\": \"%s\", \"commit_hash\": \"%040x\", \"github_token\": "
                   "%s%s%s, \"requested_datasets\": [\"black\", \"white/two\", \"white/two\", \"white/one\", "
                   "\"white/three\"]}",
                   i, repo, commit, token == NULL ? "" : "\"", token == NULL ? "null" : token,
                   token == NULL ? "" : "\"");
    return to;
}

static void answer_replies(const char *a, const char *b, const char *c)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "{\"replies\": [%s%s%s%s%s]}", a, b == NULL ? "" : ", ", b == NULL ? "" : b,
                   c == NULL ? "" : ", ", c == NULL ? "" : c);
    stage_answer(&s, "ask_miners", text);
}

START_TEST(test_cycles_registration__fills_the_field_and_activates)
{
    stage_miners(&s, 9);
    const char *id = stage_create(&s, GDI_TEXT);
    json_t *payload = stage_payload(&s, "ask_miners");
    ck_assert_str_eq(json_string_value(json_object_get(payload, "tournament_id")), id);
    ck_assert_str_eq(json_string_value(json_object_get(payload, "tournament_type")), "text");
    ck_assert_uint_eq(json_array_size(json_object_get(payload, "nodes")), 9); /* the burn hotkey is not asked */
    json_decref(payload);
    stage_answer(&s, "ask_miners", stage_replies(&s, 8));
    ck_assert_uint_eq(stage_open_jobs(&s, "check_repository"), 8);
    ck_assert_int_eq(fees(), 0);
    stage_accept_all(&s, NULL);
    ck_assert_int_eq(entrants(), 8);
    ck_assert_int_eq(fees(), 8);
    ck_assert_int_eq(stage_int(&s, "SELECT SUM(balance_rao) FROM coldkey_balances"),
                     9 * 1000000000ll - 8 * 250000000ll);
    ck_assert_str_eq(stage_text(&s, "SELECT status FROM tournaments"), "active");
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM jobs WHERE kind = 'notify'"), 1);
    ck_assert_int_eq(stage_int(&s, "SELECT updated_at = '2026-06-15T09:00:00.000000Z' FROM tournaments"), 1);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournament_participants WHERE requested_datasets IS NOT NULL"),
                     0);
}
END_TEST

START_TEST(test_cycles_registration__charges_once_over_all_passes)
{
    stage_miners(&s, 8);
    (void)stage_create(&s, GDI_TEXT);
    stage_answer(&s, "ask_miners", stage_replies(&s, 5));
    stage_accept_all(&s, NULL);
    ck_assert_int_eq(entrants(), 5);
    ck_assert_str_eq(stage_text(&s, "SELECT status FROM tournaments"), "pending");
    ck_assert_int_eq(stage_int(&s, "SELECT updated_at = created_at FROM tournaments"), 1);
    ck_assert_int_eq(s.last.next_due_us, s.now_us + 30 * 60 * GDI_SECOND_US);
    /* The same five answer again: nobody is checked or charged a second time. */
    next_pass();
    stage_answer(&s, "ask_miners", stage_replies(&s, 5));
    ck_assert_uint_eq(stage_open_jobs(&s, "check_repository"), 0);
    ck_assert_int_eq(fees(), 5);
    /* Now they are silent and three others come: eight are enough. */
    next_pass();
    answer_replies(reply(5, "https://github.com/m5/r", 6, NULL), reply(6, "https://github.com/m6/r", 7, NULL),
                   reply(7, "https://github.com/m7/r", 8, NULL));
    stage_accept_all(&s, NULL);
    ck_assert_int_eq(entrants(), 8);
    ck_assert_int_eq(fees(), 8);
    ck_assert_str_eq(stage_text(&s, "SELECT status FROM tournaments"), "active");
}
END_TEST

START_TEST(test_cycles_registration__hotkeys_of_a_coldkey_share_its_balance)
{
    for (uint32_t i = 0; i < 3; i++) {
        char hotkey[16], ip[16];
        (void)snprintf(hotkey, sizeof hotkey, "5M%02u", i);
        (void)snprintf(ip, sizeof ip, "10.0.0.%u", i + 1);
        stage_node(&s, hotkey, "5C", ip);
    }
    stage_deposit(&s, "5C", 2 * 250000000 + 249999999);
    (void)stage_create(&s, GDI_TEXT);
    stage_answer(&s, "ask_miners", stage_replies(&s, 3));
    stage_accept_all(&s, NULL);
    ck_assert_str_eq(stage_text(&s,
                                "SELECT group_concat(hotkey) FROM (SELECT hotkey FROM tournament_participants WHERE "
                                "fee_event_id IS NOT NULL ORDER BY hotkey)"),
                     "5M00,5M01");
    ck_assert_int_eq(stage_int(&s, "SELECT balance_rao FROM coldkey_balances"), 249999999);
    /* A late deposit: the third enters in the next pass, without another check. */
    stage_deposit(&s, "5C", 1);
    next_pass();
    stage_answer(&s, "ask_miners", stage_replies(&s, 3));
    ck_assert_int_eq(entrants(), 3);
    ck_assert_int_eq(stage_int(&s, "SELECT balance_rao FROM coldkey_balances"), 0);
}
END_TEST

START_TEST(test_cycles_registration__one_per_address_and_account)
{
    stage_node(&s, "5M00", "5C", "10.0.0.1");
    stage_node(&s, "5M01", "5C", "10.0.0.1");
    stage_node(&s, "5M02", "5C", "10.0.0.3");
    stage_deposit(&s, "5C", 10000000000);
    (void)stage_create(&s, GDI_TEXT);
    /* 0 and 1 share an address, and 1 has a token; 1 and 2 share an account. */
    answer_replies(reply(0, "https://github.com/zero/r", 1, NULL), reply(1, "https://github.com/Same/r", 2, "sealed"),
                   reply(2, "https://github.com/same/other", 3, NULL));
    ck_assert_uint_eq(stage_open_jobs(&s, "check_repository"), 1);
    json_t *payload = stage_payload(&s, "check_repository");
    ck_assert_str_eq(json_string_value(json_object_get(payload, "github_token")), "sealed");
    json_decref(payload);
    stage_accept_all(&s, NULL);
    ck_assert_str_eq(stage_text(&s, "SELECT hotkey || ' ' || github_token || ' ' || requested_datasets FROM "
                                    "tournament_participants WHERE fee_event_id IS NOT NULL"),
                     "5M01 sealed [\"white/two\",\"white/one\"]");
    /* The entrant is silent in the next pass, and keeps its address and its account all the same. */
    next_pass();
    answer_replies(reply(0, "https://github.com/zero/r", 1, "sealed"),
                   reply(2, "https://github.com/same/other", 3, "sealed"), NULL);
    ck_assert_uint_eq(stage_open_jobs(&s, "check_repository"), 0);
    ck_assert_int_eq(entrants(), 1);
    /* It moves to another address: its old one stays taken. */
    stage_node(&s, "5M01", "5C", "10.0.0.77");
    next_pass();
    answer_replies(reply(0, "https://github.com/zero/r", 1, "sealed"), NULL, NULL);
    ck_assert_int_eq(entrants(), 1);
}
END_TEST

START_TEST(test_cycles_registration__entrants_may_change_their_entry)
{
    stage_miners(&s, 3);
    (void)stage_create(&s, GDI_TEXT);
    answer_replies(reply(0, "https://github.com/a/r", 1, NULL), reply(1, "https://github.com/b/r", 2, NULL), NULL);
    stage_accept_all(&s, NULL);
    const char *commit = "SELECT training_repo || ' ' || substr(training_commit_hash, -2) FROM tournament_participants "
                         "WHERE hotkey = '5M00'";
    next_pass();
    answer_replies(reply(0, "https://github.com/a/better", 0xaa, NULL), NULL, NULL);
    stage_answer(&s, "check_repository", "{\"accepted\": false, \"reason\": \"LICENSE is different\"}");
    ck_assert_str_eq(stage_text(&s, commit), "https://github.com/a/r 01");
    next_pass();
    answer_replies(reply(0, "https://github.com/a/better", 0xbb, NULL), NULL, NULL);
    stage_accept_all(&s, NULL);
    ck_assert_str_eq(stage_text(&s, commit), "https://github.com/a/better bb");
    ck_assert_int_eq(fees(), 2);
    /* Not to an account that somebody else uses. */
    next_pass();
    answer_replies(reply(0, "https://github.com/B/stolen", 0xcc, NULL), NULL, NULL);
    ck_assert_uint_eq(stage_open_jobs(&s, "check_repository"), 0);
    ck_assert_str_eq(stage_text(&s, commit), "https://github.com/a/better bb");
}
END_TEST

START_TEST(test_cycles_registration__rejects_what_is_no_commit)
{
    stage_miners(&s, 2);
    (void)stage_create(&s, GDI_TEXT);
    stage_answer(&s, "ask_miners",
                 "{\"replies\": [{\"hotkey\": \"5M00\", \"github_repo\": \"https://github.com/a/r\", \"commit_hash\": "
                 "\"main\"}, {\"hotkey\": \"5M01\", \"github_repo\": \"https://github.com/b/r\", \"commit_hash\": "
                 "\"00000000000000000000000000000000000000001\"}]}");
    ck_assert_uint_eq(stage_open_jobs(&s, "check_repository"), 0);
    ck_assert_int_eq(entrants(), 0);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournaments WHERE next_attempt_at IS NOT NULL"), 1);
}
END_TEST

START_TEST(test_cycles_registration__asks_again_when_a_check_broke)
{
    stage_miners(&s, 1);
    (void)stage_create(&s, GDI_TEXT);
    stage_answer(&s, "ask_miners", stage_replies(&s, 1));
    stage_fail(&s, "check_repository", "the clone timed out");
    stage_fail(&s, "check_repository", "the clone timed out"); /* once more in this pass, then no more */
    ck_assert_uint_eq(stage_open_jobs(&s, "check_repository"), 0);
    ck_assert_int_eq(entrants(), 0);
    next_pass();
    stage_answer(&s, "ask_miners", stage_replies(&s, 1));
    ck_assert_uint_eq(stage_open_jobs(&s, "check_repository"), 1);
    stage_accept_all(&s, NULL);
    ck_assert_int_eq(entrants(), 1);
}
END_TEST

START_TEST(test_cycles_registration__pending_types_do_not_wait_for_each_other)
{
    stage_miners(&s, 8);
    (void)stage_create(&s, GDI_TEXT);
    stage_answer(&s, "ask_miners", "{\"replies\": []}");
    s.now_us += 10 * 60 * GDI_SECOND_US;
    (void)stage_create(&s, GDI_ENVIRONMENT);
    stage_answer(&s, "ask_miners", stage_replies(&s, 5));
    stage_accept_all(&s, NULL);
    ck_assert_str_eq(stage_text(&s, "SELECT status FROM tournaments WHERE tournament_type = 'environment'"), "active");
    ck_assert_str_eq(stage_text(&s, "SELECT status FROM tournaments WHERE tournament_type = 'text'"), "pending");
    ck_assert_int_eq(s.last.next_due_us, s.now_us + 20 * 60 * GDI_SECOND_US);
}
END_TEST

START_TEST(test_cycles_registration__goes_on_when_the_miners_could_not_be_asked)
{
    stage_miners(&s, 8);
    (void)stage_create(&s, GDI_TEXT);
    stage_fail(&s, "ask_miners", "no network");
    ck_assert_int_eq(s.last.next_due_us, s.now_us + 30 * 60 * GDI_SECOND_US);
    next_pass();
    ck_assert_uint_eq(stage_open_jobs(&s, "ask_miners"), 1);
    ck_assert_int_eq(stage_int(&s, "SELECT registration_pass FROM tournaments"), 2);
}
END_TEST

START_TEST(test_cycles_registration__counts_entrants_that_left_the_network)
{
    stage_miners(&s, 8);
    (void)stage_create(&s, GDI_TEXT);
    stage_answer(&s, "ask_miners", stage_replies(&s, 7));
    stage_accept_all(&s, NULL);
    stage_sql(&s, "DELETE FROM nodes WHERE hotkey = '5M03'");
    next_pass();
    stage_answer(&s, "ask_miners", stage_replies(&s, 8));
    stage_accept_all(&s, NULL);
    ck_assert_str_eq(stage_text(&s, "SELECT status FROM tournaments"), "active");
    ck_assert_int_eq(entrants(), 8);
}
END_TEST

Suite *suite_cycles_registration(void)
{
    Suite *suite = suite_create("cycles_registration");
    TCase *tcase = tcase_create("registration");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_cycles_registration__fills_the_field_and_activates);
    tcase_add_test(tcase, test_cycles_registration__charges_once_over_all_passes);
    tcase_add_test(tcase, test_cycles_registration__hotkeys_of_a_coldkey_share_its_balance);
    tcase_add_test(tcase, test_cycles_registration__one_per_address_and_account);
    tcase_add_test(tcase, test_cycles_registration__entrants_may_change_their_entry);
    tcase_add_test(tcase, test_cycles_registration__rejects_what_is_no_commit);
    tcase_add_test(tcase, test_cycles_registration__asks_again_when_a_check_broke);
    tcase_add_test(tcase, test_cycles_registration__pending_types_do_not_wait_for_each_other);
    tcase_add_test(tcase, test_cycles_registration__goes_on_when_the_miners_could_not_be_asked);
    tcase_add_test(tcase, test_cycles_registration__counts_entrants_that_left_the_network);
    suite_add_tcase(suite, tcase);
    return suite;
}
