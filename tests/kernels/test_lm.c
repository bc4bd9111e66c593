/* Whole models on god-nn-cpu.so: against the plain reference, and the same digits in every pack and on every number of
 * threads. Each loop runs for bf16 (_i = 0) and f32 (_i = 1). */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "tiny.h"

#define ADAPTER "{\"peft_type\":\"LORA\",\"r\":4,\"lora_alpha\":8,\"target_modules\":[\"q_proj\",\"down_proj\"]}"

enum { sequences = 4, tokens = 1 + 20 + 65 + 40, vocab = 97 };
static const int64_t starts[] = {0, 1, 21, 86, 126};
static int32_t ids[tokens];
static god_error err = GOD_ERROR_INIT;

typedef struct opened {
    god_nn_engine *engine;
    god_nn_lm *base, *full;
    god_nn_adapter *adapter;
} opened;

static void write_models(void)
{
    static const char *const slots[] = {"q_proj", "down_proj", NULL};
    char config[1024];
    uint64_t random = 99;
    tiny_llama(config, sizeof config, "");
    tiny_model_make("base", config, "BF16", 1);
    tiny_model_make("full", config, "BF16", 2);
    tiny_file *file = tiny_adapter_tensors(config, slots, 4, 3);
    tiny_adapter_write("adapter", ADAPTER, file);
    tiny_file_free(file);
    for (int i = 0; i < tokens; i++) {
        ids[i] = (int32_t)(tiny_random(&random) * vocab);
    }
}

static opened open_all(int i, uint32_t threads, uint32_t reference)
{
    opened o = {NULL, NULL, NULL, NULL};
    god_nn_engine_options options = {.size = sizeof options,
                                     .device = GOD_DEV_CPU,
                                     .precision = i == 0 ? GOD_PRECISION_BF16 : GOD_PRECISION_F32,
                                     .threads = threads,
                                     .reference = reference,
                                     .module_dir = GOD_BUILD_DIR "/lib/god/nn"};
    ck_assert_msg(god_nn_engine_open(&options, &o.engine, &err) == GOD_OK, "%s", err.message);
    ck_assert_ptr_null(strstr(god_nn_engine_describe(o.engine), "slow"));
    ck_assert_msg(god_nn_lm_open(o.engine, "base", &o.base, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(god_nn_lm_open(o.engine, "full", &o.full, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(god_nn_adapter_open(o.base, "adapter", &o.adapter, &err) == GOD_OK, "%s", err.message);
    return o;
}

static void close_all(opened *o)
{
    god_nn_adapter_close(o->adapter);
    god_nn_lm_close(o->full);
    god_nn_lm_close(o->base);
    god_nn_engine_close(o->engine);
}

typedef struct scores {
    double nll[tokens], kl[tokens];
} scores;

static god_nn_states *states_of(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_pack *pack)
{
    int64_t rows[tokens], count = pack->starts[pack->sequence_count];
    god_nn_states *states = NULL;
    for (int64_t i = 0; i < count; i++) {
        rows[i] = i;
    }
    ck_assert_msg(god_nn_lm_states(lm, adapter, pack, rows, count, &states, &err) == GOD_OK, "%s", err.message);
    return states;
}

/* Loss of the next token and divergence from the base, for sequences first .. last - 1 as one pack. */
static void score(const opened *o, god_nn_lm *lm, const god_nn_adapter *adapter, int64_t first, int64_t last,
                  scores *ret)
{
    int64_t local[sequences + 1], begin = starts[first];
    int32_t targets[tokens];
    uint8_t mask[tokens];
    for (int64_t s = first; s <= last; s++) {
        local[s - first] = starts[s] - begin;
    }
    for (int64_t s = first; s < last; s++) {
        for (int64_t i = starts[s]; i < starts[s + 1]; i++) {
            targets[i - begin] = i + 1 < starts[s + 1] ? ids[i + 1] : -1;
            mask[i - begin] = 1;
        }
    }
    god_nn_pack pack = {ids + begin, local, last - first, NULL};
    god_nn_states *base = states_of(o->base, NULL, &pack), *states = states_of(lm, adapter, &pack);
    ck_assert_int_eq(god_nn_lm_nll(lm, adapter, states, targets, ret->nll + begin, &err), GOD_OK);
    ck_assert_int_eq(god_nn_lm_kl(lm, adapter, states, o->base, base, mask, ret->kl + begin, &err), GOD_OK);
    god_nn_states_free(base);
    god_nn_states_free(states);
}

static void expect_equal(const scores *a, const scores *b)
{
    for (int i = 0; i < tokens; i++) {
        ck_assert_msg(a->nll[i] == b->nll[i] && a->kl[i] == b->kl[i], "token %d: %.17g and %.17g, %.17g and %.17g", i,
                      a->nll[i], b->nll[i], a->kl[i], b->kl[i]);
    }
}

START_TEST(test_kernels_lm__no_digit_depends_on_the_pack_or_the_threads)
{
    scores whole, parts, single;
    for (uint32_t threads = 1; threads <= 3; threads++) {
        opened o = open_all(_i, threads, 0);
        score(&o, o.base, o.adapter, 0, sequences, threads == 1 ? &whole : &parts);
        if (threads > 1) {
            expect_equal(&whole, &parts);
        }
        for (int64_t s = 0; s < sequences; s++) {
            score(&o, o.base, o.adapter, s, s + 1, &single);
        }
        expect_equal(&whole, &single);
        score(&o, o.base, o.adapter, 0, 2, &parts);
        score(&o, o.base, o.adapter, 2, sequences, &parts);
        expect_equal(&whole, &parts);
        close_all(&o);
    }
}
END_TEST

/* f32: sums of a few hundred terms in another order. bf16: each of a dozen roundings may fall on the other side of a
 * tie, which moves a logit of size 4 by about 2^-7; means move far less, single tokens up to several steps. */
START_TEST(test_kernels_lm__agrees_with_the_reference)
{
    scores fast, plain;
    double bound = _i == 0 ? 0.25 : 2e-4, mean_bound = _i == 0 ? 1e-2 : 2e-6, fast_mean = 0.0, plain_mean = 0.0;
    opened o = open_all(_i, 2, 0), r = open_all(_i, 1, 1);
    for (int variant = 0; variant < 2; variant++) {
        score(&o, variant == 0 ? o.full : o.base, variant == 0 ? NULL : o.adapter, 0, sequences, &fast);
        score(&r, variant == 0 ? r.full : r.base, variant == 0 ? NULL : r.adapter, 0, sequences, &plain);
        for (int i = 0; i < tokens; i++) {
            ck_assert_double_eq_tol(fast.nll[i], plain.nll[i], bound);
            ck_assert_double_eq_tol(fast.kl[i], plain.kl[i], bound * (1.0 + plain.kl[i]));
            fast_mean += fast.nll[i] / tokens;
            plain_mean += plain.nll[i] / tokens;
        }
        ck_assert_double_eq_tol(fast_mean, plain_mean, mean_bound * plain_mean);
    }
    close_all(&o);
    close_all(&r);
}
END_TEST

START_TEST(test_kernels_lm__divergence_from_itself_is_zero)
{
    scores base;
    opened o = open_all(_i, 2, 0);
    score(&o, o.base, NULL, 0, sequences, &base);
    for (int i = 0; i < tokens; i++) {
        ck_assert_double_eq(base.kl[i], 0.0);
    }
    close_all(&o);
}
END_TEST

START_TEST(test_kernels_lm__masked_rows_are_zero_and_change_nothing)
{
    opened o = open_all(_i, 1, 0);
    god_nn_pack pack = {ids, starts, sequences, NULL};
    god_nn_states *states = states_of(o.base, NULL, &pack);
    int32_t targets[tokens];
    double all[tokens], some[tokens];
    for (int i = 0; i < tokens; i++) {
        targets[i] = ids[i];
    }
    ck_assert_int_eq(god_nn_lm_nll(o.base, NULL, states, targets, all, &err), GOD_OK);
    for (int i = 0; i < tokens; i += 2) {
        targets[i] = -1;
    }
    ck_assert_int_eq(god_nn_lm_nll(o.base, NULL, states, targets, some, &err), GOD_OK);
    for (int i = 0; i < tokens; i++) {
        ck_assert_double_eq(some[i], i % 2 == 0 ? 0.0 : all[i]);
    }
    god_nn_states_free(states);
    close_all(&o);
}
END_TEST

/* Together, and beside a base of which only the output matrix is left: the bits of either alone. */
START_TEST(test_kernels_lm__losses_and_divergences_at_once_are_those_of_either)
{
    for (uint32_t reference = 0; reference < 2; reference++) {
        opened o = open_all(_i, 2, reference);
        god_nn_pack pack = {ids, starts, sequences, NULL};
        god_nn_states *base = states_of(o.base, NULL, &pack), *states = states_of(o.full, NULL, &pack);
        scores alone, both;
        int32_t targets[tokens];
        uint8_t mask[tokens];
        uint64_t before = 0, after = 0, most = 0;
        for (int i = 0; i < tokens; i++) {
            targets[i] = i % 3 == 0 ? -1 : ids[i];
            mask[i] = i % 4 != 0;
        }
        ck_assert_int_eq(god_nn_lm_nll(o.full, NULL, states, targets, alone.nll, &err), GOD_OK);
        ck_assert_int_eq(god_nn_lm_kl(o.full, NULL, states, o.base, base, mask, alone.kl, &err), GOD_OK);
        ck_assert_int_eq(god_nn_lm_nll_kl(o.full, NULL, states, targets, o.base, base, mask, both.nll, both.kl, &err),
                         GOD_OK);
        expect_equal(&alone, &both);
        god_nn_adapter_close(o.adapter);
        o.adapter = NULL;
        god_nn_engine_weight_bytes(o.engine, &before, &most);
        ck_assert_uint_le(before, most);
        god_nn_lm_keep_head(o.base);
        god_nn_engine_weight_bytes(o.engine, &after, &most);
        ck_assert_uint_lt(after, before);
        ck_assert_int_eq(god_nn_lm_nll_kl(o.full, NULL, states, targets, o.base, base, mask, both.nll, both.kl, &err),
                         GOD_OK);
        expect_equal(&alone, &both);
        god_nn_states_free(base);
        god_nn_states_free(states);
        close_all(&o);
    }
}
END_TEST

START_TEST(test_kernels_lm__a_head_runs_no_pass)
{
    static const int64_t rows[] = {0};
    opened o = open_all(_i, 1, 0);
    god_nn_pack pack = {ids, starts, sequences, NULL};
    god_nn_states *states = NULL;
    god_nn_adapter *adapter = NULL;
    god_nn_adapter_close(o.adapter);
    o.adapter = NULL;
    god_nn_lm_keep_head(o.base);
    ck_assert_int_eq(god_nn_lm_states(o.base, NULL, &pack, rows, 1, &states, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "only the output matrix of the model is left");
    ck_assert_int_eq(god_nn_adapter_open(o.base, "adapter", &adapter, &err), GOD_E_INVALID);
    ck_assert_ptr_null(adapter);
    close_all(&o);
}
END_TEST

START_TEST(test_kernels_lm__refuses_packs_that_do_not_fit)
{
    static const int64_t empty[] = {0, 0}, late[] = {1, 2}, one[] = {0, 3}, rows[] = {1, 1};
    static const int32_t bad_ids[] = {1, 97, 2}, good_ids[] = {1, 96, 2}, bad_target[] = {97, -1};
    opened o = open_all(_i, 1, 0);
    god_nn_states *states = NULL;
    double nll[2];
    god_nn_pack pack = {good_ids, empty, 1, NULL};
    ck_assert_int_eq(god_nn_lm_states(o.base, NULL, &pack, rows, 1, &states, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "sequence 0 of the pack has 0 tokens");
    pack.starts = late;
    ck_assert_int_eq(god_nn_lm_states(o.base, NULL, &pack, rows, 1, &states, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "a pack needs at least one sequence, the first starting at 0");
    static const int64_t three[] = {0, 1, 2, 3}, chain[] = {-1, 0, 1}, ahead[] = {-1, 2, -1};
    pack = (god_nn_pack){good_ids, three, 3, chain};
    ck_assert_int_eq(god_nn_lm_states(o.base, NULL, &pack, rows, 1, &states, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message,
                     "sequence 2 of the pack has the prefix 1: it must be an earlier one without a prefix");
    pack.prefixes = ahead;
    ck_assert_int_eq(god_nn_lm_states(o.base, NULL, &pack, rows, 1, &states, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message,
                     "sequence 1 of the pack has the prefix 2: it must be an earlier one without a prefix");
    pack = (god_nn_pack){bad_ids, one, 1, NULL};
    ck_assert_int_eq(god_nn_lm_states(o.base, NULL, &pack, rows, 1, &states, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "token id 97 at position 1 is outside the vocabulary of 97");
    pack.ids = good_ids;
    ck_assert_int_eq(god_nn_lm_states(o.base, NULL, &pack, rows, 2, &states, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "row 1 of the states is 1: rows ascend from 0 to 2");
    ck_assert_int_eq(god_nn_lm_states(o.full, o.adapter, &pack, rows, 1, &states, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "the adapter was opened on another model");
    ck_assert_int_eq(god_nn_lm_states(o.base, o.adapter, &pack, rows, 1, &states, &err), GOD_OK);
    ck_assert_int_eq(god_nn_lm_nll(o.base, NULL, states, bad_target, nll, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "target id 97 is outside the vocabulary of 97");
    god_nn_states_free(states);
    close_all(&o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels_lm");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, write_models, NULL);
    tcase_add_loop_test(tests, test_kernels_lm__no_digit_depends_on_the_pack_or_the_threads, 0, 2);
    tcase_add_loop_test(tests, test_kernels_lm__agrees_with_the_reference, 0, 2);
    tcase_add_loop_test(tests, test_kernels_lm__divergence_from_itself_is_zero, 0, 2);
    tcase_add_loop_test(tests, test_kernels_lm__masked_rows_are_zero_and_change_nothing, 0, 2);
    tcase_add_loop_test(tests, test_kernels_lm__losses_and_divergences_at_once_are_those_of_either, 0, 2);
    tcase_add_loop_test(tests, test_kernels_lm__a_head_runs_no_pass, 0, 2);
    tcase_add_loop_test(tests, test_kernels_lm__refuses_packs_that_do_not_fit, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
