/* cuda/common.cuh: what every kernel file of god-nn-cuda.so uses: the device's state, element types, launch checks.
 *
 * Each operation is a launcher beside its kernel. The launcher checks shapes, takes the device's stream, launches and
 * checks the launch; it does not synchronise. Kernels sum in f32 or f64 in a fixed order and use no atomics, so a
 * result does not change from run to run. The reference of each operation is ops/<name>.c; shapes, strides and
 * formulas stand in ops/<name>.h. */
#ifndef GNN_CUDA_COMMON_CUH
#define GNN_CUDA_COMMON_CUH

#include <cublasLt.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include "tensor/device.h"

struct gnn_device {
    uint32_t dtype;
    cudaStream_t stream;
    cublasLtHandle_t blas;
    void *workspace; /* of cuBLASLt */
    void *staging;   /* small host arrays (ids, starts) on their way; in stream order */
    size_t staging_bytes;
    char text[192]; /* describe */
};

enum { gnn_warp_lanes = 32, gnn_block_threads = 256 };
constexpr size_t gnn_workspace_bytes = (size_t)32 << 20; /* what cuBLASLt's Hopper kernels ask for */

god_status gnn_cuda_fail(cudaError_t code, const char *doing, god_error *err);
/* Copies a host array to the device; valid until the next call in stream order. */
god_status gnn_cuda_stage(gnn_device *device, const void *from, size_t bytes, void **ret_device_copy, god_error *err);

static inline god_status gnn_cuda_check_launch(const char *name, god_error *err)
{
    cudaError_t code = cudaGetLastError();
    return code == cudaSuccess ? GOD_OK : gnn_cuda_fail(code, name, err);
}

static inline uint32_t gnn_blocks(int64_t items, int64_t per_block)
{
    return (uint32_t)((items + per_block - 1) / per_block);
}

/* Calls f with a value of the activation type. */
#define GNN_CUDA_BY_DTYPE(device, call)    \
    do {                                   \
        if ((device)->dtype == GNN_BF16) { \
            using T = __nv_bfloat16;       \
            call;                          \
        } else {                           \
            using T = float;               \
            call;                          \
        }                                  \
    } while (0)

__device__ static inline float gnn_widen(float value)
{
    return value;
}

__device__ static inline float gnn_widen(__nv_bfloat16 value)
{
    return __bfloat162float(value);
}

template <typename T> __device__ static inline T gnn_narrow(float value)
{
    if constexpr (sizeof(T) == sizeof(float)) {
        return value;
    } else {
        return __float2bfloat16_rn(value);
    }
}

/* The value that an activation can hold. */
template <typename T> __device__ static inline float gnn_rounded(float value)
{
    return gnn_widen(gnn_narrow<T>(value));
}

/* Sum and maximum over a block of gnn_block_threads threads, the same on every thread; a fixed tree. `shared` has room
 * for one value per warp. Every thread of the block calls it. */
template <typename V> __device__ static inline V gnn_block_sum(V value, V *shared)
{
    for (int offset = gnn_warp_lanes / 2; offset > 0; offset /= 2) {
        value += __shfl_xor_sync(0xffffffffu, value, offset);
    }
    __syncthreads();
    if (threadIdx.x % gnn_warp_lanes == 0) {
        shared[threadIdx.x / gnn_warp_lanes] = value;
    }
    __syncthreads();
    V total = shared[0];
    for (int warp = 1; warp < gnn_block_threads / gnn_warp_lanes; warp++) {
        total += shared[warp];
    }
    return total;
}

/* NaN wins, so that it is not lost on the way. */
template <typename V> __device__ static inline V gnn_higher(V a, V b)
{
    return a > b || a != a ? a : b;
}

template <typename V> __device__ static inline V gnn_block_max(V value, V *shared)
{
    for (int offset = gnn_warp_lanes / 2; offset > 0; offset /= 2) {
        value = gnn_higher(value, __shfl_xor_sync(0xffffffffu, value, offset));
    }
    __syncthreads();
    if (threadIdx.x % gnn_warp_lanes == 0) {
        shared[threadIdx.x / gnn_warp_lanes] = value;
    }
    __syncthreads();
    V highest = shared[0];
    for (int warp = 1; warp < gnn_block_threads / gnn_warp_lanes; warp++) {
        highest = gnn_higher(highest, shared[warp]);
    }
    return highest;
}

god_status gnn_cuda_matrix_new(gnn_device *device, int64_t outputs, int64_t cols, gnn_matrix **ret_matrix,
                               god_error *err);
god_status gnn_cuda_matrix_put(gnn_device *device, gnn_matrix *matrix, int64_t first, int64_t count, const void *rows,
                               god_error *err);
void gnn_cuda_matrix_free(gnn_device *device, gnn_matrix *matrix);
god_status gnn_cuda_embed(gnn_device *device, const gnn_embed_args *args, god_error *err);
god_status gnn_cuda_matmul(gnn_device *device, const gnn_matmul_args *args, god_error *err);
god_status gnn_cuda_norm(gnn_device *device, const gnn_norm_args *args, god_error *err);
god_status gnn_cuda_rope(gnn_device *device, const gnn_rope_args *args, god_error *err);
god_status gnn_cuda_attention(gnn_device *device, const gnn_attention_args *args, god_error *err);
god_status gnn_cuda_activation(gnn_device *device, const gnn_activation_args *args, god_error *err);
god_status gnn_cuda_add(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status gnn_cuda_scale(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status gnn_cuda_softcap(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status gnn_cuda_gather(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status gnn_cuda_scatter(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status gnn_cuda_dora(gnn_device *device, const gnn_dora_args *args, god_error *err);
god_status gnn_cuda_nll(gnn_device *device, const gnn_head_args *args, god_error *err);
god_status gnn_cuda_kl(gnn_device *device, const gnn_head_args *args, god_error *err);

#endif
