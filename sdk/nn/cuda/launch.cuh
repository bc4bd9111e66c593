/* cuda/launch.cuh: how kernels are started, and the few instructions that have no C++ spelling.
 *
 * The kernels of this folder are also compiled for the host, where tests/kernels/gpu/emulated/ plays the CUDA runtime:
 * every thread of a block runs, barriers and exchanges between lanes wait, and the same checks run without a GPU. So
 * kernels use what stands here and in cuda_runtime.h, and no launch syntax of their own. */
#ifndef GNN_CUDA_LAUNCH_CUH
#define GNN_CUDA_LAUNCH_CUH

#include <cuda_bf16.h>
#include <cuda_runtime.h>
#include <stdint.h>

#ifdef __CUDACC__
#define GNN_DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#else
#define GNN_DYNAMIC_SHARED(name) unsigned char *name = gnn_emulated_shared()
#endif

template <typename... P, typename... A>
static void gnn_launch(void (*kernel)(P...), dim3 grid, uint32_t threads, size_t shared, cudaStream_t stream, A... args)
{
#ifdef __CUDACC__
    kernel<<<grid, threads, shared, stream>>>(P(args)...);
#else
    gnn_emulate((const void *)kernel, grid, threads, shared, stream, [&] { kernel(P(args)...); });
#endif
}

#ifdef __CUDACC__
/* 16 bytes from global to shared memory, in the background; zeros when !there, and then `from` is not read. */
__device__ static inline void gnn_copy_begin(void *to_shared, const void *from, bool there)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((uint32_t)__cvta_generic_to_shared(to_shared)),
                 "l"(from), "r"(there ? 16 : 0)
                 : "memory");
}

/* Ends the group of copies that this thread has begun. */
__device__ static inline void gnn_copy_commit()
{
    asm volatile("cp.async.commit_group;" ::: "memory");
}

/* Waits until at most `pending` of this thread's youngest groups are under way. */
template <int pending> __device__ static inline void gnn_copy_wait()
{
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

/* Four 8 x 8 matrices of 16-bit elements from shared memory into a warp's registers. Lane 8 m + r gives the address of
 * row r of matrix m; register m of lane l then holds elements 2 (l % 4) and the next of row l / 4 of matrix m, or with
 * `turned` of the transposed matrix. Source: PTX ISA, ldmatrix. */
template <bool turned> __device__ static inline void gnn_load_matrices(uint32_t (&to)[4], const void *row)
{
    const uint32_t at = (uint32_t)__cvta_generic_to_shared(row);
    if constexpr (turned) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                     : "r"(at)
                     : "memory");
    } else {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                     : "r"(at)
                     : "memory");
    }
}

/* sum (16, 8) += a (16, 16) . b (16, 8), bf16 in, f32 sums, spread over a warp. Lane l, with g = l / 4 and t = l % 4,
 * holds  sum: [g][2t, 2t + 1], [g + 8][2t, 2t + 1];
 *        a: [g][2t..], [g + 8][2t..], [g][2t + 8..], [g + 8][2t + 8..], two each;
 *        b: [2t, 2t + 1][g], [2t + 8, 2t + 9][g].  Source: PTX ISA, mma.m16n8k16. */
__device__ static inline void gnn_multiply_add(float (&sum)[4], const uint32_t (&a)[4], uint32_t b_low, uint32_t b_high)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b_low), "r"(b_high));
}
#endif

#endif
