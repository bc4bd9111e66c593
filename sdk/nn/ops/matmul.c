#include "ops/matmul.h"

#include "ops/dtype.h"

void gnn_matmul_reference(const gnn_matmul_args *args, const void *weights, int64_t cols, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        for (int64_t n = args->first; n < args->last; n++) {
            double sum = 0.0;
            for (int64_t k = 0; k < cols; k++) {
                sum += (double)gnn_load(args->x, dtype, r * args->x_stride + k) *
                       (double)gnn_load(weights, dtype, n * cols + k);
            }
            if (args->bias != NULL) {
                sum += (double)args->bias[n];
            }
            gnn_store(args->y, dtype, r * args->y_stride + n - args->first, (float)sum);
        }
    }
}

void gnn_embed_reference(const gnn_embed_args *args, const void *weights, int64_t cols, uint32_t dtype)
{
    for (int64_t i = 0; i < args->count; i++) {
        memcpy(gnn_at(args->y, dtype, i * args->y_stride), gnn_at_const(weights, dtype, args->ids[i] * cols),
               (size_t)cols * gnn_dtype_bytes(dtype));
    }
}
