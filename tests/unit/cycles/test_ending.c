/* From the decision to completed: section 18. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

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

/* One task of the final with what boss and challenger made of it. */
static void add_task(const char *task, const char *type, const char *start, double boss, double challenger)
{
    char sql[1024];
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO tasks (task_id, task_type, status, model_id, training_start_point, details, created_at, "
        "updated_at) VALUES ('%s', '%s', 'success', 'base/%s', %s, '{\"environment_names\": [\"a\", \"b\", "
        "\"c\", \"d\"]}', '2026-06-15T10:00:00.000000Z', '2026-06-15T10:00:00.000000Z')",
        task, type, task, start);
    stage_sql(&s, sql);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO tournament_tasks (tournament_id, task_id, round_id, pair_id) VALUES ('%s', '%s', "
                   "'%s_round_002', '%s_round_002_pair_001')",
                   id, task, id, id);
    stage_sql(&s, sql);
    const char *const hotkeys[] = {STAGE_BURN, "5M03"};
    const double values[] = {boss, challenger};
    for (int i = 0; i < 2; i++) {
        char value[40];
        (void)snprintf(value, sizeof value, "%.17g", values[i]);
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO task_nodes (task_id, hotkey, netuid, expected_repo_name, test_loss) VALUES ('%s', "
                       "'%s', 56, 'out-%s-%s', %s)",
                       task, hotkeys[i], task, hotkeys[i], isnan(values[i]) ? "NULL" : value);
        stage_sql(&s, sql);
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO tournament_task_hotkey_trainings (task_id, hotkey, training_status, created_at, "
                       "updated_at) VALUES ('%s', '%s', 'success', '2026-06-15T10:00:00.000000Z', "
                       "'2026-06-15T10:00:00.000000Z')",
                       task, hotkeys[i]);
        stage_sql(&s, sql);
    }
}

/* An active tournament whose final was played by the boss and 5M03. */
static void play_final(uint32_t type)
{
    (void)snprintf(id, sizeof id, "%s", stage_activate(&s, type, 8));
    for (int number = 1; number <= 2; number++) {
        char sql[512];
        (void)snprintf(
            sql, sizeof sql,
            "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round, "
            "status, created_at) VALUES ('%s_round_00%d', '%s', %d, 'knockout', %d, 'completed', "
            "'2026-06-15T10:00:00.000000Z')",
            id, number, id, number, number == 2);
        stage_sql(&s, sql);
    }
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO tournament_pairs (pair_id, round_id, hotkey1, hotkey2, created_at) VALUES "
                   "('%s_round_002_pair_001', '%s_round_002', '5M03', '" STAGE_BURN "', '2026-06-15T10:00:00.000000Z')",
                   id, id);
    stage_sql(&s, sql);
}

static void decide(const char *winner)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql, "UPDATE tournaments SET winner_hotkey = '%s' WHERE tournament_id = '%s'", winner,
                   id);
    stage_sql(&s, sql);
    stage_reopen(&s);
    stage_turn(&s);
}

static const char *status(void)
{
    return stage_text(&s, "SELECT status FROM tournaments");
}

START_TEST(test_cycles_ending__of_a_new_champion)
{
    play_final(GDI_TEXT);
    add_task("t1", "InstructTextTask", "NULL", 1.0, 0.8);
    add_task("t2", "DpoTask", "NULL", 2.0, 1.9);
    add_task("t3", "GrpoTask", "NULL", 0.5, 0.6);
    add_task("t4", "InstructTextTask", "NULL", (double)NAN, 0.7);
    decide("5M03");
    ck_assert_str_eq(status(), "active");
    ck_assert_str_eq(stage_text(&s, "SELECT CAST(round(winning_performance_difference, 9) AS TEXT) FROM tournaments"),
                     "0.2");
    json_t *payload = stage_payload(&s, "publish_repository");
    ck_assert_str_eq(json_string_value(json_object_get(payload, "github_repo")), "https://github.com/miner03/repo");
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(payload, "name")), "god-text-tourn-"));
    ck_assert_ptr_null(strchr(json_string_value(json_object_get(payload, "name")), '_'));
    json_decref(payload);
    payload = stage_payload(&s, "compare_sources");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(payload, "winner"), "hotkey")), "5M03");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(payload, "other"), "hotkey")), STAGE_BURN);
    json_decref(payload);
    stage_answer(&s, "compare_sources", "{\"diff_report\": \"they differ\"}");
    ck_assert_str_eq(status(), "active");
    s.now_us += GDI_HOUR_US;
    stage_answer(&s, "publish_repository", "{\"repository_url\": \"https://github.com/public/winner\"}");
    ck_assert_str_eq(status(), "completed");
    ck_assert_str_eq(stage_text(&s, "SELECT backup_repo FROM tournament_participants WHERE hotkey = '5M03'"),
                     "https://github.com/public/winner");
    ck_assert_str_eq(stage_text(&s, "SELECT updated_at FROM tournaments"), "2026-06-15T10:00:00.000000Z");
    ck_assert_ptr_nonnull(
        strstr(stage_text(&s, "SELECT payload FROM jobs WHERE key LIKE 'notify/%/completed'"), "5M03"));
    ck_assert_ptr_nonnull(
        strstr(stage_text(&s, "SELECT payload FROM jobs WHERE key LIKE 'notify/%/completed'"), "they differ"));
}
END_TEST

START_TEST(test_cycles_ending__of_a_defence_publishes_nothing)
{
    play_final(GDI_TEXT);
    add_task("t1", "InstructTextTask", "NULL", 1.0, 1.25);
    decide(STAGE_BURN);
    ck_assert_uint_eq(stage_open_jobs(&s, "publish_repository"), 0);
    json_t *payload = stage_payload(&s, "compare_sources");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(payload, "other"), "hotkey")), "5M03");
    json_decref(payload);
    stage_fail(&s, "compare_sources", "too large");
    ck_assert_str_eq(status(), "completed");
    ck_assert_str_eq(stage_text(&s, "SELECT CAST(round(winning_performance_difference, 9) AS TEXT) FROM tournaments"),
                     "-0.2");
}
END_TEST

START_TEST(test_cycles_ending__cuts_a_long_report_between_characters)
{
    static char result[6000];
    s.options.publish = 0;
    play_final(GDI_TEXT);
    add_task("t1", "InstructTextTask", "NULL", 1.0, 0.8);
    decide("5M03");
    size_t used = (size_t)snprintf(result, sizeof result, "{\"diff_report\": \"x");
    for (int i = 0; i < 2000; i++) {
        used += (size_t)snprintf(result + used, sizeof result - used, "\xc3\xa9");
    }
    (void)snprintf(result + used, sizeof result - used, "\"}");
    stage_answer(&s, "compare_sources", result);
    ck_assert_str_eq(status(), "completed");
    ck_assert_int_eq(stage_int(&s, "SELECT length(diff_report) FROM tournaments"), 2001);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM jobs WHERE key LIKE 'notify/%/completed'"), 1);
}
END_TEST

START_TEST(test_cycles_ending__without_a_final)
{
    (void)snprintf(id, sizeof id, "%s", stage_activate(&s, GDI_TEXT, 8));
    decide(STAGE_BURN);
    ck_assert_str_eq(status(), "completed");
    ck_assert_str_eq(stage_text(&s, "SELECT CAST(winning_performance_difference AS TEXT) FROM tournaments"), "0.0");
    ck_assert_uint_eq(stage_open_jobs(&s, "compare_sources"), 0);
}
END_TEST

START_TEST(test_cycles_ending__of_a_final_without_tasks)
{
    play_final(GDI_TEXT);
    decide(STAGE_BURN);
    ck_assert_uint_eq(stage_open_jobs(&s, "compare_sources"), 0);
    ck_assert_str_eq(status(), "completed");
}
END_TEST

START_TEST(test_cycles_ending__repeats_an_upload_that_fails)
{
    god_error err = GOD_ERROR_INIT;
    play_final(GDI_TEXT);
    decide("5M03");
    stage_fail(&s, "publish_repository", "no access");
    ck_assert_uint_eq(stage_open_jobs(&s, "publish_repository"), 1);
    ck_assert_int_eq(stage_int(&s,
                               "SELECT COUNT(*) FROM jobs WHERE kind = 'publish_repository' AND state = 'queued' AND "
                               "not_before = '2026-06-15T09:15:00.000000Z'"),
                     1);
    s.now_us += GDI_HOUR_US;
    stage_fail(&s, "publish_repository", "no access");
    ck_assert_uint_eq(stage_open_jobs(&s, "publish_repository"), 1);
    ck_assert_str_eq(status(), "active");
    /* An operator may end it without. */
    ck_assert_int_eq(gdi_operator_complete(s.cycles, id, s.now_us, &err), GOD_OK);
    stage_turn(&s);
    ck_assert_str_eq(status(), "completed");
    ck_assert_int_eq(gdi_operator_complete(s.cycles, id, s.now_us, &err), GOD_E_INVALID);
}
END_TEST

START_TEST(test_cycles_ending__waits_for_a_person_when_told_so)
{
    god_error err = GOD_ERROR_INIT;
    s.options.auto_complete = 0;
    s.options.publish = 0;
    play_final(GDI_TEXT);
    ck_assert_int_eq(gdi_operator_complete(s.cycles, id, s.now_us, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "no winner yet"));
    decide("5M03");
    ck_assert_uint_eq(stage_open_jobs(&s, "publish_repository"), 0);
    ck_assert_str_eq(status(), "active");
    ck_assert_int_eq(gdi_operator_complete(s.cycles, id, s.now_us, &err), GOD_OK);
    ck_assert_str_eq(status(), "completed");
}
END_TEST

START_TEST(test_cycles_ending__keeps_the_model_of_an_environment_winner)
{
    s.options.publish = 0;
    play_final(GDI_ENVIRONMENT);
    add_task("t1", "EnvTask", "'continuation'", 0, 12);
    add_task("t2", "EnvTask", "'from_scratch'", 3, 9);
    add_task("t3", "EnvTask", "'previous_winner'", 6, 6);
    decide("5M03");
    json_t *payload = stage_payload(&s, "read_model_base");
    ck_assert_str_eq(json_string_value(json_object_get(payload, "repo")), "gradients-io-tournaments/out-t3-5M03");
    json_decref(payload);
    stage_answer(&s, "read_model_base", "{\"model_base\": \"Qwen/base\"}");
    stage_answer(&s, "compare_sources", "{\"diff_report\": \"\"}");
    ck_assert_str_eq(stage_text(&s, "SELECT winner_model_repo || ' ' || winner_model_base FROM tournaments"),
                     "gradients-io-tournaments/out-t3-5M03 Qwen/base");
    /* 0.10, 0.06875 and 0: the median. */
    ck_assert_str_eq(stage_text(&s, "SELECT CAST(round(winning_performance_difference, 9) AS TEXT) FROM tournaments"),
                     "0.06875");
    ck_assert_str_eq(status(), "completed");
}
END_TEST

START_TEST(test_cycles_ending__takes_the_task_s_model_when_the_base_is_unknown)
{
    s.options.publish = 0;
    play_final(GDI_ENVIRONMENT);
    add_task("t1", "EnvTask", "'continuation'", 0, 12);
    decide("5M03");
    stage_fail(&s, "read_model_base", "no configuration");
    ck_assert_str_eq(stage_text(&s, "SELECT winner_model_repo || ' ' || winner_model_base FROM tournaments"),
                     "gradients-io-tournaments/out-t1-5M03 base/t1");
}
END_TEST

START_TEST(test_cycles_ending__copies_the_benchmarks_once)
{
    s.options.publish = 0;
    play_final(GDI_TEXT);
    add_task("root", "InstructTextTask", "NULL", 1, 1);
    stage_sql(&s,
              "INSERT INTO benchmark_root_tasks (task_id, task_type, created_at) VALUES ('root', 'InstructTextTask', "
              "'2026-06-01T00:00:00.000000Z')");
    stage_sql(&s,
              "INSERT INTO tasks (task_id, task_type, status, created_at, updated_at) VALUES ('image', 'ImageTask', "
              "'success', '2026-06-01T00:00:00.000000Z', '2026-06-01T00:00:00.000000Z')");
    stage_sql(&s, "INSERT INTO benchmark_root_tasks (task_id, task_type, created_at) VALUES ('image', 'ImageTask', "
                  "'2026-06-01T00:00:00.000000Z')");
    decide("5M03");
    stage_reopen(&s);
    stage_turn(&s);
    ck_assert_int_eq(stage_int(&s, "SELECT COUNT(*) FROM benchmark_task_copies"), 1);
    ck_assert_str_eq(stage_text(&s, "SELECT t.status || ' ' || t.model_id || ' ' || n.hotkey || ' ' || "
                                    "substr(n.expected_repo_name, 1, 15) FROM benchmark_task_copies c JOIN tasks t ON "
                                    "t.task_id = c.copy_task_id JOIN task_nodes n ON n.task_id = t.task_id"),
                     "looking_for_nodes base/root 5M03 benchmark-root-");
}
END_TEST

Suite *suite_cycles_ending(void)
{
    Suite *suite = suite_create("cycles_ending");
    TCase *tcase = tcase_create("ending");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_cycles_ending__of_a_new_champion);
    tcase_add_test(tcase, test_cycles_ending__of_a_defence_publishes_nothing);
    tcase_add_test(tcase, test_cycles_ending__cuts_a_long_report_between_characters);
    tcase_add_test(tcase, test_cycles_ending__without_a_final);
    tcase_add_test(tcase, test_cycles_ending__of_a_final_without_tasks);
    tcase_add_test(tcase, test_cycles_ending__repeats_an_upload_that_fails);
    tcase_add_test(tcase, test_cycles_ending__waits_for_a_person_when_told_so);
    tcase_add_test(tcase, test_cycles_ending__keeps_the_model_of_an_environment_winner);
    tcase_add_test(tcase, test_cycles_ending__takes_the_task_s_model_when_the_base_is_unknown);
    tcase_add_test(tcase, test_cycles_ending__copies_the_benchmarks_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
