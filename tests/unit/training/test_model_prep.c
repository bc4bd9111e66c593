/* The job before a training: sections 2.4 and 17 of the training specification. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "core/training/model_prep.h"
#include "god/helpers/json.h"

static gdi_prep_request parse(const char *text)
{
    json_t *root = NULL;
    gdi_prep_request request;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_json_parse("request", text, strlen(text), &root, &err), GOD_OK);
    ck_assert_uint_eq(gdi_prep_request_is_one(root), 1);
    ck_assert_msg(gdi_prep_request_take("request", root, &request, &err) == GOD_OK, "%s", err.message);
    return request;
}

static void expect_argv(const gdi_strings *argv, const char *const *wanted)
{
    size_t i = 0;
    for (; wanted[i] != NULL; i++) {
        ck_assert_uint_lt(i, argv->count);
        ck_assert_str_eq(argv->items[i], wanted[i]);
    }
    ck_assert_uint_eq(argv->count, i);
}

START_TEST(test_training_model_prep__text_with_augmentation)
{
    static const char *const argv[] = {"--model",
                                       "/cache/models/73094ffe31628095",
                                       "--training-data",
                                       "https://d/x",
                                       "--task-type",
                                       "InstructTextTask",
                                       "--aug-type",
                                       "weight_scaling",
                                       "--scope",
                                       "all_layers",
                                       "--seed",
                                       "7",
                                       "--intensity",
                                       "0.5",
                                       NULL};
    static const char *const download[] = {
        "--task-id",        "t",         "--model",     "Qwen/Qwen3-0.6B", "--task-type",
        "InstructTextTask", "--dataset", "https://d/x", "--file-format",   "s3",
        "--anonymize",      NULL};
    gdi_prep_plan plan;
    god_error err = GOD_ERROR_INIT;
    gdi_prep_request request =
        parse("{\"task_id\": \"t\", \"model_id\": \"Qwen/Qwen3-0.6B\", \"training_data_url\": \"https://d/x\", "
              "\"augmentation_config\": {\"aug_type\": \"weight_scaling\", \"scope\": \"all_layers\", \"seed\": 7, "
              "\"intensity\": 0.5}}");
    ck_assert_int_eq(gdi_prep_plan_make(&request, "s4lt", NULL, &plan, &err), GOD_OK);
    expect_argv(&plan.argv, argv);
    expect_argv(&plan.downloader_argv, download);
    ck_assert_str_eq(plan.image, GDI_PREP_IMAGE_TEXT);
    ck_assert_uint_eq(plan.uses_internal_network, 0);
    ck_assert_uint_eq(plan.memory_bytes, UINT64_C(118111600640));
    ck_assert_uint_eq(request.gpu_count, 1);
    gdi_prep_plan_clear(&plan);
    gdi_prep_request_clear(&request);
}
END_TEST

START_TEST(test_training_model_prep__environments_share_sidecars)
{
    gdi_prep_plan plan;
    god_error err = GOD_ERROR_INIT;
    gdi_strings urls = {.items = NULL};
    gdi_prep_request request =
        parse("{\"task_id\": \"t\", \"model_id\": \"m\", \"training_data_url\": \"u\", \"task_type\": \"EnvTask\", "
              "\"gpu_ids\": [4, 5], \"env_configs\": {"
              "\"gin_rummy\": {\"env_image\": \"g\", \"task_id_min\": 3, \"task_id_max\": 4, \"num_episodes\": 25, "
              "\"eval_payload_extra\": {\"opponent\": \"mcts\"}},"
              "\"intercode\": {\"env_image\": \"i\", \"env_server_command\": [\"x\"], \"task_id_min\": 1, "
              "\"task_id_max\": 200},"
              "\"leduc_poker\": {\"env_image\": \"g\", \"env_server_command\": null, \"task_id_min\": 1, "
              "\"task_id_max\": 2}}}");
    ck_assert_int_eq(gdi_strings_add(&urls, "http://172.20.0.2:8000", &err), GOD_OK);
    ck_assert_int_eq(gdi_prep_plan_make(&request, "", &urls, &plan, &err), GOD_OK);
    ck_assert_uint_eq(plan.sidecar_count, 2);
    ck_assert_uint_eq(plan.sidecar_of[0], 0);
    ck_assert_uint_eq(plan.sidecar_of[1], 1);
    ck_assert_uint_eq(plan.sidecar_of[2], 0);
    ck_assert_str_eq(plan.argv.items[6],
                     "--env-configs"); /* the second sidecar was not started: intercode is left out */
    ck_assert_str_eq(plan.argv.items[7],
                     "{\"gin_rummy\": {\"url\": \"http://172.20.0.2:8000\", \"task_id_min\": 3, \"task_id_max\": 4, "
                     "\"num_episodes\": 25, \"eval_payload_extra\": {\"opponent\": \"mcts\"}}, "
                     "\"leduc_poker\": {\"url\": \"http://172.20.0.2:8000\", \"task_id_min\": 1, \"task_id_max\": 2, "
                     "\"num_episodes\": 100, \"eval_payload_extra\": null}}");
    ck_assert_str_eq(plan.image, GDI_PREP_IMAGE_ENVIRONMENTS);
    ck_assert_uint_eq(plan.uses_internal_network, 1);
    ck_assert_uint_eq(plan.nano_cpus, UINT64_C(48000000000));
    json_t *shown = gdi_prep_plan_to_json(&request, &plan);
    ck_assert_ptr_nonnull(shown);
    json_decref(shown);
    gdi_strings_clear(&urls);
    gdi_prep_plan_clear(&plan);
    gdi_prep_request_clear(&request);
}
END_TEST

START_TEST(test_training_model_prep__names_key_and_value)
{
    static const struct {
        const char *text, *sentence;
    } wrong[] = {
        {"{\"model_id\": \"m\"}", "request: \"task_id\" is missing"},
        {"{\"task_id\": \"t\", \"model_id\": \"\", \"training_data_url\": \"u\"}",
         "request: \"model_id\" is empty or longer than 2048 bytes"},
        {"{\"task_id\": \"t\", \"model_id\": \"m\", \"training_data_url\": \"u\", \"gpu_ids\": []}",
         "request: \"gpu_ids\" has 0 entries, 1 to 64 are needed"},
        {"{\"task_id\": \"t\", \"model_id\": \"m\", \"training_data_url\": \"u\", \"augmentation_config\": {}}",
         "request: \"aug_type\" is missing"},
        {"{\"task_id\": \"t\", \"model_id\": \"m\", \"training_data_url\": \"u\", \"env_configs\": {\"x\": {}}}",
         "request: \"env_image\" is missing"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_t *root = NULL;
        gdi_prep_request request;
        god_error err = GOD_ERROR_INIT;
        ck_assert_int_eq(god_json_parse("request", wrong[i].text, strlen(wrong[i].text), &root, &err), GOD_OK);
        ck_assert_int_eq(gdi_prep_request_take("request", root, &request, &err), GOD_E_INVALID);
        ck_assert_str_eq(err.message, wrong[i].sentence);
    }
}
END_TEST

START_TEST(test_training_model_prep__the_last_line_is_the_answer)
{
    static const char output[] = "loading\n{\"not\": \"this\"}\n"
                                 "{\"augmented_model_id\": null, \"baseline_stats\": {\"task_type\": \"dpo\"}, "
                                 "\"lora_merge\": false}\n\n";
    static const char *const wrong[] = {"", "\n", "done\n", "[1]\n", "{\"augmented_model_id\": 5}\n", "{\"a\": NaN}\n"};
    json_t *answer = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_prep_answer(output, sizeof output - 1, &answer, &err) == GOD_OK, "%s", err.message);
    ck_assert(json_is_null(json_object_get(answer, "augmented_model_id")));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(answer, "baseline_stats"), "task_type")), "dpo");
    json_decref(answer);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(gdi_prep_answer(wrong[i], strlen(wrong[i]), &answer, &err), GOD_E_DATA);
    }
}
END_TEST

static god_status answer_of(const char *stats, god_error *err)
{
    json_t *answer = NULL;
    char text[4000];
    int bytes = snprintf(text, sizeof text, "{\"baseline_stats\": %s}\n", stats);
    god_status status = gdi_prep_answer(text, (size_t)bytes, &answer, err);
    json_decref(answer);
    return status;
}

START_TEST(test_training_prep_answer__looks_at_the_statistics)
{
    static const struct {
        const char *stats, *piece; /* of the sentence; NULL: they are fine */
    } cases[] = {
        {"{\"task_type\": \"env\", \"env_stats\": {\"gin_rummy\": {\"mean_score\": 1.5}}}", NULL},
        {"{\"task_type\": \"instruct\", \"dataset\": {\"near_duplicate_rate\": null}}", NULL},
        {"{}", "\"task_type\" is missing"},
        {"{\"task_type\": \"chat\"}", "\"task_type\" is \"chat\""},
        {"{\"task_type\": \"dpo\", \"dataset\": [1]}", "\"dataset\" is an array"},
        {"{\"task_type\": \"dpo\", \"dataset\": {\"near_duplicate_rate\": \"1\"}}", "near_duplicate_rate"},
        {"{\"task_type\": \"dpo\", \"dataset\": {\"near_duplicate_rate\": 1.01}}", "is 1.01, 0 to 1 is needed"},
        {"{\"task_type\": \"dpo\", \"x\": [[[[[[[[[1]]]]]]]]]}", "more than 8 deep"},
        {"[]", "an object is needed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        god_error err = GOD_ERROR_INIT;
        god_status status = answer_of(cases[i].stats, &err);
        ck_assert_int_eq(status, cases[i].piece == NULL ? GOD_OK : GOD_E_DATA);
        ck_assert_msg(cases[i].piece == NULL || strstr(err.message, cases[i].piece) != NULL, "%s", err.message);
    }
}
END_TEST

START_TEST(test_training_prep_answer__limits_texts_and_lines)
{
    char text[2000];
    god_error err = GOD_ERROR_INIT;
    (void)snprintf(text, sizeof text, "{\"task_type\": \"dpo\", \"x\": \"%0*d\"}", GDI_PREP_TEXT_BYTES_MAX, 0);
    ck_assert_int_eq(answer_of(text, &err), GOD_OK);
    (void)snprintf(text, sizeof text, "{\"task_type\": \"dpo\", \"x\": \"%0*d\"}", GDI_PREP_TEXT_BYTES_MAX + 1, 0);
    ck_assert_int_eq(answer_of(text, &err), GOD_E_DATA);
    /* too far from the end */
    json_t *answer = NULL;
    int bytes = snprintf(text, sizeof text, "{\"baseline_stats\": {\"task_type\": \"dpo\"}}\n");
    memset(text + bytes, '\n', GDI_PREP_ANSWER_LINES);
    ck_assert_int_eq(gdi_prep_answer(text, (size_t)bytes + GDI_PREP_ANSWER_LINES - 2, &answer, &err), GOD_OK);
    json_decref(answer);
    ck_assert_int_eq(gdi_prep_answer(text, (size_t)bytes + GDI_PREP_ANSWER_LINES - 1, &answer, &err), GOD_E_DATA);
}
END_TEST

Suite *training_model_prep_suite(void)
{
    Suite *suite = suite_create("training model_prep");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_training_model_prep__text_with_augmentation);
    tcase_add_test(all, test_training_model_prep__environments_share_sidecars);
    tcase_add_test(all, test_training_model_prep__names_key_and_value);
    tcase_add_test(all, test_training_model_prep__the_last_line_is_the_answer);
    tcase_add_test(all, test_training_prep_answer__looks_at_the_statistics);
    tcase_add_test(all, test_training_prep_answer__limits_texts_and_lines);
    suite_add_tcase(suite, all);
    return suite;
}
