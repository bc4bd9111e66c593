/* Whole text and image tournaments, from the first bracket to the winner. */
#include "rounds_suites.h"
#include "rounds_world.h"

START_TEST(test_cycles_rounds__eight_play_down_to_a_final)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_str_eq(world_shape(&w), "4 2 1 1f");
    stage *s = &w.stage;
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks"), 4 + 2 + 1 + 6);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE status <> 'success'"), 0);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tournament_task_hotkey_trainings"), 2 * 13);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM trainers_gpus WHERE used_until IS NOT NULL"), 0);
    /* Half of the field falls in each round, the boss after a lost final. */
    ck_assert_str_eq(stage_text(s, "SELECT group_concat(n, ' ') FROM (SELECT count(*) AS n FROM"
                                   " tournament_participants WHERE eliminated_in_round_id IS NOT NULL"
                                   " GROUP BY eliminated_in_round_id ORDER BY eliminated_in_round_id)"),
                     "4 2 1 1");
    ck_assert_int_eq(stage_int(s, "SELECT eliminated_in_round_id LIKE '%_round_004' FROM tournament_participants"
                                  " WHERE hotkey = '5BURN'"),
                     1);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM task_nodes WHERE quality_score IS NULL"), 0);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM task_nodes WHERE score_reason LIKE 'boss round%'"), 12);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__nine_take_the_boss_in_as_filler)
{
    world w;
    world_open(&w, GDI_TEXT, 9, 8);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_str_eq(world_shape(&w), "5 3 2 1 1f"); /* section 10.4 */
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__twenty_start_with_a_group)
{
    world w;
    world_open(&w, GDI_TEXT, 20, 8);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_str_eq(world_shape(&w), "1g 4 2 1 1f");
    ck_assert_int_eq(stage_int(&w.stage, "SELECT count(*) FROM tournament_participants WHERE"
                                         " eliminated_in_round_id LIKE '%_round_001'"),
                     12);
    /* More than eight valid results: the last quarter is punished. */
    ck_assert_int_eq(stage_int(&w.stage, "SELECT count(*) FROM task_nodes WHERE quality_score = -1"), 5);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__a_good_boss_keeps_its_title)
{
    world w;
    world_open(&w, GDI_TEXT, 8, 8);
    w.boss_place = -0.5;
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), STAGE_BURN);
    ck_assert_int_eq(stage_int(&w.stage, "SELECT count(*) FROM tournament_participants WHERE"
                                         " eliminated_in_round_id IS NULL"),
                     1);
    world_close(&w);
}
END_TEST

START_TEST(test_cycles_rounds__images_have_families_and_hours)
{
    world w;
    world_open(&w, GDI_IMAGE, 8, 8);
    world_play(&w);
    ck_assert_str_eq(world_winner(&w), "5M00");
    ck_assert_str_eq(world_shape(&w), "4 2 1 1f");
    stage *s = &w.stage;
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE task_type = 'ImageTask'"), 13);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE details LIKE '%model_type%'"), 13);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM tasks WHERE hours_to_complete < 0.5 OR hours_to_complete >"
                                  " 1.5"),
                     0);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'prepare_model'"), 0);
    ck_assert_int_eq(stage_int(s, "SELECT count(*) FROM jobs WHERE kind = 'start_training' AND payload NOT LIKE"
                                  " '%\"dataset_zip\":\"s3://train\"%'"),
                     0);
    world_close(&w);
}
END_TEST

Suite *suite_cycles_rounds_text(void)
{
    Suite *suite = suite_create("cycles_rounds_text");
    TCase *tcase = tcase_create("text");
    tcase_add_test(tcase, test_cycles_rounds__eight_play_down_to_a_final);
    tcase_add_test(tcase, test_cycles_rounds__nine_take_the_boss_in_as_filler);
    tcase_add_test(tcase, test_cycles_rounds__twenty_start_with_a_group);
    tcase_add_test(tcase, test_cycles_rounds__a_good_boss_keeps_its_title);
    tcase_add_test(tcase, test_cycles_rounds__images_have_families_and_hours);
    suite_add_tcase(suite, tcase);
    return suite;
}
