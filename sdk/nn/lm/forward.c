/* One pass of the decoder over a pack, as the architecture's description says. */
#include <stdlib.h>

#include "lm/pack.h"
#include "lm/pass.h"

static god_status run_norm(const gnn_pass *p, const gnn_norm *norm, const void *x, void *y, god_error *err)
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

/* The norm of q or k, per head or over all heads, in place inside the qkv matrix. */
static god_status run_head_norm(const gnn_pass *p, const gnn_norm *norm, int64_t at, int64_t heads, god_error *err)
{
    if (norm->weight == NULL) {
        return GOD_OK;
    }
    void *x = gnn_at(p->qkv, p->engine->dtype, at);
    uint32_t whole = p->config->arch->head_norm_whole;
    int64_t dim = p->config->info.head_dim, cols = whole ? heads * dim : dim;
    gnn_norm_args args = {.y = x,
                          .x = x,
                          .weight = norm->weight,
                          .rows = p->tokens,
                          .groups = whole ? 1 : heads,
                          .cols = cols,
                          .x_row_stride = p->qkv_cols,
                          .x_group_stride = cols,
                          .y_row_stride = p->qkv_cols,
                          .y_group_stride = cols,
                          .kind = p->config->arch->norm_kind,
                          .eps = p->config->norm_eps};
    return p->engine->ops->norm(p->engine->device, &args, err);
}

static god_status run_rope(const gnn_pass *p, uint32_t windowed, int64_t at, int64_t heads, god_error *err)
{
    const gnn_rope *rope = &p->config->rope[windowed];
    const gnn_tables *tables = &p->lm->tables[windowed];
    if (rope->rotary == 0) {
        return GOD_OK;
    }
    gnn_rope_args args = {.x = gnn_at(p->qkv, p->engine->dtype, at),
                          .cos = tables->cosines,
                          .sin = tables->sines,
                          .position = p->positions[windowed],
                          .rows = p->tokens,
                          .heads = heads,
                          .rotary = rope->rotary,
                          .row_stride = p->qkv_cols,
                          .head_stride = p->config->info.head_dim};
    return p->engine->ops->rope(p->engine->device, &args, err);
}

static god_status project_qkv(const gnn_pass *p, const gnn_layer *layer, const void *x, god_error *err)
{
    const gnn_linear *linears = layer->linears;
    int64_t k_at = p->q_cols, v_at = p->q_cols + p->kv_cols;
    GOD_TRY(gnn_run_linear(p, &linears[GNN_SLOT_QKV], x, p->hidden, p->qkv, p->qkv_cols, 0, p->tokens, err));
    GOD_TRY(gnn_run_linear(p, &linears[GNN_SLOT_Q], x, p->hidden, p->qkv, p->qkv_cols, 0, p->tokens, err));
    GOD_TRY(gnn_run_linear(p, &linears[GNN_SLOT_K], x, p->hidden, p->qkv, p->qkv_cols, k_at, p->tokens, err));
    return gnn_run_linear(p, &linears[GNN_SLOT_V], x, p->hidden, p->qkv, p->qkv_cols, v_at, p->tokens, err);
}

/* Attention of layer number `index`. */
static god_status run_attention(const gnn_pass *p, const gnn_layer *layer, int64_t index, const void *x, void *y,
                                god_error *err)
{
    uint32_t windowed = p->config->windowed[index];
    const god_nn_lm_info *info = &p->config->info;
    int64_t k_at = p->q_cols, v_at = p->q_cols + p->kv_cols;
    uint32_t dtype = p->engine->dtype;
    GOD_TRY(project_qkv(p, layer, x, err));
    GOD_TRY(run_head_norm(p, &layer->norms[GNN_NORM_Q], 0, info->heads, err));
    GOD_TRY(run_head_norm(p, &layer->norms[GNN_NORM_K], k_at, info->kv_heads, err));
    GOD_TRY(run_rope(p, windowed, 0, info->heads, err));
    GOD_TRY(run_rope(p, windowed, k_at, info->kv_heads, err));
    gnn_attention_args args = {.y = p->attended,
                               .q = p->qkv,
                               .k = gnn_at_const(p->qkv, dtype, k_at),
                               .v = gnn_at_const(p->qkv, dtype, v_at),
                               .starts = p->pack->starts,
                               .prefixes = p->pack->prefixes,
                               .sequences = p->pack->sequence_count,
                               .heads = info->heads,
                               .kv_heads = info->kv_heads,
                               .dim = info->head_dim,
                               .stride = p->qkv_cols,
                               .y_stride = p->q_cols,
                               .window = windowed ? p->config->window : 0,
                               .scale =
                                   p->config->attention_scale / (p->config->scale_by_layer ? (float)(index + 1) : 1.0f),
                               .softcap = p->config->attention_softcap,
                               .key_bias = p->config->alibi ? p->lm->alibi.bias : NULL,
                               .key_bias_stride = p->lm->alibi.positions};
    GOD_TRY(p->engine->ops->attention(p->engine->device, &args, err));
    return gnn_run_linear(p, &layer->linears[GNN_SLOT_O], p->attended, p->q_cols, y, p->hidden, 0, p->tokens, err);
}

static god_status add_rows(const gnn_pass *p, void *y, const void *x, god_error *err)
{
    gnn_rows_args args = {.y = y,
                          .x = x,
                          .rows = p->tokens,
                          .cols = p->hidden,
                          .y_stride = p->hidden,
                          .x_stride = p->hidden,
                          .scale = 1.0f};
    return p->engine->ops->add(p->engine->device, &args, err);
}

/* What a branch reads: x behind the norm in front of it, or x itself. */
static god_status branch_input(const gnn_pass *p, const gnn_norm *norm, const void **ret_input, god_error *err)
{
    *ret_input = p->x;
    if (norm->weight == NULL) {
        return GOD_OK;
    }
    *ret_input = p->normed;
    return run_norm(p, norm, p->x, p->normed, err);
}

static god_status branch_output(const gnn_pass *p, const gnn_norm *norm, void *branch, god_error *err)
{
    return norm->weight == NULL ? GOD_OK : run_norm(p, norm, branch, branch, err);
}

/* Norms behind the sums; the family has no others. */
static god_status run_post_norm(const gnn_pass *p, const gnn_layer *layer, int64_t index, god_error *err)
{
    GOD_TRY(run_attention(p, layer, index, p->x, p->branch, err));
    GOD_TRY(add_rows(p, p->x, p->branch, err));
    GOD_TRY(run_norm(p, &layer->norms[GNN_NORM_ATTN_IN], p->x, p->x, err));
    GOD_TRY(gnn_run_mlp(p, layer, p->x, p->branch, err));
    GOD_TRY(add_rows(p, p->x, p->branch, err));
    return run_norm(p, &layer->norms[GNN_NORM_MLP_IN], p->x, p->x, err);
}

static god_status run_serial(const gnn_pass *p, const gnn_layer *layer, int64_t index, god_error *err)
{
    const void *input = NULL;
    GOD_TRY(branch_input(p, &layer->norms[GNN_NORM_ATTN_IN], &input, err));
    GOD_TRY(run_attention(p, layer, index, input, p->branch, err));
    GOD_TRY(branch_output(p, &layer->norms[GNN_NORM_ATTN_OUT], p->branch, err));
    GOD_TRY(add_rows(p, p->x, p->branch, err));
    GOD_TRY(branch_input(p, &layer->norms[GNN_NORM_MLP_IN], &input, err));
    GOD_TRY(gnn_run_mlp(p, layer, input, p->branch, err));
    GOD_TRY(branch_output(p, &layer->norms[GNN_NORM_MLP_OUT], p->branch, err));
    return add_rows(p, p->x, p->branch, err);
}

/* x + (mlp + attention), in this order of sums. */
static god_status run_parallel(const gnn_pass *p, const gnn_layer *layer, int64_t index, god_error *err)
{
    const void *input = NULL;
    GOD_TRY(branch_input(p, &layer->norms[GNN_NORM_ATTN_IN], &input, err));
    GOD_TRY(run_attention(p, layer, index, input, p->branch, err));
    if (!p->config->arch->shared_norm) {
        GOD_TRY(branch_input(p, &layer->norms[GNN_NORM_MLP_IN], &input, err));
    }
    GOD_TRY(gnn_run_mlp(p, layer, input, p->branch_mlp, err));
    GOD_TRY(add_rows(p, p->branch_mlp, p->branch, err));
    return add_rows(p, p->x, p->branch_mlp, err);
}

static god_status run_layer(const gnn_pass *p, const gnn_layer *layer, int64_t index, god_error *err)
{
    if (p->config->arch->parallel) {
        return run_parallel(p, layer, index, err);
    }
    return p->config->arch->post_norm ? run_post_norm(p, layer, index, err) : run_serial(p, layer, index, err);
}

/* The last norm and the projection to what the head reads, where the family has them. */
static god_status finish(const gnn_pass *p, const gnn_params *params, void **ret_x, god_error *err)
{
    void *x = p->x;
    if (params->final_norm.weight != NULL) {
        GOD_TRY(run_norm(p, &params->final_norm, p->x, p->normed, err));
        x = p->normed;
    }
    *ret_x = x;
    if (params->project_out.matrix == NULL) {
        return GOD_OK;
    }
    *ret_x = p->branch;
    return gnn_run_linear(p, &params->project_out, x, p->hidden, p->branch, params->project_out.outputs, 0, p->tokens,
                          err);
}

/* ---- the beginning of a pass ---- */

static god_status put_positions(const gnn_pass *p, uint32_t windowed, int32_t *staging, god_error *err)
{
    GOD_TRY(gnn_tables_prepare(p->engine, &p->lm->tables[windowed], &p->config->rope[windowed], p->pack, staging, err));
    return p->engine->ops->upload(p->engine->device, p->positions[windowed], staging,
                                  (size_t)p->tokens * sizeof *staging, err);
}

/* x += the learned embedding of each token's place in its sequence. */
static god_status add_learned_positions(const gnn_pass *p, const gnn_linear *table, int32_t *staging, god_error *err)
{
    int64_t offset = p->config->arch->positions_offset;
    for (int64_t s = 0; s < p->pack->sequence_count; s++) {
        int64_t before = gnn_pack_before(p->pack, s), length = gnn_pack_length(p->pack, s);
        if (length + offset > table->outputs) {
            return god_fail(err, GOD_E_DATA, "sequence %lld has %lld tokens, the model has %lld positions",
                            (long long)s, (long long)length, (long long)(table->outputs - offset));
        }
        for (int64_t i = before; i < length; i++) {
            staging[p->pack->starts[s] + i - before] = (int32_t)(i + offset);
        }
    }
    gnn_embed_args args = {p->branch, table->matrix, staging, p->tokens, p->hidden};
    GOD_TRY(p->engine->ops->embed(p->engine->device, &args, err));
    return add_rows(p, p->x, p->branch, err);
}

/* y += scale * B A[id] for an adapted embedding: row `id` of lora_a (vocabulary, rank), then a product with lora_b. */
static god_status add_embedding_branch(const gnn_pass *p, const gnn_linear *table, void *y, god_error *err)
{
    size_t bytes = gnn_dtype_bytes(p->engine->dtype);
    void *low = NULL;
    if (table->lora_a == NULL) {
        return GOD_OK;
    }
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_LORA_A, p->tokens, table->rank, bytes, &low, err));
    gnn_embed_args rows = {low, table->lora_a, p->pack->ids, p->tokens, table->rank};
    gnn_matmul_args product = {.y = p->branch,
                               .x = low,
                               .matrix = table->lora_b,
                               .rows = p->tokens,
                               .x_stride = table->rank,
                               .y_stride = table->cols,
                               .last = table->cols};
    gnn_rows_args sum = {.y = y,
                         .x = p->branch,
                         .rows = p->tokens,
                         .cols = table->cols,
                         .y_stride = table->cols,
                         .x_stride = table->cols,
                         .scale = table->lora_scale};
    GOD_TRY(p->engine->ops->embed(p->engine->device, &rows, err));
    GOD_TRY(p->engine->ops->matmul(p->engine->device, &product, err));
    return p->engine->ops->add(p->engine->device, &sum, err);
}

static god_status embed(const gnn_pass *p, const gnn_params *params, int32_t *staging, god_error *err)
{
    int64_t cols = params->embed.cols;
    void *y = params->project_in.matrix != NULL ? p->normed : p->x;
    gnn_embed_args args = {y, params->embed.matrix, p->pack->ids, p->tokens, cols};
    GOD_TRY(p->engine->ops->embed(p->engine->device, &args, err));
    GOD_TRY(add_embedding_branch(p, &params->embed, y, err));
    if (p->config->embedding_scale != 1.0f) {
        gnn_rows_args scale = {.y = y,
                               .rows = p->tokens,
                               .cols = cols,
                               .y_stride = cols,
                               .scale = gnn_round(p->config->embedding_scale, p->engine->dtype)};
        GOD_TRY(p->engine->ops->scale(p->engine->device, &scale, err));
    }
    GOD_TRY(gnn_run_linear(p, &params->project_in, y, cols, p->x, p->hidden, 0, p->tokens, err));
    return params->positions.matrix != NULL ? add_learned_positions(p, &params->positions, staging, err) : GOD_OK;
}

static god_status begin(const gnn_pass *p, const gnn_params *params, god_error *err)
{
    int32_t *staging = calloc((size_t)p->tokens, sizeof *staging);
    if (staging == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %lld positions", (long long)p->tokens);
    }
    god_status status = GOD_OK;
    if (p->config->alibi) {
        const god_nn_lm_info *info = &p->config->info;
        status = gnn_alibi_prepare(p->engine, &p->lm->alibi, info->heads, info->head_dim, p->pack, err);
    }
    if (status == GOD_OK) {
        status = put_positions(p, 0, staging, err);
    }
    if (status == GOD_OK) {
        status = put_positions(p, 1, staging, err);
    }
    if (status == GOD_OK) {
        status = embed(p, params, staging, err);
    }
    free(staging);
    return status;
}

static god_status get_buffers(gnn_pass *p, god_error *err)
{
    god_nn_engine *engine = p->engine;
    size_t bytes = gnn_dtype_bytes(engine->dtype), index = sizeof(int32_t);
    int64_t embed_cols = p->config->embed_cols, widest = embed_cols > p->hidden ? embed_cols : p->hidden;
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_X, p->tokens, p->hidden, bytes, &p->x, err));
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_NORMED, p->tokens, widest, bytes, &p->normed, err));
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_QKV, p->tokens, p->qkv_cols, bytes, &p->qkv, err));
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_ATTENDED, p->tokens, p->q_cols, bytes, &p->attended, err));
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_BRANCH, p->tokens, widest, bytes, &p->branch, err));
    if (p->config->arch->parallel) {
        GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_BRANCH_MLP, p->tokens, p->hidden, bytes, &p->branch_mlp, err));
    }
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_POSITIONS, p->tokens, 1, index, &p->positions[0], err));
    return gnn_scratch_get(engine, GNN_SCRATCH_POSITIONS_WINDOWED, p->tokens, 1, index, &p->positions[1], err);
}

god_status gnn_forward(god_nn_lm *lm, const gnn_params *params, const god_nn_pack *pack, void **ret_x, god_error *err)
{
    const god_nn_lm_info *info = &lm->config.info;
    gnn_pass p = {.lm = lm,
                  .engine = lm->engine,
                  .config = &lm->config,
                  .pack = pack,
                  .tokens = pack->starts[pack->sequence_count],
                  .hidden = info->hidden_size,
                  .q_cols = info->heads * info->head_dim,
                  .kv_cols = info->kv_heads * info->head_dim};
    p.qkv_cols = p.q_cols + 2 * p.kv_cols;
    GOD_TRY(get_buffers(&p, err));
    GOD_TRY(begin(&p, params, err));
    for (int64_t layer = 0; layer < info->layers; layer++) {
        GOD_TRY(run_layer(&p, &params->layers[layer], layer, err));
    }
    return finish(&p, params, ret_x, err);
}
