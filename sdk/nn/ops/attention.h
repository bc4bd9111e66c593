/* ops/attention.h: causal attention over a pack of sequences; no row sees another sequence.
 *
 *   q    (rows, heads, dim), k and v (rows, kv_heads, dim), activation type, inside one matrix of row stride `stride`:
 *        element (r, h, d) of q lies at r*stride + h*dim + d, and the same for k and v
 *   y    (rows, heads, dim), activation type, row stride y_stride
 *   starts    (sequences + 1) first row of each sequence, on the host; rows = starts[sequences]
 *   prefixes  (sequences) the sequence in front of each, itself without one; -1: none; on the host. NULL: all -1
 *
 * A sequence with a prefix is attended to as if the prefix's rows were its own first ones: places i and j below count
 * from the prefix's beginning. Its digits are those of a sequence that has these rows in one piece.
 *
 * Query head h reads key head h / (heads / kv_heads). For row i and j <= i of the same sequence, and j > i - window
 * when window > 0:
 *   s_j = scale * (q_i . k_j); with softcap > 0, s_j = softcap * tanh(s_j / softcap); with key_bias, a term of the
 *   head and of j as counted from the sequence's beginning is added;
 *   y_i = sum_j softmax(s)_j v_j.
 * Scores, softmax and sums are in f32 (f64 in the reference); y is rounded once.
 * Source: Vaswani et al. 2017 (arXiv 1706.03762), equation 1; Ainslie et al. 2023 (arXiv 2305.13245) for groups. */
#ifndef GNN_OPS_ATTENTION_H
#define GNN_OPS_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#include "god/error.h"

typedef struct gnn_attention_args {
    void *y;
    const void *q, *k, *v;
    const int64_t *starts, *prefixes;
    int64_t sequences, heads, kv_heads, dim, stride, y_stride, window;
    float scale, softcap;
    const float *key_bias; /* (heads, key_bias_stride) f32, at least as long as the longest sequence; NULL: none */
    int64_t key_bias_stride;
} gnn_attention_args;

/* Rows in front of a sequence's own ones. */
static inline int64_t gnn_attention_before(const gnn_attention_args *args, int64_t sequence)
{
    int64_t prefix = args->prefixes != NULL ? args->prefixes[sequence] : -1;
    return prefix >= 0 ? args->starts[prefix + 1] - args->starts[prefix] : 0;
}

/* The row at a place of a sequence, the prefix's rows first. */
static inline int64_t gnn_attention_row(const gnn_attention_args *args, int64_t sequence, int64_t place)
{
    int64_t before = gnn_attention_before(args, sequence);
    return place < before ? args->starts[args->prefixes[sequence]] + place : args->starts[sequence] + place - before;
}

god_status gnn_attention_reference(const gnn_attention_args *args, uint32_t dtype, god_error *err);

#endif
