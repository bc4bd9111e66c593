/* Whole jobs of god.text.dpo on the demo's models, in this process, f32, against tests/golden/dpo. */
#include "run_scene.h"

#include <math.h>
#include <stdlib.h>

#include "common/rows.h"

enum { ROWS = 6 };

static void expect_done(god_status status, const scene *about)
{
    ck_assert_msg(status == GOD_OK, "%s", about->err.message);
}

static double member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    ck_assert_msg(json_is_number(value), "%s is not a number", name);
    return json_number_value(value);
}

/* Sums of some hundred nats agree to 1e-5 relative; h is a difference of four of them. */
static void expect_pair(const json_t *line, const json_t *wanted)
{
    static const char *const answers[] = {"chosen", "rejected"};
    double bound = 0.0;
    for (size_t i = 0; i < 2; i++) {
        const json_t *mine = json_object_get(line, answers[i]), *theirs = json_object_get(wanted, answers[i]);
        ck_assert(json_equal(json_object_get(mine, "tokens"), json_object_get(theirs, "ids")));
        ck_assert_double_eq_tol(member(mine, "policy") / member(theirs, "policy"), 1.0, 1e-5);
        ck_assert_double_eq_tol(member(mine, "reference") / member(theirs, "reference"), 1.0, 1e-5);
        bound += 1e-5 * (fabs(member(theirs, "policy")) + fabs(member(theirs, "reference")));
    }
    ck_assert_double_eq_tol(member(line, "h"), member(wanted, "h"), bound);
    ck_assert_double_eq_tol(member(line, "loss"), member(wanted, "loss"), 0.1 * bound);
}

static void expect_golden(const scene_result *result, const json_t *golden)
{
    god_error err = GOD_ERROR_INIT;
    gtx_rows lines;
    double loss = 0.0, recipe = 0.0;
    ck_assert_msg(strcmp(result->status, "ok") == 0, "%s", result->message);
    ck_assert_int_eq(gtx_rows_read(result->artifact, &lines, &err), GOD_OK);
    ck_assert_uint_eq(gtx_rows_count(&lines), ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const json_t *line = gtx_rows_at(&lines, i);
        expect_pair(line, json_array_get(json_object_get(golden, "pairs"), i));
        loss += member(line, "loss");
        recipe += member(line, "recipe_loss");
    }
    ck_assert_double_eq_tol(scene_metric(result, "eval_loss"), loss / ROWS, 1e-12);
    ck_assert_double_eq_tol(scene_metric(result, "eval_loss_bf16_recipe"), recipe / ROWS, 1e-12);
    ck_assert_double_eq(scene_metric(result, "samples"), ROWS);
    gtx_rows_free(&lines);
}

static void expect_profile(const char *golden_path, const char *extra_spec)
{
    json_t *golden = json_load_file(golden_path, 0, NULL);
    scene about = {.folder = "dpo", .count = 2, .rows = ROWS, .extra_spec = extra_spec};
    ck_assert_ptr_nonnull(golden);
    const json_t *results = json_object_get(golden, "results");
    for (size_t i = 0; i < 2; i++) {
        about.dirs[i] = scene_demo(json_string_value(json_object_get(json_array_get(results, i), "name")));
    }
    expect_done(scene_run(&about), &about);
    for (size_t i = 0; i < 2; i++) {
        expect_golden(&about.results[i], json_array_get(results, i));
    }
    ck_assert_str_eq(json_string_value(json_object_get(about.facts, "rows_cut")), "0");
    ck_assert_uint_eq(about.done, about.total);
    scene_free(&about);
    json_decref(golden);
}

START_TEST(test_dpo_run__pairs_agree_with_the_reference_in_p1)
{
    expect_profile(GOD_SOURCE_DIR "/tests/golden/dpo/demo_dpo_P1_f32.json", NULL);
}
END_TEST

START_TEST(test_dpo_run__pairs_agree_with_the_reference_in_p2)
{
    expect_profile(GOD_SOURCE_DIR "/tests/golden/dpo/demo_dpo_P2_f32.json", "{\"profile\": \"P2\"}");
}
END_TEST

START_TEST(test_dpo_run__each_entrant_fails_for_itself)
{
    scene about = {.folder = "dpo", .count = 4, .rows = 1};
    about.dirs[0] = scene_demo("copy");
    about.dirs[1] = scene_demo("lora_diverged");
    about.dirs[2] = scene_demo("lora_r8");
    about.dirs[3] = scene_demo("broken");
    expect_done(scene_run(&about), &about);
    ck_assert_str_eq(about.results[0].status, "not_finetuned");
    ck_assert_str_eq(about.results[1].status, "failed");
    ck_assert_str_eq(about.results[2].status, "ok");
    ck_assert_str_eq(about.results[3].status, "failed");
    ck_assert_uint_eq(about.done, about.total);
    scene_free(&about);
}
END_TEST

static uint64_t fact(const scene *about, const char *name)
{
    const char *text = json_string_value(json_object_get(about->facts, name));
    ck_assert_msg(text != NULL, "the fact %s is missing", name);
    return strtoull(text, NULL, 10);
}

static double loss_of(scene about)
{
    about.folder = "dpo";
    about.rows = 3;
    expect_done(scene_run(&about), &about);
    double loss = scene_metric(&about.results[about.count - 1], "eval_loss");
    scene_free(&about);
    return loss;
}

static json_t *lines_of(uint32_t batch_tokens_max, uint64_t *ret_run, uint64_t *ret_shared)
{
    god_error err = GOD_ERROR_INIT;
    gtx_rows rows;
    scene about = {.folder = "dpo", .count = 1, .rows = ROWS, .batch_tokens_max = batch_tokens_max};
    about.dirs[0] = scene_demo("lora_r8");
    expect_done(scene_run(&about), &about);
    *ret_run = fact(&about, "tokens_run");
    *ret_shared = fact(&about, "tokens_shared");
    ck_assert_uint_eq(about.done, about.total);
    ck_assert_int_eq(gtx_rows_read(about.results[0].artifact, &rows, &err), GOD_OK);
    json_t *lines = json_array();
    for (size_t i = 0; i < gtx_rows_count(&rows); i++) {
        ck_assert_int_eq(json_array_append_new(lines, json_deep_copy(gtx_rows_at(&rows, i))), 0);
    }
    gtx_rows_free(&rows);
    scene_free(&about);
    return lines;
}

/* A pack of one token holds no pair, so every answer is run with its own prompt. */
START_TEST(test_dpo_run__a_shared_prompt_is_run_once_and_changes_no_bit)
{
    uint64_t shared_run, shared, apart_run, apart;
    json_t *together = lines_of(0, &shared_run, &shared), *single = lines_of(1, &apart_run, &apart);
    ck_assert_uint_eq(json_array_size(together), ROWS);
    ck_assert(json_equal(together, single)); /* every sum, h and loss of every pair */
    ck_assert_uint_eq(apart, 0);
    ck_assert_uint_gt(shared, 0);
    ck_assert_uint_eq(shared_run + shared, apart_run);
    json_decref(together);
    json_decref(single);
}
END_TEST

START_TEST(test_dpo_run__arrangement_changes_no_digit)
{
    const char *lora = scene_demo("lora_r8"), *full = scene_demo("full");
    double whole = loss_of((scene){.dirs = {lora}, .count = 1});
    ck_assert_double_eq(whole, loss_of((scene){.dirs = {lora}, .count = 1, .batch_tokens_max = 1}));
    ck_assert_double_eq(whole, loss_of((scene){.dirs = {full, lora}, .count = 2, .batch_tokens_max = 400}));
}
END_TEST

START_TEST(test_dpo_run__refuses_a_kl_term)
{
    scene about = {.folder = "dpo", .dirs = {scene_demo("full")}, .count = 1, .rows = 1};
    about.extra_spec = "{\"use_kl\": true, \"kl_coef\": 0.1}";
    ck_assert_int_eq(scene_run(&about), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(about.err.message, "only InstructTextTask has a KL term"));
    scene_free(&about);
    about.extra_spec = "{\"profile\": \"P3\"}";
    ck_assert_int_eq(scene_run(&about), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(about.err.message, "\"profile\" is \"P3\""));
    scene_free(&about);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run");
    TCase *tcase = tcase_create("run");
    (void)setenv("GOD_NN_DIR", GOD_BUILD_DIR "/lib/god/nn", 1);
    tcase_add_test(tcase, test_dpo_run__pairs_agree_with_the_reference_in_p1);
    tcase_add_test(tcase, test_dpo_run__pairs_agree_with_the_reference_in_p2);
    tcase_add_test(tcase, test_dpo_run__each_entrant_fails_for_itself);
    tcase_add_test(tcase, test_dpo_run__arrangement_changes_no_digit);
    tcase_add_test(tcase, test_dpo_run__a_shared_prompt_is_run_once_and_changes_no_bit);
    tcase_add_test(tcase, test_dpo_run__refuses_a_kl_term);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
