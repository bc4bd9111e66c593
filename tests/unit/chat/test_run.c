/* Whole jobs of god.text.chat on the demo's models, in this process, f32; and the tables that the host asks before. */
#include <math.h>
#include <stdlib.h>

#include "common/rows.h"
#include "god/template.h"
#include "run_scene.h"
#include "support.h"

#define CHAT_DEMO GOD_SOURCE_DIR "/sdk/examples/demo/chat"

enum { ROWS = 6 }; /* of the demo's 60: one with a system turn, two with two exchanges */

static const void *lend_templates(void *ctx, const char *id)
{
    return rendering_host.extension(ctx, id);
}

static void expect_close(double value, const json_t *wanted, const char *what)
{
    double reference = json_number_value(wanted);
    ck_assert_msg(fabs(value - reference) <= 1e-5 * fabs(reference), "%s: %.12g, the reference says %.12g", what, value,
                  reference);
}

/* The examples of one model in the stored reference, by name. Borrowed. */
static const json_t *golden_examples(const json_t *golden, const char *name)
{
    size_t index;
    json_t *one;
    json_array_foreach(json_object_get(golden, "results"), index, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) {
            return json_object_get(one, "examples");
        }
    }
    ck_abort_msg("no golden result of %s", name);
    return NULL;
}

static void expect_golden(const scene_result *result, const json_t *examples)
{
    gtx_rows lines;
    double loss = 0.0, labels = 0.0;
    ck_assert_msg(strcmp(result->status, "ok") == 0, "%s", result->message);
    ck_assert_int_eq(gtx_rows_read(result->artifact, &lines, &err), GOD_OK);
    ck_assert_uint_eq(gtx_rows_count(&lines), ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const json_t *line = gtx_rows_at(&lines, i), *wanted = json_array_get(examples, i);
        ck_assert(json_equal(json_object_get(line, "tokens"), json_object_get(wanted, "ids")));
        ck_assert(json_equal(json_object_get(line, "labels"), json_object_get(wanted, "labels")));
        expect_close(json_number_value(json_object_get(line, "loss")), json_object_get(wanted, "loss"), "loss");
        ck_assert_uint_eq(json_string_length(json_object_get(line, "text_sha256")), 64);
        ck_assert_uint_ge(json_array_size(json_object_get(line, "spans")), 1);
        loss += json_number_value(json_object_get(line, "loss"));
        labels += json_number_value(json_object_get(line, "labels"));
    }
    ck_assert_double_eq_tol(scene_metric(result, "eval_loss"), loss / ROWS, 1e-12);
    ck_assert_double_eq(scene_metric(result, "samples"), ROWS);
    ck_assert_double_eq(scene_metric(result, "tokens"), labels);
    gtx_rows_free(&lines);
}

START_TEST(test_chat_run__rows_agree_with_the_reference)
{
    static const char *const names[] = {"full", "lora_r8", "lora_r16_rs"};
    json_t *golden = json_load_file(GOD_SOURCE_DIR "/tests/golden/chat/demo_chat_f32.json", 0, NULL);
    scene about = {.folder = "chat", .extension = lend_templates, .count = 3, .rows = ROWS};
    ck_assert_ptr_nonnull(golden);
    for (size_t i = 0; i < 3; i++) {
        about.dirs[i] = scene_demo(names[i]);
    }
    ck_assert_msg(scene_run(&about) == GOD_OK, "%s", about.err.message);
    for (size_t i = 0; i < 3; i++) {
        expect_golden(&about.results[i], golden_examples(golden, names[i]));
    }
    ck_assert_str_eq(json_string_value(json_object_get(about.facts, "profile")), "P1");
    ck_assert_str_eq(json_string_value(json_object_get(about.facts, "kept")), "6");
    scene_free(&about);
    json_decref(golden);
}
END_TEST

START_TEST(test_chat_run__a_host_without_templates_ends_the_job)
{
    scene about = {.folder = "chat", .count = 1, .rows = 1, .dirs = {scene_demo("full")}};
    ck_assert_int_eq(scene_run(&about), GOD_E_UNSUPPORTED);
    ck_assert_str_eq(about.err.message, "this host renders no chat templates (it lends no \"god.template/1\"), so no "
                                        "conversation can be prepared");
    scene_free(&about);
}
END_TEST

START_TEST(test_chat_run__a_tokenizer_without_a_template_is_the_datas_fault)
{
    scene about = {.folder = "chat",
                   .extension = lend_templates,
                   .count = 1,
                   .rows = 1,
                   .dirs = {scene_demo("full")},
                   .extra_spec = "{\"dataset_type\": {\"chat_template\": \"tokenizer_default\"}}"};
    ck_assert_int_eq(scene_run(&about), GOD_E_DATA);
    ck_assert_str_eq(about.err.message, "dataset_type: \"chat_template\" is \"tokenizer_default\" and the base model's "
                                        "tokenizer has no template");
    scene_free(&about);
}
END_TEST

/* An instance with this configuration, or the sentence that refuses it. */
static god_instance *open_instance(const char *config_json)
{
    god_instance *instance = NULL;
    const god_plugin *plugin = god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR);
    return plugin->open(&rendering_host, config_json, &instance, &err) == GOD_OK ? instance : NULL;
}

static const void *table(const char *id)
{
    return god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR)->query(id);
}

static void close_instance(god_instance *instance)
{
    god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR)->close(instance);
}

START_TEST(test_chat_run__tasks_are_checked_with_sentences)
{
    const god_task *task = table(GOD_TASK_ID);
    god_instance *instance = open_instance("{}");
    const struct {
        const char *spec, *sentence;
    } cases[] = {
        {"{\"dataset_type\": {}, \"task_type\": \"DpoTask\"}",
         "task: \"task_type\" is \"DpoTask\", this plug-in does \"ChatTask\""},
        {"{\"dataset_type\": {\"field_prompt\": \"p\"}}", "dataset_type: unknown key \"field_prompt\""},
        {"{\"dataset_type\": {}, \"use_kl\": true, \"kl_coef\": 0.5}",
         "task: \"use_kl\" is true: only InstructTextTask has a KL term"},
        {"{\"dataset_type\": {\"chat_column\": 5}}", "dataset_type: \"chat_column\" must be a string"},
        {"{}", "task: \"dataset_type\" is missing"},
    };
    ck_assert_ptr_nonnull(instance);
    ck_assert_int_eq(task->check(instance, "{\"dataset_type\": {}}", &err), GOD_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(task->check(instance, cases[i].spec, &err), GOD_E_INVALID);
        ck_assert_str_eq(err.message, cases[i].sentence);
    }
    close_instance(instance);
}
END_TEST

static god_status keep_arg(void *ctx, const char *name, const char *value)
{
    god_text *all = ctx;
    return god_text_append_f(all, &err, "%s %s\n", name, value != NULL ? value : "");
}

static god_status keep_env(void *ctx, const char *name, const char *value)
{
    god_text *all = ctx;
    return god_text_append_f(all, &err, "%s=%s\n", name, value);
}

static god_status keep_mount(void *ctx, const char *key, const char *target, uint32_t read_only)
{
    god_text *all = ctx;
    return god_text_append_f(all, &err, "%s:%s:%u\n", key, target, read_only);
}

START_TEST(test_chat_run__the_training_command_is_that_of_the_contract)
{
    const god_task *task = table(GOD_TASK_ID);
    god_instance *instance = open_instance("{}");
    god_text all = GOD_TEXT_INIT;
    const god_args sink = {GOD_SIZE_TO(god_args, mount), &all, keep_arg, keep_env, keep_mount};
    const char *spec =
        "{\"task_id\": \"t1\", \"hotkey\": \"5Fabc\", \"model\": \"o/m\", \"dataset\": \"https://x/d.json\", "
        "\"file_format\": \"s3\", \"hours_to_complete\": 2, \"expected_repo_name\": \"r\", "
        "\"dataset_type\": {\"chat_user_reference\": \"user\u00e9\"}}";
    ck_assert_msg(task->build_args(instance, spec, &sink, &err) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(
        all.data,
        "--task-id t1\n--model o/m\n--dataset https://x/d.json\n"
        "--dataset-type {\"chat_template\": \"chatml\", \"chat_column\": \"conversations\", \"chat_role_field\": "
        "\"from\", \"chat_content_field\": \"value\", \"chat_user_reference\": \"user\\u00e9\", "
        "\"chat_assistant_reference\": \"assistant\"}\n"
        "--task-type ChatTask\n--file-format s3\n--expected-repo-name r\n--hours-to-complete 2.0\n"
        "WANDB_MODE=offline\nWANDB_DIR=/app/checkpoints/wandb_logs/t1_5Fabc\n"
        "WANDB_CACHE_DIR=/app/checkpoints/wandb_logs/t1_5Fabc\n"
        "WANDB_ARTIFACT_DIR=/app/checkpoints/wandb_logs/t1_5Fabc\n"
        "WANDB_DATA_DIR=/app/checkpoints/wandb_logs/t1_5Fabc\n"
        "WANDB_CONFIG_DIR=/app/checkpoints/wandb_logs/t1_5Fabc\n"
        "checkpoints:/app/checkpoints/:0\ncache:/cache:1\n");
    god_text_free(&all);
    close_instance(instance);
}
END_TEST

START_TEST(test_chat_run__the_cache_key_follows_template_and_record)
{
    const god_dataset *dataset = table(GOD_DATASET_ID);
    god_instance *instance = open_instance("{}");
    static const char *const specs[] = {
        "{\"dataset_type\": {}}", "{\"dataset_type\": {\"chat_template\": \"llama3\"}}",
        "{\"dataset_type\": {\"chat_template\": \"tokenizer_default_fallback_llama3\"}}",
        "{\"dataset_type\": {\"chat_role_field\": \"role\"}}"};
    const god_input data = {GOD_SIZE_TO(god_input, sha256), "data", CHAT_DEMO "/rows.jsonl", NULL};
    const god_input base = {GOD_SIZE_TO(god_input, sha256), "base", scene_demo("base"), NULL};
    const god_input *const items[] = {&data, &base};
    const god_inputs inputs = {GOD_SIZE_TO(god_inputs, items), 2, items};
    char keys[4][129], again[129];
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(dataset->cache_key(instance, specs[i], &inputs, keys[i], sizeof keys[i], &err), GOD_OK);
        for (size_t before = 0; before < i; before++) {
            ck_assert_str_ne(keys[i], keys[before]);
        }
    }
    ck_assert_int_eq(dataset->cache_key(instance, "{\"dataset_type\": {\"chat_template\": \"chatml\"}}", &inputs, again,
                                        sizeof again, &err),
                     GOD_OK);
    ck_assert_str_eq(keys[0], again); /* the default, spelled out */
    close_instance(instance);
}
END_TEST

START_TEST(test_chat_run__lower_wins)
{
    const god_eval *eval = table(GOD_EVAL_ID);
    god_instance *instance = open_instance("{}");
    god_score_spec spec = {0};
    ck_assert_int_eq(eval->score_spec(instance, "{\"dataset_type\": {}}", &spec, &err), GOD_OK);
    ck_assert_uint_eq(spec.direction, GOD_LOWER_WINS);
    ck_assert_str_eq(spec.primary, "eval_loss");
    ck_assert_str_eq(spec.metrics[0]->name, "eval_loss");
    close_instance(instance);
}
END_TEST

START_TEST(test_chat_run__a_wrong_configuration_is_refused)
{
    ck_assert_ptr_null(open_instance("{\"model_hash_salt\": 5}"));
    ck_assert_str_eq(err.message, "config: \"model_hash_salt\" is a number, a string is needed");
    ck_assert_ptr_null(open_instance("{"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chat_run");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_chat_run__rows_agree_with_the_reference);
    tcase_add_test(cases, test_chat_run__a_host_without_templates_ends_the_job);
    tcase_add_test(cases, test_chat_run__a_tokenizer_without_a_template_is_the_datas_fault);
    tcase_add_test(cases, test_chat_run__tasks_are_checked_with_sentences);
    tcase_add_test(cases, test_chat_run__the_training_command_is_that_of_the_contract);
    tcase_add_test(cases, test_chat_run__the_cache_key_follows_template_and_record);
    tcase_add_test(cases, test_chat_run__lower_wins);
    tcase_add_test(cases, test_chat_run__a_wrong_configuration_is_refused);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
