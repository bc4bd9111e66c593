#include "ops/activation.h"

#include <math.h>

#include "ops/dtype.h"

double gnn_activate(double x, uint32_t kind)
{
    const double sqrt_half = 0.70710678118654752440, sqrt_2_over_pi = 0.79788456080286535588;
    switch (kind) {
    case GNN_ACT_SILU: return x / (1.0 + exp(-x));
    case GNN_ACT_GELU: return 0.5 * x * (1.0 + erf(x * sqrt_half));
    case GNN_ACT_GELU_TANH: return 0.5 * x * (1.0 + tanh(sqrt_2_over_pi * (x + 0.044715 * x * x * x)));
    case GNN_ACT_GELU_QUICK: return x / (1.0 + exp(-1.702 * x));
    default: return x > 0.0 || x != x ? x : 0.0;
    }
}

void gnn_activation_reference(const gnn_activation_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        for (int64_t c = 0; c < args->cols; c++) {
            int64_t at = r * args->x_stride + c;
            float y = gnn_round((float)gnn_activate(gnn_load(args->x, dtype, at), args->kind), dtype);
            if (args->gated) {
                y *= gnn_load(args->x, dtype, at + args->cols);
            }
            gnn_store(args->y, dtype, r * args->y_stride + c, y);
        }
    }
}
