#include "cuda/common.cuh"

/* Rows count along blockIdx.x; a thread has N neighbouring pairs of one head of a row. */
template <typename T, int N> __global__ static void rotate(gnn_rope_args a)
{
    const uint32_t half = (uint32_t)(a.rotary / 2), at = (blockIdx.y * blockDim.x + threadIdx.x) * N;
    const uint32_t h = at / half, d = at % half;
    if (h < a.heads) {
        T *x = (T *)a.x + (int64_t)blockIdx.x * a.row_stride + h * a.head_stride + d;
        const int64_t angle = (int64_t)a.position[blockIdx.x] * half + d;
        float low[N], high[N], cosine[N], sine[N];
        gnn_take(low, x);
        gnn_take(high, x + half);
        gnn_take(cosine, a.cos + angle);
        gnn_take(sine, a.sin + angle);
        for (int i = 0; i < N; i++) {
            const float along = gnn_rounded<T>(low[i] * cosine[i]) + gnn_rounded<T>(-high[i] * sine[i]);
            high[i] = gnn_rounded<T>(high[i] * cosine[i]) + gnn_rounded<T>(low[i] * sine[i]);
            low[i] = along;
        }
        gnn_put(x, low);
        gnn_put(x + half, high);
    }
}

template <typename T> static bool is_wide(const gnn_rope_args *args)
{
    const int64_t half = args->rotary / 2;
    return gnn_is_wide<T>(args->x, args->row_stride, half) && gnn_is_wide<T>(args->x, args->head_stride, half) &&
           gnn_is_wide<float>(args->cos, half, half) && gnn_is_wide<float>(args->sin, half, half);
}

god_status gnn_cuda_rope(gnn_device *device, const gnn_rope_args *args, god_error *err)
{
    const int64_t pairs = args->heads * (args->rotary / 2);
    GOD_TRY(gnn_cuda_check_rows("rope", args->rows, err));
    if (args->rows == 0 || pairs == 0) {
        return GOD_OK;
    }
    GNN_CUDA_ROWS(device, rotate, is_wide<T>(args), args->rows, pairs, *args);
    return gnn_cuda_check_launch("rope", err);
}
