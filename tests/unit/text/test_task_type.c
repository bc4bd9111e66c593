/* A text plug-in that has nothing but a name, a direction and a check: what its interfaces answer. */
#include "common/task_type.h"

#include <check.h>
#include <stdlib.h>

#include "god/dataset.h"
#include "god/task.h"

#define TASK_TYPE "GrpoTask"
#define SPEC(more)                                                                                        \
    "{\"task_id\": \"t\", \"dataset\": \"d\", \"model\": \"m\", \"dataset_type\": {\"field_prompt\": "    \
    "\"prompt\", \"reward_functions\": [{\"reward_func\": \"def f(x): return x\", \"reward_weight\": 1, " \
    "\"func_hash\": null, \"is_generic\": true}]}" more "}"

static god_status check(const gtx_task_spec *spec, god_error *err)
{
    return spec->task_id != NULL ? GOD_OK : god_fail(err, GOD_E_INVALID, "task: \"task_id\" is missing");
}

static const gtx_task_type type = {
    .name = TASK_TYPE,
    .kind = GTX_KIND_GRPO,
    .cache_prefix = "test",
    .score = {.size = GOD_SIZE_TO(god_score_spec, tie_epsilon), .direction = GOD_HIGHER_WINS, .primary = "eval_loss"},
    .check = check};
static const char config_schema[] = GTX_CONFIG_SCHEMA(GTX_CONFIG_SALT);

GTX_PLUGIN("god.text.test", TASK_TYPE, GOD_CAP_CANCEL, type, config_schema)

static god_instance *open_one(void)
{
    static const god_host host = {.size = GOD_SIZE_TO(god_host, extension)};
    god_error err = GOD_ERROR_INIT;
    god_instance *instance = NULL;
    ck_assert_msg(god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR)->open(&host, "{}", &instance, &err) == GOD_OK, "%s",
                  err.message);
    return instance;
}

static void expect(god_status status, god_status wanted, const god_error *err, const char *sentence)
{
    ck_assert_msg(status == wanted, "status %d: %s", status, err->message);
    ck_assert_str_eq(err->message, sentence);
}

START_TEST(test_text_task_type__table_is_the_plugin)
{
    const god_plugin *plugin = god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR);
    ck_assert_str_eq(plugin->id, "god.text.test");
    ck_assert_str_eq(plugin->task_types[0], TASK_TYPE);
    ck_assert_ptr_null(plugin->task_types[1]);
    ck_assert_uint_eq(plugin->caps, GOD_CAP_CANCEL);
    ck_assert_ptr_nonnull(plugin->query(GOD_TASK_ID));
    ck_assert_ptr_nonnull(plugin->query(GOD_DATASET_ID));
    ck_assert_ptr_nonnull(plugin->query(GOD_EVAL_ID));
    ck_assert_ptr_null(plugin->query("god.else/1"));
}
END_TEST

START_TEST(test_text_task_type__checks_run_in_order)
{
    const god_task *task = god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR)->query(GOD_TASK_ID);
    god_error err = GOD_ERROR_INIT;
    god_instance *instance = open_one();
    ck_assert_msg(task->check(instance, SPEC(""), &err) == GOD_OK, "%s", err.message);
    expect(task->check(instance, SPEC(", \"use_kl\": true, \"kl_coef\": 0.5"), &err), GOD_E_INVALID, &err,
           "task: \"use_kl\" is true: only InstructTextTask has a KL term");
    expect(task->check(instance, "{\"dataset_type\": {\"field_prompt\": \"p\", \"reward_functions\": []}}", &err),
           GOD_E_INVALID, &err, "task: \"task_id\" is missing");
    god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR)->close(instance);
}
END_TEST

START_TEST(test_text_task_type__what_is_left_out_is_unsupported)
{
    const god_plugin *plugin = god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR);
    const god_eval *eval = plugin->query(GOD_EVAL_ID);
    const god_dataset *dataset = plugin->query(GOD_DATASET_ID);
    const char *const sentence = TASK_TYPE ": this plug-in starts its training and evaluates no submissions";
    const god_inputs inputs = {.size = GOD_SIZE_TO(god_inputs, items)};
    god_eval_job job = {.size = GOD_SIZE_TO(god_eval_job, submission_count), .spec_json = SPEC("")};
    god_error err = GOD_ERROR_INIT;
    god_score_spec score;
    uint64_t bytes = 7;
    char key[128] = "untouched";
    god_instance *instance = open_one();
    ck_assert_ptr_null(plugin->query(GOD_EXPLAIN_ID));
    ck_assert_int_eq(eval->score_spec(instance, SPEC(""), &score, &err), GOD_OK);
    ck_assert_uint_eq(score.direction, GOD_HIGHER_WINS);
    expect(eval->run(instance, &job, NULL, &err), GOD_E_UNSUPPORTED, &err, sentence);
    expect(eval->device_bytes(instance, &job, &bytes, &err), GOD_E_UNSUPPORTED, &err, sentence);
    ck_assert_uint_eq(bytes, 7);
    expect(dataset->prepare(instance, SPEC(""), &inputs, "/nowhere", &err), GOD_E_UNSUPPORTED, &err, sentence);
    expect(dataset->cache_key(instance, SPEC(""), &inputs, key, sizeof key, &err), GOD_E_UNSUPPORTED, &err, sentence);
    ck_assert_str_eq(key, "untouched");
    plugin->close(instance);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text_task_type");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, test_text_task_type__table_is_the_plugin);
    tcase_add_test(cases, test_text_task_type__checks_run_in_order);
    tcase_add_test(cases, test_text_task_type__what_is_left_out_is_unsupported);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
