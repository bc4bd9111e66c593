/* Whole environment tournaments. */
#include <stdlib.h>
#include <string.h>

#include "core/cycles/work.h"
#include "rounds_suites.h"
#include "rounds_world.h"

START_TEST(test_cycles_rounds__five_challengers_play_one_group)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 5, 8);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_str_eq(world_shape(&w), "1g 1gf");
    stage *s = &w.stage;
    /* The boss plays in the first group: six entrants, two environments; three tasks of two in the final. */
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM task_nodes n JOIN tournament_tasks l ON l.task_id ="
                                  " n.task_id WHERE l.round_id LIKE '%_001'"),
                     6);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks"), 4);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM evaluations WHERE evaluation_status <> 'success'"), 0);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM pvp_pair_results WHERE status <> 'complete' OR"
                                  " total_games <> 100 OR n_attempts <> 1"),
                     0);
    /* The best of six beats five others in both environments. */
    ck_assert_int_eq(
        stage_int(s, "SELECT CAST(max(test_loss) AS INTEGER) FROM task_nodes n JOIN tournament_tasks l ON l.task_id ="
                     " n.task_id WHERE l.round_id LIKE '%_001' AND n.hotkey = '5M00'"),
        30);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__thirteen_challengers_play_three_groups)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 13, 8);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_str_eq(world_shape(&w), "3g 1g 1gf"); /* section 17.3 */
    stage *s = &w.stage;
    ck_assert_str_eq(stage_text(s, "SELECT group_concat(n, ' ') FROM (SELECT count(*) AS n FROM"
                                   " tournament_group_members GROUP BY group_id ORDER BY group_id)"),
                     "6 4 4 4 2");
    /* All groups of a round share model, environments and seed. */
    ck_assert_int_eq(stage_int(s, "SELECT count(DISTINCT details || model_id) FROM tasks t JOIN tournament_tasks l"
                                  " ON l.task_id = t.task_id WHERE l.round_id LIKE '%_001'"),
                     1);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'prepare_model' AND task_id IN (SELECT"
                                  " task_id FROM tournament_tasks WHERE round_id LIKE '%_001')"),
                     1);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__later_rounds_train_on)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 13, 8);
    world_play(&w);
    stage *s = &w.stage;
    ck_assert_str_eq(stage_text(s, "SELECT group_concat(s, ' ') FROM (SELECT t.training_start_point AS s FROM tasks t"
                                   " JOIN tournament_tasks l ON l.task_id = t.task_id ORDER BY l.round_id,"
                                   " l.group_id, l.slot)"),
                     "default default default continuation continuation from_scratch previous_winner");
    /* Each entrant of round 2 starts from what it handed in before. */
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM task_nodes n JOIN tournament_tasks l ON l.task_id ="
                                  " n.task_id JOIN task_nodes b ON b.hotkey = n.hotkey JOIN tournament_tasks k ON"
                                  " k.task_id = b.task_id WHERE l.round_id LIKE '%_002' AND k.round_id LIKE '%_001'"
                                  " AND n.starting_model_repo = 'gradients-io-tournaments/' ||"
                                  " b.expected_repo_name"),
                     4);
    ck_assert_int_eq(stage_int(s, "SELECT count(DISTINCT t.model_id) FROM tasks t JOIN tournament_tasks l ON"
                                  " l.task_id = t.task_id WHERE l.round_id NOT LIKE '%_003' OR l.slot = 0"),
                     1);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE training_start_point = 'previous_winner' AND"
                                  " model_id = 'model/target' AND hours_to_complete = 1.5"),
                     1);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE training_start_point = 'from_scratch' AND"
                                  " hours_to_complete = 3"),
                     1);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__a_better_boss_ends_a_single_group)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 5, 8);
    w.boss_place = -0.5;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), STAGE_BURN);
    ck_assert_str_eq(world_shape(&w), "1g");
    ck_assert_int_eq(stage_int(&w.stage, "SELECT count(*) FROM tournament_participants WHERE"
                                         " eliminated_in_round_id IS NULL"),
                     1);
    world_close(&w);
}
END_TEST

/* The games of 5M00 against 5M01 fail each time. */
static bool break_one_pair(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    const char *a = json_string_value(json_object_get(json_object_get(payload, "a"), "hotkey"));
    const char *b = json_string_value(json_object_get(json_object_get(payload, "b"), "hotkey"));
    bool ours = strcmp(lease->kind, GDI_WORK_PLAY_PAIR) == 0 && strcmp(a, "5M00") == 0 && strcmp(b, "5M01") == 0;
    *ret_result = NULL;
    w->counter += ours;
    return ours;
}

START_TEST(test_cycles_rounds__exhausted_games_are_draws)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 5, 8);
    w.hook = break_one_pair;
    world_play(&w);
    stage *s = &w.stage;
    /* Both lead with as many points and meet again, so count round 1 alone. */
    int64_t all = stage_int(s, "SELECT count(*) FROM pvp_pair_results WHERE hotkey_a = '5M00' AND hotkey_b ="
                               " '5M01'");
    int64_t played = stage_int(s, "SELECT count(*) FROM pvp_pair_results p JOIN tournament_tasks l ON l.task_id ="
                                  " p.task_id WHERE hotkey_a = '5M00' AND hotkey_b = '5M01' AND l.round_id LIKE"
                                  " '%_001'");
    ck_assert_int_gt(played, 0);
    ck_assert_int_eq(w.counter, 3 * all);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM pvp_pair_results WHERE status = 'pending' AND n_attempts ="
                                  " 3 AND job_key IS NULL"),
                     all);
    /* Four opponents in two environments, and draws with 5M01 in those that are played in pairs. */
    ck_assert_int_eq(
        stage_int(s, "SELECT CAST(test_loss AS INTEGER) FROM task_nodes n JOIN tournament_tasks l ON l.task_id ="
                     " n.task_id WHERE l.round_id LIKE '%_001' AND n.hotkey = '5M00'"),
        24 + played + 3 * (2 - played));
    world_close(&w);
}
END_TEST

/* Only the training of 5M03 succeeds. */
static bool train_one(world *w, const gdi_job_lease *lease, const json_t *payload, json_t **ret_result)
{
    (void)w;
    (void)payload;
    bool ours = strcmp(lease->kind, GDI_WORK_START_TRAINING) == 0 && strcmp(lease->hotkey, "5M03") != 0;
    *ret_result = ours ? json_pack("{s:s}", "outcome", "no_retry") : NULL;
    return ours;
}

START_TEST(test_cycles_rounds__a_single_scored_entrant_has_no_points_and_blocks_by_share)
{
    world w;
    world_open(&w, GDI_ENVIRONMENT, 5, 8);
    w.hook = train_one;
    w.clock_stands = true;
    world_play(&w);
    stage *s = &w.stage;
    ck_assert_str_eq(stage_text(s, "SELECT status FROM tasks"), "success");
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM task_nodes WHERE hotkey = '5M03' AND test_loss = 0 AND"
                                  " quality_score = 3"),
                     1);
    ck_assert_str_eq(stage_text(s, "SELECT status FROM tournament_rounds"), "active");
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'notify' AND key LIKE"
                                  " 'notify/trainings_failed/%'"),
                     1);
    world_close(&w);
}
END_TEST

Suite *suite_cycles_rounds_environment(void)
{
    Suite *suite = suite_create("cycles_rounds_environment");
    TCase *tcase = tcase_create("environment");
    tcase_add_test(tcase, test_cycles_rounds__five_challengers_play_one_group);
    tcase_add_test(tcase, test_cycles_rounds__thirteen_challengers_play_three_groups);
    tcase_add_test(tcase, test_cycles_rounds__later_rounds_train_on);
    tcase_add_test(tcase, test_cycles_rounds__a_better_boss_ends_a_single_group);
    tcase_add_test(tcase, test_cycles_rounds__exhausted_games_are_draws);
    tcase_add_test(tcase, test_cycles_rounds__a_single_scored_entrant_has_no_points_and_blocks_by_share);
    suite_add_tcase(suite, tcase);
    return suite;
}
