/* One pass of the decoder over a pack, as the architecture's description says. */
#include <stdlib.h>

#include "lm/model.h"

/* Rows that go through a linear layer's temporary buffers at once; a bound on memory, not on the pack. Digits do not
 * depend on it, because a row's digits do not depend on its neighbours. */
enum { chunk_rows = 1024 };

typedef struct pass {
    god_nn_lm *lm;
    god_nn_engine *engine;
    const gnn_config *config;
    const god_nn_pack *pack;
    int64_t tokens, hidden;
    int64_t qkv_cols, q_cols, kv_cols;
    void *x, *normed, *qkv, *attended, *branch, *branch_mlp, *positions;
} pass;

static god_status apply_chunk(god_nn_engine *engine, const gnn_linear *linear, const gnn_matmul_args *product,
                              god_error *err)
{
    const gnn_device_table *ops = engine->ops;
    void *low = NULL, *high = NULL;
    int64_t outputs = product->last - product->first;
    GOD_TRY(ops->matmul(engine->device, product, err));
    if (linear->lora_a == NULL) {
        return GOD_OK;
    }
    size_t bytes = gnn_dtype_bytes(engine->dtype);
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_LORA_A, product->rows, linear->rank, bytes, &low, err));
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_LORA_B, product->rows, outputs, bytes, &high, err));
    gnn_matmul_args down = {low,          product->x, linear->lora_a, NULL, product->rows, product->x_stride,
                            linear->rank, 0,          linear->rank};
    gnn_matmul_args up = {high,         low,     linear->lora_b, NULL,         product->rows,
                          linear->rank, outputs, product->first, product->last};
    gnn_rows_args sum = {product->y,        high, NULL, product->rows, outputs, product->y_stride, outputs,
                         linear->lora_scale};
    GOD_TRY(ops->matmul(engine->device, &down, err));
    GOD_TRY(ops->matmul(engine->device, &up, err));
    return ops->add(engine->device, &sum, err);
}

god_status gnn_linear_apply(god_nn_engine *engine, const gnn_linear *linear, const void *x, int64_t x_stride, void *y,
                            int64_t y_stride, int64_t rows, int64_t first, int64_t last, god_error *err)
{
    for (int64_t row = 0; row < rows; row += chunk_rows) {
        int64_t count = rows - row < chunk_rows ? rows - row : chunk_rows;
        gnn_matmul_args product = {gnn_at(y, engine->dtype, row * y_stride),
                                   gnn_at_const(x, engine->dtype, row * x_stride),
                                   linear->matrix,
                                   linear->bias,
                                   count,
                                   x_stride,
                                   y_stride,
                                   first,
                                   last};
        GOD_TRY(apply_chunk(engine, linear, &product, err));
    }
    return GOD_OK;
}

/* Runs a linear layer into columns `at` .. of y. */
static god_status run_linear(const pass *p, const gnn_linear *linear, const void *x, int64_t x_stride, void *y,
                             int64_t y_stride, int64_t at, int64_t rows, god_error *err)
{
    if (linear->matrix == NULL) {
        return GOD_OK;
    }
    return gnn_linear_apply(p->engine, linear, x, x_stride, gnn_at(y, p->engine->dtype, at), y_stride, rows, 0,
                            linear->outputs, err);
}

static god_status run_norm(const pass *p, const gnn_norm *norm, const void *x, void *y, god_error *err)
{
    gnn_norm_args args = {.y = y,
                          .x = x,
                          .weight = norm->weight,
                          .bias = norm->bias,
                          .rows = p->tokens,
                          .groups = 1,
                          .cols = p->hidden,
                          .x_row_stride = p->hidden,
                          .y_row_stride = p->hidden,
                          .kind = p->config->arch->norm_kind,
                          .eps = p->config->norm_eps};
    return p->engine->ops->norm(p->engine->device, &args, err);
}

/* The norm of the heads of q or k, in place inside the qkv matrix. */
static god_status run_head_norm(const pass *p, const gnn_norm *norm, int64_t at, int64_t heads, god_error *err)
{
    if (norm->weight == NULL) {
        return GOD_OK;
    }
    void *x = gnn_at(p->qkv, p->engine->dtype, at);
    int64_t dim = p->config->info.head_dim;
    gnn_norm_args args = {.y = x,
                          .x = x,
                          .weight = norm->weight,
                          .rows = p->tokens,
                          .groups = heads,
                          .cols = dim,
                          .x_row_stride = p->qkv_cols,
                          .x_group_stride = dim,
                          .y_row_stride = p->qkv_cols,
                          .y_group_stride = dim,
                          .kind = p->config->arch->norm_kind,
                          .eps = p->config->norm_eps};
    return p->engine->ops->norm(p->engine->device, &args, err);
}

static god_status run_rope(const pass *p, int64_t at, int64_t heads, god_error *err)
{
    if (p->config->rope.rotary == 0) {
        return GOD_OK;
    }
    gnn_rope_args args = {.x = gnn_at(p->qkv, p->engine->dtype, at),
                          .cos = p->lm->cosines,
                          .sin = p->lm->sines,
                          .position = p->positions,
                          .rows = p->tokens,
                          .heads = heads,
                          .rotary = p->config->rope.rotary,
                          .row_stride = p->qkv_cols,
                          .head_stride = p->config->info.head_dim};
    return p->engine->ops->rope(p->engine->device, &args, err);
}

static god_status run_attention(const pass *p, const gnn_layer *layer, const void *x, void *y, god_error *err)
{
    const gnn_linear *linears = layer->linears;
    const god_nn_lm_info *info = &p->config->info;
    int64_t k_at = p->q_cols, v_at = p->q_cols + p->kv_cols;
    uint32_t dtype = p->engine->dtype;
    GOD_TRY(run_linear(p, &linears[GNN_SLOT_QKV], x, p->hidden, p->qkv, p->qkv_cols, 0, p->tokens, err));
    GOD_TRY(run_linear(p, &linears[GNN_SLOT_Q], x, p->hidden, p->qkv, p->qkv_cols, 0, p->tokens, err));
    GOD_TRY(run_linear(p, &linears[GNN_SLOT_K], x, p->hidden, p->qkv, p->qkv_cols, k_at, p->tokens, err));
    GOD_TRY(run_linear(p, &linears[GNN_SLOT_V], x, p->hidden, p->qkv, p->qkv_cols, v_at, p->tokens, err));
    GOD_TRY(run_head_norm(p, &layer->norms[GNN_NORM_Q], 0, info->heads, err));
    GOD_TRY(run_head_norm(p, &layer->norms[GNN_NORM_K], k_at, info->kv_heads, err));
    GOD_TRY(run_rope(p, 0, info->heads, err));
    GOD_TRY(run_rope(p, k_at, info->kv_heads, err));
    gnn_attention_args args = {.y = p->attended,
                               .q = p->qkv,
                               .k = gnn_at_const(p->qkv, dtype, k_at),
                               .v = gnn_at_const(p->qkv, dtype, v_at),
                               .starts = p->pack->starts,
                               .sequences = p->pack->sequence_count,
                               .heads = info->heads,
                               .kv_heads = info->kv_heads,
                               .dim = info->head_dim,
                               .stride = p->qkv_cols,
                               .y_stride = p->q_cols,
                               .window = p->config->window,
                               .scale = p->config->attention_scale};
    GOD_TRY(p->engine->ops->attention(p->engine->device, &args, err));
    return run_linear(p, &linears[GNN_SLOT_O], p->attended, p->q_cols, y, p->hidden, 0, p->tokens, err);
}

static god_status run_mlp_chunk(const pass *p, const gnn_layer *layer, const void *x, void *y, int64_t rows,
                                god_error *err)
{
    const gnn_linear *linears = layer->linears;
    int64_t inner = p->config->info.intermediate_size;
    uint32_t gated = linears[GNN_SLOT_GATE].matrix != NULL || linears[GNN_SLOT_GATE_UP].matrix != NULL;
    int64_t up_cols = gated ? 2 * inner : inner;
    size_t bytes = gnn_dtype_bytes(p->engine->dtype);
    void *up = NULL, *activated = NULL;
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_UP, rows, up_cols, bytes, &up, err));
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_ACTIVATED, rows, inner, bytes, &activated, err));
    GOD_TRY(run_linear(p, &linears[GNN_SLOT_GATE_UP], x, p->hidden, up, up_cols, 0, rows, err));
    GOD_TRY(run_linear(p, &linears[GNN_SLOT_GATE], x, p->hidden, up, up_cols, 0, rows, err));
    GOD_TRY(run_linear(p, &linears[GNN_SLOT_UP], x, p->hidden, up, up_cols, gated ? inner : 0, rows, err));
    gnn_activation_args args = {activated, up, rows, inner, up_cols, inner, p->config->activation, gated};
    GOD_TRY(p->engine->ops->activation(p->engine->device, &args, err));
    return run_linear(p, &linears[GNN_SLOT_DOWN], activated, inner, y, p->hidden, 0, rows, err);
}

static god_status run_mlp(const pass *p, const gnn_layer *layer, const void *x, void *y, god_error *err)
{
    uint32_t dtype = p->engine->dtype;
    for (int64_t row = 0; row < p->tokens; row += chunk_rows) {
        int64_t rows = p->tokens - row < chunk_rows ? p->tokens - row : chunk_rows, at = row * p->hidden;
        GOD_TRY(run_mlp_chunk(p, layer, gnn_at_const(x, dtype, at), gnn_at(y, dtype, at), rows, err));
    }
    return GOD_OK;
}

static god_status add_to_x(const pass *p, const void *branch, god_error *err)
{
    gnn_rows_args args = {p->x, branch, NULL, p->tokens, p->hidden, p->hidden, p->hidden, 1.0f};
    return p->engine->ops->add(p->engine->device, &args, err);
}

/* What a branch reads: x behind the norm in front of it, or x itself. */
static god_status branch_input(const pass *p, const gnn_norm *norm, const void **ret_input, god_error *err)
{
    *ret_input = p->x;
    if (norm->weight == NULL) {
        return GOD_OK;
    }
    *ret_input = p->normed;
    return run_norm(p, norm, p->x, p->normed, err);
}

static god_status branch_output(const pass *p, const gnn_norm *norm, void *branch, god_error *err)
{
    return norm->weight == NULL ? GOD_OK : run_norm(p, norm, branch, branch, err);
}

static god_status run_layer(const pass *p, const gnn_layer *layer, god_error *err)
{
    const void *input = NULL;
    GOD_TRY(branch_input(p, &layer->norms[GNN_NORM_ATTN_IN], &input, err));
    GOD_TRY(run_attention(p, layer, input, p->branch, err));
    GOD_TRY(branch_output(p, &layer->norms[GNN_NORM_ATTN_OUT], p->branch, err));
    GOD_TRY(add_to_x(p, p->branch, err));
    GOD_TRY(branch_input(p, &layer->norms[GNN_NORM_MLP_IN], &input, err));
    GOD_TRY(run_mlp(p, layer, input, p->branch, err));
    GOD_TRY(branch_output(p, &layer->norms[GNN_NORM_MLP_OUT], p->branch, err));
    return add_to_x(p, p->branch, err);
}

/* Tables for every position of the longest sequence, kept for the next pack. */
static god_status grow_tables(god_nn_lm *lm, int64_t positions, god_error *err)
{
    const gnn_device_table *ops = lm->engine->ops;
    gnn_device *device = lm->engine->device;
    int64_t half = lm->config.rope.rotary / 2;
    if (half == 0 || positions <= lm->table_positions) {
        return GOD_OK;
    }
    size_t bytes = (size_t)(positions * half) * sizeof(float);
    float *staging = malloc(2 * bytes);
    if (staging == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the tables of %lld positions", (long long)positions);
    }
    gnn_rope_fill(&lm->config.rope, positions, lm->engine->dtype, staging, staging + positions * half);
    ops->free(device, lm->cosines);
    ops->free(device, lm->sines);
    lm->cosines = lm->sines = NULL;
    lm->table_positions = 0;
    void *cosines = NULL, *sines = NULL;
    god_status status = ops->alloc(device, bytes, &cosines, err);
    lm->cosines = cosines;
    if (status == GOD_OK) {
        status = ops->alloc(device, bytes, &sines, err);
        lm->sines = sines;
    }
    if (status == GOD_OK) {
        status = ops->upload(device, cosines, staging, bytes, err);
    }
    if (status == GOD_OK) {
        status = ops->upload(device, sines, staging + positions * half, bytes, err);
    }
    if (status == GOD_OK) {
        lm->table_positions = positions;
    }
    free(staging);
    return status;
}

static god_status put_positions(const pass *p, god_error *err)
{
    int32_t *positions = malloc((size_t)p->tokens * sizeof *positions + 1);
    if (positions == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %lld positions", (long long)p->tokens);
    }
    for (int64_t s = 0; s < p->pack->sequence_count; s++) {
        for (int64_t i = p->pack->starts[s]; i < p->pack->starts[s + 1]; i++) {
            positions[i] = (int32_t)(i - p->pack->starts[s]);
        }
    }
    god_status status =
        p->engine->ops->upload(p->engine->device, p->positions, positions, (size_t)p->tokens * sizeof *positions, err);
    free(positions);
    return status;
}

static god_status get_buffers(pass *p, god_error *err)
{
    size_t bytes = gnn_dtype_bytes(p->engine->dtype);
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_X, p->tokens, p->hidden, bytes, &p->x, err));
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_NORMED, p->tokens, p->hidden, bytes, &p->normed, err));
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_QKV, p->tokens, p->qkv_cols, bytes, &p->qkv, err));
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_ATTENDED, p->tokens, p->q_cols, bytes, &p->attended, err));
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_BRANCH, p->tokens, p->hidden, bytes, &p->branch, err));
    return gnn_scratch_get(p->engine, GNN_SCRATCH_POSITIONS, p->tokens, 1, sizeof(int32_t), &p->positions, err);
}

static god_status check_pack(const god_nn_pack *pack, int64_t vocab_size, int64_t *ret_longest, god_error *err)
{
    int64_t longest = 0;
    if (pack->sequence_count < 1 || pack->starts[0] != 0) {
        return god_fail(err, GOD_E_INVALID, "a pack needs at least one sequence, the first starting at 0");
    }
    for (int64_t s = 0; s < pack->sequence_count; s++) {
        int64_t length = pack->starts[s + 1] - pack->starts[s];
        if (length < 1 || length > INT32_MAX) {
            return god_fail(err, GOD_E_INVALID, "sequence %lld of the pack has %lld tokens", (long long)s,
                            (long long)length);
        }
        longest = length > longest ? length : longest;
    }
    for (int64_t i = 0; i < pack->starts[pack->sequence_count]; i++) {
        if (pack->ids[i] < 0 || pack->ids[i] >= vocab_size) {
            return god_fail(err, GOD_E_DATA, "token id %d at position %lld is outside the vocabulary of %lld",
                            pack->ids[i], (long long)i, (long long)vocab_size);
        }
    }
    *ret_longest = longest;
    return GOD_OK;
}

god_status gnn_forward(god_nn_lm *lm, const gnn_params *params, const god_nn_pack *pack, void **ret_x, god_error *err)
{
    const god_nn_lm_info *info = &lm->config.info;
    int64_t longest = 0;
    GOD_TRY(check_pack(pack, info->vocab_size, &longest, err));
    GOD_TRY(grow_tables(lm, longest, err));
    pass p = {.lm = lm,
              .engine = lm->engine,
              .config = &lm->config,
              .pack = pack,
              .tokens = pack->starts[pack->sequence_count],
              .hidden = info->hidden_size,
              .q_cols = info->heads * info->head_dim,
              .kv_cols = info->kv_heads * info->head_dim};
    p.qkv_cols = p.q_cols + 2 * p.kv_cols;
    GOD_TRY(get_buffers(&p, err));
    GOD_TRY(put_positions(&p, err));
    gnn_embed_args embed = {p.x, params->embed.matrix, pack->ids, p.tokens, p.hidden};
    GOD_TRY(p.engine->ops->embed(p.engine->device, &embed, err));
    for (int64_t layer = 0; layer < info->layers; layer++) {
        GOD_TRY(run_layer(&p, &params->layers[layer], err));
    }
    *ret_x = p.normed;
    return run_norm(&p, &params->final_norm, p.x, p.normed, err);
}
