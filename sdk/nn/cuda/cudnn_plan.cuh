/* cuda/cudnn_plan.cuh: attention as a graph of cuDNN operations, and the plan that cuDNN makes of it. Needs no CUDA
 * header and no device: tests/kernels/gpu/cudnn/ makes plans for devices that are only described.
 *
 *   P = scale * Q K^T                              (slots, heads, length, length), never stored
 *   P = place of row < rows and place of column < rows ? P : lowest
 *   P = place of row >= place of column ? P : lowest;   with a window: place of column + window > place of row
 *   O = (exp(P - max P) / sum exp(P - max P), rounded to bf16) V
 *
 * A plan serves `slots` sequences of up to `length` rows. Where a sequence lies and how many rows it has are arrays on
 * the device (offsets and lengths), so one plan serves every pack; a slot of 0 rows is left out. The order of the
 * operations is the one that cuDNN knows as its fused attention; the logarithm of the sum, which nobody reads, is part
 * of the pattern. Source: NVIDIA cuDNN developer guide, "Fused Flash Attention fprop". */
#ifndef GNN_CUDA_CUDNN_PLAN_CUH
#define GNN_CUDA_CUDNN_PLAN_CUH

#include "cuda/cudnn.cuh"

/* What a plan is made for. Strides as in ops/attention.h; window: whether there is one, its width is given when the
 * plan runs. */
struct gnn_cudnn_shape {
    int64_t slots, length, heads, kv_heads, dim, stride, y_stride;
    bool window;
};

enum gnn_cudnn_uid {
    GNN_CUDNN_Q = 1,
    GNN_CUDNN_K = 2,
    GNN_CUDNN_V = 3,
    GNN_CUDNN_O = 4,
    GNN_CUDNN_Q_ROWS = 5,    /* (slots) int32: rows of each sequence; read as the number of its keys, too */
    GNN_CUDNN_KV_ROWS = 6,   /* the same array */
    GNN_CUDNN_OFFSETS = 7,   /* (slots + 1) int64: first element of each sequence in q, k, v */
    GNN_CUDNN_O_OFFSETS = 8, /* and in o */
    GNN_CUDNN_SCALE = 9,     /* f32 on the host, as all below */
    GNN_CUDNN_LOWEST_PADDED = 10,
    GNN_CUDNN_LOWEST_CAUSAL = 11,
    GNN_CUDNN_WINDOW = 12,
    GNN_CUDNN_LOWEST_WINDOW = 13,
    GNN_CUDNN_UIDS_FIXED = 14 /* intermediate tensors count from here */
};

constexpr int gnn_cudnn_descriptors_max = 160; /* a graph with a window and all plans refused makes 131 */

/* Owns its descriptors. */
struct gnn_cudnn_plan {
    gnn_cudnn_descriptor descriptors[gnn_cudnn_descriptors_max]; /* in the order of their making */
    int descriptor_count;
    gnn_cudnn_descriptor plan;
    int64_t workspace_bytes;
};

/* Makes a plan on the device of `handle`, or with handle == nullptr for the one that `device_json` describes (cuDNN's
 * device property descriptor). GOD_E_UNSUPPORTED when cuDNN has no engine for this shape that asks for at most
 * workspace_bytes_max; GOD_E_INTERNAL when it fails otherwise. */
god_status gnn_cudnn_plan_make(const gnn_cudnn_library *library, void *handle, const char *device_json,
                               const gnn_cudnn_shape *shape, int64_t workspace_bytes_max, gnn_cudnn_plan *ret_plan,
                               god_error *err);
void gnn_cudnn_plan_free(const gnn_cudnn_library *library, gnn_cudnn_plan *plan); /* accepts an empty one */

#endif
