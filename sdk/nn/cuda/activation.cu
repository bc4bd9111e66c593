#include "cuda/common.cuh"

__device__ static float activate(float x, uint32_t kind)
{
    constexpr float sqrt_half = 0.70710678118654752440f, sqrt_2_over_pi = 0.79788456080286535588f;
    switch (kind) {
    case GNN_ACT_SILU: return x / (1.0f + expf(-x));
    case GNN_ACT_GELU: return 0.5f * x * (1.0f + erff(x * sqrt_half));
    case GNN_ACT_GELU_TANH: return 0.5f * x * (1.0f + tanhf(sqrt_2_over_pi * (x + 0.044715f * x * x * x)));
    case GNN_ACT_GELU_QUICK: return x / (1.0f + expf(-1.702f * x));
    default: return x > 0.0f || x != x ? x : 0.0f;
    }
}

template <typename T> __global__ static void activation(gnn_activation_args a, int64_t first)
{
    int64_t at = first + (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    int64_t r = at / a.cols, c = at % a.cols;
    if (r < a.rows) {
        const T *x = (const T *)a.x + r * a.x_stride;
        float y = gnn_rounded<T>(activate(gnn_widen(x[c]), a.kind));
        if (a.gated) {
            y *= gnn_widen(x[a.cols + c]);
        }
        ((T *)a.y)[r * a.y_stride + c] = gnn_narrow<T>(y);
    }
}

god_status gnn_cuda_activation(gnn_device *device, const gnn_activation_args *args, god_error *err)
{
    constexpr int64_t elements_per_launch = (int64_t)gnn_block_threads << 22;
    for (int64_t first = 0; first < args->rows * args->cols; first += elements_per_launch) {
        int64_t left = args->rows * args->cols - first;
        uint32_t blocks = gnn_blocks(left < elements_per_launch ? left : elements_per_launch, gnn_block_threads);
        GNN_CUDA_BY_DTYPE(device, (activation<T><<<blocks, gnn_block_threads, 0, device->stream>>>(*args, first)));
    }
    return gnn_cuda_check_launch("activation", err);
}
