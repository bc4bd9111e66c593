/* Whole jobs of god.text.instruct on the demo's models, in this process, f32. */
#include "run_scene.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/rows.h"

enum { ROWS = 6 }; /* of the demo's 80: enough for several lengths, short in plain C */

static void expect_done(god_status status, const scene *about)
{
    ck_assert_msg(status == GOD_OK, "%s", about->err.message);
}

/* The reference's numbers for one model, by name. Borrowed from golden. */
static const json_t *golden_of(const json_t *golden, const char *name)
{
    const json_t *results = json_object_get(golden, "results");
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *one = json_array_get(results, i);
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) {
            return one;
        }
    }
    ck_abort_msg("no golden result of %s", name);
    return NULL;
}

static void expect_close(double value, const json_t *wanted, const char *what)
{
    double reference = json_number_value(wanted);
    ck_assert_msg(fabs(value - reference) <= 1e-5 * fabs(reference), "%s: %.12g, the reference says %.12g", what, value,
                  reference);
}

/* Row by row: ids, labels, loss and KL sum; then that the metrics are what the lines add up to. */
static void expect_golden(const scene_result *result, double kl_coef, const json_t *golden)
{
    god_error err = GOD_ERROR_INIT;
    gtx_rows lines;
    double loss = 0.0, kl = 0.0, labels = 0.0;
    const json_t *examples = json_object_get(golden, "examples");
    ck_assert_str_eq(result->status, "ok");
    ck_assert_int_eq(gtx_rows_read(result->artifact, &lines, &err), GOD_OK);
    ck_assert_uint_eq(gtx_rows_count(&lines), ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const json_t *line = gtx_rows_at(&lines, i), *wanted = json_array_get(examples, i);
        ck_assert(json_equal(json_object_get(line, "tokens"), json_object_get(wanted, "ids")));
        ck_assert(json_equal(json_object_get(line, "labels"), json_object_get(wanted, "labels")));
        expect_close(json_number_value(json_object_get(line, "loss")), json_object_get(wanted, "loss"), "loss");
        expect_close(json_number_value(json_object_get(line, "kl_sum")), json_object_get(wanted, "kl_sum"), "kl_sum");
        loss += json_number_value(json_object_get(line, "loss"));
        kl += json_number_value(json_object_get(line, "kl_sum"));
        labels += json_number_value(json_object_get(line, "kl_count"));
    }
    ck_assert_double_eq_tol(scene_metric(result, "eval_loss_raw"), loss / ROWS, 1e-12);
    ck_assert_double_eq_tol(scene_metric(result, "kl_divergence"), kl / labels, 1e-12);
    ck_assert_double_eq_tol(scene_metric(result, "eval_loss"), loss / ROWS + kl_coef * kl / labels, 1e-12);
    ck_assert_double_eq(scene_metric(result, "samples"), ROWS);
    ck_assert_double_eq(scene_metric(result, "tokens"), labels);
    gtx_rows_free(&lines);
}

START_TEST(test_instruct_run__rows_agree_with_the_reference)
{
    static const char *const names[] = {"full", "lora_r8", "lora_r16_rs"};
    json_t *golden = json_load_file(GOD_SOURCE_DIR "/tests/golden/demo_instruct_f32.json", 0, NULL);
    scene about = {.count = 3, .rows = ROWS};
    ck_assert_ptr_nonnull(golden);
    for (size_t i = 0; i < 3; i++) {
        about.dirs[i] = scene_demo(names[i]);
    }
    expect_done(scene_run(&about), &about);
    const double kl_coef = strtod(json_string_value(json_object_get(about.facts, "kl_coef")), NULL);
    ck_assert_double_gt(kl_coef, 0.0);
    for (size_t i = 0; i < 3; i++) {
        expect_golden(&about.results[i], kl_coef, golden_of(golden, names[i]));
    }
    ck_assert_str_eq(json_string_value(json_object_get(about.facts, "sequence_len")), "4096");
    ck_assert_str_eq(json_string_value(json_object_get(about.facts, "kept")), "6");
    ck_assert_uint_eq(about.done, about.total);
    scene_free(&about);
    json_decref(golden);
}
END_TEST

START_TEST(test_instruct_run__each_entrant_fails_for_itself)
{
    scene about = {.count = 5, .rows = 2};
    about.dirs[0] = scene_demo("broken");
    about.dirs[1] = scene_demo("copy");
    about.dirs[2] = scene_demo("lora_diverged");
    about.dirs[3] = scene_demo("lora_r8");
    about.dirs[4] = "/nonexistent/model";
    expect_done(scene_run(&about), &about);
    ck_assert_str_eq(about.results[0].status, "failed");
    ck_assert_str_ne(about.results[0].message, "");
    ck_assert_str_eq(about.results[1].status, "not_finetuned");
    ck_assert_uint_eq(about.results[1].metric_count, 0); /* known without running it */
    ck_assert_str_eq(about.results[2].status, "failed");
    ck_assert_str_eq(about.results[3].status, "ok");
    ck_assert_str_eq(about.results[4].status, "failed");
    ck_assert_msg(strstr(about.results[4].message, "config.json") != NULL, "%s", about.results[4].message);
    ck_assert_uint_eq(about.done, about.total);
    scene_free(&about);
}
END_TEST

/* Runs one arrangement and returns eval_loss of its last entrant. */
static double loss_of(scene about)
{
    expect_done(scene_run(&about), &about);
    const scene_result *result = &about.results[about.count - 1];
    ck_assert_msg(strcmp(result->status, "ok") == 0, "%s", result->message);
    double loss = scene_metric(result, "eval_loss");
    scene_free(&about);
    return loss;
}

START_TEST(test_instruct_run__arrangement_changes_no_digit)
{
    const char *lora = scene_demo("lora_r8"), *full = scene_demo("full");
    double whole = loss_of((scene){.dirs = {lora}, .count = 1, .rows = 4});
    ck_assert_double_eq(whole, loss_of((scene){.dirs = {lora}, .count = 1, .rows = 4}));
    ck_assert_double_eq(whole, loss_of((scene){.dirs = {lora}, .count = 1, .rows = 4, .batch_tokens_max = 1}));
    ck_assert_double_eq(whole, loss_of((scene){.dirs = {lora}, .count = 1, .rows = 4, .batch_tokens_max = 300}));
    ck_assert_double_eq(whole, loss_of((scene){.dirs = {full, lora}, .count = 2, .rows = 4}));
    ck_assert_double_eq(
        whole, loss_of((scene){.dirs = {lora}, .count = 1, .rows = 4, .config_json = "{\"base_states_mib\": 0}"}));
}
END_TEST

START_TEST(test_instruct_run__a_head_alone_changes_no_digit)
{
    const char *lora = scene_demo("lora_r8"), *full = scene_demo("full");
    const double beside_head = loss_of((scene){.dirs = {full}, .count = 1, .rows = 4});
    ck_assert_double_eq(beside_head, loss_of((scene){.dirs = {lora, full}, .count = 2, .rows = 4}));
    ck_assert_double_eq(
        beside_head,
        loss_of((scene){.dirs = {full}, .count = 1, .rows = 4, .config_json = "{\"base_states_mib\": 0}"}));
}
END_TEST

START_TEST(test_instruct_run__without_kl_the_loss_is_the_raw_loss)
{
    scene about = {.dirs = {scene_demo("full")}, .count = 1, .rows = 2, .extra_spec = "{\"use_kl\": false}"};
    expect_done(scene_run(&about), &about);
    ck_assert_double_eq(scene_metric(&about.results[0], "eval_loss"), scene_metric(&about.results[0], "eval_loss_raw"));
    ck_assert_uint_eq(about.results[0].metric_count, 4);
    scene_free(&about);
    about = (scene){.dirs = {scene_demo("full")}, .count = 1, .rows = 2, .extra_spec = "{\"kl_coef\": 0}"};
    expect_done(scene_run(&about), &about);
    ck_assert_uint_eq(about.results[0].metric_count, 4);
    scene_free(&about);
}
END_TEST

START_TEST(test_instruct_run__stops_when_told_to)
{
    for (uint32_t after = 1; after <= 3; after++) {
        scene about = {.dirs = {scene_demo("full")}, .count = 1, .rows = 3, .batch_tokens_max = 1};
        about.cancel_after = after;
        ck_assert_int_eq(scene_run(&about), GOD_E_CANCELLED);
        ck_assert_uint_eq(about.cancelled_calls, after + 1);
        ck_assert_str_eq(about.results[0].status, "ok"); /* nothing was said about it */
        ck_assert_uint_eq(about.results[0].metric_count, 0);
        scene_free(&about);
    }
}
END_TEST

/* A folder whose files are links to a demo model's, with some members of its config replaced. */
static const char *model_with_config(const char *model, const char *name, const char *members_json)
{
    static const char *const files[] = {"tokenizer.json", "tokenizer_config.json", "model.safetensors"};
    god_error err = GOD_ERROR_INIT;
    static char dir[GOD_PATH_MAX];
    char from[GOD_PATH_MAX + 64], to[GOD_PATH_MAX + 64], cwd[GOD_PATH_MAX / 2];
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    (void)snprintf(dir, sizeof dir, "%s/%s-%d", cwd, name, (int)getpid());
    ck_assert_int_eq(god_dir_make(dir, &err), GOD_OK);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(from, sizeof from, "%s/%s", model, files[i]);
        (void)snprintf(to, sizeof to, "%s/%s", dir, files[i]);
        ck_assert(!god_file_exists(from) || symlink(from, to) == 0 || errno == EEXIST);
    }
    (void)snprintf(from, sizeof from, "%s/config.json", model);
    (void)snprintf(to, sizeof to, "%s/config.json", dir);
    json_t *config = json_load_file(from, 0, NULL), *members = json_loads(members_json, 0, NULL);
    ck_assert_int_eq(json_object_update(config, members), 0);
    ck_assert_int_eq(json_dump_file(config, to, 0), 0);
    json_decref(members);
    json_decref(config);
    return dir;
}

START_TEST(test_instruct_run__another_shape_is_scored_and_excluded)
{
    const char *base = model_with_config(scene_demo("base"), "base-named", "{\"n_layer\": 99}");
    scene about = {.base_dir = base, .dirs = {scene_demo("full")}, .count = 1, .rows = 2};
    expect_done(scene_run(&about), &about);
    ck_assert_str_eq(about.results[0].status, "not_finetuned");
    ck_assert_str_eq(about.results[0].message, "config.json: \"n_layer\" is absent, the base model has 99");
    ck_assert_double_gt(scene_metric(&about.results[0], "eval_loss"), 0.0);
    scene_free(&about);
}
END_TEST

START_TEST(test_instruct_run__context_grows_until_an_example_fits)
{
    /* Half of 64 positions is 32 tokens, which no row of the demo fits; 64 keeps none either. */
    const char *short_base = model_with_config(scene_demo("base"), "base-short", "{\"max_position_embeddings\": 64}");
    scene about = {.base_dir = short_base, .dirs = {scene_demo("lora_r8")}, .count = 1, .rows = 4};
    expect_done(scene_run(&about), &about);
    ck_assert_str_eq(about.results[0].status, "failed");
    ck_assert_str_eq(about.results[0].message,
                     "no row of the test file gives an example of 2 to 64 tokens with a label");
    scene_free(&about);
    /* The shortest of the first four has 77 tokens: start 50 fails, 100 keeps it and the one of 92. */
    const char *base = model_with_config(scene_demo("base"), "base-100", "{\"max_position_embeddings\": 100}");
    about = (scene){.base_dir = base, .dirs = {scene_demo("lora_r8")}, .count = 1, .rows = 4};
    expect_done(scene_run(&about), &about);
    ck_assert_double_eq(scene_metric(&about.results[0], "samples"), 2.0);
    ck_assert_str_eq(json_string_value(json_object_get(about.facts, "sequence_len")), "100");
    ck_assert_str_eq(json_string_value(json_object_get(about.facts, "too_long")), "2");
    scene_free(&about);
}
END_TEST

START_TEST(test_instruct_run__bad_base_fails_the_run)
{
    scene about = {.base_dir = scene_demo("broken"), .dirs = {scene_demo("full")}, .count = 1, .rows = 2};
    ck_assert_int_ne(scene_run(&about), GOD_OK);
    ck_assert_str_ne(about.err.message, "");
    scene_free(&about);
}
END_TEST

START_TEST(test_instruct_run__tables_state_the_direction)
{
    const god_plugin *plugin = god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR);
    const god_eval *eval = plugin->query(GOD_EVAL_ID);
    const char *spec = "{\"dataset_type\":{\"field_instruction\":\"instruct\",\"field_output\":\"output\"}}";
    god_error err = GOD_ERROR_INIT;
    god_instance *instance = NULL;
    god_score_spec score = {.size = GOD_SIZE_TO(god_score_spec, metrics)};
    ck_assert_int_eq(plugin->open(NULL, "{}", &instance, &err), GOD_OK);
    ck_assert_int_eq(eval->score_spec(instance, spec, &score, &err), GOD_OK);
    ck_assert_uint_eq(score.direction, GOD_LOWER_WINS);
    ck_assert_str_eq(score.primary, "eval_loss");
    ck_assert_double_lt(score.lowest, 0.0);
    ck_assert_str_eq(score.metrics[0]->name, score.primary);
    ck_assert_ptr_null(plugin->query("god.unknown/1"));
    plugin->close(instance);
    plugin->close(NULL);
}
END_TEST

START_TEST(test_instruct_run__configs_are_checked)
{
    const god_plugin *plugin = god_plugin_entry(GOD_ABI_MAJOR, GOD_ABI_MINOR);
    god_error err = GOD_ERROR_INIT;
    god_instance *instance = NULL;
    ck_assert_int_eq(plugin->open(NULL, "[]", &instance, &err), GOD_E_INVALID);
    ck_assert_int_eq(plugin->open(NULL, "{\"model_hash_salt\": 5}", &instance, &err), GOD_E_DATA);
    ck_assert_int_eq(plugin->open(NULL, "{\"base_states_mib\": -1}", &instance, &err), GOD_E_DATA);
    ck_assert_ptr_null(instance);
}
END_TEST

START_TEST(test_instruct_run__memory_bound_follows_data_and_limit)
{
    scene about = {.dirs = {scene_demo("lora_r8")}, .count = 1, .rows = 4};
    expect_done(scene_run(&about), &about);
    const uint64_t free_choice = about.device_bytes;
    const double loss = scene_metric(&about.results[0], "eval_loss");
    scene_free(&about);
    ck_assert_uint_gt(free_choice, 4u << 20);
    ck_assert_uint_lt(free_choice, (uint64_t)2 << 30); /* four short rows need no 4 GiB of base states */
    /* A limit that leaves no room for base states costs time, and no digit. */
    about.device_bytes_max = free_choice - 1000;
    expect_done(scene_run(&about), &about);
    ck_assert_uint_le(about.device_bytes, about.device_bytes_max);
    ck_assert_double_eq(scene_metric(&about.results[0], "eval_loss"), loss);
    scene_free(&about);
}
END_TEST

static double number_fact(const scene *about, const char *name)
{
    const char *text = json_string_value(json_object_get(about->facts, name));
    ck_assert_msg(text != NULL, "the fact %s is missing", name);
    return strtod(text, NULL);
}

START_TEST(test_instruct_run__plan_counts_every_pass)
{
    scene one = {.dirs = {scene_demo("lora_r8")}, .count = 1, .rows = 4};
    scene two = {.dirs = {scene_demo("lora_r8"), scene_demo("lora_r8")}, .count = 2, .rows = 4};
    expect_done(scene_run(&one), &one);
    expect_done(scene_run(&two), &two);
    const double base_and_one = number_fact(&one, "plan_flops"), base_and_two = number_fact(&two, "plan_flops");
    ck_assert_double_gt(base_and_one, 0.0);
    ck_assert_double_gt(base_and_two, 1.5 * base_and_one); /* a submission costs more than the base: it has the heads */
    ck_assert_double_lt(base_and_two, 2.0 * base_and_one); /* and the base runs once */
    ck_assert_double_gt(number_fact(&one, "plan_device_bytes"), number_fact(&one, "plan_weight_bytes") / 2.0);
    scene_free(&one);
    scene_free(&two);
}
END_TEST

static double weights_peak_of(scene about, uint64_t *ret_planned)
{
    expect_done(scene_run(&about), &about);
    for (uint32_t i = 0; i < about.count; i++) {
        ck_assert_msg(strcmp(about.results[i].status, "ok") == 0, "%s", about.results[i].message);
    }
    const double peak = number_fact(&about, "weight_bytes_peak");
    *ret_planned = about.device_bytes;
    scene_free(&about);
    return peak;
}

/* The scenes run in f32: 3.8 MB of weights, 1 MB of them the output matrix. */
START_TEST(test_instruct_run__beside_a_full_model_the_base_keeps_its_head_only)
{
    const double head = 2048.0 * 128.0 * 4.0;
    const char *full = scene_demo("full"), *lora = scene_demo("lora_r8");
    const scene whole_base = {.dirs = {full}, .count = 1, .rows = 2, .config_json = "{\"base_states_mib\": 0}"};
    uint64_t planned = 0, planned_whole = 0;
    const double alone =
        weights_peak_of((scene){.dirs = {full}, .count = 1, .rows = 2, .extra_spec = "{\"use_kl\": false}"}, &planned);
    ck_assert_double_gt(alone, 3.5 * head);
    ck_assert_double_eq(weights_peak_of(whole_base, &planned_whole), 2.0 * alone);
    ck_assert_double_eq(weights_peak_of((scene){.dirs = {full}, .count = 1, .rows = 2}, &planned), alone + head);
    ck_assert_uint_gt(planned_whole, planned);
    /* Adapters need the whole base, so they come before full models, wherever they stand in the group. */
    ck_assert_double_eq(weights_peak_of((scene){.dirs = {full, lora, full}, .count = 3, .rows = 2}, &planned),
                        alone + head);
    ck_assert_double_lt(
        weights_peak_of((scene){.dirs = {full, lora, full}, .count = 3, .rows = 2, .extra_spec = "{\"use_kl\": false}"},
                        &planned),
        alone + head / 2.0);
}
END_TEST

START_TEST(test_instruct_run__a_job_that_does_not_fit_takes_smaller_packs)
{
    scene about = {.dirs = {scene_demo("lora_r8")}, .count = 1, .rows = 4, .batch_tokens_max = 1 << 20};
    expect_done(scene_run(&about), &about);
    const uint64_t wanted = about.device_bytes;
    const double loss = scene_metric(&about.results[0], "eval_loss");
    ck_assert_str_eq(about.warning, "");
    scene_free(&about);
    about.device_bytes_max = wanted / 4;
    expect_done(scene_run(&about), &about);
    ck_assert_msg(strncmp(about.warning, "packs of ", 9) == 0, "it says \"%s\"", about.warning);
    ck_assert_ptr_nonnull(strstr(about.warning, " tokens instead of 1048576: "));
    ck_assert_uint_le(about.device_bytes, about.device_bytes_max);
    ck_assert_double_eq(scene_metric(&about.results[0], "eval_loss"), loss);
    scene_free(&about);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run");
    TCase *tcase = tcase_create("run");
    (void)setenv("GOD_NN_DIR", GOD_BUILD_DIR "/lib/god/nn", 1);
    tcase_add_test(tcase, test_instruct_run__rows_agree_with_the_reference);
    tcase_add_test(tcase, test_instruct_run__each_entrant_fails_for_itself);
    tcase_add_test(tcase, test_instruct_run__arrangement_changes_no_digit);
    tcase_add_test(tcase, test_instruct_run__a_head_alone_changes_no_digit);
    tcase_add_test(tcase, test_instruct_run__without_kl_the_loss_is_the_raw_loss);
    tcase_add_test(tcase, test_instruct_run__stops_when_told_to);
    tcase_add_test(tcase, test_instruct_run__another_shape_is_scored_and_excluded);
    tcase_add_test(tcase, test_instruct_run__context_grows_until_an_example_fits);
    tcase_add_test(tcase, test_instruct_run__bad_base_fails_the_run);
    tcase_add_test(tcase, test_instruct_run__tables_state_the_direction);
    tcase_add_test(tcase, test_instruct_run__configs_are_checked);
    tcase_add_test(tcase, test_instruct_run__memory_bound_follows_data_and_limit);
    tcase_add_test(tcase, test_instruct_run__plan_counts_every_pass);
    tcase_add_test(tcase, test_instruct_run__beside_a_full_model_the_base_keeps_its_head_only);
    tcase_add_test(tcase, test_instruct_run__a_job_that_does_not_fit_takes_smaller_packs);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
