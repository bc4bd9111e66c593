#include "lm/alibi.h"

#include <math.h>
#include <stdlib.h>

#include "lm/pack.h"

static double slope_of(int64_t head, int64_t heads)
{
    int64_t power = 1;
    while (power * 2 <= heads) {
        power *= 2;
    }
    if (head < power) {
        return pow(2.0, -8.0 * (double)(head + 1) / (double)power);
    }
    return pow(2.0, -4.0 * (double)(2 * (head - power) + 1) / (double)power);
}

static void fill(float *bias, int64_t heads, int64_t head_dim, int64_t positions, uint32_t dtype)
{
    float divisor = (float)sqrt((double)head_dim);
    for (int64_t h = 0; h < heads; h++) {
        float slope = gnn_round((float)slope_of(h, heads), GNN_BF16);
        for (int64_t j = 0; j < positions; j++) {
            float product = gnn_round(slope * gnn_round((float)j, GNN_BF16), GNN_BF16);
            bias[h * positions + j] = gnn_round(product / divisor, dtype);
        }
    }
}

god_status gnn_alibi_prepare(god_nn_engine *engine, gnn_alibi *alibi, int64_t heads, int64_t head_dim,
                             const god_nn_pack *pack, god_error *err)
{
    int64_t longest = 0;
    void *buffer = NULL;
    for (int64_t s = 0; s < pack->sequence_count; s++) {
        int64_t length = gnn_pack_length(pack, s);
        longest = length > longest ? length : longest;
    }
    if (longest <= alibi->positions) {
        return GOD_OK;
    }
    gnn_alibi_fini(engine, alibi);
    float *staging = calloc((size_t)(heads * longest), sizeof *staging);
    if (staging == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the biases of %lld positions", (long long)longest);
    }
    fill(staging, heads, head_dim, longest, engine->dtype);
    size_t bytes = (size_t)(heads * longest) * sizeof *staging;
    god_status status = engine->ops->alloc(engine->device, bytes, &buffer, err);
    alibi->bias = buffer;
    if (status == GOD_OK) {
        status = engine->ops->upload(engine->device, buffer, staging, bytes, err);
    }
    alibi->positions = status == GOD_OK ? longest : 0;
    free(staging);
    return status;
}

void gnn_alibi_fini(god_nn_engine *engine, gnn_alibi *alibi)
{
    engine->ops->free(engine->device, alibi->bias);
    *alibi = (gnn_alibi){NULL, 0};
}
