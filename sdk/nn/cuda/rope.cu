#include "cuda/common.cuh"

/* One thread per pair of elements. */
template <typename T> __global__ static void rotate(gnn_rope_args a, int64_t first)
{
    int64_t half = a.rotary / 2, at = first + (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    int64_t d = at % half, h = at / half % a.heads, r = at / half / a.heads;
    if (r >= a.rows) {
        return;
    }
    T *x = (T *)a.x + r * a.row_stride + h * a.head_stride + d;
    float cosine = a.cos[a.position[r] * half + d], sine = a.sin[a.position[r] * half + d];
    float low = gnn_widen(x[0]), high = gnn_widen(x[half]);
    x[0] = gnn_narrow<T>(gnn_rounded<T>(low * cosine) + gnn_rounded<T>(-high * sine));
    x[half] = gnn_narrow<T>(gnn_rounded<T>(high * cosine) + gnn_rounded<T>(low * sine));
}

god_status gnn_cuda_rope(gnn_device *device, const gnn_rope_args *args, god_error *err)
{
    constexpr int64_t pairs_per_launch = (int64_t)gnn_block_threads << 22;
    int64_t pairs = args->rows * args->heads * (args->rotary / 2);
    for (int64_t first = 0; first < pairs; first += pairs_per_launch) {
        int64_t left = pairs - first;
        uint32_t blocks = gnn_blocks(left < pairs_per_launch ? left : pairs_per_launch, gnn_block_threads);
        GNN_CUDA_BY_DTYPE(device, (rotate<T><<<blocks, gnn_block_threads, 0, device->stream>>>(*args, first)));
    }
    return gnn_cuda_check_launch("rope", err);
}
