#include "cuda/common.cuh"

/* Vectors up to this length are a warp's, longer ones a block's; a block has several of the short ones. */
constexpr int64_t warp_cols_max = 1024;

/* A team of `lanes` threads per vector; two passes over it, the second centred on the mean for layer norm. Sums in f32.
 * Threads keep to their own columns, so y may be x. */
template <typename T, int N, int lanes> __global__ static void normalise(gnn_norm_args a)
{
    __shared__ float shared[gnn_block_threads / gnn_warp_lanes];
    constexpr int vectors_per_block = gnn_block_threads / lanes;
    const int64_t vector = (int64_t)blockIdx.x * vectors_per_block + threadIdx.x / lanes;
    if (vector >= a.rows * a.groups) {
        return; /* the whole team */
    }
    const int64_t r = vector / a.groups, g = vector % a.groups, own = (int64_t)(threadIdx.x % lanes) * N,
                  step = lanes * N;
    const T *x = (const T *)a.x + r * a.x_row_stride + g * a.x_group_stride;
    T *y = (T *)a.y + r * a.y_row_stride + g * a.y_group_stride;
    const float *weight = a.weight + (a.weight_per_group ? g * a.cols : 0);
    const float *bias = a.bias == nullptr ? nullptr : a.bias + (a.weight_per_group ? g * a.cols : 0);
    float values[N];

    float mean = 0.0f, squares = 0.0f;
    if (a.kind == GNN_NORM_LAYER) {
        float sum = 0.0f;
        for (int64_t c = own; c < a.cols; c += step) {
            gnn_take(values, x + c);
            for (int i = 0; i < N; i++) {
                sum += values[i];
            }
        }
        mean = gnn_together<lanes>(sum, shared, gnn_add()) / (float)a.cols;
    }
    for (int64_t c = own; c < a.cols; c += step) {
        gnn_take(values, x + c);
        for (int i = 0; i < N; i++) {
            const float centred = values[i] - mean;
            squares += centred * centred;
        }
    }
    const float root = sqrtf(gnn_together<lanes>(squares, shared, gnn_add()) / (float)a.cols + a.eps);

    for (int64_t c = own; c < a.cols; c += step) {
        gnn_take(values, x + c);
        for (int i = 0; i < N; i++) {
            const float n = (values[i] - mean) / root;
            if (a.kind == GNN_NORM_RMS) {
                values[i] = gnn_rounded<T>(n) * weight[c + i];
            } else if (a.kind == GNN_NORM_RMS_PLUS1) {
                values[i] = n * (1.0f + weight[c + i]);
            } else {
                values[i] = n * weight[c + i];
            }
            values[i] += bias != nullptr ? bias[c + i] : 0.0f;
        }
        gnn_put(y + c, values);
    }
}

template <typename T, int N> static void launch(const gnn_norm_args *args, cudaStream_t stream)
{
    const int64_t vectors = args->rows * args->groups;
    if (args->cols <= warp_cols_max) {
        gnn_launch(normalise<T, N, gnn_warp_lanes>, dim3(gnn_blocks(vectors, gnn_block_threads / gnn_warp_lanes)),
                   gnn_block_threads, 0, stream, *args);
    } else {
        gnn_launch(normalise<T, N, gnn_block_threads>, dim3((uint32_t)vectors), gnn_block_threads, 0, stream, *args);
    }
}

template <typename T> static bool is_wide(const gnn_norm_args *args)
{
    return gnn_is_wide<T>(args->x, args->x_row_stride, args->cols) &&
           gnn_is_wide<T>(args->y, args->y_row_stride, args->cols) &&
           gnn_is_wide<T>(args->x, args->x_group_stride, args->cols) &&
           gnn_is_wide<T>(args->y, args->y_group_stride, args->cols);
}

god_status gnn_cuda_norm(gnn_device *device, const gnn_norm_args *args, god_error *err)
{
    GOD_TRY(gnn_cuda_check_rows("norm", args->rows * args->groups, err));
    if (args->rows * args->groups == 0 || args->cols == 0) {
        return GOD_OK;
    }
    GNN_CUDA_BY_DTYPE(
        device, if (is_wide<T>(args)) { launch<T, gnn_wide>(args, device->stream); } else {
            launch<T, 1>(args, device->stream);
        });
    return gnn_cuda_check_launch("norm", err);
}
