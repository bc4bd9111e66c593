/* Nodes, transfers, refunds: sections 4 and 23. */
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

static void with_transfers(void)
{
    s.options.transfers_period_us = 0;
    s.options.collection_address = "5FEES";
    stage_reopen(&s);
    stage_turn(&s);
}

static void next_slot(void)
{
    s.now_us += 5 * 60 * GDI_SECOND_US;
    stage_turn(&s);
}

START_TEST(test_cycles_transfers__credit_each_deposit_once)
{
    with_transfers();
    const char two[] =
        "{\"transfers\": [{\"id\": \"a\", \"from_ss58\": \"5C\", \"to_ss58\": \"5FEES\", \"amount_rao\": 100, "
        "\"fee_rao\": "
        "1, \"block_number\": 7, \"timestamp\": \"2026-06-15T08:00:00Z\"}, {\"id\": \"b\", \"from_ss58\": \"5C\", "
        "\"to_ss58\": \"5FEES\", \"amount_rao\": 20, \"fee_rao\": 1, \"block_number\": 8, \"timestamp\": "
        "\"2026-06-15T08:01:00Z\"}, {\"id\": \"c\", \"from_ss58\": \"5C\", \"to_ss58\": \"5OTHER\", \"amount_rao\": 3, "
        "\"timestamp\": \"2026-06-15T08:01:00Z\"}, {\"id\": \"d\", \"from_ss58\": \"5C\", \"to_ss58\": \"5FEES\", "
        "\"amount_rao\": -5, \"timestamp\": \"2026-06-15T08:01:00Z\"}], \"timestamp\": \"2026-06-15T08:01:00Z\", "
        "\"block\": 8}";
    stage_answer(&s, "read_transfers", two);
    ck_assert_str_eq(stage_text(&s, "SELECT balance_rao || ' ' || total_sent_rao || ' ' || transfer_count || ' ' || "
                                    "last_transfer_at FROM coldkey_balances"),
                     "120 120 2 2026-06-15T08:01:00.000000Z");
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM balance_events"), 0);
    ck_assert_uint_eq(stage_open_jobs(&s, "read_transfers"), 0);
    ck_assert_int_eq(s.last.next_due_us, s.now_us + 5 * 60 * GDI_SECOND_US);
    next_slot();
    json_t *payload = stage_payload(&s, "read_transfers");
    ck_assert_str_eq(json_string_value(json_object_get(payload, "after_timestamp")), "2026-06-15T08:01:00Z");
    ck_assert_int_eq(json_integer_value(json_object_get(payload, "after_block")), 8);
    json_decref(payload);
    /* The same page again, as after a crash, and an answer that tells an older place. */
    stage_answer(&s, "read_transfers", two);
    ck_assert_int_eq(stage_int(&s, "SELECT balance_rao FROM coldkey_balances"), 120);
    next_slot();
    stage_answer(&s, "read_transfers", "{\"transfers\": [], \"timestamp\": \"2026-06-01T00:00:00Z\", \"block\": 1}");
    ck_assert_str_eq(stage_text(&s, "SELECT last_processed_timestamp || ' ' || last_processed_block FROM "
                                    "transfer_processing_state"),
                     "2026-06-15T08:01:00.000000Z 8");
}
END_TEST

START_TEST(test_cycles_transfers__go_on_after_a_failure_and_a_clock_that_went_back)
{
    with_transfers();
    stage_fail(&s, "read_transfers", "no network");
    ck_assert_uint_eq(stage_open_jobs(&s, "read_transfers"), 0);
    next_slot();
    ck_assert_uint_eq(stage_open_jobs(&s, "read_transfers"), 1);
    stage_answer(&s, "read_transfers", "{\"transfers\": []}");
    s.now_us -= GDI_DAY_US;
    gdi_cycles_look_at_everything(s.cycles);
    stage_turn(&s);
    ck_assert_uint_eq(stage_open_jobs(&s, "read_transfers"), 1);
}
END_TEST

START_TEST(test_cycles_nodes__follow_the_chain)
{
    s.options.nodes_period_us = 0;
    stage_reopen(&s);
    stage_turn(&s);
    stage_answer(
        &s, "refresh_nodes",
        "{\"nodes\": [{\"hotkey\": \"5B\", \"coldkey\": \"5CB\", \"ip\": \"10.0.0.2\", \"port\": 7999}, "
        "{\"hotkey\": \"5A\", \"coldkey\": \"5CA\", \"ip\": \"10.0.0.1\", \"port\": 7999}, {\"hotkey\": \"5A\", "
        "\"coldkey\": \"5CA\"}, {\"hotkey\": \"\"}, 7, {\"hotkey\": \"5D\", \"coldkey\": \"5CD\", \"ip\": "
        "\"10.0.0.4\", \"port\": 70000}]}");
    const char *all =
        "SELECT group_concat(hotkey || '/' || COALESCE(ip, '-'), ' ') FROM (SELECT * FROM nodes ORDER BY hotkey)";
    ck_assert_str_eq(stage_text(&s, all), "5A/10.0.0.1 5B/10.0.0.2 5D/-");
    s.now_us += 15 * 60 * GDI_SECOND_US;
    stage_turn(&s);
    stage_answer(
        &s, "refresh_nodes",
        "{\"nodes\": [{\"hotkey\": \"5C\", \"coldkey\": \"5CC\", \"ip\": \"10.0.0.3\", \"port\": 1}, {\"hotkey\": "
        "\"5B\", \"coldkey\": \"5CB\", \"ip\": \"10.0.0.22\", \"port\": 7999}]}");
    ck_assert_str_eq(stage_text(&s, all), "5B/10.0.0.22 5C/10.0.0.3");
    /* A chain that names nobody did not answer. */
    s.now_us += 15 * 60 * GDI_SECOND_US;
    stage_turn(&s);
    stage_answer(&s, "refresh_nodes", "{\"nodes\": []}");
    ck_assert_str_eq(stage_text(&s, all), "5B/10.0.0.22 5C/10.0.0.3");
}
END_TEST

START_TEST(test_cycles_operator__refunds_once)
{
    god_error err = GOD_ERROR_INIT;
    uint32_t refunds = 0;
    stage_miners(&s, 8);
    stage_sql(&s, "UPDATE nodes SET coldkey = '5C00' WHERE hotkey IN ('5M01', '5M02')");
    char id[GDI_TOURNAMENT_ID_BYTES];
    (void)snprintf(id, sizeof id, "%s", stage_activate(&s, GDI_TEXT, 8));
    ck_assert_int_eq(stage_int(&s, "SELECT balance_rao FROM coldkey_balances WHERE coldkey = '5C00'"), 250000000);
    ck_assert_int_eq(gdi_operator_cancel(s.cycles, id, s.now_us, &err), GOD_OK);
    ck_assert_int_eq(gdi_operator_refund(s.cycles, id, s.now_us, &refunds, &err), GOD_OK);
    ck_assert_uint_eq(refunds, 6); /* coldkeys */
    ck_assert_int_eq(stage_int(&s, "SELECT SUM(balance_rao) FROM coldkey_balances"), 8000000000);
    ck_assert_int_eq(stage_int(&s, "SELECT SUM(amount_rao) FROM balance_events"), 0);
    ck_assert_int_eq(
        stage_int(&s, "SELECT amount_rao FROM balance_events WHERE event_type = 'refund' ORDER BY id LIMIT 1"),
        750000000);
    ck_assert_int_eq(gdi_operator_refund(s.cycles, id, s.now_us, &refunds, &err), GOD_OK);
    ck_assert_uint_eq(refunds, 0);
    ck_assert_int_eq(stage_int(&s, "SELECT SUM(balance_rao) FROM coldkey_balances"), 8000000000);
    ck_assert_int_eq(gdi_operator_refund(s.cycles, "nothing", s.now_us, &refunds, &err), GOD_E_NOT_FOUND);
}
END_TEST

Suite *suite_cycles_money(void)
{
    Suite *suite = suite_create("cycles_money");
    TCase *tcase = tcase_create("money");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_cycles_transfers__credit_each_deposit_once);
    tcase_add_test(tcase, test_cycles_transfers__go_on_after_a_failure_and_a_clock_that_went_back);
    tcase_add_test(tcase, test_cycles_nodes__follow_the_chain);
    tcase_add_test(tcase, test_cycles_operator__refunds_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
