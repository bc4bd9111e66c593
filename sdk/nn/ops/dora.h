/* ops/dora.h: the last step of a linear layer with a DoRA branch.
 *
 *   y          (rows, cols), activation type: the base layer's product with its bias; receives the layer's output
 *   x          (rows, cols), activation type: B (A input)
 *   magnitude  (cols) f32: the learned length of each output's weights over that of W + scale B A
 *   bias       (cols) f32 or NULL: the base layer's
 * With u = y - bias, rounded (y itself without a bias):
 *   y = y + (magnitude - 1) u + magnitude x scale, in f32, one rounding.
 * Source: Liu et al. 2024 (arXiv 2402.09353), equation 5, in PEFT's form for unmerged adapters. */
#ifndef GNN_OPS_DORA_H
#define GNN_OPS_DORA_H

#include <stdint.h>

typedef struct gnn_dora_args {
    void *y;
    const void *x;
    const float *magnitude, *bias;
    int64_t rows, cols, y_stride, x_stride;
    float scale;
} gnn_dora_args;

void gnn_dora_reference(const gnn_dora_args *args, uint32_t dtype);

#endif
