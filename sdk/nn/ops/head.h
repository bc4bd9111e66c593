/* ops/head.h: loss and divergence from logits that arrive in vocabulary tiles and are never stored whole.
 *
 * A tile is z (rows, cols), activation type, row stride z_stride: the logits of outputs first .. first + cols - 1.
 * Per row an accumulator carries the running maximum m and sums relative to it; a higher maximum rescales the sums
 * (Milakov, Gimelshein 2018, arXiv 1805.02867, algorithm 3). All accumulation is in f64, tile after tile in
 * order, so the digits depend on the tile width alone.
 *
 *   nll = log(sum exp(z - m)) + m - z[target]
 *   kl(p || q) = sum_v p_v (zp_v - zq_v) - lse(zp) + lse(zq), with p = softmax(zp), q = softmax(zq)
 *
 * kl of equal logits is exactly 0. NaN among the logits gives a NaN. The accumulators of kl hold those of nll for p,
 * made by the same operations in the same order: a loss that comes with a divergence has the bits of one alone. */
#ifndef GNN_OPS_HEAD_H
#define GNN_OPS_HEAD_H

#include <stdint.h>

typedef struct gnn_nll_row {
    double highest, sum, target_logit;
} gnn_nll_row;

typedef struct gnn_kl_row {
    double p_highest, p_sum, q_highest, q_sum;
    double weighted; /* sum of exp(zp - p_highest) (zp - zq) */
    double target_logit;
} gnn_kl_row;

typedef struct gnn_head_args {
    const void *z, *reference_z; /* reference_z: kl only, the same shape and stride */
    const int32_t *targets;      /* on the device; the row's target, -1 for none. kl: NULL when no loss is wanted */
    gnn_nll_row *nll;            /* one accumulator per row */
    gnn_kl_row *kl;
    int64_t rows, cols, z_stride, first;
} gnn_head_args;

void gnn_nll_begin(gnn_nll_row *rows, int64_t count);
void gnn_nll_reference(const gnn_head_args *args, uint32_t dtype);
double gnn_nll_end(const gnn_nll_row *row);

void gnn_kl_begin(gnn_kl_row *rows, int64_t count);
void gnn_kl_reference(const gnn_head_args *args, uint32_t dtype);
double gnn_kl_end(const gnn_kl_row *row);
double gnn_kl_nll(const gnn_kl_row *row); /* the loss of p; the row had a target */

#endif
