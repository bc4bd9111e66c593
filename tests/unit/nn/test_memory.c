/* From an engine to scores with one allocation failing: first the first, then the second, and so on. Each time the call
 * must say GOD_E_NOMEM, or not need that allocation after all; and nothing may be left behind. What jansson allocates
 * is left out: its reader reports a lack of memory as a fault in the text. Runs on the plain reference, whose memory is
 * counted too. */
#include <check.h>
#include <stdlib.h>

#include "../loader/failing_alloc.h"
#include "tiny.h"

enum { allocations_max = 20000 };

static const int32_t ids[] = {3, 1, 4, 1, 5};
static const int64_t starts[] = {0, 2, 5}, rows[] = {0, 2, 3};
static const int32_t targets[] = {1, 1, 5};
static const uint8_t mask[] = {1, 0, 1};

/* What one run holds; closed whether it came to its end or not. */
typedef struct run {
    god_nn_engine *engine;
    god_nn_lm *base;
    god_nn_adapter *adapter;
    god_nn_states *states, *base_states;
} run;

static god_status score(run *r, god_error *err)
{
    const god_nn_pack pack = {ids, starts, 2, NULL};
    double values[3];
    GOD_TRY(god_nn_lm_states(r->base, NULL, &pack, rows, 3, &r->base_states, err));
    GOD_TRY(god_nn_lm_states(r->base, r->adapter, &pack, rows, 3, &r->states, err));
    GOD_TRY(god_nn_lm_nll(r->base, r->adapter, r->states, targets, values, err));
    return god_nn_lm_kl(r->base, r->adapter, r->states, r->base, r->base_states, mask, values, err);
}

static god_status open_and_score(run *r, god_error *err)
{
    char hex[65];
    god_nn_engine_options options = {
        .size = sizeof options, .device = GOD_DEV_CPU, .precision = GOD_PRECISION_F32, .threads = 1, .reference = 1};
    GOD_TRY(god_nn_weights_digest("base", hex, err));
    GOD_TRY(god_nn_engine_open(&options, &r->engine, err));
    GOD_TRY(god_nn_lm_open(r->engine, "base", &r->base, err));
    GOD_TRY(god_nn_adapter_open(r->base, "adapter", &r->adapter, err));
    return score(r, err);
}

static god_status run_once(god_error *err)
{
    run r = {NULL, NULL, NULL, NULL, NULL};
    god_status status = open_and_score(&r, err);
    god_nn_states_free(r.states);
    god_nn_states_free(r.base_states);
    god_nn_adapter_close(r.adapter);
    god_nn_lm_close(r.base);
    god_nn_engine_close(r.engine);
    return status;
}

/* Returns how often the run failed. */
static size_t fail_each_allocation(void)
{
    god_error err = GOD_ERROR_INIT;
    size_t failures = 0;
    ck_assert_msg(run_once(&err) == GOD_OK, "%s", err.message);
    for (size_t at = 1; at < allocations_max; at++) {
        size_t live = failing_alloc_live();
        god_error problem = GOD_ERROR_INIT;
        failing_alloc_begin(at);
        god_status status = run_once(&problem);
        size_t made = failing_alloc_end();
        ck_assert_msg(status == GOD_OK || status == GOD_E_NOMEM, "allocation %zu: %s, \"%s\"", at,
                      god_status_name(status), problem.message);
        ck_assert_msg((status == GOD_OK) == (problem.message[0] == '\0'), "allocation %zu: %s, \"%s\"", at,
                      god_status_name(status), problem.message);
        ck_assert_msg(failing_alloc_live() == live, "allocation %zu: %zu blocks are left, \"%s\"", at,
                      failing_alloc_live() - live, problem.message);
        failures += status != GOD_OK;
        if (made < at) {
            return failures;
        }
    }
    ck_abort_msg("more than %d allocations", (int)allocations_max);
    return 0;
}

static void write_models(const char *config, const char *const *slots, const char *adapter_json, uint32_t dora)
{
    tiny_model_make("base", config, "BF16", 1);
    tiny_file *file = tiny_adapter_tensors(config, slots, 2, 3);
    if (dora) {
        (void)tiny_add(file, "base_model.model.model.layers.0.mlp.down_proj.lora_magnitude_vector", "F32", 1, 32, 0,
                       1.0, 0.1);
        (void)tiny_add(file, "base_model.model.model.layers.1.mlp.down_proj.lora_magnitude_vector", "F32", 1, 32, 0,
                       1.0, 0.1);
    }
    tiny_adapter_write("adapter", adapter_json, file);
    tiny_file_free(file);
}

START_TEST(test_nn_memory__a_llama_with_lora_survives_each_failure)
{
    static const char *const slots[] = {"q_proj", NULL};
    char config[1024];
    tiny_llama(config, sizeof config, "");
    write_models(config, slots, "{\"r\":2,\"lora_alpha\":4,\"rank_pattern\":{\"v_proj\":4}}", 0);
    ck_assert_uint_gt(fail_each_allocation(), 100);
}
END_TEST

START_TEST(test_nn_memory__a_dora_survives_each_failure)
{
    static const char *const slots[] = {"down_proj", NULL};
    char config[1024];
    tiny_llama(config, sizeof config, "");
    write_models(config, slots, "{\"r\":2,\"lora_alpha\":4,\"use_dora\":true}", 1);
    ck_assert_uint_gt(fail_each_allocation(), 100);
}
END_TEST

START_TEST(test_nn_memory__experts_survive_each_failure)
{
    static const char *const slots[] = {"q_proj", NULL};
    const char *config = "{\"architectures\":[\"Qwen2MoeForCausalLM\"],\"vocab_size\":23,\"hidden_size\":8,"
                         "\"num_hidden_layers\":2,\"num_attention_heads\":2,\"intermediate_size\":8,"
                         "\"max_position_embeddings\":32,\"num_experts\":3,\"num_experts_per_tok\":2,"
                         "\"moe_intermediate_size\":8,\"shared_expert_intermediate_size\":8,"
                         "\"decoder_sparse_step\":2}";
    write_models(config, slots, "{\"r\":2,\"lora_alpha\":4}", 0);
    ck_assert_uint_gt(fail_each_allocation(), 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_memory");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, test_nn_memory__a_llama_with_lora_survives_each_failure);
    tcase_add_test(tests, test_nn_memory__a_dora_survives_each_failure);
    tcase_add_test(tests, test_nn_memory__experts_survive_each_failure);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
