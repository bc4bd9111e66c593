/* adapter_config.json, PEFT's patterns, and adapters against a base. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "tiny.h"

#include "format/adapter_config.h"
#include "god/helpers/text.h"
#include "format/pattern.h"

typedef struct bad_config {
    const char *text;
    god_status status;
    const char *message;
} bad_config;

static const bad_config bad_configs[] = {
    {"[]", GOD_E_DATA, "adapter_config.json: an object is needed"},
    {"{\"peft_type\":\"IA3\"}", GOD_E_UNSUPPORTED,
     "adapter_config.json: \"peft_type\" \"IA3\" is not supported; LORA is"},
    {"{\"use_dora\":1}", GOD_E_DATA, "adapter_config.json: \"use_dora\" is a number, true or false is needed"},
    {"{\"layer_replication\":[[0,2]]}", GOD_E_UNSUPPORTED,
     "adapter_config.json: \"layer_replication\" is not supported"},
    {"{\"init_lora_weights\":\"pissa\"}", GOD_E_UNSUPPORTED,
     "adapter_config.json: \"init_lora_weights\" \"pissa\" alters the base's weights and is not supported"},
    {"{\"r\":0}", GOD_E_DATA, "adapter_config.json: \"r\" is 0, allowed are 1 to 65536"},
    {"{\"lora_alpha\":\"x\"}", GOD_E_DATA, "adapter_config.json: \"lora_alpha\" is a string, a number is needed"},
    {"{\"rank_pattern\":{\"q_proj\":0}}", GOD_E_DATA,
     "adapter_config.json: \"rank_pattern\": \"q_proj\" is not given a number above 0"},
    {"{\"alpha_pattern\":{\"q_(\":1}}", GOD_E_DATA,
     "adapter_config.json: \"alpha_pattern\": pattern \"q_(\" is not a regular expression"},
    {"{\"target_modules\":\"[\"}", GOD_E_DATA,
     "adapter_config.json: \"target_modules\": pattern \"[\" is not a regular expression"},
    {"{\"target_modules\":7}", GOD_E_DATA, "adapter_config.json: \"target_modules\" is neither a list nor a string"},
    {"{\"target_modules\":[7]}", GOD_E_DATA,
     "adapter_config.json: \"target_modules\" holds something other than strings"},
};

START_TEST(test_nn_adapter_config__names_what_is_wrong)
{
    god_error err = GOD_ERROR_INIT;
    gnn_adapter_config *config = NULL;
    const bad_config *bad = &bad_configs[_i];
    ck_assert_int_eq(gnn_adapter_config_parse(bad->text, strlen(bad->text), &config, &err), bad->status);
    ck_assert_str_eq(err.message, bad->message);
}
END_TEST

static void expect_module(const char *text, const char *name, int64_t rank, double scale, uint32_t targeted)
{
    god_error err = GOD_ERROR_INIT;
    gnn_adapter_config *config = NULL;
    gnn_adapter_module module;
    ck_assert_msg(gnn_adapter_config_parse(text, strlen(text), &config, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(gnn_adapter_config_module(config, name, &module, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(module.rank, rank);
    ck_assert_double_eq_tol(module.scale, scale, 1e-12);
    ck_assert_uint_eq(module.targeted, targeted);
    gnn_adapter_config_free(config);
}

START_TEST(test_nn_adapter_config__gives_each_module_its_rank_and_scale)
{
    const char *q0 = "model.layers.0.self_attn.q_proj";
    expect_module("{\"r\":16,\"lora_alpha\":32,\"target_modules\":[\"q_proj\"]}", q0, 16, 2.0, 1);
    expect_module("{\"r\":16,\"lora_alpha\":32,\"use_rslora\":true}", q0, 16, 8.0, 1);
    expect_module("{\"r\":4,\"lora_alpha\":8,\"rank_pattern\":{\"v_proj\":2,\"layers.0.self_attn.q_proj\":8}}", q0, 8,
                  1.0, 1);
    expect_module("{\"r\":4,\"lora_alpha\":8,\"alpha_pattern\":{\"q_proj\":2}}", q0, 4, 0.5, 1);
    expect_module("{\"r\":4,\"lora_alpha\":8,\"alpha_pattern\":{\"_proj\":2}}", q0, 4, 2.0, 1);
    expect_module("{\"r\":4,\"lora_alpha\":8,\"target_modules\":[\"proj\",\"v_proj\"]}", q0, 4, 2.0, 0);
    expect_module("{\"r\":4,\"lora_alpha\":8,\"target_modules\":\".*\\\\.(q|v)_proj\"}", q0, 4, 2.0, 1);
    expect_module("{\"r\":4,\"lora_alpha\":8,\"target_modules\":\"all-linear\"}", q0, 4, 2.0, 1);
}
END_TEST

START_TEST(test_nn_pattern__ends_a_match_that_would_take_for_ever)
{
    god_error err = GOD_ERROR_INIT;
    uint32_t matches = 0;
    ck_assert_int_eq(gnn_pattern_full("(a|aa)+", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", &matches, &err),
                     GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot be matched against"));
}
END_TEST

#define ADAPTER \
    "{\"peft_type\":\"LORA\",\"r\":4,\"lora_alpha\":8,\"target_modules\":[\"q_proj\",\"down_proj\",\"lm_head\"]}"
#define LAYER0_Q "base_model.model.model.layers.0.self_attn.q_proj"

static god_nn_engine *engine;
static god_nn_lm *base;

static void open_base(void)
{
    char config[1024];
    god_error err = GOD_ERROR_INIT;
    god_nn_engine_options options = {
        .size = sizeof options, .device = GOD_DEV_CPU, .precision = GOD_PRECISION_F32, .threads = 1, .reference = 1};
    tiny_llama(config, sizeof config, "");
    tiny_model_make("base", config, "F32", 1);
    ck_assert_int_eq(god_nn_engine_open(&options, &engine, &err), GOD_OK);
    ck_assert_msg(god_nn_lm_open(engine, "base", &base, &err) == GOD_OK, "%s", err.message);
}

static void close_base(void)
{
    god_nn_lm_close(base);
    god_nn_engine_close(engine);
    base = NULL;
    engine = NULL;
}

static tiny_file *adapter_tensors(void)
{
    static const char *const slots[] = {"q_proj", "down_proj", NULL};
    char config[1024];
    tiny_llama(config, sizeof config, "");
    return tiny_adapter_tensors(config, slots, 4, 2);
}

static void expect_adapter(const tiny_file *file, god_status status, const char *message)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_adapter *adapter = NULL;
    tiny_adapter_write("adapter", ADAPTER, file);
    god_status found = god_nn_adapter_open(base, "adapter", &adapter, &err);
    ck_assert_msg(found == status, "%s: %s", god_status_name(found), err.message);
    if (status != GOD_OK) {
        ck_assert_str_eq(err.message, message);
    }
    god_nn_adapter_close(adapter);
}

static void rename_tensor(tiny_file *file, const char *from, const char *to)
{
    (void)snprintf(tiny_find(file, from)->name, sizeof file->tensors[0].name, "%s", to);
}

START_TEST(test_nn_adapter__reads_both_spellings)
{
    tiny_file *file = adapter_tensors();
    expect_adapter(file, GOD_OK, NULL);
    ck_assert_uint_eq(god_nn_adapter_is("adapter"), 1);
    ck_assert_uint_eq(god_nn_adapter_is("base"), 0);
    rename_tensor(file, LAYER0_Q ".lora_A.weight", LAYER0_Q ".lora_A.default.weight");
    rename_tensor(file, LAYER0_Q ".lora_B.weight", LAYER0_Q ".lora_B.default.weight");
    expect_adapter(file, GOD_OK, NULL);
    tiny_file_free(file);
}
END_TEST

START_TEST(test_nn_adapter__says_that_it_was_made_for_another_base)
{
    tiny_file *file = adapter_tensors();
    rename_tensor(file, LAYER0_Q ".lora_A.weight", "base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight");
    expect_adapter(file, GOD_E_DATA,
                   "adapter_model.safetensors: the adapter was made for another base model: tensor "
                   "\"base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight\" names a module that the base "
                   "does not have");
    tiny_file_free(file);
    file = adapter_tensors();
    tiny_remove(file, LAYER0_Q ".lora_B.weight");
    (void)tiny_add(file, LAYER0_Q ".lora_B.weight", "F32", 2, 64, 4, 0.0, 1.0);
    expect_adapter(file, GOD_E_DATA,
                   "adapter_model.safetensors: the adapter was made for another base model: tensor \"" LAYER0_Q
                   ".lora_B.weight\" has shape [64, 4], [32, 4] is needed");
    tiny_file_free(file);
}
END_TEST

START_TEST(test_nn_adapter__refuses_what_it_cannot_apply)
{
    tiny_file *file = adapter_tensors();
    tiny_remove(file, LAYER0_Q ".lora_B.weight");
    expect_adapter(file, GOD_E_DATA, "the adapter has lora_A of \"model.layers.0.self_attn.q_proj\" without lora_B");
    rename_tensor(file, LAYER0_Q ".lora_A.weight", "base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight");
    expect_adapter(
        file, GOD_E_DATA,
        "adapter_model.safetensors: tensor \"base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight\" "
        "belongs to a module that \"target_modules\" does not name");
    tiny_file_free(file);
    file = adapter_tensors();
    tiny_set(tiny_find(file, LAYER0_Q ".lora_A.weight"), 3, NAN);
    expect_adapter(file, GOD_E_DATA,
                   "adapter_model.safetensors: tensor \"" LAYER0_Q ".lora_A.weight\" holds NaN at element 3");
    tiny_file_free(file);
    file = adapter_tensors();
    (void)tiny_add(file, LAYER0_Q ".lora_magnitude_vector", "F32", 1, 32, 0, 1.0, 0.0);
    expect_adapter(file, GOD_E_DATA,
                   "\"model.layers.0.self_attn.q_proj\" has a lora_magnitude_vector, \"use_dora\" says otherwise");
    rename_tensor(file, LAYER0_Q ".lora_magnitude_vector", LAYER0_Q ".lora_embedding_A");
    expect_adapter(file, GOD_E_DATA,
                   "adapter_model.safetensors: the adapter was made for another base model: tensor \"" LAYER0_Q
                   ".lora_embedding_A\" adapts a module that is not the embedding");
    tiny_file_free(file);
}
END_TEST

/* Mean loss of a fixed pack. */
static double mean_nll(god_nn_lm *lm, const god_nn_adapter *adapter)
{
    god_error err = GOD_ERROR_INIT;
    const int32_t ids[] = {3, 1, 4, 1, 5, 9, 2, 6}, targets[] = {1, 4, 1, 5, 9, 2, 6};
    const int64_t starts[] = {0, 8}, rows[] = {0, 1, 2, 3, 4, 5, 6};
    const god_nn_pack pack = {ids, starts, 1, NULL};
    god_nn_states *states = NULL;
    double nll[7], sum = 0.0;
    ck_assert_msg(god_nn_lm_states(lm, adapter, &pack, rows, 7, &states, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(god_nn_lm_nll(lm, adapter, states, targets, nll, &err) == GOD_OK, "%s", err.message);
    god_nn_states_free(states);
    for (int i = 0; i < 7; i++) {
        sum += nll[i];
    }
    return sum / 7.0;
}

/* Adds scale * B A to the stored weight. */
static void merge(tiny_file *model, tiny_file *adapter, const char *module, double scale)
{
    char name[300];
    (void)snprintf(name, sizeof name, "%s.weight", module);
    tiny_tensor *weight = tiny_find(model, name);
    (void)snprintf(name, sizeof name, "base_model.model.%s.lora_A.weight", module);
    tiny_tensor *a = tiny_find(adapter, name);
    (void)snprintf(name, sizeof name, "base_model.model.%s.lora_B.weight", module);
    tiny_tensor *b = tiny_find(adapter, name);
    for (int64_t i = 0; i < weight->shape[0]; i++) {
        for (int64_t j = 0; j < weight->shape[1]; j++) {
            double sum = gnn_load(weight->data, GNN_F32, i * weight->shape[1] + j);
            for (int64_t k = 0; k < a->shape[0]; k++) {
                sum += scale * (double)gnn_load(b->data, GNN_F32, i * b->shape[1] + k) *
                       (double)gnn_load(a->data, GNN_F32, k * a->shape[1] + j);
            }
            tiny_set(weight, i * weight->shape[1] + j, (float)sum);
        }
    }
}

START_TEST(test_nn_adapter__equals_the_merged_model_in_f32)
{
    char config[1024];
    god_error err = GOD_ERROR_INIT;
    god_nn_adapter *adapter = NULL;
    god_nn_lm *merged = NULL;
    tiny_llama(config, sizeof config, "");
    tiny_file *model = tiny_model_tensors(config, "F32", 1), *tensors = adapter_tensors();
    tiny_adapter_write("adapter", ADAPTER, tensors);
    ck_assert_msg(god_nn_adapter_open(base, "adapter", &adapter, &err) == GOD_OK, "%s", err.message);
    merge(model, tensors, "model.layers.0.self_attn.q_proj", 2.0);
    merge(model, tensors, "model.layers.1.self_attn.q_proj", 2.0);
    merge(model, tensors, "model.layers.0.mlp.down_proj", 2.0);
    merge(model, tensors, "model.layers.1.mlp.down_proj", 2.0);
    tiny_model_write("merged", config, model);
    ck_assert_msg(god_nn_lm_open(engine, "merged", &merged, &err) == GOD_OK, "%s", err.message);
    double with_adapter = mean_nll(base, adapter), with_merged = mean_nll(merged, NULL), plain = mean_nll(base, NULL);
    ck_assert_double_eq_tol(with_adapter, with_merged, 1e-5 * with_merged);
    ck_assert_msg(fabs(with_adapter - plain) > 1e-3, "the adapter changes nothing: %.9f", plain);
    god_nn_lm_close(merged);
    god_nn_adapter_close(adapter);
    tiny_file_free(model);
    tiny_file_free(tensors);
}
END_TEST

START_TEST(test_nn_adapter__modules_to_save_stand_in_for_the_bases)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_adapter *adapter = NULL;
    tiny_file *file = tiny_file_new(5);
    (void)tiny_add(file, "base_model.model.lm_head.modules_to_save.weight", "F32", 2, 97, 32, 0.0, 0.0);
    tiny_adapter_write("adapter", ADAPTER, file);
    ck_assert_msg(god_nn_adapter_open(base, "adapter", &adapter, &err) == GOD_OK, "%s", err.message);
    ck_assert_double_eq_tol(mean_nll(base, adapter), log(97.0), 1e-6); /* a head of zeros: every token is as likely */
    god_nn_adapter_close(adapter);
    tiny_file_free(file);
}
END_TEST

/* A tokenizer of `entries` letters beside the adapter. */
static void write_tokenizer(int entries)
{
    god_text text = GOD_TEXT_INIT;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_text_append_str(&text, "{\"model\":{\"type\":\"BPE\",\"merges\":[],\"vocab\":{", &err),
                     GOD_OK);
    for (int i = 0; i < entries; i++) {
        ck_assert_int_eq(god_text_append_f(&text, &err, "%s\"<%d>\":%d", i > 0 ? "," : "", i, i), GOD_OK);
    }
    ck_assert_int_eq(god_text_append_str(&text, "}}}", &err), GOD_OK);
    tiny_text_write("adapter", "tokenizer.json", text.data);
    tiny_text_write("adapter", "tokenizer_config.json", "{}");
    god_text_free(&text);
}

static void expect_grown(const tiny_file *file, god_status status, const char *message, double nll)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_adapter *adapter = NULL;
    tiny_adapter_write("adapter", ADAPTER, file);
    write_tokenizer(100);
    god_status found = god_nn_adapter_open(base, "adapter", &adapter, &err);
    ck_assert_msg(found == status, "%s: %s", god_status_name(found), err.message);
    if (status == GOD_OK) {
        ck_assert_double_eq_tol(mean_nll(base, adapter), nll, 1e-6);
    } else {
        ck_assert_str_eq(err.message, message);
    }
    god_nn_adapter_close(adapter);
}

START_TEST(test_nn_adapter__may_bring_a_vocabulary_that_has_grown)
{
    tiny_file *file = adapter_tensors();
    expect_grown(file, GOD_E_UNSUPPORTED,
                 "the adapter's tokenizer has 100 entries, more than the 97 of the base, and the adapter brings no "
                 "embedding and head of that size",
                 0.0);
    (void)tiny_add(file, "base_model.model.lm_head.weight", "F32", 2, 100, 32, 0.0, 0.0);
    (void)tiny_add(file, "base_model.model.model.embed_tokens.weight", "F32", 2, 100, 32, 0.0, 1.0);
    expect_grown(file, GOD_OK, NULL, log(100.0)); /* a head of zeros: every token is as likely */
    expect_adapter(
        file, GOD_E_DATA,
        "adapter_model.safetensors: tensor \"base_model.model.lm_head.weight\" has shape [100, 32], [97, 32] is "
        "needed");
    tiny_file_free(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_adapter");
    TCase *config = tcase_create("config"), *files = tcase_create("files");
    tcase_add_loop_test(config, test_nn_adapter_config__names_what_is_wrong, 0,
                        (int)(sizeof bad_configs / sizeof bad_configs[0]));
    tcase_add_test(config, test_nn_adapter_config__gives_each_module_its_rank_and_scale);
    tcase_add_test(config, test_nn_pattern__ends_a_match_that_would_take_for_ever);
    tcase_add_checked_fixture(files, open_base, close_base);
    tcase_add_test(files, test_nn_adapter__reads_both_spellings);
    tcase_add_test(files, test_nn_adapter__says_that_it_was_made_for_another_base);
    tcase_add_test(files, test_nn_adapter__refuses_what_it_cannot_apply);
    tcase_add_test(files, test_nn_adapter__equals_the_merged_model_in_f32);
    tcase_add_test(files, test_nn_adapter__modules_to_save_stand_in_for_the_bases);
    tcase_add_test(files, test_nn_adapter__may_bring_a_vocabulary_that_has_grown);
    suite_add_tcase(suite, config);
    suite_add_tcase(suite, files);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
