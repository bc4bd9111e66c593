/* Linear layers with bias and LoRA branch, and the feed-forward blocks made of them. */
#include "lm/pass.h"

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
    gnn_matmul_args up = {high,         low,     linear->lora_b, linear->lora_bias, product->rows,
                          linear->rank, outputs, product->first, product->last};
    gnn_rows_args sum = {.y = product->y,
                         .x = high,
                         .rows = product->rows,
                         .cols = outputs,
                         .y_stride = product->y_stride,
                         .x_stride = outputs,
                         .scale = linear->lora_scale};
    GOD_TRY(ops->matmul(engine->device, &down, err));
    GOD_TRY(ops->matmul(engine->device, &up, err));
    if (linear->magnitude == NULL) {
        return ops->add(engine->device, &sum, err);
    }
    gnn_dora_args turn = {.y = product->y,
                          .x = high,
                          .magnitude = linear->magnitude + product->first,
                          .bias = linear->bias != NULL ? linear->bias + product->first : NULL,
                          .rows = product->rows,
                          .cols = outputs,
                          .y_stride = product->y_stride,
                          .x_stride = outputs,
                          .scale = linear->lora_scale};
    return ops->dora(engine->device, &turn, err);
}

god_status gnn_linear_apply(god_nn_engine *engine, const gnn_linear *linear, const void *x, int64_t x_stride, void *y,
                            int64_t y_stride, int64_t rows, int64_t first, int64_t last, god_error *err)
{
    const int64_t chunk = engine->ops->sizes.chunk_rows;
    for (int64_t row = 0; row < rows; row += chunk) {
        int64_t count = rows - row < chunk ? rows - row : chunk;
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

god_status gnn_run_linear(const gnn_pass *p, const gnn_linear *linear, const void *x, int64_t x_stride, void *y,
                          int64_t y_stride, int64_t at, int64_t rows, god_error *err)
{
    if (linear == NULL || linear->matrix == NULL) {
        return GOD_OK;
    }
    return gnn_linear_apply(p->engine, linear, x, x_stride, gnn_at(y, p->engine->dtype, at), y_stride, rows, 0,
                            linear->outputs, err);
}

static uint32_t is_there(const gnn_linear *linear)
{
    return linear != NULL && linear->matrix != NULL;
}

god_status gnn_run_block(const gnn_pass *p, const gnn_block *block, const void *x, void *y, int64_t rows,
                         god_error *err)
{
    uint32_t gated = is_there(block->gate) || is_there(block->gate_up);
    int64_t inner = block->inner, up_cols = gated ? 2 * inner : inner;
    size_t bytes = gnn_dtype_bytes(p->engine->dtype);
    void *up = NULL, *activated = NULL;
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_UP, rows, up_cols, bytes, &up, err));
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_ACTIVATED, rows, inner, bytes, &activated, err));
    GOD_TRY(gnn_run_linear(p, block->gate_up, x, p->hidden, up, up_cols, 0, rows, err));
    GOD_TRY(gnn_run_linear(p, block->gate, x, p->hidden, up, up_cols, 0, rows, err));
    GOD_TRY(gnn_run_linear(p, block->up, x, p->hidden, up, up_cols, gated ? inner : 0, rows, err));
    gnn_activation_args args = {activated, up, rows, inner, up_cols, inner, p->config->activation, gated};
    GOD_TRY(p->engine->ops->activation(p->engine->device, &args, err));
    return gnn_run_linear(p, block->down, activated, inner, y, p->hidden, 0, rows, err);
}

static god_status run_mlp_chunk(const gnn_pass *p, const gnn_layer *layer, const void *x, void *y, int64_t rows,
                                god_error *err)
{
    const gnn_linear *linears = layer->linears;
    gnn_block block = {&linears[GNN_SLOT_GATE], &linears[GNN_SLOT_UP], &linears[GNN_SLOT_GATE_UP],
                       &linears[GNN_SLOT_DOWN], p->config->info.intermediate_size};
    return layer->experts != NULL ? gnn_run_experts(p, layer, x, y, rows, err)
                                  : gnn_run_block(p, &block, x, y, rows, err);
}

god_status gnn_run_mlp(const gnn_pass *p, const gnn_layer *layer, const void *x, void *y, god_error *err)
{
    const uint32_t dtype = p->engine->dtype;
    const int64_t chunk = p->engine->ops->sizes.chunk_rows;
    for (int64_t row = 0; row < p->tokens; row += chunk) {
        int64_t rows = p->tokens - row < chunk ? p->tokens - row : chunk, at = row * p->hidden;
        GOD_TRY(run_mlp_chunk(p, layer, gnn_at_const(x, dtype, at), gnn_at(y, dtype, at), rows, err));
    }
    return GOD_OK;
}
