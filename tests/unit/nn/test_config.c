#include <check.h>
#include <math.h>

#include "tiny.h"

#include "ops/activation.h"

#define SIZES \
    "\"vocab_size\":97,\"hidden_size\":32,\"num_hidden_layers\":2,\"num_attention_heads\":4,\"intermediate_size\":48"
#define LLAMA "\"architectures\":[\"LlamaForCausalLM\"],"

typedef struct bad_config {
    const char *text;
    god_status status;
    const char *message; /* a message that ends with "*" is a beginning */
} bad_config;

static const bad_config bad_configs[] = {
    {"", GOD_E_DATA, "config.json: line 1, column 0: *"},
    {"[]", GOD_E_DATA, "config.json: an object is needed"},
    {"{" SIZES "}", GOD_E_DATA, "config.json: neither \"architectures\" nor \"model_type\" is there"},
    {"{\"architectures\":[7]," SIZES "}", GOD_E_DATA,
     "config.json: \"architectures\" holds something other than strings"},
    {"{\"architectures\":[\"NobodyForCausalLM\"]," SIZES "}", GOD_E_UNSUPPORTED,
     "config.json: architecture \"NobodyForCausalLM\" is not supported; supported are *"},
    {"{\"model_type\":\"nobody\"," SIZES "}", GOD_E_UNSUPPORTED,
     "config.json: architecture \"nobody\" is not supported; supported are *"},
    {"{" LLAMA SIZES ",\"quantization_config\":{\"bits\":4}}", GOD_E_UNSUPPORTED,
     "config.json: \"quantization_config\": quantised weights are not read"},
    {"{" LLAMA "\"hidden_size\":32}", GOD_E_DATA, "config.json: \"vocab_size\" is missing"},
    {"{" LLAMA "\"vocab_size\":0}", GOD_E_DATA, "config.json: \"vocab_size\" is 0, allowed are 1 to 4194304"},
    {"{" LLAMA "\"vocab_size\":\"97\"}", GOD_E_DATA,
     "config.json: \"vocab_size\" is a string, a whole number is needed"},
    {"{" LLAMA SIZES ",\"num_key_value_heads\":3}", GOD_E_DATA, "config.json: 4 heads cannot share 3 key-value heads"},
    {"{" LLAMA "\"vocab_size\":97,\"hidden_size\":33,\"num_hidden_layers\":2,\"num_attention_heads\":4,"
     "\"intermediate_size\":48}",
     GOD_E_DATA, "config.json: a hidden size of 33 does not divide into 4 heads of at most 1024"},
    {"{" LLAMA SIZES ",\"head_dim\":-8}", GOD_E_DATA, "config.json: \"head_dim\" is -8, allowed are 1 to 1024"},
    {"{" LLAMA SIZES ",\"head_dim\":7}", GOD_E_UNSUPPORTED,
     "config.json: 7 elements of a head of 7 turn, even numbers from 2 to 1024 are supported"},
    {"{" LLAMA SIZES ",\"hidden_act\":\"mish\"}", GOD_E_UNSUPPORTED,
     "config.json: \"hidden_act\" \"mish\" is not supported; *"},
    {"{" LLAMA SIZES ",\"rms_norm_eps\":-1}", GOD_E_DATA, "config.json: \"rms_norm_eps\" is -1, allowed are 0 to 1"},
    {"{" LLAMA SIZES ",\"attention_bias\":1}", GOD_E_DATA,
     "config.json: \"attention_bias\" is a number, true or false is needed"},
    {"{" LLAMA SIZES ",\"rope_theta\":0}", GOD_E_DATA, "config.json: \"rope_theta\" is 0, a number above 0 is needed"},
    {"{" LLAMA SIZES ",\"rope_scaling\":{\"type\":\"spiral\",\"factor\":2}}", GOD_E_UNSUPPORTED,
     "config.json: rope type \"spiral\" is not supported; *"},
    {"{" LLAMA SIZES ",\"rope_scaling\":[1]}", GOD_E_DATA,
     "config.json: \"rope_scaling\" is an array, an object is needed"},
    {"{" LLAMA SIZES ",\"partial_rotary_factor\":2}", GOD_E_DATA,
     "config.json: the share of a head that turns is 2, above 0 and up to 1 is allowed"},
};

static void check_message(const char *message, const char *wanted)
{
    size_t length = strlen(wanted);
    if (length > 0 && wanted[length - 1] == '*') {
        ck_assert_msg(strncmp(message, wanted, length - 1) == 0, "\"%s\" does not begin \"%s\"", message, wanted);
    } else {
        ck_assert_str_eq(message, wanted);
    }
}

START_TEST(test_nn_config__names_what_is_wrong)
{
    const bad_config *bad = &bad_configs[_i];
    god_error err = GOD_ERROR_INIT;
    gnn_config config;
    ck_assert_int_eq(gnn_config_parse(bad->text, strlen(bad->text), &config, &err), bad->status);
    check_message(err.message, bad->message);
}
END_TEST

static gnn_config parse(const char *text)
{
    god_error err = GOD_ERROR_INIT;
    gnn_config config;
    ck_assert_msg(gnn_config_parse(text, strlen(text), &config, &err) == GOD_OK, "%s", err.message);
    return config;
}

START_TEST(test_nn_config__fills_in_the_defaults_of_llama)
{
    gnn_config config = parse("{" LLAMA SIZES "}");
    ck_assert_str_eq(config.info.architecture, "LlamaForCausalLM");
    ck_assert_str_eq(config.info.model_type, "llama");
    ck_assert_int_eq(config.info.kv_heads, 4);
    ck_assert_int_eq(config.info.head_dim, 8);
    ck_assert_int_eq(config.info.max_position_embeddings, 0);
    ck_assert_uint_eq(config.info.tied, 0);
    ck_assert_uint_eq(config.activation, GNN_ACT_SILU);
    ck_assert_uint_eq(config.bias[GNN_SLOT_Q], 0);
    ck_assert_float_eq(config.norm_eps, 1e-6f);
    ck_assert_int_eq(config.rope[0].rotary, 8);
    ck_assert_float_eq_tol(config.rope[0].frequencies[1], (float)pow(10000.0, -0.25), 1e-7f);
}
END_TEST

START_TEST(test_nn_config__reads_what_is_stated)
{
    gnn_config config = parse("{\"model_type\":\"llama\"," SIZES
                              ",\"num_key_value_heads\":2,\"head_dim\":16,\"tie_word_embeddings\":true,"
                              "\"attention_bias\":true,\"mlp_bias\":true,\"max_position_embeddings\":1024,"
                              "\"rope_theta\":500000,\"rms_norm_eps\":1e-5}");
    ck_assert_int_eq(config.info.kv_heads, 2);
    ck_assert_int_eq(config.info.head_dim, 16);
    ck_assert_uint_eq(config.info.tied, 1);
    ck_assert_uint_eq(config.bias[GNN_SLOT_V], 1);
    ck_assert_uint_eq(config.bias[GNN_SLOT_DOWN], 1);
    ck_assert_float_eq_tol(config.attention_scale, 0.25f, 1e-9f);
    ck_assert_float_eq_tol(config.rope[0].frequencies[1], (float)pow(500000.0, -0.125), 1e-7f);
}
END_TEST

START_TEST(test_nn_config__reads_both_spellings_of_the_rotary_settings)
{
    gnn_config old = parse("{" LLAMA SIZES ",\"rope_theta\":5000,\"rope_scaling\":{\"type\":\"linear\",\"factor\":4}}");
    gnn_config new =
        parse("{" LLAMA SIZES ",\"rope_parameters\":{\"rope_type\":\"linear\",\"factor\":4,\"rope_theta\":5000}}");
    for (int i = 0; i < 4; i++) {
        ck_assert_float_eq(old.rope[0].frequencies[i], new.rope[0].frequencies[i]);
        ck_assert_float_eq_tol(old.rope[0].frequencies[i], (float)(pow(5000.0, -i / 4.0) / 4.0), 1e-7f);
    }
}
END_TEST

START_TEST(test_nn_config__read_info_keeps_to_the_callers_size)
{
    char text[1024];
    god_error err = GOD_ERROR_INIT;
    god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, vocab_size), .layers = -5};
    tiny_llama(text, sizeof text, "");
    tiny_dir("info");
    tiny_text_write("info", "config.json", text);
    ck_assert_msg(god_nn_lm_read_info("info", &info, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(info.vocab_size, 97);
    ck_assert_int_eq(info.layers, -5);
    ck_assert_int_eq(god_nn_lm_read_info("nowhere", &info, &err), GOD_E_NOT_FOUND);
    ck_assert_str_eq(err.message, "there is no config.json");
}
END_TEST

/* Counted by hand: a layer of the tiny Llama has 32 x 32 twice, 16 x 32 twice and 48 x 32 three times; the embedding
 * and the head have 97 x 32, the five norms 32. */
START_TEST(test_nn_config__cost_is_that_of_the_products)
{
    char text[1024];
    god_error err = GOD_ERROR_INIT;
    const god_nn_load load = {.tokens = 10, .pairs = 55, .head_rows = 3};
    const double per_token = 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 48 * 32), head = 97 * 32, pair = 2 * 2 * 32;
    god_nn_cost cost = {.size = GOD_SIZE_TO(god_nn_cost, weight_bytes)};
    tiny_llama(text, sizeof text, "");
    tiny_dir("cost");
    tiny_text_write("cost", "config.json", text);
    ck_assert_msg(god_nn_lm_cost("cost", NULL, GOD_PRECISION_BF16, &load, &cost, &err) == GOD_OK, "%s", err.message);
    ck_assert_double_eq(cost.flops, 2.0 * (10 * per_token + 55 * pair + 3 * head));
    ck_assert_uint_eq(cost.weight_bytes, 2 * (uint64_t)(per_token + 2 * head + 5 * 32));
    ck_assert_msg(god_nn_lm_cost("cost", "cost", GOD_PRECISION_F32, &load, &cost, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(cost.weight_bytes, 4 * (uint64_t)(per_token + 2 * head + 5 * 32)); /* an adapter without files */
    ck_assert_int_eq(god_nn_lm_cost("nowhere", NULL, GOD_PRECISION_F32, &load, &cost, &err), GOD_E_NOT_FOUND);
}
END_TEST

/* Counted by hand, on CUDA in bf16: a token has three rows of 32 (residual, norm, branch), q, k, v and the attended q;
 * a row inside a layer three of 48, and a LoRA branch 256 low and 96 high numbers; the head two tiles of 4096 states
 * and 16384 logits, and 52 bytes of sums and target. */
START_TEST(test_nn_config__memory_of_a_pass_is_that_of_its_buffers)
{
    char text[1024];
    god_error err = GOD_ERROR_INIT;
    const uint64_t token = 3 * 32 + 2 * 32 + 2 * 16, row = 3 * 48 + 256 + 96, states = 2 * 32;
    const uint64_t tiles = 2 * 4096 * (32 + 16384), rest = 10 * 2 * 4 + 4096 * 52;
    uint64_t bytes = 0;
    tiny_llama(text, sizeof text, "");
    tiny_dir("memory");
    tiny_text_write("memory", "config.json", text);
    ck_assert_int_eq(god_nn_lm_pass_bytes("memory", GOD_DEV_CUDA, GOD_PRECISION_BF16, 10, &bytes, &err), GOD_OK);
    ck_assert_uint_eq(bytes, 2 * (10 * (token + row + states) + tiles) + rest);
    ck_assert_int_eq(god_nn_lm_pass_bytes("nowhere", GOD_DEV_CUDA, GOD_PRECISION_BF16, 10, &bytes, &err),
                     GOD_E_NOT_FOUND);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_config");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, test_nn_config__names_what_is_wrong, 0,
                        (int)(sizeof bad_configs / sizeof bad_configs[0]));
    tcase_add_test(tests, test_nn_config__fills_in_the_defaults_of_llama);
    tcase_add_test(tests, test_nn_config__reads_what_is_stated);
    tcase_add_test(tests, test_nn_config__reads_both_spellings_of_the_rotary_settings);
    tcase_add_test(tests, test_nn_config__read_info_keeps_to_the_callers_size);
    tcase_add_test(tests, test_nn_config__cost_is_that_of_the_products);
    tcase_add_test(tests, test_nn_config__memory_of_a_pass_is_that_of_its_buffers);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
