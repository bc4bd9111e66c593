/* Files of vectors: the specification's, the further kinds, and files that are wrong in every way. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "core/cli/rules_compare.h"
#include "core/cli/rules_run.h"

#define HERE GOD_SOURCE_DIR "/tests/unit/tournament/"

/* What the last run reported. */
static char first_failure[1024];

static void take_result(void *user, const gdi_vector_result *result)
{
    (void)user;
    if (result->passed || first_failure[0] != '\0') {
        return;
    }
    if (result->message != NULL) {
        (void)snprintf(first_failure, sizeof first_failure, "%s: %s", result->id, result->message);
        return;
    }
    char *expected = result->expected == NULL ? NULL : json_dumps(result->expected, JSON_ENCODE_ANY | JSON_COMPACT);
    char *got = result->got == NULL ? NULL : json_dumps(result->got, JSON_ENCODE_ANY | JSON_COMPACT);
    (void)snprintf(first_failure, sizeof first_failure, "%s: %s: %s/%s", result->id, result->path,
                   expected != NULL ? expected : "nothing", got != NULL ? got : "nothing");
    free(expected);
    free(got);
}

static god_status run(json_t *file, gdi_rules_counts *ret_counts, god_error *err)
{
    gdi_task_kinds task_kinds = {.path = GOD_SOURCE_DIR "/plugins/task-kinds.json"};
    first_failure[0] = '\0';
    *ret_counts = (gdi_rules_counts){0};
    god_status status = gdi_rules_run("file", file, &task_kinds, NULL, take_result, ret_counts, err);
    gdi_task_kinds_fini(&task_kinds);
    return status;
}

static void run_file(const char *path, uint32_t expected_count)
{
    god_error err = GOD_ERROR_INIT;
    json_t *file = NULL;
    gdi_rules_counts counts;
    ck_assert_msg(god_json_read(path, GDI_RULES_FILE_BYTES_MAX, &file, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(run(file, &counts, &err), GOD_OK);
    ck_assert_msg(counts.failed == 0, "%s", first_failure);
    ck_assert_uint_ge(counts.passed, expected_count);
    json_decref(file);
}

START_TEST(test_tournament_vectors__of_the_specification_pass)
{
    run_file(HERE "vectors.json", 89);
}
END_TEST

START_TEST(test_tournament_vectors__of_the_further_kinds_pass)
{
    run_file(HERE "more_kinds.json", 40);
}
END_TEST

static json_t *parse(const char *text)
{
    god_error err = GOD_ERROR_INIT;
    json_t *value = NULL;
    ck_assert_msg(god_json_parse("test", text, strlen(text), &value, &err) == GOD_OK, "%s", err.message);
    return value;
}

/* A vector of this kind and `in`, whose `out` is 0. */
static const char *play_one(const char *kind, const char *in)
{
    char text[2048];
    god_error err = GOD_ERROR_INIT;
    gdi_rules_counts counts;
    (void)snprintf(text, sizeof text, "[{\"id\":\"X\",\"kind\":\"%s\",\"in\":%s,\"out\":0}]", kind, in);
    json_t *file = parse(text);
    ck_assert_int_eq(run(file, &counts, &err), GOD_OK);
    ck_assert(counts.passed == 0 && counts.failed == 1);
    json_decref(file);
    return first_failure;
}

START_TEST(test_tournament_vectors__a_wrong_answer_names_the_place)
{
    ck_assert_str_eq(play_one("threshold", "{\"consecutive_wins\":1}"), "X: out: 0/0.050000000000000003");
    god_error err = GOD_ERROR_INIT;
    gdi_rules_counts counts;
    json_t *file = parse("{\"vectors\":[{\"id\":\"S\",\"kind\":\"bracket_shape\","
                         "\"in\":{\"n\":8,\"boss_wins_every_non_final_match\":false},"
                         "\"out\":[[\"knockout\",4,false],[\"knockout\",3,false]]}]}");
    ck_assert_int_eq(run(file, &counts, &err), GOD_OK);
    ck_assert_str_eq(first_failure, "S: out[1][1]: 3/2");
    json_decref(file);
}
END_TEST

START_TEST(test_tournament_vectors__malformed_input_gets_a_sentence)
{
    static const struct {
        const char *kind, *in, *message;
    } rows[] = {
        {"nonsense", "{}", "there is no kind \"nonsense\""},
        {"threshold", "{}", "in: \"consecutive_wins\" is missing"},
        {"threshold", "{\"consecutive_wins\":-1}", "in: \"consecutive_wins\" is -1, allowed are 0 to 65536"},
        {"bracket_shape", "{\"n\":0,\"boss_wins_every_non_final_match\":false}",
         "in: \"n\" is 0, allowed are 1 to 65536"},
        {"bracket_draw", "{\"type\":\"chess\",\"round_id\":\"r\",\"entrants\":[]}",
         "in: \"type\" is \"chess\", \"text\", \"image\" or \"environment\" is needed"},
        {"bracket_draw", "{\"type\":\"text\",\"round_id\":\"r\",\"entrants\":[]}", "in: \"entrants\" is empty"},
        {"bracket_draw", "{\"type\":\"text\",\"round_id\":\"r\",\"entrants\":[\"a\",\"a\"]}",
         "in: \"entrants\" names a hotkey twice"},
        {"schedule", "{\"type\":\"text\",\"last_completed\":\"yesterday\",\"now\":\"\"}",
         "in: \"last_completed\" is \"yesterday\", a time as 2026-06-18T14:00:00Z is needed"},
        {"boss_task", "{\"direction\":\"up\",\"boss\":1,\"challenger\":1,\"consecutive_wins\":1}",
         "in: direction is \"up\", \"lower\" or \"higher\" is needed"},
        {"boss_round", "{\"decided_tasks\":[\"referee\"]}",
         "in: \"decided_tasks\" has \"referee\", \"boss\" or \"challenger\" is needed"},
        {"group_advance_text", "{\"task_type\":\"ChessTask\",\"scores\":{}}",
         "the task type \"ChessTask\" is not in the list of task kinds"},
        {"quality_scores", "{\"direction\":\"lower\",\"scores\":{\"a\":\"b\"}}", "in: a: a number or null is needed"},
        {"decay_regimes", "{\"type\":\"text\",\"case_fields\":[\"now\"],\"cases\":[[1]]}",
         "in: \"case_fields\" names no column \"performance_difference\""},
        {"training_trace", "{\"max_training_attempts\":2,\"traces\":[[\"coffee\"]]}",
         "in: \"traces\": there is no event \"coffee\""},
        {"allocation",
         "{\"type\":\"text\",\"performance_difference\":0,\"days_since_first_win\":0,\"first_win_after_cutoff\":false}",
         "in: \"first_win_after_cutoff\" is false: such a reign needs its dates, use decay_regimes"},
        {"end_to_end_text", "{\"base_winner_hotkey\":\"Z\",\"champion_consecutive_wins\":1}",
         "in: an array \"round_1_pairs\" or \"round_1_final_tasks\" is needed"},
        {"placement", "{\"champion\":\"A\",\"points\":{\"B\":-1}}",
         "in: the points of \"B\" are not in the range from 0 to 1e9"},
        {"points_text", "{\"champion\":\"A\",\"rounds\":[[0,[]]]}",
         "in: \"rounds\": [round number from 1 to 1000, list of tasks] is needed"},
        {"environment_points",
         "{\"hotkeys\":[\"a\",\"b\"],\"pvp_envs\":[\"x\"],\"individual_envs\":[],\"pair_rows\":[],"
         "\"pair_row_fields\":[\"hotkey_a\",\"hotkey_b\",\"environment_name\",\"model_a_wins\",\"model_b_wins\","
         "\"draws\","
         "\"status\",\"n_attempts\"],\"individual_scores\":{},\"round_has_groups\":1}",
         "in: \"pair_rows\": a row is missing or still open, so there are no points yet"},
        {"submission_dedup",
         "{\"r1_candidates\":[],\"r2_entrants\":[\"a\"],\"r2_pair_verdicts\":[[\"a\",\"b\",\"distinct\"]]}",
         "in: \"r2_pair_verdicts\": [\"a\", \"b\"] is no pair of r2_entrants"},
        {"fee_ledger",
         "{\"type\":\"text\",\"balances_rao\":{\"c\":-1},\"pass_1\":[],\"pass_2_after_30_min\":[],\"then_transfer_in\":"
         "{},"
         "\"refund_calls\":0}",
         "in: \"balances_rao\": a whole number of RAO from 0 to 2^60 is needed for \"c\""},
        {"weight_projection",
         "{\"active_participants\":0,\"case_fields\":[\"type\",\"percentage_improvement\","
         "\"current_champion_consecutive_wins\",\"participant_rows_in_latest_tournament\"],"
         "\"cases\":[[\"text\",1,1]]}",
         "in: cases: an array of 4 items is needed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[512];
        (void)snprintf(expected, sizeof expected, "X: %s", rows[i].message);
        ck_assert_str_eq(play_one(rows[i].kind, rows[i].in), expected);
    }
}
END_TEST

START_TEST(test_tournament_vectors__a_file_that_is_no_list_is_refused_whole)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"3", "file: an array of vectors, or an object with \"vectors\", is needed"},
        {"{}", "file: \"vectors\" is missing"},
        {"{\"vectors\":{}}", "file: \"vectors\" is an object, an array is needed"},
        {"{\"vectors\":[],\"tolerance_relative\":1}", "file: \"tolerance_relative\" is 1, allowed are 0 up to below 1"},
        {"[3]", "file: vector 1: an object is needed"},
        {"[{\"id\":1}]", "file: vector 1: \"id\" is a number, a string is needed"},
        {"[{\"id\":\"a\"}]", "file: vector 1 (\"a\"): \"kind\" is missing"},
        {"[{\"id\":\"a\",\"kind\":\"b\",\"in\":[]}]",
         "file: vector 1 (\"a\"): \"in\" is an array, an object is needed"},
        {"[{\"id\":\"a\",\"kind\":\"b\",\"in\":{}}]", "file: vector 1 (\"a\"): \"out\" is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        god_error err = GOD_ERROR_INIT;
        gdi_rules_counts counts;
        json_t *file = parse(rows[i].text);
        ck_assert_int_eq(run(file, &counts, &err), GOD_E_DATA);
        ck_assert_str_eq(err.message, rows[i].message);
        ck_assert_str_eq(first_failure, "");
        json_decref(file);
    }
}
END_TEST

static bool agree(const char *expected, const char *got, const char *sparse, const char *path)
{
    gdi_difference difference;
    json_t *a = parse(expected), *b = parse(got);
    bool result = gdi_values_agree(a, b, 1e-9, sparse, &difference);
    ck_assert(result || strcmp(difference.path, path) == 0);
    json_decref(a);
    json_decref(b);
    return result;
}

START_TEST(test_tournament_compare__tolerates_rounding_and_nothing_else)
{
    ck_assert(agree("1000000", "1000000.0009", NULL, ""));
    ck_assert(!agree("1000000", "1000000.0011", NULL, "out"));
    ck_assert(agree("0", "0.0000000000009", NULL, ""));
    ck_assert(!agree("0", "0.0000000000011", NULL, "out"));
    ck_assert(!agree("true", "1", NULL, "out"));
    ck_assert(!agree("null", "0", NULL, "out"));
    ck_assert(!agree("[1,2]", "[1,2,3]", NULL, "out[2]"));
    ck_assert(!agree("[1,2,3]", "[1,2]", NULL, "out[2]"));
    ck_assert(!agree("{\"a\":{\"b\":[0]}}", "{\"a\":{\"b\":[1]}}", NULL, "out.a.b[0]"));
    ck_assert(!agree("{\"a\":1}", "{\"a\":1,\"b\":2}", NULL, "out.b"));
    ck_assert(!agree("{\"a\":1,\"b\":2}", "{\"a\":1}", NULL, "out.b"));
    ck_assert(agree("{\"w\":{\"a\":1,\"b\":0}}", "{\"w\":{\"a\":1,\"c\":0}}", "w", ""));
    ck_assert(!agree("{\"w\":{\"a\":1,\"b\":0}}", "{\"w\":{\"a\":1}}", "v", "out.w.b"));
    ck_assert(!agree("{\"w\":{\"a\":1}}", "{\"w\":{\"a\":1,\"c\":0.1}}", "w", "out.w.c"));
}
END_TEST

Suite *suite_tournament_vectors(void)
{
    Suite *suite = suite_create("tournament_vectors");
    TCase *tcase = tcase_create("vectors");
    tcase_add_test(tcase, test_tournament_vectors__of_the_specification_pass);
    tcase_add_test(tcase, test_tournament_vectors__of_the_further_kinds_pass);
    tcase_add_test(tcase, test_tournament_vectors__a_wrong_answer_names_the_place);
    tcase_add_test(tcase, test_tournament_vectors__malformed_input_gets_a_sentence);
    tcase_add_test(tcase, test_tournament_vectors__a_file_that_is_no_list_is_refused_whole);
    tcase_add_test(tcase, test_tournament_compare__tolerates_rounding_and_nothing_else);
    suite_add_tcase(suite, tcase);
    return suite;
}
