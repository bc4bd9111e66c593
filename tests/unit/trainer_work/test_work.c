/* A job from its folder to the hub, and each way in which it can fail. */
#include <string.h>
#include <unistd.h>

#include "god/helpers/sha256.h"
#include "stage.h"

Suite *trainer_work_suite(void);

static god_error err = GOD_ERROR_INIT;

/* Are these lines in the log, in this order? */
static void check_order(const char *const *pieces, size_t count)
{
    unsigned at = 0;
    for (size_t i = 0; i < count; i++) {
        while (at < stage_now.line_count && strstr(stage_now.lines[at], pieces[i]) == NULL) {
            at++;
        }
        ck_assert_msg(at < stage_now.line_count, "\"%s\" is not said, or not after \"%s\"", pieces[i],
                      i == 0 ? "" : pieces[i - 1]);
    }
}

START_TEST(test_trainer_work__trains_uploads_and_cleans)
{
    static const char *const lines[] = {"Dataset RZ412/PokerBench cannot be had, skipped",
                                        "Downloading data",
                                        "Download container completed successfully",
                                        "Docker image built with tag: god-run-job-",
                                        "Container started: god-run-job-",
                                        "Waiting for container to finish (timeout=180)...",
                                        "Container ended after",
                                        "Training completed successfully.",
                                        " cleaned up.",
                                        "Repo uploaded successfully."};
    stage_make(stage_request("task", "result"));
    ck_assert_msg(stage_run(&err) == GOD_OK, "%s", err.message);
    ck_assert_msg(stage_now.end.succeeded, "%s", stage_now.end.message);
    check_order(lines, sizeof lines / sizeof *lines);
    ck_assert_str_eq(stage_now.end.repository, "made/result");
    ck_assert_uint_eq(strlen(stage_now.end.commit), 40);
    /* what it was given */
    ck_assert_int_eq(stage_printed("model test/plain\n"), 1);
    ck_assert_int_eq(stage_printed("MINER_DATASETS=SoelMgd--Poker_Dataset\n"), 1);
    ck_assert_int_eq(stage_printed("./datasets/task_train_data.json\n"), 1);
    ck_assert_int_eq(stage_printed("./models/test--plain/sub/dir/with space #1.json\n"), 1);
    ck_assert_int_eq(stage_printed("./miner_datasets/SoelMgd--Poker_Dataset/rows.json\n"), 1);
    ck_assert_int_eq(stage_printed("the cache is writable"), 0);
    ck_assert_int_eq(stage_printed("HUGGINGFACE"), 0);
    /* what the hub got, and what is left */
    ck_assert_int_eq(hub_process_logged(&stage_now.hub, "\"name\": \"made/result\"", "adapter_config.json"), 1);
    ck_assert(!stage_has("source") && !stage_has("checkpoints/task/result") && stage_has("training.log"));
    ck_assert(!stage_leaks(STAGE_TOKEN) && !stage_leaks("hf_secret"));
    char views[300];
    (void)snprintf(views, sizeof views, "%.200s/cache/views/%s", stage_now.dir, stage_now.job_id);
    ck_assert_int_ne(access(views, F_OK), 0);
    /* a second call only reports */
    gdi_work_end end;
    ck_assert_int_eq(gdi_work_look(stage_now.job_dir, &end, &err), GOD_OK);
    ck_assert_str_eq(end.commit, stage_now.end.commit);
    stage_now.line_count = 0;
    ck_assert_int_eq(stage_run(&err), GOD_OK);
    ck_assert_uint_eq(stage_now.line_count, 0);
    ck_assert_int_eq(gdi_work_remove(&stage_now.work, &err), GOD_OK);
    ck_assert_int_ne(access(stage_now.job_dir, F_OK), 0);
}
END_TEST

START_TEST(test_trainer_work__hides_the_model_that_has_statistics)
{
    json_t *request = stage_request("task", "hidden");
    (void)json_object_set_new(json_object_get(request, "training_data"), "baseline_stats",
                              json_pack("{s:s}", "task_type", "instruct"));
    (void)json_object_del(request, "requested_datasets");
    stage_make(request);
    ck_assert_msg(stage_run(&err) == GOD_OK && stage_now.end.succeeded, "%s%s", err.message, stage_now.end.message);
    ck_assert_int_eq(stage_printed("test/plain") + stage_printed("test--plain"), 0);
    ck_assert_int_eq(stage_printed("BASELINE_STATS_PATH=/cache/baseline_stats_task_5GrwvaEF.json\n"), 1);
    ck_assert_int_eq(stage_printed("./baseline_stats_task_5GrwvaEF.json\n"), 1);
    ck_assert_int_eq(stage_printed("MINER_DATASETS"), 0);
}
END_TEST

/* The digest of what make_models.py expects of an adapter on an adapter. */
START_TEST(test_trainer_work__merges_adapters_into_their_base)
{
    char path[400], hex[GOD_SHA256_HEX];
    json_t *request = stage_request("task", "merged");
    (void)json_object_set_new(json_object_get(request, "training_data"), "model", json_string("demo/second"));
    stage_make(request);
    ck_assert_msg(stage_run(&err) == GOD_OK && stage_now.end.succeeded, "%s%s", err.message, stage_now.end.message);
    (void)snprintf(path, sizeof path, "%.200s/models/expected.safetensors", stage_now.dir);
    ck_assert_int_eq(god_sha256_file(path, hex, &err), GOD_OK);
    ck_assert_int_eq(stage_printed(hex), 1);
    ck_assert_int_eq(stage_printed("./models/demo--second/config.json"), 1);
    ck_assert_int_eq(stage_printed("adapter_config.json"), 0);
}
END_TEST

static void check_failure(json_t *request_take, const char *line, const char *message)
{
    stage_make(request_take);
    ck_assert_msg(stage_run(&err) == GOD_OK, "%s", err.message);
    ck_assert(!stage_now.end.succeeded);
    ck_assert_msg(stage_said(line) == 1, "not said: %s", line);
    ck_assert_msg(strstr(stage_now.end.message, message) != NULL, "%s", stage_now.end.message);
    ck_assert(!stage_has("source") && !stage_leaks(STAGE_TOKEN));
    ck_assert_int_eq(stage_said("Repo uploaded"), 0);
}

START_TEST(test_trainer_work__a_commit_that_is_not_there)
{
    json_t *request = stage_request("task", "result");
    (void)json_object_set_new(request, "github_commit_hash", json_string("0123456789abcdef0123456789abcdef01234567"));
    check_failure(request,
                  "Failed to clone repository: Error in cloning: Invalid commit hash "
                  "'0123456789abcdef0123456789abcdef01234567' - commit not found in repository",
                  "Failed to clone: Invalid commit hash");
}
END_TEST

START_TEST(test_trainer_work__a_model_that_is_not_there)
{
    json_t *request = stage_request("task", "result");
    (void)json_object_set_new(json_object_get(request, "training_data"), "model", json_string("nobody/none"));
    check_failure(request, "[ERROR] Download container failed | ExitCode: 1 | LastError: ", "nobody/none");
}
END_TEST

START_TEST(test_trainer_work__a_data_address_that_has_expired)
{
    json_t *request = stage_request("another-task", "result"); /* that of the other tests is in the cache */
    (void)json_object_set_new(json_object_get(request, "training_data"), "dataset",
                              json_sprintf("%s/signed/config.json?Sig=secret1", stage_now.hub.endpoint));
    check_failure(request, "[ERROR] Download container failed | ExitCode: 1 | LastError: ", "403");
    ck_assert_int_eq(stage_said("secret1"), 0);
}
END_TEST

START_TEST(test_trainer_work__a_repository_without_a_dockerfile)
{
    json_t *request = stage_request("task", "result");
    (void)json_object_set_new(request, "github_commit_hash", json_string(stage_now.bare));
    check_failure(request,
                  "[ERROR] Image Build failed | ExitCode: Unknown | LastError: ", "standalone-text-trainer.dockerfile");
}
END_TEST

START_TEST(test_trainer_work__a_training_that_crashes)
{
    check_failure(stage_request("task", "crash"),
                  "[ERROR] Training container failed | ExitCode: 3 | LastError: ValueError: no luck today",
                  "exit status 3");
    ck_assert_int_eq(stage_said("Training container failed with status code 3"), 1);
}
END_TEST

START_TEST(test_trainer_work__a_training_without_output)
{
    check_failure(stage_request("task", "nothing"),
                  "[ERROR] Upload container failed | ExitCode: 1 | LastError: ", "task/nothing");
}
END_TEST

START_TEST(test_trainer_work__a_hub_that_refuses)
{
    check_failure(stage_request("task", "refused"), "[ERROR] HF upload failed | exit_code=1", "");
    ck_assert(stage_has("checkpoints/task/refused/adapter_model.safetensors")); /* nobody has it yet */
}
END_TEST

START_TEST(test_trainer_work__refuses_ids_and_folders_that_are_there)
{
    json_t *request = stage_request("task", "result");
    char job_dir[GOD_PATH_MAX] = "";
    static const char *const wrong[] = {"", "..", "a/b", "a b", "a.b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(gdi_work_make(stage_now.jobs_dir, wrong[i], request, stage_now.secrets, job_dir, &err),
                         GOD_E_INVALID);
    }
    ck_assert_int_eq(gdi_work_make(stage_now.jobs_dir, "job", request, stage_now.secrets, job_dir, &err), GOD_OK);
    ck_assert_int_eq(gdi_work_make(stage_now.jobs_dir, "job", request, stage_now.secrets, job_dir, &err),
                     GOD_E_INVALID);
    json_decref(request);
    gdi_work_end end;
    ck_assert_int_eq(gdi_work_look(job_dir, &end, &err), GOD_E_NOT_FOUND);
    ck_assert(!stage_leaks(STAGE_TOKEN));
}
END_TEST

Suite *trainer_work_suite(void)
{
    Suite *suite = suite_create("trainer work");
    TCase *all = tcase_create("all");
    tcase_add_unchecked_fixture(all, stage_open, stage_close);
    tcase_add_checked_fixture(all, stage_set_up, stage_tear_down);
    tcase_add_test(all, test_trainer_work__trains_uploads_and_cleans);
    tcase_add_test(all, test_trainer_work__hides_the_model_that_has_statistics);
    tcase_add_test(all, test_trainer_work__merges_adapters_into_their_base);
    tcase_add_test(all, test_trainer_work__a_model_that_is_not_there);
    tcase_add_test(all, test_trainer_work__a_commit_that_is_not_there);
    tcase_add_test(all, test_trainer_work__a_data_address_that_has_expired);
    tcase_add_test(all, test_trainer_work__a_repository_without_a_dockerfile);
    tcase_add_test(all, test_trainer_work__a_training_that_crashes);
    tcase_add_test(all, test_trainer_work__a_training_without_output);
    tcase_add_test(all, test_trainer_work__a_hub_that_refuses);
    tcase_add_test(all, test_trainer_work__refuses_ids_and_folders_that_are_there);
    suite_add_tcase(suite, all);
    return suite;
}
