/* The queue, GPUs, starts and trainings. */
#include <stdlib.h>
#include <string.h>

#include "core/cycles/work.h"
#include "rounds_suites.h"
#include "rounds_world.h"

#define MINUTE_US INT64_C(60000000)
#define HOUR_US (60 * MINUTE_US)

/* Plays until this statement counts at least `wanted`. */
static void play_until(world *w, const char *sql, int64_t wanted)
{
    for (int i = 0; i < 5000; i++) {
        stage_turn(&w->stage);
        if (stage_int(&w->stage, sql) >= wanted) {
            return;
        }
        if (!world_answer_one(w)) {
            break;
        }
    }
    ck_abort_msg("never came true: %s", sql);
}

static const char *const waiting_starts =
    "SELECT count(*) FROM jobs WHERE kind = 'start_training' AND state = 'queued'";

/* ---- starts ---- */

static bool fail_starts(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)payload;
    bool ours = strcmp(lease->kind, GDI_WORK_START_TRAINING) == 0 && w->counter > 0;
    w->counter -= ours;
    *ret_result = ours ? json_pack("{s:s, s:s}", "outcome", "failed", "message", "busy") : NULL;
    return ours;
}

START_TEST(test_cycles_rounds__a_failed_start_waits_a_minute_and_does_not_count)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    w.hook = fail_starts;
    w.counter = 5;
    int64_t before_us = w.stage.now_us;
    world_play(&w);
    stage *s = &w.stage;
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_int_eq(s->now_us - before_us, MINUTE_US);
    ck_assert_int_eq(stage_int(s, "SELECT max(n_training_attempts) FROM tournament_task_hotkey_trainings"), 1);
    ck_assert_int_eq(stage_int(s, "SELECT sum(starts) FROM tournament_task_hotkey_trainings"), 26 + 5);
    /* A doubt is cleared by asking the trainers. */
    ck_assert_int_ge(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'refresh_gpus'"), 1);
    world_close(&w);
}
END_TEST

static bool fail_trainings(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)payload;
    bool ours = strcmp(lease->kind, GDI_WORK_WATCH_TRAINING) == 0 && strcmp(lease->hotkey, "5M07") == 0;
    *ret_result = ours ? json_pack("{s:s, s:s}", "status", "failure", "message", "exit status 1") : NULL;
    w->counter += ours;
    return ours;
}

START_TEST(test_cycles_rounds__a_miner_gets_two_trainings)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    w.hook = fail_trainings;
    world_play(&w);
    stage *s = &w.stage;
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_int_eq(w.counter, 2);
    ck_assert_int_eq(stage_int(s, "SELECT n_training_attempts FROM tournament_task_hotkey_trainings WHERE hotkey ="
                                  " '5M07' AND training_status = 'failure'"),
                     2);
    ck_assert_str_eq(stage_text(s, "SELECT failure_reason FROM tournament_task_hotkey_trainings WHERE hotkey ="
                                   " '5M07'"),
                     "exit status 1");
    ck_assert_int_eq(stage_int(s, "SELECT CAST(quality_score AS INTEGER) FROM task_nodes WHERE hotkey = '5M07'"), -1);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM evaluations WHERE hotkey = '5M07'"), 0);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__who_has_no_repository_fails)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    stage_sql(&w.stage, "UPDATE tournament_participants SET training_repo = NULL WHERE hotkey = '5M07'");
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_str_eq(stage_text(&w.stage, "SELECT failure_reason FROM tournament_task_hotkey_trainings WHERE hotkey"
                                          " = '5M07'"),
                     "no repository is known");
    ck_assert_int_eq(stage_int(&w.stage, "SELECT count(*) FROM jobs WHERE kind = 'start_training' AND hotkey ="
                                         " '5M07'"),
                     0);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__the_public_copy_is_trained_without_a_token)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    stage *s = &w.stage;
    stage_sql(s, "UPDATE tournament_participants SET backup_repo = 'https://github.com/copies/one', github_token ="
                 " 'sealed' WHERE hotkey = '5M00'");
    stage_sql(s, "UPDATE tournament_participants SET github_token = 'sealed' WHERE hotkey = '5M01'");
    world_play(&w);
    ck_assert_int_gt(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'start_training' AND hotkey = '5M00' AND"
                                  " payload LIKE '%copies/one%' AND payload LIKE '%\"github_token\":null%' AND"
                                  " payload LIKE '%\"github_commit_hash\":null%'"),
                     0);
    ck_assert_int_gt(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'start_training' AND hotkey = '5M01' AND"
                                  " payload LIKE '%\"github_token\":\"sealed\"%' AND payload LIKE"
                                  " '%\"dataset_type\":{\"field_instruction\":\"question\"}%'"),
                     0);
    world_close(&w);
}
END_TEST

/* ---- a trainer that never says anything ---- */

static bool answer_no_watch(world *w)
{
    const char *const all[] = {GDI_WORK_CHOOSE_CONTENT, GDI_WORK_PREPARE_TASK, GDI_WORK_PREPARE_MODEL,
                               GDI_WORK_START_TRAINING, NULL};
    for (size_t i = 0; all[i] != NULL; i++) {
        if (stage_open_jobs(&w->stage, all[i]) > 0) {
            const gdi_job_lease like = {.kind = (char *)(uintptr_t)all[i]};
            json_t *result = world_result(w, &like, NULL);
            char *text = json_dumps(result, 0);
            stage_answer(&w->stage, all[i], text);
            free(text);
            json_decref(result);
            return true;
        }
    }
    return false;
}

START_TEST(test_cycles_rounds__a_silent_training_ends_an_hour_after_its_time)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 32);
    stage *s = &w.stage;
    stage_turn(s);
    while (answer_no_watch(&w)) {
    }
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tournament_task_hotkey_trainings WHERE training_status ="
                                  " 'training'"),
                     8);
    int64_t started_us = s->now_us;
    double hours = atof(stage_text(s, "SELECT CAST(hours_to_complete AS TEXT) FROM tasks LIMIT 1"));
    int64_t end_us = started_us + (int64_t)(hours * (double)HOUR_US) + HOUR_US;
    ck_assert_int_le(s->last.next_due_us, end_us);
    s->now_us = end_us - 1;
    stage_turn(s);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'watch_training' AND state = 'cancelled'"),
                     0);
    s->now_us = end_us + 5 * HOUR_US; /* whatever the other hours are */
    stage_turn(s);
    while (answer_no_watch(&w)) {
    }
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'watch_training' AND state = 'cancelled'"),
                     8);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tournament_task_hotkey_trainings WHERE training_status ="
                                  " 'training' AND n_training_attempts = 2"),
                     8);
    s->now_us += 12 * HOUR_US;
    stage_turn(s);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tournament_task_hotkey_trainings WHERE training_status ="
                                  " 'failure'"),
                     8);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'failure'"), 4);
    world_close(&w);
}
END_TEST

/* ---- GPUs ---- */

START_TEST(test_cycles_rounds__no_gpu_is_given_twice)
{
    world w;
    world_open(&w, GDI_IMAGE, 8, 3);
    play_until(&w, waiting_starts, 3);
    stage *s = &w.stage;
    ck_assert_int_eq(stage_int(s, waiting_starts), 3);
    ck_assert_int_eq(stage_int(s, "SELECT count(DISTINCT held_by) FROM trainers_gpus WHERE used_until IS NOT NULL"), 3);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM trainers_gpus WHERE used_until IS NOT NULL OR held_by IS NOT"
                                  " NULL"),
                     0);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__the_tightest_trainer_is_taken)
{
    world w;
    world_open(&w, GDI_IMAGE, 8, 0);
    world_trainer(&w, "10.1.0.1", 4);
    world_trainer(&w, "10.1.0.2", 2);
    world_trainer(&w, "10.1.0.3", 2);
    play_until(&w, waiting_starts, 1);
    /* One GPU is wanted: of two free ones rather than of four, the first address of equal ones. */
    ck_assert_int_eq(stage_int(&w.stage, "SELECT count(*) FROM jobs WHERE job_id = (SELECT min(job_id) FROM jobs"
                                         " WHERE kind = 'start_training') AND payload LIKE"
                                         " '%\"trainer_ip\":\"10.1.0.2\"%' AND payload LIKE '%\"gpu_ids\":[0]%'"),
                     1);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__who_waits_in_vain_asks_the_trainers)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 5, 2); /* four GPUs are wanted */
    w.clock_stands = true;
    world_play(&w);
    stage *s = &w.stage;
    ck_assert_str_eq(stage_text(s, "SELECT status FROM tasks"), "awaiting_model_prep");
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'refresh_gpus'"), 1);
    ck_assert_int_eq(s->last.next_due_us - s->now_us, 10 * MINUTE_US);
    s->now_us = s->last.next_due_us;
    world_play(&w);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'refresh_gpus'"), 2);
    world_trainer(&w, "10.1.0.9", 4);
    s->now_us = s->last.next_due_us;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    world_close(&w);
}
END_TEST

/* One trainer says what it has, the other does not answer. */
static bool tell_gpus(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)w;
    (void)payload;
    if (strcmp(lease->kind, GDI_WORK_REFRESH_GPUS) != 0) {
        return false;
    }
    *ret_result = json_loads("{\"trainers\": [{\"trainer_ip\": \"10.1.0.1\", \"gpus\": [{\"gpu_id\": 0, \"available\":"
                             " true}, {\"gpu_id\": 1, \"available\": false}]}, {\"trainer_ip\": \"10.1.0.2\", \"gpus\":"
                             " null}]}",
                             0, NULL);
    return true;
}

START_TEST(test_cycles_rounds__trainers_are_believed)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 5, 2);
    world_trainer(&w, "10.1.0.2", 2);
    stage *s = &w.stage;
    stage_sql(s, "UPDATE trainers_gpus SET used_until = '2099-01-01T00:00:00.000000Z' WHERE trainer_ip = '10.1.0.1'"
                 " AND gpu_id = 0");
    w.hook = tell_gpus;
    w.clock_stands = true;
    world_play(&w);
    ck_assert_int_eq(stage_int(s, "SELECT used_until IS NULL FROM trainers_gpus WHERE trainer_ip = '10.1.0.1' AND"
                                  " gpu_id = 0"),
                     1);
    /* Busy or silent: for two hours. */
    ck_assert_int_eq(
        stage_int(s, "SELECT count(*) FROM trainers_gpus WHERE used_until = '2026-06-15T11:00:00.000000Z'"), 3);
    world_close(&w);
}
END_TEST

/* ---- the queue ---- */

START_TEST(test_cycles_rounds__eight_pending_rows_close_the_queue)
{
    world w;
    world_open(&w, GDI_IMAGE, 14, 0); /* seven pairs and no trainer */
    w.clock_stands = true;
    world_play(&w);
    stage *s = &w.stage;
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tournament_task_hotkey_trainings WHERE training_status ="
                                  " 'pending'"),
                     8);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'looking_for_nodes'"), 3);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'training'"), 4);
    world_trainer(&w, "10.1.0.1", 1);
    gdi_cycles_look_at_everything(s->cycles);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    world_close(&w);
}
END_TEST

/* A benchmark copy of a finished task for a participant, as the end of a tournament makes it. */
static void add_benchmark(stage *s, const char *task_id, const char *root)
{
    char sql[700];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO tasks (task_id, task_type, status, model_id, training_data, hours_to_complete,"
                   " model_params_count, created_at, updated_at) SELECT '%s', task_type, 'looking_for_nodes', model_id,"
                   " training_data, 1.0, 1000, '2020-01-01T00:00:00.000000Z', updated_at FROM tasks WHERE task_id ="
                   " (SELECT min(task_id) FROM tournament_tasks)",
                   task_id);
    stage_sql(s, sql);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO benchmark_root_tasks VALUES ('%s', 'ImageTask',"
                   " '2020-01-01T00:00:00.000000Z') ON CONFLICT DO NOTHING",
                   root);
    stage_sql(s, sql);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO benchmark_task_copies SELECT '%s', '%s', '5M00', tournament_id,"
                   " '2020-01-01T00:00:00.000000Z' FROM tournaments",
                   task_id, root);
    stage_sql(s, sql);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO task_nodes (task_id, hotkey, netuid, expected_repo_name) VALUES ('%s',"
                   " '5M00', 56, 'benchmark-%s')",
                   task_id, task_id);
    stage_sql(s, sql);
}

START_TEST(test_cycles_rounds__benchmarks_wait_behind_the_tournament)
{
    world w;
    world_open(&w, GDI_IMAGE, 8, 0);
    w.clock_stands = true;
    world_play(&w);
    stage *s = &w.stage;
    const char *root = stage_text(s, "SELECT min(task_id) FROM tournament_tasks");
    char first[64];
    (void)snprintf(first, sizeof first, "%s", root);
    add_benchmark(s, "bench-1", first);
    gdi_cycles_look_at_everything(s->cycles);
    world_play(&w);
    ck_assert_int_eq(stage_int(s, "SELECT priority FROM tournament_task_hotkey_trainings WHERE task_id = 'bench-1'"),
                     3);
    ck_assert_str_eq(stage_text(s, "SELECT training_repo FROM tournament_task_hotkey_trainings WHERE task_id ="
                                   " 'bench-1'"),
                     "https://github.com/miner00/repo");
    world_trainer(&w, "10.1.0.1", 4);
    gdi_cycles_look_at_everything(s->cycles);
    stage_turn(s);
    /* Four of the eight rows of the tournament first, although the benchmark is older. */
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'start_training' AND task_id <> 'bench-1'"),
                     4);
    w.stops_at_decision = false;
    world_play(&w);
    ck_assert_str_eq(stage_text(s, "SELECT status FROM tasks WHERE task_id = 'bench-1'"), "success");
    ck_assert_int_eq(stage_int(s, "SELECT test_loss IS NOT NULL FROM task_nodes WHERE task_id = 'bench-1'"), 1);
    world_close(&w);
}
END_TEST

Suite *suite_cycles_rounds_training(void)
{
    Suite *suite = suite_create("cycles_rounds_training");
    TCase *tcase = tcase_create("training");
    tcase_add_test(tcase, test_cycles_rounds__a_failed_start_waits_a_minute_and_does_not_count);
    tcase_add_test(tcase, test_cycles_rounds__a_miner_gets_two_trainings);
    tcase_add_test(tcase, test_cycles_rounds__who_has_no_repository_fails);
    tcase_add_test(tcase, test_cycles_rounds__the_public_copy_is_trained_without_a_token);
    tcase_add_test(tcase, test_cycles_rounds__a_silent_training_ends_an_hour_after_its_time);
    tcase_add_test(tcase, test_cycles_rounds__no_gpu_is_given_twice);
    tcase_add_test(tcase, test_cycles_rounds__the_tightest_trainer_is_taken);
    tcase_add_test(tcase, test_cycles_rounds__who_waits_in_vain_asks_the_trainers);
    tcase_add_test(tcase, test_cycles_rounds__trainers_are_believed);
    tcase_add_test(tcase, test_cycles_rounds__eight_pending_rows_close_the_queue);
    tcase_add_test(tcase, test_cycles_rounds__benchmarks_wait_behind_the_tournament);
    suite_add_tcase(suite, tcase);
    return suite;
}
