/* ops/rope.h: rotary position embedding, in place, on the first `rotary` elements of each head.
 *
 *   x         (rows, heads, >= rotary), activation type; element (r, h, d) lies at r*row_stride + h*head_stride + d
 *   cos, sin  (positions, rotary / 2) f32, already rounded to the activation type and times the attention factor
 *   position  (rows) row of the tables for each row of x
 *
 * With half = rotary / 2 and d < half:  x'[d] = x[d] cos[d] - x[d + half] sin[d],
 *                                       x'[d + half] = x[d + half] cos[d] + x[d] sin[d];
 * both products and the sum are rounded to the activation type, as torch does it.
 * Source: Su et al. 2021 (arXiv 2104.09864), equation 34, in the split-half order of Hugging Face checkpoints. */
#ifndef GNN_OPS_ROPE_H
#define GNN_OPS_ROPE_H

#include <stdint.h>

typedef struct gnn_rope_args {
    void *x;
    const float *cos, *sin;
    const int32_t *position;
    int64_t rows, heads, rotary, row_stride, head_stride;
} gnn_rope_args;

void gnn_rope_reference(const gnn_rope_args *args, uint32_t dtype);

#endif
