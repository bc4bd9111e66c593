/* cuda/common.cuh: what every file of god-nn-cuda.so uses: the device's state, launch checks and its operations.
 *
 * Each operation is a launcher beside its kernel. The launcher checks shapes, takes the device's stream, launches and
 * checks the launch; it does not synchronise. Kernels sum in f32 or f64 in a fixed order and use no atomics, so a
 * result does not change from run to run. The reference of each operation is ops/<name>.c; shapes, strides and
 * formulas stand in ops/<name>.h. */
#ifndef GNN_CUDA_COMMON_CUH
#define GNN_CUDA_COMMON_CUH

#include <cublasLt.h>

#include "cuda/vector.cuh"
#include "tensor/device.h"

/* Host memory that the device copies from while the host goes on; one slot is one copy under way. */
struct gnn_slot {
    void *pinned;
    cudaEvent_t copied;
};
enum { gnn_slot_count = 8 };
constexpr size_t gnn_slot_bytes = (size_t)1 << 20;

struct gnn_device {
    uint32_t dtype;
    cudaStream_t stream;
    cudaMemPool_t pool; /* of buffers */
    cublasLtHandle_t blas;
    void *workspace; /* of cuBLASLt and cuDNN */
    void *staging;   /* small host arrays (ids, starts) on the device; in stream order */
    size_t staging_bytes;
    struct gnn_cudnn *cudnn; /* for attention; nullptr: our own kernels do all of it */
    void *bias;              /* of the product under way, in the activation type */
    size_t bias_bytes;
    gnn_slot slots[gnn_slot_count];
    uint32_t next_slot;
    size_t shared_bytes_max; /* that a block may have */
    gnn_device_memory memory;
    char text[192]; /* describe */
};

constexpr size_t gnn_workspace_bytes = (size_t)32 << 20; /* what cuBLASLt's Hopper kernels ask for */

/* GOD_E_NOMEM when memory ran out, after which the context lives on; GOD_E_DEVICE after anything else, when nothing on
 * it is believed. */
god_status gnn_cuda_fail(cudaError_t code, const char *doing, god_error *err);

/* Copies host memory to the device in stream order; the host may change it as soon as the call returns. */
god_status gnn_cuda_send(gnn_device *device, void *to, const void *from, size_t bytes, god_error *err);
/* The same into memory of the device's own, which is valid until the next call in stream order. */
god_status gnn_cuda_stage(gnn_device *device, const void *from, size_t bytes, void **ret_device_copy, god_error *err);
/* At least so many bytes in *memory, in stream order; what was there is lost when it has to grow. */
god_status gnn_cuda_grow(gnn_device *device, void **memory, size_t *capacity, size_t bytes, god_error *err);

static inline god_status gnn_cuda_check_launch(const char *name, god_error *err)
{
    cudaError_t code = cudaGetLastError();
    return code == cudaSuccess ? GOD_OK : gnn_cuda_fail(code, name, err);
}

static inline uint32_t gnn_blocks(int64_t items, int64_t per_block)
{
    return (uint32_t)((items + per_block - 1) / per_block);
}

/* A grid with its rows along x has room for 2^31 of them. */
static inline god_status gnn_cuda_check_rows(const char *name, int64_t rows, god_error *err)
{
    return rows <= INT32_MAX ? GOD_OK
                             : god_fail(err, GOD_E_UNSUPPORTED, "%s of %lld rows, %d are possible on CUDA", name,
                                        (long long)rows, INT32_MAX);
}

/* Threads of a block that works on one row, or a stretch of it, with so many columns each: whole warps, and no more of
 * them than the row has use for. */
static inline uint32_t gnn_threads_of_row(int64_t cols, int64_t cols_per_thread)
{
    const int64_t threads = (cols + cols_per_thread - 1) / cols_per_thread;
    const int64_t whole = (threads + gnn_warp_lanes - 1) / gnn_warp_lanes * gnn_warp_lanes;
    return (uint32_t)(whole < gnn_block_threads ? whole : gnn_block_threads);
}

/* One row of blocks per row of a matrix. */
static inline dim3 gnn_grid_of_rows(int64_t rows, int64_t cols, int64_t cols_per_thread)
{
    return dim3((uint32_t)rows, gnn_blocks(cols, cols_per_thread * gnn_threads_of_row(cols, cols_per_thread)));
}

/* Runs the statements with T as the activation type. */
#define GNN_CUDA_BY_DTYPE(device, ...)     \
    do {                                   \
        if ((device)->dtype == GNN_BF16) { \
            using T = __nv_bfloat16;       \
            __VA_ARGS__;                   \
        } else {                           \
            using T = float;               \
            __VA_ARGS__;                   \
        }                                  \
    } while (0)

template <typename... P, typename... A>
static void gnn_launch_rows(void (*kernel)(P...), int64_t rows, int64_t cols, int64_t cols_per_thread,
                            cudaStream_t stream, A... args)
{
    gnn_launch(kernel, gnn_grid_of_rows(rows, cols, cols_per_thread), gnn_threads_of_row(cols, cols_per_thread), 0,
               stream, args...);
}

/* Launches kernel<T, 8> over rows and columns where `wide` (an expression of T) holds, else kernel<T, 1>. */
#define GNN_CUDA_ROWS(device, kernel, wide, rows, cols, ...)                                           \
    GNN_CUDA_BY_DTYPE(                                                                                 \
        device,                                                                                        \
        if (wide) {                                                                                    \
            gnn_launch_rows(kernel<T, gnn_wide>, rows, cols, gnn_wide, (device)->stream, __VA_ARGS__); \
        } else { gnn_launch_rows(kernel<T, 1>, rows, cols, 1, (device)->stream, __VA_ARGS__); })

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
