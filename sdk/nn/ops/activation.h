/* ops/activation.h: the non-linear step of a feed-forward block.
 *
 *   x  (rows, cols) or, when gated, (rows, 2 cols) with the gate in the first half; row stride x_stride
 *   y  (rows, cols), row stride y_stride; activation type both; y may not overlap x
 * Plain: y = f(x). Gated: y = f(gate) * up, with f(gate) rounded to the activation type first.
 *
 *   GNN_ACT_SILU       x / (1 + exp(-x))
 *   GNN_ACT_GELU       x Phi(x) = x/2 (1 + erf(x / sqrt 2))
 *   GNN_ACT_GELU_TANH  x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
 *   GNN_ACT_RELU       max(x, 0)
 *   GNN_ACT_GELU_QUICK x / (1 + exp(-1.702 x))
 * Sources: Hendrycks, Gimpel 2016 (arXiv 1606.08415); Shazeer 2020 (arXiv 2002.05202), equation 6. */
#ifndef GNN_OPS_ACTIVATION_H
#define GNN_OPS_ACTIVATION_H

#include <stdint.h>

enum { GNN_ACT_SILU = 1, GNN_ACT_GELU = 2, GNN_ACT_GELU_TANH = 3, GNN_ACT_RELU = 4, GNN_ACT_GELU_QUICK = 5 };

typedef struct gnn_activation_args {
    void *y;
    const void *x;
    int64_t rows, cols, x_stride, y_stride;
    uint32_t kind, gated;
} gnn_activation_args;

double gnn_activate(double x, uint32_t kind);
void gnn_activation_reference(const gnn_activation_args *args, uint32_t dtype);

#endif
