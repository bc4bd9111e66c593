/* What a pass holds on the device beside the weights: the buffers of engine.h, one by one, from the sizes alone. Kept
 * in step with forward.c, linear.c and score.c; a test compares it with what a device counted. */
#include "lm/model.h"

static uint64_t least(int64_t a, int64_t b)
{
    return (uint64_t)(a < b ? a : b);
}

static uint64_t most(int64_t a, int64_t b)
{
    return (uint64_t)(a > b ? a : b);
}

/* Numbers of activations that live through the whole pass, for one token. */
static uint64_t per_token(const gnn_config *config)
{
    const god_nn_lm_info *info = &config->info;
    const uint64_t hidden = (uint64_t)info->hidden_size, widest = most(info->hidden_size, config->embed_cols);
    const uint64_t q = (uint64_t)(info->heads * info->head_dim), kv = (uint64_t)(info->kv_heads * info->head_dim);
    return hidden + 2 * widest + q + 2 * kv + q + (config->arch->parallel ? hidden : 0);
}

/* Numbers that one row holds inside a layer: of the feed-forward block, and of a LoRA branch beside its widest layer.
 */
static uint64_t per_chunk_row(const gnn_config *config, int64_t rank)
{
    const god_nn_lm_info *info = &config->info;
    const gnn_moe *moe = &config->moe;
    const int64_t expert = moe->intermediate > moe->shared_intermediate ? moe->intermediate : moe->shared_intermediate;
    const uint64_t inner = most(info->intermediate_size, expert);
    const uint64_t attention = (uint64_t)((info->heads + 2 * info->kv_heads) * info->head_dim);
    const uint64_t outputs = most((int64_t)attention, (int64_t)(2 * inner));
    const uint64_t experts = config->moe.experts > 0 ? 2 * (uint64_t)info->hidden_size : 0;
    return 3 * inner + experts + (rank > 0 ? (uint64_t)rank + outputs : 0);
}

uint64_t gnn_pass_bytes(const gnn_config *config, const gnn_device_sizes *sizes, uint32_t dtype, int64_t tokens,
                        int64_t rows, int64_t rank, uint32_t with_divergence)
{
    const uint64_t bytes = gnn_dtype_bytes(dtype), sides = with_divergence ? 2 : 1;
    const uint64_t embed = (uint64_t)config->embed_cols, head_rows = (uint64_t)sizes->head_rows;
    const uint64_t tile = head_rows * (embed + (uint64_t)sizes->head_outputs) * sides;
    const uint64_t layer = least(tokens, sizes->chunk_rows) * per_chunk_row(config, rank);
    const uint64_t states = (uint64_t)rows * embed * sides, positions = 2 * (uint64_t)tokens * sizeof(int32_t);
    const uint64_t sums = GNN_CUDA_HEAD_ROWS * (sizeof(gnn_kl_row) + sizeof(int32_t));
    return bytes * ((uint64_t)tokens * per_token(config) + layer + states + tile) + positions + sums;
}
