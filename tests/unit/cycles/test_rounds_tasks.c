/* What tasks are made of: content, rejected data sets, hours, statistics, evaluations that are tried again. */
#include <stdlib.h>
#include <string.h>

#include "core/cycles/work.h"
#include "rounds_suites.h"
#include "rounds_world.h"

/* ---- content ---- */

/* Names a data set of its own for every question; the first `counter` questions fail. */
static bool number_content(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    char ds[32];
    (void)payload;
    if (strcmp(lease->kind, GDI_WORK_CHOOSE_CONTENT) != 0) {
        return false;
    }
    const char *last = strrchr(lease->key, '/');
    (void)snprintf(ds, sizeof ds, "org/data-%s", last + 1);
    bool fails = w->counter > 0;
    w->counter -= fails;
    *ret_result = fails ? NULL
                        : json_pack("{s:s, s:s, s:i, s:i}", "model_id", "org/model", "ds", ds, "model_params_count",
                                    1000000000, "rows", 500000);
    return true;
}

/* A finished task of this type on this data set, with this value. */
static void remember(stage *s, const char *id, const char *type, const char *ds, double value)
{
    char sql[400];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO tasks (task_id, task_type, status, ds, created_at, updated_at) VALUES ('%s', '%s',"
                   " 'success', '%s', '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')",
                   id, type, ds);
    stage_sql(s, sql);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO task_nodes (task_id, hotkey, netuid, test_loss) VALUES ('%s', 'x', 56, %g)", id, value);
    stage_sql(s, sql);
}

START_TEST(test_cycles_rounds__rejected_data_sets_are_asked_again)
{
    world w;
    world_open(&w, GDI_TEXT, 20, 8);
    stage *s = &w.stage;
    remember(s, "a", "InstructTextTask", "org/data-0", 0.005); /* solved */
    remember(s, "b", "InstructTextTask", "org/data-1", 2.5);   /* hopeless */
    remember(s, "c", "DpoTask", "org/data-2", 0.001);          /* of another type: does not count */
    w.hook = number_content;
    int64_t before_us = s->now_us;
    while (stage_int(s, "SELECT count(*) FROM tournament_tasks") == 0) {
        stage_turn(s);
        (void)world_answer_one(&w);
    }
    ck_assert_int_eq(s->now_us, before_us);
    ck_assert_str_eq(stage_text(s, "SELECT ds FROM tasks WHERE model_id IS NOT NULL"), "org/data-2");
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__a_content_service_that_fails_is_asked_every_quarter_of_an_hour)
{
    world w;
    world_open(&w, GDI_IMAGE, 8, 8);
    w.hook = number_content;
    w.counter = 5; /* four questions at once, then one more */
    int64_t before_us = w.stage.now_us;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_int_eq(w.stage.now_us - before_us, 2 * 15 * INT64_C(60000000));
    world_close(&w);
}
END_TEST

/* ---- hours and GPUs ---- */

typedef struct statistics {
    double p95, p50, duplicates;
} statistics;

static bool tell_statistics(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)payload;
    const statistics *of = w->user;
    if (strcmp(lease->kind, GDI_WORK_PREPARE_MODEL) != 0) {
        return number_content(w, lease, payload, ret_result);
    }
    *ret_result =
        json_pack("{s:{s:{s:f, s:{s:f, s:f}}}}", "baseline_stats", "dataset", "near_duplicate_rate",
                  w->answered < 30 ? of->duplicates : 0.0, "seq_length_distribution", "p95", of->p95, "p50", of->p50);
    return true;
}

START_TEST(test_cycles_rounds__statistics_scale_the_hours)
{
    world w;
    statistics of = {.p95 = 1448.1546878700494, .p50 = 100}; /* the square of packed / 1024 is 2 */
    world_open(&w, GDI_TEXT, 20, 8);
    w.hook = tell_statistics;
    w.user = &of;
    stage *s = &w.stage;
    while (stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'awaiting_model_prep'") == 0) {
        stage_turn(s);
        (void)world_answer_one(&w);
        stage_turn(s);
    }
    /* 500,000 rows: 6 hours; a model of 1 of 14 billion: 0.5357 of them in half hours. */
    ck_assert_int_eq(stage_int(s, "SELECT CAST(10 * hours_to_complete AS INTEGER) FROM tasks"), 30);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM trainers_gpus WHERE held_by LIKE '%/model'"), 1);
    while (stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'training'") == 0) {
        (void)world_answer_one(&w);
        stage_turn(s);
    }
    ck_assert_int_eq(stage_int(s, "SELECT CAST(10 * hours_to_complete AS INTEGER) FROM tasks"), 60);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'start_training' AND payload LIKE"
                                  " '%\"hours_to_complete\":6.0,%'"),
                     8);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__near_duplicates_break_a_task)
{
    world w;
    statistics of = {.p95 = 500, .p50 = 100, .duplicates = 0.2};
    world_open(&w, GDI_TEXT, 20, 8);
    w.hook = tell_statistics;
    w.user = &of;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_int_ge(stage_int(&w.stage, "SELECT max(replacements) FROM tournament_tasks"), 1);
    world_close(&w);
}
END_TEST

static bool break_model_preparation(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)payload;
    bool ours = strcmp(lease->kind, GDI_WORK_PREPARE_MODEL) == 0 && w->counter > 0;
    w->counter -= ours;
    *ret_result = NULL;
    return ours;
}

START_TEST(test_cycles_rounds__a_model_is_prepared_until_it_works)
{
    world w;
    world_open(&w, GDI_TEXT, 20, 8);
    w.hook = break_model_preparation;
    w.counter = 3;
    int64_t before_us = w.stage.now_us;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_int_eq(w.stage.now_us - before_us, 3 * INT64_C(30000000));
    ck_assert_int_eq(stage_int(&w.stage, "SELECT max(model_preparations) FROM tasks"), 4);
    ck_assert_int_eq(stage_int(&w.stage, "SELECT max(replacements) FROM tournament_tasks"), 0);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__three_tasks_are_prepared_at_a_time)
{
    world w;
    world_open(&w, GDI_IMAGE, 14, 8);
    stage *s = &w.stage;
    while (stage_int(s, "SELECT count(*) FROM tasks") < 7) {
        stage_turn(s);
        (void)world_answer_one(&w);
    }
    stage_turn(s);
    ck_assert_int_le(stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'preparing_data'"), 3);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'preparing_data'"),
                     stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'prepare_task' AND state = 'queued'"));
    world_close(&w);
}
END_TEST

/* ---- evaluation ---- */

/* The first answer about each task asks for another try of the second entrant. */
static bool retry_second(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    if (strcmp(lease->kind, GDI_WORK_EVALUATE) != 0 || strcmp(strrchr(lease->key, '/'), "/1") != 0) {
        return false;
    }
    json_t *result = world_result(w, lease, payload);
    const char *hotkey =
        json_string_value(json_object_get(json_array_get(json_object_get(payload, "submissions"), 1), "hotkey"));
    (void)json_object_set_new(json_object_get(result, "scores"), hotkey, json_pack("{s:s}", "status", "retry"));
    *ret_result = result;
    return true;
}

START_TEST(test_cycles_rounds__only_what_can_be_tried_again_is)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    w.hook = retry_second;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    stage *s = &w.stage;
    ck_assert_int_eq(stage_int(s, "SELECT min(n_eval_attempts) FROM tasks"), 2);
    ck_assert_int_eq(stage_int(s, "SELECT max(n_eval_attempts) FROM tasks"), 2);
    /* Tasks whose values are relative come whole, the others with the one row. */
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs j JOIN tasks t ON t.task_id = j.task_id WHERE j.key LIKE"
                                  " 'evaluate/%/2' AND json_array_length(j.payload, '$.submissions') <> CASE"
                                  " t.task_type WHEN 'GrpoTask' THEN 2 ELSE 1 END"),
                     0);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__a_final_has_two_tasks_of_each_kind)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    world_play(&w);
    ck_assert_str_eq(stage_text(&w.stage, "SELECT group_concat(t.task_type, ' ') FROM (SELECT t.task_type FROM tasks t"
                                          " JOIN tournament_tasks l ON l.task_id = t.task_id WHERE l.round_id LIKE"
                                          " '%_004' ORDER BY l.slot) t"),
                     "InstructTextTask InstructTextTask DpoTask DpoTask GrpoTask GrpoTask");
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__each_kind_has_a_row_of_its_own)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    world_play(&w);
    stage *s = &w.stage;
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM instruct_text_tasks i JOIN tasks t ON t.task_id = i.task_id"
                                  " WHERE t.task_type = 'InstructTextTask' AND i.field_instruction = 'question' AND"
                                  " i.file_format = 's3' AND (i.use_kl = 1) = (i.kl_coef IS NOT NULL)"),
                     stage_int(s, "SELECT count(*) FROM tasks WHERE task_type = 'InstructTextTask'"));
    ck_assert_int_eq(stage_int(s, "SELECT (SELECT count(*) FROM instruct_text_tasks) + (SELECT count(*) FROM"
                                  " dpo_tasks) + (SELECT count(*) FROM grpo_tasks)"),
                     13);
    world_close(&w);

    world_open(&w, GDI_ENVIRONMENT, 5, 8);
    world_play(&w);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM env_tasks WHERE json_array_length(environment_names) IN (2,"
                                  " 4) AND eval_seed >= 0"),
                     4);
    world_close(&w);
}
END_TEST

Suite *suite_cycles_rounds_tasks(void)
{
    Suite *suite = suite_create("cycles_rounds_tasks");
    TCase *tcase = tcase_create("tasks");
    tcase_add_test(tcase, test_cycles_rounds__rejected_data_sets_are_asked_again);
    tcase_add_test(tcase, test_cycles_rounds__a_content_service_that_fails_is_asked_every_quarter_of_an_hour);
    tcase_add_test(tcase, test_cycles_rounds__statistics_scale_the_hours);
    tcase_add_test(tcase, test_cycles_rounds__near_duplicates_break_a_task);
    tcase_add_test(tcase, test_cycles_rounds__a_model_is_prepared_until_it_works);
    tcase_add_test(tcase, test_cycles_rounds__three_tasks_are_prepared_at_a_time);
    tcase_add_test(tcase, test_cycles_rounds__only_what_can_be_tried_again_is);
    tcase_add_test(tcase, test_cycles_rounds__a_final_has_two_tasks_of_each_kind);
    tcase_add_test(tcase, test_cycles_rounds__each_kind_has_a_row_of_its_own);
    suite_add_tcase(suite, tcase);
    return suite;
}
