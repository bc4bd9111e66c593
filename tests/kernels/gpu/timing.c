/* How long a product, a loss and a loss with a divergence take on a device. */
#include "timing.h"

#include <stdlib.h>
#include <time.h>

#include "check.h"
#include "random_model.h"

static god_error err = GOD_ERROR_INIT;

enum { adapter_rank = 16 };

/* Llama 3.2 1B and 3B; 8b with the vocabulary of Qwen 3, 152 k; tiny for tests of this program. */
static const shape shapes[] = {
    {"tiny", "LlamaForCausalLM", 64, 2, 4, 2, 16, 128, 500, 0, 0.0f, 0.0f, 1},
    {"1b", "LlamaForCausalLM", 2048, 16, 32, 8, 64, 8192, 128256, 0, 0.0f, 0.0f, 1},
    {"3b", "LlamaForCausalLM", 3072, 28, 24, 8, 128, 8192, 128256, 0, 0.0f, 0.0f, 1},
    {"8b", "LlamaForCausalLM", 4096, 32, 32, 8, 128, 14336, 151936, 0, 0.0f, 0.0f, 0},
};

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static const char *name_of(uint32_t dtype)
{
    return dtype == GNN_BF16 ? "bf16" : "f32";
}

/* ---- one product ---- */

void time_product(const gnn_device_table *ops, uint32_t dtype, int64_t size)
{
    enum { turns = 10 };
    check c;
    float seen = 0.0f;
    double best_s = 1e9;
    check_open(&c, ops, dtype, 0);
    const size_t bytes = (size_t)(size * size) * gnn_dtype_bytes(dtype);
    void *values = check_room(bytes), *x = NULL, *y = NULL;
    for (int64_t i = 0; i < size * size; i++) { /* what is multiplied decides how far the clock goes down */
        gnn_store(values, dtype, i, (float)check_random(&c));
    }
    gnn_matrix *matrix = matrix_on(&c, ops, c.device, size, size, values);
    check_need(ops->alloc(c.device, bytes, &x, &err), &err);
    check_need(ops->alloc(c.device, bytes, &y, &err), &err);
    check_need(ops->upload(c.device, x, values, bytes, &err), &err);
    const gnn_matmul_args args = {y, x, matrix, NULL, size, size, size, 0, size};
    for (int round = 0; round < 4; round++) { /* the first one warms up */
        const double begin_s = now_s();
        for (int turn = 0; turn < turns; turn++) {
            check_need(ops->matmul(c.device, &args, &err), &err);
        }
        check_need(ops->download(c.device, &seen, y, sizeof seen, &err), &err);
        const double taken_s = (now_s() - begin_s) / turns;
        best_s = round > 0 && taken_s < best_s ? taken_s : best_s;
    }
    printf("{\"what\": \"product\", \"dtype\": \"%s\", \"size\": %lld, \"seconds\": %.6g, \"tflops\": %.6g}\n",
           name_of(dtype), (long long)size, best_s, 2.0 * (double)(size * size * size) / best_s * 1e-12);
    fflush(stdout);
    free(values);
    ops->free(c.device, x);
    ops->free(c.device, y);
    ops->matrix_free(c.device, matrix);
    check_close(&c);
}

/* ---- whole models ---- */

/* A pack of equal sequences with a target for every token but the last of each. */
typedef struct work {
    god_nn_pack pack;
    int32_t *ids, *targets;
    int64_t *starts, *rows, tokens, length, scored;
    uint8_t *mask;
    double *losses, *divergences;
    int turns; /* the first one warms up */
} work;

static work make_work(int64_t tokens, int64_t length, int64_t vocab)
{
    const size_t count = (size_t)tokens;
    work w = {.tokens = tokens, .length = length};
    uint64_t state = 1;
    w.ids = check_room(count * sizeof *w.ids);
    w.targets = check_room(count * sizeof *w.targets);
    w.rows = check_room(count * sizeof *w.rows);
    w.mask = check_room(count);
    w.losses = check_room(count * sizeof *w.losses);
    w.divergences = check_room(count * sizeof *w.divergences);
    w.starts = check_room((count / (size_t)length + 2) * sizeof *w.starts);
    for (int64_t i = 0; i < tokens; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        w.ids[i] = (int32_t)((state >> 33) % (uint64_t)vocab);
        w.rows[i] = i;
    }
    for (int64_t i = 0; i < tokens; i++) {
        w.mask[i] = (i + 1) % length != 0 && i + 1 < tokens;
        w.targets[i] = w.mask[i] ? w.ids[i + 1] : -1;
        w.scored += w.mask[i];
    }
    const int64_t sequences = tokens / length;
    for (int64_t s = 0; s <= sequences; s++) {
        w.starts[s] = s * length;
    }
    w.pack = (god_nn_pack){w.ids, w.starts, sequences, NULL};
    return w;
}

static void free_work(work *w)
{
    free(w->ids);
    free(w->targets);
    free(w->rows);
    free(w->mask);
    free(w->losses);
    free(w->divergences);
    free(w->starts);
}

static god_nn_states *states_of(god_nn_lm *lm, const god_nn_adapter *adapter, const work *w)
{
    god_nn_states *states = NULL;
    check_need(god_nn_lm_states(lm, adapter, &w->pack, w->rows, w->tokens, &states, &err), &err);
    return states;
}

static double mean_of(const work *w, const double *values)
{
    double sum = 0.0;
    for (int64_t i = 0; i < w->tokens; i++) {
        sum += values[i];
    }
    return sum / (double)w->scored;
}

typedef struct result {
    double seconds, loss, divergence;
} result;

/* The model's loss and, with a reference, its divergence from that, both models run. */
static result run(god_nn_lm *lm, const god_nn_adapter *adapter, god_nn_lm *reference, const work *w)
{
    result r = {0.0, 0.0, 0.0};
    const double begin_s = now_s();
    god_nn_states *states = states_of(lm, adapter, w);
    if (reference != NULL) {
        god_nn_states *base = states_of(reference, NULL, w);
        check_need(god_nn_lm_nll_kl(lm, adapter, states, w->targets, reference, base, w->mask, w->losses,
                                    w->divergences, &err),
                   &err);
        r.divergence = mean_of(w, w->divergences);
        god_nn_states_free(base);
    } else {
        check_need(god_nn_lm_nll(lm, adapter, states, w->targets, w->losses, &err), &err);
    }
    r.loss = mean_of(w, w->losses);
    god_nn_states_free(states);
    r.seconds = now_s() - begin_s;
    return r;
}

static void time_task(const char *task, const shape *size, god_nn_lm *lm, const god_nn_adapter *adapter,
                      god_nn_lm *reference, const work *w)
{
    const double passes = reference != NULL ? 2.0 : 1.0;
    const double pairs = (double)w->pack.sequence_count * (double)w->length * (double)(w->length + 1) / 2.0;
    const double flops =
        passes * ((double)w->tokens * shape_flops_per_token(size) + pairs * shape_flops_per_pair(size) +
                  (double)w->scored * shape_flops_per_head_row(size));
    const int64_t rank = adapter != NULL ? adapter_rank : 0;
    const uint64_t planned = gnn_pass_bytes(&lm->config, &lm->engine->ops->sizes, lm->engine->dtype, w->tokens,
                                            w->tokens, rank, reference != NULL);
    gnn_device_memory memory;
    result best = run(lm, adapter, reference, w); /* warms up */
    for (int turn = 1; turn < w->turns; turn++) {
        const result r = run(lm, adapter, reference, w);
        best = r.seconds < best.seconds || turn == 1 ? r : best;
    }
    lm->engine->ops->memory(lm->engine->device, &memory);
    printf("{\"what\": \"time\", \"task\": \"%s\", \"shape\": \"%s\", \"dtype\": \"%s\", \"tokens\": %lld, "
           "\"length\": %lld, \"seconds\": %.6g, \"tflops\": %.6g, \"weight_bytes\": %llu, \"extra_bytes\": %llu, "
           "\"planned_bytes\": %llu, "
           "\"loss\": %.6f, \"divergence\": %.6f}\n",
           task, size->name, name_of(lm->engine->dtype), (long long)w->tokens, (long long)w->length, best.seconds,
           flops / best.seconds * 1e-12, (unsigned long long)memory.weights, (unsigned long long)memory.buffers_peak,
           (unsigned long long)planned, best.loss, best.divergence);
    fflush(stdout);
}

static const shape *find_shape(const char *name)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (strcmp(shapes[i].name, name) == 0) {
            return &shapes[i];
        }
    }
    return NULL;
}

int heads_of_shape(const char *name, int64_t ret_heads[3])
{
    const shape *size = find_shape(name);
    if (size == NULL) {
        return 0;
    }
    ret_heads[0] = size->heads;
    ret_heads[1] = size->kv_heads;
    ret_heads[2] = size->head_dim;
    return 1;
}

int plan_memory(const char *name, int64_t tokens)
{
    static const gnn_device_sizes sizes = {GNN_CUDA_CHUNK_ROWS, GNN_CUDA_HEAD_ROWS, GNN_CUDA_HEAD_OUTPUTS};
    const shape *size = find_shape(name);
    if (size == NULL || tokens < 1) {
        fprintf(stderr, "gpu-check: shapes are tiny, 1b, 3b and 8b, and a pack has a token\n");
        return 2;
    }
    gnn_config *config = random_config(size);
    printf("{\"what\": \"plan\", \"shape\": \"%s\", \"tokens\": %lld, \"vocabulary\": %lld, \"planned_bytes\": %llu}\n",
           name, (long long)tokens, (long long)size->vocab,
           (unsigned long long)gnn_pass_bytes(config, &sizes, GNN_BF16, tokens, tokens, adapter_rank, 1));
    free(config);
    return 0;
}

int time_model(const gnn_device_table *ops, uint32_t dtype, const char *name, int64_t tokens, int64_t length, int turns)
{
    const shape *size = find_shape(name);
    if (size == NULL || length < 2 || tokens < length || tokens % length != 0) {
        fprintf(stderr, "gpu-check: shapes are tiny, 1b, 3b and 8b, and tokens are a multiple of the length\n");
        return 2;
    }
    god_nn_engine *engine = random_engine(ops, dtype, 0);
    god_nn_lm *lm = random_model(engine, size, 1);
    god_nn_adapter *adapter = random_adapter(lm, adapter_rank, 500);
    work w = make_work(tokens, length, size->vocab);
    w.turns = turns;
    time_task("loss", size, lm, NULL, NULL, &w);
    time_task("loss of an adapter", size, lm, adapter, NULL, &w);
    time_task("loss and KL of an adapter", size, lm, adapter, lm, &w);
    free_work(&w);
    random_adapter_free(adapter);
    random_model_free(lm);
    god_nn_engine_close(engine);
    return 0;
}
