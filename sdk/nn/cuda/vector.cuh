/* cuda/vector.cuh: N neighbouring elements of an activation, N = 8 as one aligned access or N = 1, as f32 in registers;
 * sums and maxima over the threads that work on one vector. */
#ifndef GNN_CUDA_VECTOR_CUH
#define GNN_CUDA_VECTOR_CUH

#include "cuda/launch.cuh"

constexpr int gnn_wide = 8, gnn_warp_lanes = 32, gnn_block_threads = 256;

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

template <typename T, int N> struct alignas(N == 1 ? sizeof(T) : 16) gnn_elements {
    T at[N];
};

template <typename T, int N> __device__ static inline void gnn_take(float (&to)[N], const T *from)
{
    const gnn_elements<T, N> elements = *(const gnn_elements<T, N> *)from;
#pragma unroll
    for (int i = 0; i < N; i++) {
        to[i] = gnn_widen(elements.at[i]);
    }
}

template <typename T, int N> __device__ static inline void gnn_put(T *to, const float (&from)[N])
{
    gnn_elements<T, N> elements;
#pragma unroll
    for (int i = 0; i < N; i++) {
        elements.at[i] = gnn_narrow<T>(from[i]);
    }
    *(gnn_elements<T, N> *)to = elements;
}

/* Whether every row of such an array begins at an address that `gnn_elements` of 8 may have, and ends with one. */
template <typename T> static inline bool gnn_is_wide(const void *base, int64_t stride, int64_t cols)
{
    return (uintptr_t)base % 16 == 0 && stride * (int64_t)sizeof(T) % 16 == 0 && cols % gnn_wide == 0;
}

/* NaN wins, so that it is not lost on the way. */
template <typename V> __device__ static inline V gnn_higher(V a, V b)
{
    return a > b || a != a ? a : b;
}

struct gnn_add {
    template <typename V> __device__ V operator()(V a, V b) const
    {
        return a + b;
    }
};

struct gnn_take_higher {
    template <typename V> __device__ V operator()(V a, V b) const
    {
        return gnn_higher(a, b);
    }
};

/* A team of `lanes` threads, a warp or the block, brings one value per thread together: the same on every thread, by a
 * fixed tree. `shared` has room for one value per warp and is not used by a warp. All threads of the team call it. */
template <int lanes, typename V, typename Op> __device__ static inline V gnn_together(V value, V *shared, Op op)
{
    for (int offset = gnn_warp_lanes / 2; offset > 0; offset /= 2) {
        value = op(value, __shfl_xor_sync(0xffffffffu, value, offset));
    }
    if constexpr (lanes > gnn_warp_lanes) {
        __syncthreads(); /* whoever read the last result is done */
        if (threadIdx.x % gnn_warp_lanes == 0) {
            shared[threadIdx.x / gnn_warp_lanes] = value;
        }
        __syncthreads();
        value = shared[0];
        for (int warp = 1; warp < lanes / gnn_warp_lanes; warp++) {
            value = op(value, shared[warp]);
        }
    }
    return value;
}

#endif
