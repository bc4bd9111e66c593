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

/* Rows count along blockIdx.x; a thread has N neighbouring columns of one of them. */
template <typename T, int N> __global__ static void activate_rows(gnn_activation_args a)
{
    const int64_t c = ((int64_t)blockIdx.y * blockDim.x + threadIdx.x) * N;
    if (c < a.cols) {
        float y[N], up[N];
        const T *x = (const T *)a.x + (int64_t)blockIdx.x * a.x_stride + c;
        gnn_take(y, x);
        for (int i = 0; i < N; i++) {
            y[i] = activate(y[i], a.kind);
        }
        if (a.gated) {
            gnn_take(up, x + a.cols);
            for (int i = 0; i < N; i++) {
                y[i] = gnn_rounded<T>(y[i]) * up[i];
            }
        }
        gnn_put((T *)a.y + (int64_t)blockIdx.x * a.y_stride + c, y);
    }
}

god_status gnn_cuda_activation(gnn_device *device, const gnn_activation_args *args, god_error *err)
{
    GOD_TRY(gnn_cuda_check_rows("activation", args->rows, err));
    if (args->rows == 0 || args->cols == 0) {
        return GOD_OK;
    }
    GNN_CUDA_ROWS(device, activate_rows,
                  gnn_is_wide<T>(args->y, args->y_stride, args->cols) &&
                      gnn_is_wide<T>(args->x, args->x_stride, args->cols),
                  args->rows, args->cols, *args);
    return gnn_cuda_check_launch("activation", err);
}
