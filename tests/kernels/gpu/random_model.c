#include "random_model.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"

/* Rows are stretches of one block of random numbers, which is quicker than drawing a billion of them. */
enum { block_numbers_max = 1 << 20, rows_per_put = 256 };

static god_error err = GOD_ERROR_INIT;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

god_nn_engine *random_engine(const gnn_device_table *ops, uint32_t dtype, int32_t device_index)
{
    const gnn_device_options options = {sizeof options, device_index, dtype, 2};
    god_nn_engine *engine = check_room(sizeof *engine);
    engine->ops = ops;
    engine->dtype = dtype;
    check_need(ops->open(&options, &engine->device, &err), &err);
    (void)snprintf(engine->description, sizeof engine->description, "%s", ops->describe(engine->device));
    return engine;
}

/* Uniform numbers of standard deviation `spread`, f32. */
static void *make_block(uint32_t dtype, int64_t numbers, double spread, uint64_t seed)
{
    void *block = check_room((size_t)numbers * sizeof(float));
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    for (int64_t i = 0; i < numbers; i++) {
        const double uniform = (double)(next_random(&state) >> 11) * 0x1p-52 - 1.0;
        gnn_store(block, dtype, i, (float)(sqrt(3.0) * spread * uniform));
    }
    return block;
}

static const gnn_matrix *make_matrix(gnn_stock *stock, int64_t outputs, int64_t cols, double spread, uint64_t seed)
{
    god_nn_engine *engine = stock->engine;
    const size_t row_bytes = (size_t)cols * gnn_dtype_bytes(engine->dtype);
    const int64_t enough = cols + 2 * outputs * cols, numbers = enough < block_numbers_max ? enough : block_numbers_max;
    void *block = make_block(engine->dtype, numbers, spread, seed), *rows = check_room(rows_per_put * row_bytes);
    uint64_t state = seed + 77;
    gnn_matrix *matrix = NULL;
    check_need(engine->ops->matrix_new(engine->device, outputs, cols, &matrix, &err), &err);
    stock->matrices[stock->matrix_count++] = matrix;
    for (int64_t first = 0; first < outputs; first += rows_per_put) {
        const int64_t count = outputs - first < rows_per_put ? outputs - first : rows_per_put;
        for (int64_t r = 0; r < count; r++) {
            const int64_t at = (int64_t)(next_random(&state) % (uint64_t)(numbers - cols));
            memcpy((char *)rows + (size_t)r * row_bytes, gnn_at_const(block, engine->dtype, at), row_bytes);
        }
        check_need(engine->ops->matrix_put(engine->device, matrix, first, count, rows, &err), &err);
    }
    free(block);
    free(rows);
    return matrix;
}

static const float *make_vector(gnn_stock *stock, int64_t count, double centre, uint64_t seed)
{
    god_nn_engine *engine = stock->engine;
    float *values = check_room((size_t)count * sizeof *values);
    uint64_t state = seed + 5;
    void *buffer = NULL;
    for (int64_t i = 0; i < count; i++) {
        const double uniform = (double)(next_random(&state) >> 11) * 0x1p-52 - 1.0;
        values[i] = gnn_round((float)(centre + 0.2 * uniform), engine->dtype);
    }
    check_need(engine->ops->alloc(engine->device, (size_t)count * sizeof *values, &buffer, &err), &err);
    stock->vectors[stock->vector_count++] = buffer;
    check_need(engine->ops->upload(engine->device, buffer, values, (size_t)count * sizeof *values, &err), &err);
    free(values);
    return buffer;
}

static void describe(gnn_config *config, const shape *size)
{
    const int64_t rotary = size->head_dim;
    config->arch = gnn_arch_next(size->architecture, NULL, NULL);
    config->info = (god_nn_lm_info){.size = sizeof config->info,
                                    .vocab_size = size->vocab,
                                    .hidden_size = size->hidden,
                                    .layers = size->layers,
                                    .heads = size->heads,
                                    .kv_heads = size->kv_heads,
                                    .head_dim = size->head_dim,
                                    .intermediate_size = size->inner,
                                    .tied = size->tied};
    config->activation = config->arch->norm_kind == GNN_NORM_RMS_PLUS1 ? GNN_ACT_GELU_TANH : GNN_ACT_SILU;
    config->window = size->window;
    for (int64_t layer = 0; layer < size->layers; layer++) {
        config->windowed[layer] = size->window > 0 && layer % 2 == 0;
    }
    config->norm_eps = 1e-5f;
    config->attention_scale = 1.0f / sqrtf((float)size->head_dim);
    config->attention_softcap = size->attention_softcap;
    config->logit_softcap = size->logit_softcap;
    config->embedding_scale = config->arch->scaled_embedding ? sqrtf((float)size->hidden) : 1.0f;
    config->embed_cols = size->hidden;
    for (int i = 0; i < 2; i++) {
        gnn_rope *rope = &config->rope[i];
        rope->rotary = rotary;
        rope->attention_factor = 1.0f;
        for (int64_t p = 0; p < rotary / 2; p++) {
            rope->frequencies[p] = gnn_rope_frequency(i == 0 ? 500000.0 : 10000.0, p, rotary);
        }
    }
}

gnn_config *random_config(const shape *size)
{
    gnn_config *config = check_room(sizeof *config);
    describe(config, size);
    return config;
}

static void fill(god_nn_lm *lm, uint64_t seed)
{
    const uint32_t plus1 = lm->config.arch->norm_kind == GNN_NORM_RMS_PLUS1;
    for (size_t i = 0; i < lm->module_count; i++) {
        const gnn_module *module = &lm->modules[i];
        const gnn_param_ref ref = gnn_param_of(&lm->params, module);
        if (ref.norm != NULL) {
            ref.norm->weight = make_vector(&lm->stock, module->cols, plus1 ? 0.0 : 1.0, seed + i);
            continue;
        }
        if (module->kind == GNN_MODULE_HEAD && lm->config.info.tied) {
            *ref.linear = lm->params.embed;
            continue;
        }
        /* The head's logits spread by about 2, an embedding by 1, everything else keeps what it reads. */
        const double spread = (module->kind == GNN_MODULE_HEAD ? 2.0 : 1.0) / sqrt((double)module->cols);
        ref.linear->outputs = module->outputs;
        ref.linear->cols = module->cols;
        ref.linear->matrix = make_matrix(&lm->stock, module->outputs, module->cols, spread, seed + i);
    }
}

god_nn_lm *random_model(god_nn_engine *engine, const shape *size, uint64_t seed)
{
    god_nn_lm *lm = check_room(sizeof *lm);
    lm->engine = engine;
    describe(&lm->config, size);
    check_need(gnn_modules_list(&lm->config, &lm->modules, &lm->module_count, &err), &err);
    check_need(gnn_params_init(&lm->params, &lm->config, NULL, &err), &err);
    check_need(gnn_stock_init(&lm->stock, engine, 2 * lm->module_count, &err), &err);
    fill(lm, seed);
    return lm;
}

void random_model_free(god_nn_lm *lm)
{
    gnn_tables_fini(lm->engine, &lm->tables[0]);
    gnn_tables_fini(lm->engine, &lm->tables[1]);
    gnn_stock_fini(&lm->stock);
    gnn_params_fini(&lm->params);
    free(lm->modules);
    free(lm);
}

god_nn_adapter *random_adapter(god_nn_lm *base, int64_t rank, uint64_t seed)
{
    god_nn_adapter *adapter = check_room(sizeof *adapter);
    adapter->base = base;
    check_need(gnn_params_init(&adapter->params, &base->config, &base->params, &err), &err);
    check_need(gnn_stock_init(&adapter->stock, base->engine, 2 * base->module_count, &err), &err);
    for (size_t i = 0; i < base->module_count; i++) {
        const gnn_module *module = &base->modules[i];
        gnn_linear *linear = gnn_param_of(&adapter->params, module).linear;
        if (linear != NULL && module->kind == GNN_MODULE_LINEAR) {
            linear->rank = rank;
            linear->lora_scale = 0.5f;
            linear->lora_a =
                make_matrix(&adapter->stock, rank, module->cols, 1.0 / sqrt((double)module->cols), seed + 2 * i);
            linear->lora_b =
                make_matrix(&adapter->stock, module->outputs, rank, 1.0 / sqrt((double)rank), seed + 2 * i + 1);
        }
    }
    return adapter;
}

void random_adapter_free(god_nn_adapter *adapter)
{
    gnn_stock_fini(&adapter->stock);
    gnn_params_fini(&adapter->params);
    free(adapter);
}

double shape_flops_per_token(const shape *size)
{
    const double q = (double)(size->heads * size->head_dim), kv = (double)(size->kv_heads * size->head_dim);
    const double hidden = (double)size->hidden, inner = (double)size->inner;
    return 2.0 * (double)size->layers * hidden * (2.0 * q + 2.0 * kv + 3.0 * inner);
}

double shape_flops_per_head_row(const shape *size)
{
    return 2.0 * (double)size->vocab * (double)size->hidden;
}

double shape_flops_per_pair(const shape *size)
{
    return 4.0 * (double)(size->heads * size->head_dim) * (double)size->layers;
}
