/* ops/rows.h: small operations on matrices of activations, row by row.
 *
 * add      y = y + round(scale * x), rounded; (rows, cols) with strides; scale = 1 adds x itself
 * scale    y = scale * y, rounded
 * softcap  y = cap * tanh(y / cap), each of the three steps rounded
 * gather   row i of y is row index[i] of x; index on the host
 * scatter  row index[i] of y = that row + round(weight[i] * row i of x), rounded; index on the host, ascending; weight
 *          f32 on the device
 * Strides are in elements; x and y do not overlap. */
#ifndef GNN_OPS_ROWS_H
#define GNN_OPS_ROWS_H

#include <stdint.h>

typedef struct gnn_rows_args {
    void *y;
    const void *x;        /* add, gather */
    const int64_t *index; /* gather, scatter */
    int64_t rows, cols, y_stride, x_stride;
    float scale;         /* add, scale; the cap of softcap */
    const float *weight; /* scatter */
} gnn_rows_args;

void gnn_add_reference(const gnn_rows_args *args, uint32_t dtype);
void gnn_scale_reference(const gnn_rows_args *args, uint32_t dtype);
void gnn_softcap_reference(const gnn_rows_args *args, uint32_t dtype);
void gnn_gather_reference(const gnn_rows_args *args, uint32_t dtype);
void gnn_scatter_reference(const gnn_rows_args *args, uint32_t dtype);

#endif
