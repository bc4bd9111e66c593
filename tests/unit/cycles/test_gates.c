/* The two gates against duplicates: section 9. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cycles/steps.h"
#include "stage.h"
#include "suites.h"

static stage s;
static char id[GDI_TOURNAMENT_ID_BYTES];

static void set_up(void)
{
    stage_open(&s);
    stage_miners(&s, 8);
}
static void tear_down(void)
{
    stage_close(&s);
}

/* ---- before round 1 ---- */

static char field_text[512];

static god_status first_gate(gdi_step *step, god_error *err)
{
    const char *const *field = NULL, *const *flagged = NULL;
    uint32_t field_count = 0, flagged_count = 0;
    GOD_TRY(gdi_gate_first(step, &field, &field_count, &flagged, &flagged_count, err));
    size_t used = 0;
    for (uint32_t i = 0; i < field_count; i++) {
        used += (size_t)snprintf(field_text + used, sizeof field_text - used, "%s ", field[i]);
    }
    used += (size_t)snprintf(field_text + used, sizeof field_text - used, "|");
    for (uint32_t i = 0; i < flagged_count; i++) {
        used += (size_t)snprintf(field_text + used, sizeof field_text - used, " %s", flagged[i]);
    }
    return GOD_OK;
}

static const char *run_first_gate(void)
{
    const gdi_step_kind kind = {.name = "first gate", .scope = GDI_SCOPE_ACTIVE, .run = first_gate};
    god_error err = GOD_ERROR_INIT;
    gdi_step said;
    ck_assert_int_eq(gdi_step_execute(s.cycles, &kind, id, s.now_us, &said, &err), GOD_OK);
    return field_text;
}

static void activate(void)
{
    (void)snprintf(id, sizeof id, "%s", stage_activate(&s, GDI_TEXT, 8));
}

START_TEST(test_cycles_gate_first__lets_different_work_in)
{
    activate();
    ck_assert_str_eq(run_first_gate(), "5M00 5M01 5M02 5M03 5M04 5M05 5M06 5M07 |");
    ck_assert_uint_eq(stage_open_jobs(&s, "notify"), 1); /* "started" */
}
END_TEST

START_TEST(test_cycles_gate_first__flags_clusters_without_survivor)
{
    activate();
    stage_sql(&s,
              "UPDATE tournament_participants SET source_digest = 'dd' WHERE hotkey IN ('5M01', '5M05', '" STAGE_BURN
              "')");
    stage_sql(&s, "UPDATE tournament_participants SET training_commit_hash = (SELECT upper(training_commit_hash) FROM "
                  "tournament_participants WHERE hotkey = '5M05') WHERE hotkey = '5M03'");
    ck_assert_str_eq(run_first_gate(), "5M00 5M02 5M04 5M06 5M07 | 5M01 5M03 5M05");
    ck_assert_ptr_nonnull(
        strstr(stage_text(&s, "SELECT payload FROM jobs WHERE kind = 'notify' ORDER BY job_id DESC LIMIT 1"),
               "5M01, 5M03, 5M05"));
}
END_TEST

START_TEST(test_cycles_gate_first__does_not_compare_what_could_not_be_read)
{
    activate();
    stage_sql(&s, "UPDATE tournament_participants SET source_digest = NULL");
    ck_assert_str_eq(run_first_gate(), "5M00 5M01 5M02 5M03 5M04 5M05 5M06 5M07 |");
}
END_TEST

START_TEST(test_cycles_gate_first__leaves_out_who_has_no_node)
{
    activate();
    stage_sql(&s, "DELETE FROM nodes WHERE hotkey = '5M02'");
    ck_assert_str_eq(run_first_gate(), "5M00 5M01 5M03 5M04 5M05 5M06 5M07 |");
}
END_TEST

/* ---- between rounds 1 and 2 ---- */

/* Round 1 is over: 5M00 to 5M02 survived. The next turn looks at it. */
static void finish_round_one(void)
{
    char sql[512];
    activate();
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round, "
                   "status, created_at) VALUES ('%s_round_001', '%s', 1, 'knockout', 0, 'completed', "
                   "'2026-06-15T10:00:00.000000Z')",
                   id, id);
    stage_sql(&s, sql);
    (void)snprintf(sql, sizeof sql,
                   "UPDATE tournament_participants SET eliminated_in_round_id = '%s_round_001' WHERE hotkey > '5M02'",
                   id);
    stage_sql(&s, sql);
    stage_reopen(&s);
    stage_turn(&s);
}

static const char *review_status(void)
{
    return stage_text(&s, "SELECT status || CASE WHEN resolved_at IS NULL THEN ' open' ELSE ' resolved' END FROM "
                          "tournament_dedup_reviews");
}

static int64_t alive(void)
{
    return stage_int(&s,
                     "SELECT COUNT(*) FROM tournament_participants WHERE eliminated_in_round_id IS NULL AND hotkey <> "
                     "'" STAGE_BURN "'");
}

static const char distinct[] = "{\"digests\": {\"5M00\": \"a\", \"5M01\": \"b\", \"5M02\": null, \"5BURN\": \"c\"}, "
                               "\"verdicts\": []}";
static const char same[] = "{\"digests\": {\"5M00\": \"a\", \"5M01\": \"a\", \"5M02\": \"c\", \"5BURN\": \"c\"}, "
                           "\"verdicts\": []}";

START_TEST(test_cycles_gate_second__goes_on_without_flags)
{
    finish_round_one();
    json_t *payload = stage_payload(&s, "review_duplicates");
    ck_assert_uint_eq(json_array_size(json_object_get(payload, "cohort")), 4); /* three survivors and the boss */
    ck_assert(json_is_false(json_object_get(payload, "read")));
    json_decref(payload);
    ck_assert_str_eq(review_status(), "");
    stage_answer(&s, "review_duplicates", distinct);
    ck_assert_str_eq(review_status(), "skipped resolved");
    ck_assert_int_eq(alive(), 3);
}
END_TEST

START_TEST(test_cycles_gate_second__halts_until_a_person_approves)
{
    god_error err = GOD_ERROR_INIT;
    finish_round_one();
    stage_answer(&s, "review_duplicates", same);
    ck_assert_str_eq(review_status(), "pending_review open");
    /* The boss is a member of a cluster and is not flagged. */
    ck_assert_str_eq(stage_text(&s, "SELECT flagged_hotkeys FROM tournament_dedup_reviews"),
                     "[\"5M00\",\"5M01\",\"5M02\"]");
    ck_assert_str_eq(stage_text(&s, "SELECT clusters FROM tournament_dedup_reviews"),
                     "[[\"" STAGE_BURN "\",\"5M02\"],[\"5M00\",\"5M01\"]]");
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM tournament_dedup_reviews WHERE cohort LIKE '%token%'"), 0);
    s.now_us += GDI_DAY_US;
    stage_turn(&s);
    ck_assert_int_eq(alive(), 3);
    ck_assert_int_eq(gdi_operator_approve_review(s.cycles, id, "[\"5M01\"]", s.now_us, &err), GOD_OK);
    stage_turn(&s);
    ck_assert_str_eq(review_status(), "approved resolved");
    ck_assert_int_eq(alive(), 2);
    ck_assert_str_eq(stage_text(&s,
                                "SELECT substr(eliminated_in_round_id, -9) FROM tournament_participants WHERE hotkey = "
                                "'5M01'"),
                     "round_001");
    /* Its repository is published as evidence. */
    json_t *payload = stage_payload(&s, "publish_repository");
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(payload, "name")), "-dedup-5M01"));
    json_decref(payload);
    stage_answer(&s, "publish_repository", "{\"repository_url\": \"https://github.com/public/dedup\"}");
    ck_assert_str_eq(stage_text(&s, "SELECT published_repos FROM tournament_dedup_reviews"),
                     "{\"5M01\":\"https://github.com/public/dedup\"}");
    ck_assert_int_eq(gdi_operator_approve_review(s.cycles, id, NULL, s.now_us, &err), GOD_E_INVALID);
}
END_TEST

START_TEST(test_cycles_gate_second__approves_what_was_flagged_by_default)
{
    god_error err = GOD_ERROR_INIT;
    s.options.publish = 0;
    finish_round_one();
    stage_answer(&s, "review_duplicates", same);
    ck_assert_int_eq(gdi_operator_approve_review(s.cycles, id, NULL, s.now_us, &err), GOD_OK);
    stage_turn(&s);
    ck_assert_int_eq(alive(), 0);
    ck_assert_uint_eq(stage_open_jobs(&s, "publish_repository"), 0);
}
END_TEST

START_TEST(test_cycles_gate_second__goes_on_unchanged_when_skipped)
{
    god_error err = GOD_ERROR_INIT;
    finish_round_one();
    stage_answer(&s, "review_duplicates", same);
    ck_assert_int_eq(gdi_operator_skip_review(s.cycles, id, s.now_us, &err), GOD_OK);
    stage_turn(&s);
    ck_assert_str_eq(review_status(), "skipped resolved");
    ck_assert_int_eq(alive(), 3);
}
END_TEST

START_TEST(test_cycles_gate_second__obeys_the_reader)
{
    s.options.review_with_reader = 1;
    finish_round_one();
    json_t *payload = stage_payload(&s, "review_duplicates");
    ck_assert(json_is_true(json_object_get(payload, "read")));
    json_decref(payload);
    /* The longer one of an evasion goes; the boss of a duplicate pair stays. */
    stage_answer(&s, "review_duplicates",
                 "{\"digests\": {}, \"verdicts\": [{\"a\": \"5M00\", \"b\": \"5M01\", \"verdict\": \"DROP_EVASION\", "
                 "\"characters_a\": 10, \"characters_b\": 11}, {\"a\": \"5BURN\", \"b\": \"5M02\", \"verdict\": "
                 "\"DUPLICATE\", \"characters_a\": 1, \"characters_b\": 1}, {\"a\": \"5M00\", \"b\": \"5M02\", "
                 "\"verdict\": \"DISTINCT\"}, {\"a\": \"nobody\", \"b\": \"5M00\", \"verdict\": \"DUPLICATE\"}]}");
    ck_assert_str_eq(stage_text(&s, "SELECT flagged_hotkeys FROM tournament_dedup_reviews"), "[\"5M01\",\"5M02\"]");
}
END_TEST

START_TEST(test_cycles_gate_second__stores_why_it_failed_and_asks_again_on_demand)
{
    god_error err = GOD_ERROR_INIT;
    finish_round_one();
    ck_assert_int_eq(gdi_operator_retry_review(s.cycles, id, s.now_us, &err), GOD_E_INVALID);
    stage_fail(&s, "review_duplicates", "a clone failed");
    ck_assert_str_eq(review_status(), "pending_review open");
    ck_assert_str_eq(stage_text(&s, "SELECT notes FROM tournament_dedup_reviews"), "a clone failed");
    stage_reopen(&s);
    stage_turn(&s);
    ck_assert_uint_eq(stage_open_jobs(&s, "review_duplicates"), 0);
    ck_assert_int_eq(gdi_operator_retry_review(s.cycles, id, s.now_us, &err), GOD_OK);
    stage_turn(&s);
    stage_answer(&s, "review_duplicates", distinct);
    ck_assert_str_eq(review_status(), "skipped resolved");
}
END_TEST

START_TEST(test_cycles_gate_second__passes_when_the_boss_is_alone)
{
    char sql[256];
    finish_round_one();
    stage_sql(&s, "DELETE FROM jobs WHERE kind = 'review_duplicates'");
    (void)snprintf(
        sql, sizeof sql,
        "UPDATE tournament_participants SET eliminated_in_round_id = '%s_round_001' WHERE hotkey <> '" STAGE_BURN "'",
        id);
    stage_sql(&s, sql);
    stage_reopen(&s);
    stage_turn(&s);
    ck_assert_str_eq(review_status(), "skipped resolved");
    ck_assert_uint_eq(stage_open_jobs(&s, "review_duplicates"), 0);
}
END_TEST

Suite *suite_cycles_gates(void)
{
    Suite *suite = suite_create("cycles_gates");
    TCase *tcase = tcase_create("gates");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_cycles_gate_first__lets_different_work_in);
    tcase_add_test(tcase, test_cycles_gate_first__flags_clusters_without_survivor);
    tcase_add_test(tcase, test_cycles_gate_first__does_not_compare_what_could_not_be_read);
    tcase_add_test(tcase, test_cycles_gate_first__leaves_out_who_has_no_node);
    tcase_add_test(tcase, test_cycles_gate_second__goes_on_without_flags);
    tcase_add_test(tcase, test_cycles_gate_second__halts_until_a_person_approves);
    tcase_add_test(tcase, test_cycles_gate_second__approves_what_was_flagged_by_default);
    tcase_add_test(tcase, test_cycles_gate_second__goes_on_unchanged_when_skipped);
    tcase_add_test(tcase, test_cycles_gate_second__obeys_the_reader);
    tcase_add_test(tcase, test_cycles_gate_second__stores_why_it_failed_and_asks_again_on_demand);
    tcase_add_test(tcase, test_cycles_gate_second__passes_when_the_boss_is_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
