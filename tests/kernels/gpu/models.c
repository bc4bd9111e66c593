/* Whole models on a device against the plain reference, and against themselves in other packs. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "random_model.h"

static god_error err = GOD_ERROR_INIT;

enum { tokens = 150, sequences = 4, vocabulary = 203 };

static const shape shapes[] = {
    {"llama", "LlamaForCausalLM", 64, 2, 4, 2, 16, 96, vocabulary, 0, 0.0f, 0.0f, 0},
    {"gemma2", "Gemma2ForCausalLM", 48, 2, 2, 1, 32, 80, vocabulary, 20, 30.0f, 15.0f, 1},
};

static const int64_t starts[] = {0, 70, 71, 101, tokens}, prefixes[] = {-1, -1, 0, 0};

typedef struct scores {
    double nll[tokens], kl[tokens];
} scores;

/* One device with a base model and an adapter of it. */
typedef struct side {
    god_nn_engine *engine;
    god_nn_lm *base, *other;
    god_nn_adapter *adapter;
} side;

static side open_side(const gnn_device_table *ops, uint32_t dtype, const shape *size)
{
    side s = {.engine = random_engine(ops, dtype, 0)};
    s.base = random_model(s.engine, size, 1);
    s.other = random_model(s.engine, size, 1000);
    s.adapter = random_adapter(s.base, 5, 500);
    return s;
}

static void close_side(side *s)
{
    random_adapter_free(s->adapter);
    random_model_free(s->base);
    random_model_free(s->other);
    god_nn_engine_close(s->engine);
}

static void make_ids(int32_t ids[tokens])
{
    uint64_t state = 9;
    for (int i = 0; i < tokens; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ids[i] = (int32_t)((state >> 33) % vocabulary);
    }
}

/* Losses of the next token and divergences from the base for every row of a pack. */
static void score(const side *s, god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_pack *pack, double *ret_nll,
                  double *ret_kl)
{
    const int64_t count = pack->starts[pack->sequence_count];
    int64_t rows[tokens];
    int32_t targets[tokens];
    uint8_t mask[tokens];
    god_nn_states *states = NULL, *base = NULL;
    for (int64_t i = 0; i < count; i++) {
        rows[i] = i;
        targets[i] = (pack->ids[i] * 7 + 1) % vocabulary;
        mask[i] = 1;
    }
    check_need(god_nn_lm_states(s->base, NULL, pack, rows, count, &base, &err), &err);
    check_need(god_nn_lm_states(lm, adapter, pack, rows, count, &states, &err), &err);
    check_need(god_nn_lm_nll_kl(lm, adapter, states, targets, s->base, base, mask, ret_nll, ret_kl, &err), &err);
    god_nn_states_free(states);
    god_nn_states_free(base);
}

/* f32: sums of a few hundred terms in another order. bf16: each of a dozen roundings may fall on the other side of a
 * tie, which moves a logit of size 4 by about 2^-7; means move far less, single tokens up to several steps. */
static void compare_variant(check *c, const side *tested, const side *plain, const god_nn_pack *pack, int with_adapter)
{
    scores a, b;
    const double bound = c->dtype == GNN_BF16 ? 0.25 : 2e-4, mean_bound = c->dtype == GNN_BF16 ? 1e-2 : 2e-6;
    double mean_a = 0.0, mean_b = 0.0;
    score(tested, with_adapter ? tested->base : tested->other, with_adapter ? tested->adapter : NULL, pack, a.nll,
          a.kl);
    score(plain, with_adapter ? plain->base : plain->other, with_adapter ? plain->adapter : NULL, pack, b.nll, b.kl);
    for (int i = 0; i < tokens; i++) {
        check_value(c, a.nll[i], b.nll[i], bound, "loss of token %d", i);
        check_value(c, a.kl[i], b.kl[i], bound * (1.0 + b.kl[i]), "divergence of token %d", i);
        mean_a += a.nll[i] / tokens;
        mean_b += b.nll[i] / tokens;
    }
    check_value(c, mean_a, mean_b, mean_bound * mean_b, "mean loss");
}

/* Sequence `sequence` alone, its prefix in front, has the digits that it has in the pack. */
static void compare_alone(check *c, const side *s, const int32_t *ids, const scores *whole, int64_t sequence)
{
    const int64_t prefix = prefixes[sequence], before = prefix >= 0 ? starts[prefix + 1] - starts[prefix] : 0;
    const int64_t own = starts[sequence + 1] - starts[sequence], local[] = {0, before + own};
    int32_t alone[tokens];
    scores single;
    if (before > 0) {
        memcpy(alone, ids + starts[prefix], (size_t)before * sizeof *alone);
    }
    memcpy(alone + before, ids + starts[sequence], (size_t)own * sizeof *alone);
    const god_nn_pack pack = {alone, local, 1, NULL};
    score(s, s->base, s->adapter, &pack, single.nll, single.kl);
    check_bits(c, single.nll + before, whole->nll + starts[sequence], (size_t)own * sizeof(double),
               "sequence %lld: other losses", (long long)sequence);
    check_bits(c, single.kl + before, whole->kl + starts[sequence], (size_t)own * sizeof(double),
               "sequence %lld: other divergences", (long long)sequence);
}

/* Losses and divergences together have the bits of either alone, also when only the base's output matrix is left; what
 * is given back leaves the device. The base is of no use to the adapter afterwards. */
static void compare_parts(check *c, side *s, const god_nn_pack *pack)
{
    int64_t rows[tokens];
    int32_t targets[tokens];
    uint8_t mask[tokens];
    scores alone, both;
    gnn_device_memory before, after;
    god_nn_states *states = NULL, *base = NULL;
    for (int64_t i = 0; i < tokens; i++) {
        rows[i] = i;
        targets[i] = i % 5 == 0 ? -1 : (pack->ids[i] * 7 + 1) % vocabulary;
        mask[i] = i % 7 != 0;
    }
    check_need(god_nn_lm_states(s->base, NULL, pack, rows, tokens, &base, &err), &err);
    check_need(god_nn_lm_states(s->other, NULL, pack, rows, tokens, &states, &err), &err);
    check_need(god_nn_lm_nll(s->other, NULL, states, targets, alone.nll, &err), &err);
    check_need(god_nn_lm_kl(s->other, NULL, states, s->base, base, mask, alone.kl, &err), &err);
    c->ops->memory(s->engine->device, &before);
    god_nn_lm_keep_head(s->base);
    c->ops->memory(s->engine->device, &after);
    check_need(god_nn_lm_nll_kl(s->other, NULL, states, targets, s->base, base, mask, both.nll, both.kl, &err), &err);
    check_bits(c, both.nll, alone.nll, sizeof both.nll, "losses that come with divergences differ");
    check_bits(c, both.kl, alone.kl, sizeof both.kl, "divergences that come with losses differ");
    check_value(c, after.weights < before.weights ? 1.0 : 0.0, 1.0, 0.0, "weights leave the device");
    god_nn_states_free(states);
    god_nn_states_free(base);
}

void check_models(check *c)
{
    int32_t ids[tokens];
    const god_nn_pack pack = {ids, starts, sequences, prefixes};
    make_ids(ids);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        char name[64];
        scores whole;
        side tested = open_side(c->ops, c->dtype, &shapes[i]),
             plain = open_side(&gnn_device_reference, c->dtype, &shapes[i]);
        (void)snprintf(name, sizeof name, "%s, losses and divergences", shapes[i].name);
        check_begin(c, name);
        compare_variant(c, &tested, &plain, &pack, 0);
        compare_variant(c, &tested, &plain, &pack, 1);
        check_end(c);
        (void)snprintf(name, sizeof name, "%s, a sequence alone and in a pack", shapes[i].name);
        check_begin(c, name);
        score(&tested, tested.base, tested.adapter, &pack, whole.nll, whole.kl);
        for (int64_t s = 0; s < sequences; s++) {
            compare_alone(c, &tested, ids, &whole, s);
        }
        check_end(c);
        (void)snprintf(name, sizeof name, "%s, losses and divergences at once, the head alone", shapes[i].name);
        check_begin(c, name);
        compare_parts(c, &tested, &pack);
        check_end(c);
        close_side(&tested);
        close_side(&plain);
    }
}
