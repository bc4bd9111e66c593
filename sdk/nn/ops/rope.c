#include "ops/rope.h"

#include "ops/dtype.h"

static float rotated(float along, float across, float cosine, float sine, uint32_t dtype)
{
    return gnn_round(along * cosine, dtype) + gnn_round(across * sine, dtype);
}

void gnn_rope_reference(const gnn_rope_args *args, uint32_t dtype)
{
    int64_t half = args->rotary / 2;
    for (int64_t r = 0; r < args->rows; r++) {
        const float *cosine = args->cos + args->position[r] * half, *sine = args->sin + args->position[r] * half;
        for (int64_t h = 0; h < args->heads; h++) {
            int64_t at = r * args->row_stride + h * args->head_stride;
            for (int64_t d = 0; d < half; d++) {
                float low = gnn_load(args->x, dtype, at + d), high = gnn_load(args->x, dtype, at + half + d);
                gnn_store(args->x, dtype, at + d, rotated(low, -high, cosine[d], sine[d], dtype));
                gnn_store(args->x, dtype, at + half + d, rotated(high, low, cosine[d], sine[d], dtype));
            }
        }
    }
}
