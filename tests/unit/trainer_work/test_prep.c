/* A model preparation: from its folder to its answer. */
#include <string.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "stage.h"

Suite *trainer_prep_suite(void);

static god_error err = GOD_ERROR_INIT;
static char prep_dir[400];

static void write_program(const char *script)
{
    static const char dockerfile[] =
        "FROM scratch\nCOPY prep.sh /work/prep.sh\nENTRYPOINT [\"/bin/sh\", \"/work/prep.sh\"]\n";
    char path[GOD_PATH_MAX];
    (void)snprintf(prep_dir, sizeof prep_dir, "%s/prep", stage_now.dir);
    ck_assert_int_eq(god_dir_make(prep_dir, NULL), GOD_OK);
    ck_assert_int_eq(god_path_join(prep_dir, "Dockerfile", path, NULL), GOD_OK);
    ck_assert_int_eq(god_file_write(path, dockerfile, strlen(dockerfile), NULL), GOD_OK);
    ck_assert_int_eq(god_path_join(prep_dir, "prep.sh", path, NULL), GOD_OK);
    ck_assert_int_eq(god_file_write(path, script, strlen(script), NULL), GOD_OK);
    stage_now.work.prep_dir = prep_dir;
}

static json_t *make_request(void)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:{s:s, s:s, s:i, s:f}}", "task_id", "task", "model_id", "test/plain",
                     "training_data_url", json_sprintf("%s/signed/config.json?Signature=x", stage_now.hub.endpoint),
                     "task_type", "InstructTextTask", "augmentation_config", "aug_type", "weight_scaling", "scope",
                     "all_layers", "seed", 7, "intensity", 0.5);
}

START_TEST(test_trainer_prep__answers_and_uploads_the_changed_model)
{
    write_program("set -eu\necho \"$@\"\ncat \"$4\"\nmkdir -p /app/checkpoints/task/model\n"
                  "head -c 2000 \"$2/model.safetensors\" > /app/checkpoints/task/model/model.safetensors\n"
                  "echo '{\"augmented_model_id\": \"mine\", \"baseline_stats\": {\"task_type\": \"instruct\"}}'\n"
                  "echo 'a library says good bye' >&2\n");
    stage_make(make_request());
    ck_assert_msg(stage_run(&err) == GOD_OK && stage_now.end.succeeded, "%s%s", err.message, stage_now.end.message);
    /* sha256("test/plain:7") */
    ck_assert_str_eq(json_string_value(json_object_get(stage_now.end.answer, "augmented_model_id")),
                     "made/augmented-fe060befc2b4a5b3");
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(stage_now.end.answer, "baseline_stats"), "task_type")),
        "instruct");
    ck_assert_int_eq(stage_printed("--model /cache/models/"), 1);
    ck_assert_int_eq(stage_printed("--training-data /cache/datasets/task_train_data.json"), 1);
    ck_assert_int_eq(stage_printed("{\"model_type\": \"small\"}"), 1);
    ck_assert_int_eq(hub_process_logged(&stage_now.hub, "\"name\": \"made/augmented-fe060befc2b4a5b3\"", NULL), 1);
    gdi_work_end end;
    ck_assert_int_eq(gdi_work_look(stage_now.job_dir, &end, &err), GOD_OK);
    ck_assert(json_equal(end.answer, stage_now.end.answer));
    gdi_work_end_clear(&end);
}
END_TEST

START_TEST(test_trainer_prep__needs_an_answer)
{
    write_program("echo done\n");
    stage_make(make_request());
    ck_assert_msg(stage_run(&err) == GOD_OK, "%s", err.message);
    ck_assert(!stage_now.end.succeeded);
    ck_assert_str_eq(stage_now.end.message, "the model preparation printed no answer");
}
END_TEST

START_TEST(test_trainer_prep__survives_a_kill)
{
    write_program("echo '{\"augmented_model_id\": null, \"baseline_stats\": {\"task_type\": \"dpo\"}}'\n");
    stage_make(make_request());
    for (uint32_t step = GDI_WORK_CLONING; step <= GDI_WORK_CLEANING; step++) {
        stage_now.kill_at_step = step;
        stage_run_killed();
    }
    ck_assert_msg(stage_run(&err) == GOD_OK && stage_now.end.succeeded, "%s%s", err.message, stage_now.end.message);
    ck_assert(json_is_null(json_object_get(stage_now.end.answer, "augmented_model_id")));
    ck_assert(!stage_has("source"));
    ck_assert_int_eq(access(prep_dir, F_OK), 0); /* a link to it was removed, not it */
}
END_TEST

START_TEST(test_trainer_prep__a_crash)
{
    write_program("echo 'RuntimeError: no memory left' && exit 1\n");
    stage_make(make_request());
    ck_assert_msg(stage_run(&err) == GOD_OK, "%s", err.message);
    ck_assert(!stage_now.end.succeeded && stage_now.end.answer == NULL);
    ck_assert_int_eq(stage_said("LastError: RuntimeError: no memory left"), 1);
}
END_TEST

Suite *trainer_prep_suite(void)
{
    Suite *suite = suite_create("trainer prep");
    TCase *all = tcase_create("all");
    tcase_add_unchecked_fixture(all, stage_open, stage_close);
    tcase_add_checked_fixture(all, stage_set_up, stage_tear_down);
    tcase_add_test(all, test_trainer_prep__answers_and_uploads_the_changed_model);
    tcase_add_test(all, test_trainer_prep__needs_an_answer);
    tcase_add_test(all, test_trainer_prep__survives_a_kill);
    tcase_add_test(all, test_trainer_prep__a_crash);
    suite_add_tcase(suite, all);
    return suite;
}
