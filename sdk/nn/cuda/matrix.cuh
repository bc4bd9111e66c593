/* cuda/matrix.cuh: row-major weights (outputs, cols) on the device, and the cuBLASLt algorithms chosen for them.
 *
 * An algorithm is chosen once per shape, for a fixed number of rows and without split sums, so that a row's digits do
 * not depend on how many rows it is batched with. What is not part of the key must not change the digits. */
#ifndef GNN_CUDA_MATRIX_CUH
#define GNN_CUDA_MATRIX_CUH

#include "cuda/common.cuh"

struct gnn_choice_key {
    int64_t outputs, x_stride, y_stride;
    uint32_t alignment; /* of all addresses: the largest power of two up to 256 that divides them */
    uint32_t with_bias;
};

struct gnn_choice {
    gnn_choice_key key;
    bool none; /* cuBLASLt has no algorithm; our own kernel multiplies */
    cublasLtMatmulAlgo_t algorithm;
};

/* A matrix is multiplied from few places: one, or two for the vocabulary, whose last tile is narrower. */
enum { gnn_choices_max = 8 };

struct gnn_matrix {
    int64_t outputs, cols;
    void *weights;
    gnn_choice choices[gnn_choices_max];
    uint32_t choice_count, next_choice;
};

#endif
