/* Opening models and adapters: what is refused, and in which words. Runs on the plain reference. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "tiny.h"

#include "god/helpers/file.h"

static god_nn_engine *open_engine(uint32_t precision)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_engine *engine = NULL;
    god_nn_engine_options options = {
        .size = sizeof options, .device = GOD_DEV_CPU, .precision = precision, .threads = 1, .reference = 1};
    ck_assert_msg(god_nn_engine_open(&options, &engine, &err) == GOD_OK, "%s", err.message);
    return engine;
}

/* Opens "m" and expects this ending. */
static void expect_model(god_status status, const char *message)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_engine *engine = open_engine(GOD_PRECISION_BF16);
    god_nn_lm *lm = NULL;
    god_status found = god_nn_lm_open(engine, "m", &lm, &err);
    ck_assert_msg(found == status, "%s: %s", god_status_name(found), err.message);
    if (status != GOD_OK) {
        ck_assert_str_eq(err.message, message);
    }
    god_nn_lm_close(lm);
    god_nn_engine_close(engine);
}

#define Q0 "model.layers.0.self_attn.q_proj.weight"

typedef struct change {
    void (*apply)(tiny_file *file);
    const char *message;
} change;

static void make_nan(tiny_file *file)
{
    tiny_set(tiny_find(file, Q0), 5, NAN);
}

static void make_infinite(tiny_file *file)
{
    tiny_set(tiny_find(file, "model.norm.weight"), 31, -INFINITY);
}

static void make_too_large(tiny_file *file)
{
    tiny_set(tiny_find(file, Q0), 1023, 3.4e38f);
}

static void drop_norm(tiny_file *file)
{
    tiny_remove(file, "model.layers.1.input_layernorm.weight");
}

static void drop_head(tiny_file *file)
{
    tiny_remove(file, "lm_head.weight");
}

static void add_surplus(tiny_file *file)
{
    (void)tiny_add(file, "model.layers.2.mlp.up_proj.weight", "F32", 2, 48, 32, 0.0, 1.0);
}

static void turn_shape(tiny_file *file)
{
    tiny_tensor *tensor = tiny_find(file, "model.layers.0.mlp.up_proj.weight");
    tensor->shape[0] = 32;
    tensor->shape[1] = 48;
}

static void flatten(tiny_file *file)
{
    tiny_tensor *tensor = tiny_find(file, Q0);
    tensor->rank = 1;
    tensor->shape[0] = 1024;
}

static void shorten_norm(tiny_file *file)
{
    tiny_remove(file, "model.norm.weight");
    (void)tiny_add(file, "model.norm.weight", "F32", 1, 31, 0, 1.0, 0.0);
}

static void make_int8(tiny_file *file)
{
    tiny_remove(file, Q0);
    (void)tiny_add(file, Q0, "I8", 2, 32, 32, 0.0, 0.0);
}

static const change changes[] = {
    {make_nan, "model.safetensors: tensor \"" Q0 "\" holds NaN at element 5"},
    {make_infinite, "model.safetensors: tensor \"model.norm.weight\" holds an infinite value at element 31"},
    {make_too_large, "model.safetensors: tensor \"" Q0 "\" holds a value too large for bf16 at element 1023"},
    {drop_norm, "tensor \"model.layers.1.input_layernorm.weight\" is missing"},
    {drop_head, "tensor \"lm_head.weight\" is missing"},
    {add_surplus,
     "model.safetensors: tensor \"model.layers.2.mlp.up_proj.weight\" belongs to no part of a LlamaForCausalLM"},
    {turn_shape,
     "model.safetensors: tensor \"model.layers.0.mlp.up_proj.weight\" has shape [32, 48], [48, 32] is needed"},
    {flatten, "model.safetensors: tensor \"" Q0 "\" has shape [1024], [32, 32] is needed"},
    {shorten_norm, "model.safetensors: tensor \"model.norm.weight\" has shape [31], [32] is needed"},
    {make_int8, "model.safetensors: tensor \"" Q0 "\" has dtype I8; BF16, F16 and F32 are read"},
};

START_TEST(test_nn_model__names_the_tensor_at_fault)
{
    char config[1024];
    tiny_llama(config, sizeof config, "");
    tiny_file *file = tiny_model_tensors(config, "F32", 1);
    changes[_i].apply(file);
    tiny_model_write("m", config, file);
    expect_model(changes[_i].apply == make_int8 ? GOD_E_UNSUPPORTED : GOD_E_DATA, changes[_i].message);
    tiny_file_free(file);
}
END_TEST

START_TEST(test_nn_model__opens_what_is_whole)
{
    static const char *const dtypes[] = {"F32", "F16", "BF16"};
    char config[1024];
    for (int i = 0; i < 3; i++) {
        tiny_llama(config, sizeof config, i == 0 ? "\"attention_bias\":true,\"mlp_bias\":true" : "");
        tiny_model_make("m", config, dtypes[i], 1);
        expect_model(GOD_OK, NULL);
    }
}
END_TEST

START_TEST(test_nn_model__accepts_a_tied_head_that_is_stored_too_and_old_buffers)
{
    char config[1024];
    tiny_llama(config, sizeof config, "\"tie_word_embeddings\":true");
    tiny_file *file = tiny_model_tensors(config, "BF16", 1);
    (void)tiny_add(file, "lm_head.weight", "BF16", 2, 97, 32, 0.0, 1.0);
    (void)tiny_add(file, "model.layers.0.self_attn.rotary_emb.inv_freq", "F32", 1, 4, 0, 0.0, 1.0);
    tiny_model_write("m", config, file);
    expect_model(GOD_OK, NULL);
    tiny_file_free(file);
}
END_TEST

START_TEST(test_nn_model__accepts_names_without_the_decoders_prefix)
{
    char config[1024];
    tiny_llama(config, sizeof config, "\"tie_word_embeddings\":true");
    tiny_file *file = tiny_model_tensors(config, "BF16", 1);
    for (size_t i = 0; i < file->count; i++) {
        memmove(file->tensors[i].name, file->tensors[i].name + strlen("model."), 200);
    }
    tiny_model_write("m", config, file);
    expect_model(GOD_OK, NULL);
    tiny_file_free(file);
}
END_TEST

/* Cuts a file to a number of bytes. */
static void cut(const char *path, long bytes)
{
    ck_assert_int_eq(truncate(path, bytes), 0);
}

static void write_shards(const tiny_file *file, const char *config, const char *index)
{
    tiny_dir("m");
    tiny_text_write("m", "config.json", config);
    tiny_text_write("m", "model.safetensors.index.json", index);
    tiny_write(file, "m/a.safetensors", 0, 10);
    tiny_write(file, "m/b.safetensors", 10, file->count);
}

START_TEST(test_nn_model__reads_shards_and_reports_their_faults)
{
    static const struct {
        const char *index, *message;
    } cases[] = {
        {"{\"weight_map\":{\"model.norm.weight\":\"b.safetensors\",\"" Q0 "\":\"a.safetensors\"}}", NULL},
        {"{}", "model.safetensors.index.json: \"weight_map\" is missing"},
        {"{\"weight_map\":{\"x\":\"../secret.safetensors\"}}",
         "model.safetensors.index.json: tensor \"x\" is given \"../secret.safetensors\", which is no file name of this "
         "folder"},
        {"{\"weight_map\":{\"x\":7}}", "model.safetensors.index.json: tensor \"x\" is not given a string"},
        {"{\"weight_map\":{\"x\":\"c.safetensors\"}}", "cannot open c.safetensors: No such file or directory"},
        {"{\"weight_map\":{\"x\":\"a.safetensors\"}}",
         "model.safetensors.index.json: tensor \"x\" is not in a.safetensors"},
        {"{\"weight_map\":{\"" Q0 "\":\"b.safetensors\",\"model.norm.weight\":\"a.safetensors\"}}",
         "model.safetensors.index.json: tensor \"" Q0 "\" is not in b.safetensors"},
    };
    char config[1024];
    tiny_llama(config, sizeof config, "");
    tiny_file *file = tiny_model_tensors(config, "BF16", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_shards(file, config, cases[i].index);
        expect_model(cases[i].message == NULL                  ? GOD_OK
                     : strstr(cases[i].message, "cannot open") ? GOD_E_NOT_FOUND
                                                               : GOD_E_DATA,
                     cases[i].message);
    }
    tiny_file_free(file);
}
END_TEST

START_TEST(test_nn_model__says_how_many_bytes_a_cut_shard_lacks)
{
    char config[1024], message[200], *bytes = NULL;
    size_t whole = 0;
    god_error err = GOD_ERROR_INIT;
    tiny_llama(config, sizeof config, "");
    tiny_file *file = tiny_model_tensors(config, "BF16", 1);
    write_shards(file, config,
                 "{\"weight_map\":{\"model.norm.weight\":\"b.safetensors\",\"" Q0 "\":\"a.safetensors\"}}");
    ck_assert_int_eq(god_file_read("m/b.safetensors", 1 << 20, &bytes, &whole, &err), GOD_OK);
    free(bytes);
    cut("m/b.safetensors", (long)whole - 100);
    (void)snprintf(message, sizeof message, "b.safetensors: the file is cut short: %zu bytes expected, %zu present",
                   whole, whole - 100);
    expect_model(GOD_E_DATA, message);
    cut("m/b.safetensors", 0);
    expect_model(GOD_E_DATA, "b.safetensors: 0 bytes are too few for a safetensors file");
    tiny_file_free(file);
}
END_TEST

START_TEST(test_nn_model__refuses_folders_without_safetensors)
{
    char config[1024];
    tiny_llama(config, sizeof config, "");
    tiny_dir("m");
    expect_model(GOD_E_NOT_FOUND, "there is no config.json");
    tiny_text_write("m", "config.json", config);
    expect_model(GOD_E_NOT_FOUND, "there is neither model.safetensors nor model.safetensors.index.json");
    tiny_text_write("m", "pytorch_model.bin", "x");
    expect_model(GOD_E_UNSUPPORTED, "the weights are in pytorch_model.bin; only safetensors are read");
}
END_TEST

START_TEST(test_nn_model__digest_does_not_depend_on_sharding)
{
    char config[1024], one[65], two[65], three[65];
    god_error err = GOD_ERROR_INIT;
    tiny_llama(config, sizeof config, "");
    tiny_file *file = tiny_model_tensors(config, "BF16", 1);
    write_shards(file, config,
                 "{\"weight_map\":{\"model.norm.weight\":\"b.safetensors\",\"" Q0 "\":\"a.safetensors\"}}");
    ck_assert_int_eq(god_nn_weights_digest("m", one, &err), GOD_OK);
    tiny_model_write("m", config, file);
    ck_assert_int_eq(god_nn_weights_digest("m", two, &err), GOD_OK);
    ck_assert_str_eq(one, two);
    ck_assert_uint_eq(strlen(one), 64);
    tiny_set(tiny_find(file, Q0), 0, 0.123f);
    tiny_model_write("m", config, file);
    ck_assert_int_eq(god_nn_weights_digest("m", three, &err), GOD_OK);
    ck_assert_str_ne(one, three);
    tiny_file_free(file);
}
END_TEST

/* Embedding and head of one row too many, or one too few. */
static void resize_vocabulary(tiny_file *file, int64_t rows)
{
    tiny_remove(file, "model.embed_tokens.weight");
    tiny_remove(file, "lm_head.weight");
    (void)tiny_add(file, "model.embed_tokens.weight", "F32", 2, rows, 32, 0.0, 0.3);
    (void)tiny_add(file, "lm_head.weight", "F32", 2, rows, 32, 0.0, 0.3);
}

START_TEST(test_nn_model__starts_matrices_afresh_that_miss_by_one_row)
{
    char config[1024];
    god_error err = GOD_ERROR_INIT;
    god_nn_engine *engine = open_engine(GOD_PRECISION_F32);
    god_nn_lm *lm = NULL;
    tiny_llama(config, sizeof config, "");
    for (int64_t rows = 96; rows <= 98; rows += 2) {
        tiny_file *file = tiny_model_tensors(config, "F32", 1);
        resize_vocabulary(file, rows);
        tiny_model_write("m", config, file);
        ck_assert_msg(god_nn_lm_open(engine, "m", &lm, &err) == GOD_OK, "%s", err.message);
        ck_assert_uint_eq(god_nn_lm_info_of(lm)->reinitialised, 2);
        god_nn_lm_close(lm);
        tiny_file_free(file);
    }
    god_nn_engine_close(engine);
    tiny_file *file = tiny_model_tensors(config, "F32", 1);
    resize_vocabulary(file, 99);
    tiny_model_write("m", config, file);
    expect_model(GOD_E_DATA,
                 "model.safetensors: tensor \"model.embed_tokens.weight\" has shape [99, 32], [97, 32] is needed");
    tiny_file_free(file);
}
END_TEST

START_TEST(test_nn_engine__refuses_options_it_does_not_know)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_engine *engine = NULL;
    god_nn_engine_options options = {.size = sizeof options, .device = GOD_DEV_CPU, .precision = 7};
    ck_assert_int_eq(god_nn_engine_open(&options, &engine, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "precision 7 is neither GOD_PRECISION_BF16 nor GOD_PRECISION_F32");
    options = (god_nn_engine_options){.size = sizeof options, .precision = GOD_PRECISION_F32};
    ck_assert_int_eq(god_nn_engine_open(&options, &engine, &err), GOD_E_INVALID);
    options.device = GOD_DEV_CPU;
    options.threads = 100000;
    ck_assert_int_eq(god_nn_engine_open(&options, &engine, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "100000 threads, at most 1024 are allowed");
}
END_TEST

START_TEST(test_nn_engine__works_without_its_module_and_says_so)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_engine *engine = NULL;
    god_nn_engine_options options = {.size = sizeof options,
                                     .device = GOD_DEV_CPU,
                                     .precision = GOD_PRECISION_F32,
                                     .threads = 1,
                                     .module_dir = "/nonexistent"};
    ck_assert_int_eq(god_nn_engine_open(&options, &engine, &err), GOD_OK);
    ck_assert_str_eq(god_nn_engine_describe(engine),
                     "cpu plain C reference, f32, 1 thread, slow because god-nn-cpu.so was not found");
    god_nn_engine_close(engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_model");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, test_nn_model__names_the_tensor_at_fault, 0, (int)(sizeof changes / sizeof changes[0]));
    tcase_add_test(tests, test_nn_model__opens_what_is_whole);
    tcase_add_test(tests, test_nn_model__accepts_a_tied_head_that_is_stored_too_and_old_buffers);
    tcase_add_test(tests, test_nn_model__accepts_names_without_the_decoders_prefix);
    tcase_add_test(tests, test_nn_model__reads_shards_and_reports_their_faults);
    tcase_add_test(tests, test_nn_model__says_how_many_bytes_a_cut_shard_lacks);
    tcase_add_test(tests, test_nn_model__refuses_folders_without_safetensors);
    tcase_add_test(tests, test_nn_model__digest_does_not_depend_on_sharding);
    tcase_add_test(tests, test_nn_model__starts_matrices_afresh_that_miss_by_one_row);
    tcase_add_test(tests, test_nn_engine__refuses_options_it_does_not_know);
    tcase_add_test(tests, test_nn_engine__works_without_its_module_and_says_so);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
