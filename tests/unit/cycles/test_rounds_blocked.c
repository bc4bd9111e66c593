/* What stands in the way of a round, and what an operator does about it. */
#include <stdlib.h>
#include <string.h>

#include "core/cycles/work.h"
#include "rounds_suites.h"
#include "rounds_world.h"

static const char *first_task(world *w)
{
    static char id[64];
    (void)snprintf(id, sizeof id, "%s",
                   stage_text(&w->stage, "SELECT task_id FROM tournament_tasks ORDER BY pair_id,"
                                         " group_id, slot LIMIT 1"));
    return id;
}

static void do_ok(god_status status, const god_error *err)
{
    ck_assert_msg(status == GOD_OK, "%s", err->message);
}

/* ---- a task without a single result ---- */

/* Every evaluation of the task in w->user fails. */
static bool break_evaluation(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)payload;
    bool ours = w->user != NULL && strcmp(lease->kind, GDI_WORK_EVALUATE) == 0 && strcmp(lease->task_id, w->user) == 0;
    *ret_result = NULL;
    w->counter += ours;
    return ours;
}

static void open_with_a_broken_task(world *w)
{
    world_open(w, GDI_TEXT, 8, 8);
    stage_turn(&w->stage);
    while (stage_int(&w->stage, "SELECT count(*) FROM tournament_tasks") == 0) {
        (void)world_answer_one(w);
        stage_turn(&w->stage);
    }
    w->hook = break_evaluation;
    w->user = (void *)(uintptr_t)first_task(w);
    world_play(w);
}

START_TEST(test_cycles_rounds__a_failed_task_blocks_until_it_is_retried)
{
    world w;
    god_error err = GOD_ERROR_INIT;
    open_with_a_broken_task(&w);
    stage *s = &w.stage;
    ck_assert_int_eq(w.counter, 4); /* MAX_EVAL_ATTEMPTS */
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'failure' AND n_eval_attempts = 4"), 1);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM evaluations WHERE evaluation_status = 'failure'"), 2);
    ck_assert_str_eq(stage_text(s, "SELECT status FROM tournament_rounds"), "active");
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE key LIKE 'notify/task_failed/%'"), 1);
    ck_assert_str_eq(world_winner(&w), "");

    /* It fails again, and people are told again. */
    char failed[64];
    (void)snprintf(failed, sizeof failed, "%s", (const char *)w.user);
    int64_t told = stage_int(s, "SELECT max(job_id) FROM jobs WHERE key LIKE 'notify/task_failed/%'");
    do_ok(gdi_operator_retry_task(s->cycles, failed, s->now_us, &err), &err);
    w.user = failed;
    world_play(&w);
    ck_assert_int_eq(w.counter, 8);
    ck_assert_int_gt(stage_int(s, "SELECT max(job_id) FROM jobs WHERE key LIKE 'notify/task_failed/%'"), told);

    do_ok(gdi_operator_retry_task(s->cycles, w.user, s->now_us, &err), &err);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'training' AND n_eval_attempts = 0"), 1);
    w.user = NULL;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_str_eq(world_shape(&w), "4 2 1 1f");
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__a_failed_task_can_be_replaced)
{
    world w;
    god_error err = GOD_ERROR_INIT;
    open_with_a_broken_task(&w);
    stage *s = &w.stage;
    do_ok(gdi_operator_replace_task(s->cycles, w.user, s->now_us, &err), &err);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks"), 13);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tournament_tasks WHERE replacements = 1"), 1);
    /* The new task keeps the names of the old one's repositories. */
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM task_nodes WHERE instr(expected_repo_name, task_id) = 0"), 2);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__operators_are_told_why_not)
{
    world w;
    god_error err = GOD_ERROR_INIT;
    world_open(&w, GDI_TEXT, 8, 8);
    world_play(&w);
    stage *s = &w.stage;
    const char *old = first_task(&w);
    ck_assert_int_eq(gdi_operator_retry_task(s->cycles, old, s->now_us, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "undo the rounds after it"));
    ck_assert_int_eq(gdi_operator_replace_task(s->cycles, old, s->now_us, &err), GOD_E_INVALID);
    ck_assert_int_eq(gdi_operator_retry_task(s->cycles, "nobody", s->now_us, &err), GOD_E_NOT_FOUND);
    world_close(&w);
}
END_TEST

/* ---- too many failed trainings ---- */

/* Repositories of both entrants of one pair cannot be cloned, but for one training that is refused twice. */
static bool refuse(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)payload;
    bool ours = w->user != NULL && strcmp(lease->kind, GDI_WORK_START_TRAINING) == 0 &&
                (strcmp(lease->hotkey, "5M00") == 0 || strcmp(lease->hotkey, "5M01") == 0 ||
                 strcmp(lease->hotkey, "5M02") == 0);
    *ret_result = ours ? json_pack("{s:s}", "outcome", "no_retry") : NULL;
    return ours;
}

START_TEST(test_cycles_rounds__a_share_of_one_half_does_not_block)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 5, 8);
    w.hook = refuse;
    w.user = w.stage.db;
    w.clock_stands = true;
    world_play(&w);
    stage *s = &w.stage;
    /* Three of six is a half: the round goes on. */
    ck_assert_str_eq(stage_text(s, "SELECT status FROM tournament_rounds WHERE round_number = 1"), "completed");
    world_close(&w);

    world_open(&w, GDI_TEXT, 20, 8);
    w.hook = refuse;
    w.clock_stands = true;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    world_close(&w);
}
END_TEST

/* All but 5M05 and the boss fail. */
static bool refuse_most(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)payload;
    bool ours = w->user != NULL && strcmp(lease->kind, GDI_WORK_START_TRAINING) == 0 &&
                strcmp(lease->hotkey, "5M04") != 0 && strcmp(lease->hotkey, STAGE_BURN) != 0;
    *ret_result = ours ? json_pack("{s:s}", "outcome", "no_retry") : NULL;
    return ours;
}

START_TEST(test_cycles_rounds__a_blocking_share_is_told_every_quarter_of_an_hour)
{
    world w;
    god_error err = GOD_ERROR_INIT;
    world_open(&w, GDI_ENVIRONMENT, 5, 8);
    w.hook = refuse_most;
    w.user = w.stage.db;
    w.clock_stands = true;
    world_play(&w);
    stage *s = &w.stage;
    ck_assert_str_eq(stage_text(s, "SELECT status FROM tournament_rounds"), "active");
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE key LIKE 'notify/trainings_failed/%'"), 1);
    for (int i = 0; i < 3; i++) {
        s->now_us = s->last.next_due_us;
        stage_turn(s);
    }
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE key LIKE 'notify/trainings_failed/%'"), 4);
    w.user = NULL;
    do_ok(gdi_operator_retry_task(s->cycles, first_task(&w), s->now_us, &err), &err);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    world_close(&w);
}
END_TEST

/* ---- preparation ---- */

/* The first `counter` preparations fail. */
static bool break_preparation(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)payload;
    bool ours = strcmp(lease->kind, GDI_WORK_PREPARE_TASK) == 0 && w->counter > 0;
    w->counter -= ours;
    *ret_result = NULL;
    return ours;
}

START_TEST(test_cycles_rounds__a_task_that_cannot_be_prepared_is_replaced)
{
    world w;
    world_open(&w, GDI_TEXT, 20, 8);
    w.hook = break_preparation;
    w.counter = 2;
    int64_t before_us = w.stage.now_us;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    stage *s = &w.stage;
    ck_assert_int_eq(w.stage.now_us, before_us); /* nobody waited */
    ck_assert_int_eq(stage_int(s, "SELECT max(replacements) FROM tournament_tasks"), 2);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'prep_task_failure'"), 0);
    /* Round 1 keeps its small models. */
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'choose_content' AND key LIKE"
                                  " '%_round_001_group_001/0/%' AND payload LIKE '%\"params_max\":4000000000.0%'"),
                     3);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__the_sixth_replacement_waits)
{
    world w;
    world_open(&w, GDI_TEXT, 20, 8);
    w.hook = break_preparation;
    w.counter = 7;
    int64_t before_us = w.stage.now_us;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_int_eq(w.stage.now_us - before_us, 2 * 15 * INT64_C(60000000));
    ck_assert_int_eq(stage_int(&w.stage, "SELECT count(*) FROM jobs WHERE key LIKE 'notify/replaced_often/%'"), 2);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__environment_tasks_are_replaced_by_themselves)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 5, 8);
    w.hook = break_preparation;
    w.counter = 6;
    int64_t before_us = w.stage.now_us;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_int_eq(w.stage.now_us - before_us, 15 * INT64_C(60000000));
    world_close(&w);
}
END_TEST

/* ---- undo, cancel, no node ---- */

START_TEST(test_cycles_rounds__an_undone_round_is_drawn_again)
{
    world w;
    god_error err = GOD_ERROR_INIT;
    char id[GDI_TOURNAMENT_ID_BYTES];
    world_open(&w, GDI_TEXT, 8, 8);
    stage *s = &w.stage;
    (void)snprintf(id, sizeof id, "%s", stage_text(s, "SELECT tournament_id FROM tournaments"));
    world_play(&w);
    do_ok(gdi_operator_undo_round(s->cycles, id, s->now_us, &err), &err);
    ck_assert_str_eq(world_winner(&w), "");
    ck_assert_str_eq(world_shape(&w), "4 2 1");
    ck_assert_str_eq(stage_text(s, "SELECT status FROM tournament_rounds WHERE round_number = 3"), "active");
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tournament_participants WHERE eliminated_in_round_id IS"
                                  " NULL"),
                     3); /* the boss, and the two of round 3 */
    do_ok(gdi_operator_undo_round(s->cycles, id, s->now_us, &err), &err);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_str_eq(world_shape(&w), "4 2 1 1f");
    world_close(&w);
}
END_TEST

/* The first two challengers of the cohort have the same source. */
static bool find_twins(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    const json_t *cohort = json_object_get(payload, "cohort");
    if (strcmp(lease->kind, GDI_WORK_REVIEW_DUPLICATES) != 0) {
        return false;
    }
    json_t *digests = json_object();
    for (size_t i = 0, found = 0; i < json_array_size(cohort) && found < 2; i++) {
        const char *hotkey = json_string_value(json_object_get(json_array_get(cohort, i), "hotkey"));
        if (strcmp(hotkey, STAGE_BURN) != 0) {
            (void)json_object_set_new(digests, hotkey, json_string("same"));
            found++;
        }
    }
    w->counter++;
    *ret_result = json_pack("{s:o, s:[]}", "digests", digests, "verdicts");
    return true;
}

START_TEST(test_cycles_rounds__approved_duplicates_do_not_go_on_and_an_undone_round_asks_again)
{
    world w;
    god_error err = GOD_ERROR_INIT;
    char id[GDI_TOURNAMENT_ID_BYTES];
    world_open(&w, GDI_TEXT, 8, 8);
    w.hook = find_twins;
    w.clock_stands = true;
    stage *s = &w.stage;
    (void)snprintf(id, sizeof id, "%s", stage_text(s, "SELECT tournament_id FROM tournaments"));
    for (int i = 0; i < 2; i++) {
        world_play(&w);
        ck_assert_str_eq(world_shape(&w), "4"); /* the tournament halts */
        do_ok(gdi_operator_approve_review(s->cycles, id, NULL, s->now_us, &err), &err);
        stage_turn(s);
        ck_assert_str_eq(world_shape(&w), "4 1"); /* the two that are left */
        ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tournament_participants WHERE eliminated_in_round_id"
                                      " LIKE '%_001'"),
                         6);
        if (i == 0) {
            do_ok(gdi_operator_undo_round(s->cycles, id, s->now_us, &err), &err);
        }
    }
    ck_assert_int_eq(w.counter, 2);
    world_play(&w);
    ck_assert_str_ne(world_winner(&w), "");
    ck_assert_str_eq(world_shape(&w), "4 1 1f");
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__a_cancelled_tournament_lets_go_of_everything)
{
    world w;
    god_error err = GOD_ERROR_INIT;
    char id[GDI_TOURNAMENT_ID_BYTES];
    world_open(&w, GDI_TEXT, 8, 8);
    stage *s = &w.stage;
    (void)snprintf(id, sizeof id, "%s", stage_text(s, "SELECT tournament_id FROM tournaments"));
    while (stage_int(s, "SELECT count(*) FROM trainers_gpus WHERE used_until IS NOT NULL") == 0) {
        stage_turn(s);
        (void)world_answer_one(&w);
    }
    do_ok(gdi_operator_cancel(s->cycles, id, s->now_us, &err), &err);
    stage_turn(s);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM trainers_gpus WHERE used_until IS NOT NULL"), 0);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status NOT IN ('success', 'failure')"), 0);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tournament_task_hotkey_trainings WHERE training_status IN"
                                  " ('pending', 'training')"),
                     0);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE ended_at IS NULL"), 0);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__a_winner_that_left_the_network_is_out)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    stage *s = &w.stage;
    while (stage_int(s, "SELECT count(*) FROM tournament_rounds WHERE status = 'active'") == 0) {
        stage_turn(s);
        (void)world_answer_one(&w);
    }
    stage_sql(s, "DELETE FROM nodes WHERE hotkey = '5M00'");
    world_play(&w);
    ck_assert_str_ne(world_winner(&w), "5M00");
    ck_assert_str_eq(world_winner(&w), "5M01");
    ck_assert_int_eq(stage_int(s, "SELECT eliminated_in_round_id LIKE '%_001' FROM tournament_participants WHERE"
                                  " hotkey = '5M00'"),
                     1);
    world_close(&w);
}
END_TEST

/* Nobody's training succeeds in round 1 but the boss has no part in it. */
static bool refuse_all(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)w;
    const json_t *submission = NULL;
    size_t i = 0;
    if (strcmp(lease->kind, GDI_WORK_EVALUATE) != 0) {
        return false;
    }
    json_t *list = json_object();
    json_array_foreach(json_object_get(payload, "submissions"), i, submission)
    {
        (void)json_object_set_new(list, json_string_value(json_object_get(submission, "hotkey")),
                                  json_pack("{s:s}", "status", i == 0 ? "not_finetuned" : "failed"));
    }
    *ret_result = json_pack("{s:o}", "scores", list);
    return true;
}

START_TEST(test_cycles_rounds__outputs_without_a_value_fail_the_task)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    w.hook = refuse_all;
    world_play(&w);
    stage *s = &w.stage;
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status = 'failure'"), 4);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM task_nodes WHERE quality_score = 0"), 8);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM task_nodes WHERE score_reason LIKE '%not fine-tuned%'"), 4);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'evaluate'"), 4); /* nobody asks again */
    world_close(&w);
}
END_TEST

Suite *suite_cycles_rounds_blocked(void)
{
    Suite *suite = suite_create("cycles_rounds_blocked");
    TCase *tcase = tcase_create("blocked");
    tcase_add_test(tcase, test_cycles_rounds__a_failed_task_blocks_until_it_is_retried);
    tcase_add_test(tcase, test_cycles_rounds__a_failed_task_can_be_replaced);
    tcase_add_test(tcase, test_cycles_rounds__operators_are_told_why_not);
    tcase_add_test(tcase, test_cycles_rounds__a_share_of_one_half_does_not_block);
    tcase_add_test(tcase, test_cycles_rounds__a_blocking_share_is_told_every_quarter_of_an_hour);
    tcase_add_test(tcase, test_cycles_rounds__a_task_that_cannot_be_prepared_is_replaced);
    tcase_add_test(tcase, test_cycles_rounds__the_sixth_replacement_waits);
    tcase_add_test(tcase, test_cycles_rounds__environment_tasks_are_replaced_by_themselves);
    tcase_add_test(tcase, test_cycles_rounds__an_undone_round_is_drawn_again);
    tcase_add_test(tcase, test_cycles_rounds__approved_duplicates_do_not_go_on_and_an_undone_round_asks_again);
    tcase_add_test(tcase, test_cycles_rounds__a_cancelled_tournament_lets_go_of_everything);
    tcase_add_test(tcase, test_cycles_rounds__a_winner_that_left_the_network_is_out);
    tcase_add_test(tcase, test_cycles_rounds__outputs_without_a_value_fail_the_task);
    suite_add_tcase(suite, tcase);
    return suite;
}
