/* ops/norm.h: normalisation of vectors of `cols` elements.
 *
 *   x, y     (rows, groups, cols), activation type; element (r, g, c) lies at r*row_stride + g*group_stride + c, with
 *            strides of their own for x and y. y may be x. A plain matrix has groups = 1; the heads of a query row are
 *            groups, which is how query and key norms are written.
 *   weight   (cols) or, with weight_per_group, (groups, cols), f32 values that the activation type can hold
 *   bias     the same shape, or NULL
 *
 * GNN_NORM_RMS        n = x / sqrt(mean(x^2) + eps), rounded to the activation type; y = n * weight, rounded.
 * GNN_NORM_RMS_F32    y = n * weight with n kept in f32, one rounding (OLMo 2).
 * GNN_NORM_RMS_PLUS1  y = n * (1 + weight) with n kept in f32, one rounding (Gemma).
 * GNN_NORM_LAYER      y = (x - mean) / sqrt(var + eps) * weight + bias, biased variance by a second pass, one rounding.
 * Sources: Zhang, Sennrich 2019 (arXiv 1910.07467), equation 4; Ba, Kiros, Hinton 2016 (arXiv 1607.06450), section 3.
 * Rounding points are those of the Hugging Face modelling files of each family. The reference sums in f64. */
#ifndef GNN_OPS_NORM_H
#define GNN_OPS_NORM_H

#include <stdint.h>

enum { GNN_NORM_NONE = 0, GNN_NORM_RMS = 1, GNN_NORM_RMS_F32 = 2, GNN_NORM_RMS_PLUS1 = 3, GNN_NORM_LAYER = 4 };

typedef struct gnn_norm_args {
    void *y;
    const void *x;
    const float *weight, *bias;
    int64_t rows, groups, cols;
    int64_t x_row_stride, x_group_stride, y_row_stride, y_group_stride;
    uint32_t kind, weight_per_group;
    float eps;
} gnn_norm_args;

void gnn_norm_reference(const gnn_norm_args *args, uint32_t dtype);

#endif
