/* ops/matmul.h: products with a weight matrix, and rows taken from one.
 *
 * matmul   y (rows, last - first) = x (rows, cols) . W[first..last)^T + bias[first..last), rounded once.
 *          W is (outputs, cols); sums in f32 in an order that does not depend on `rows` or on the row's place, so that
 *          a row has the same digits whatever it is batched with. bias (outputs) f32 or NULL.
 * embed    row i of y (count, cols) is row ids[i] of W; ids on the host, already checked against the matrix.
 * Strides are in elements. The reference takes W as plain rows and sums in f64. */
#ifndef GNN_OPS_MATMUL_H
#define GNN_OPS_MATMUL_H

#include <stdint.h>

typedef struct gnn_matrix gnn_matrix; /* a device's own layout of a weight matrix */

typedef struct gnn_matmul_args {
    void *y;
    const void *x;
    const gnn_matrix *matrix;
    const float *bias;
    int64_t rows, x_stride, y_stride;
    int64_t first, last; /* the outputs that are computed; column 0 of y is output `first` */
} gnn_matmul_args;

typedef struct gnn_embed_args {
    void *y;
    const gnn_matrix *matrix;
    const int32_t *ids;
    int64_t count, y_stride;
} gnn_embed_args;

void gnn_matmul_reference(const gnn_matmul_args *args, const void *weights, int64_t cols, uint32_t dtype);
void gnn_embed_reference(const gnn_embed_args *args, const void *weights, int64_t cols, uint32_t dtype);

#endif
