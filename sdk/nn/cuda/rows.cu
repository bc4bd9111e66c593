#include "cuda/common.cuh"

/* Rows count along blockIdx.x; a thread has N neighbouring columns of one of them. */
template <int N> __device__ static inline int64_t first_column()
{
    return ((int64_t)blockIdx.y * blockDim.x + threadIdx.x) * N;
}

/* Row y_row of y += round(scale * row x_row of x). */
template <typename T, int N>
__device__ static void add_row(const gnn_rows_args &a, int64_t y_row, int64_t x_row, float scale)
{
    const int64_t c = first_column<N>();
    if (c < a.cols) {
        float y[N], x[N];
        T *at = (T *)a.y + y_row * a.y_stride + c;
        gnn_take(y, at);
        gnn_take(x, (const T *)a.x + x_row * a.x_stride + c);
        for (int i = 0; i < N; i++) {
            y[i] += gnn_rounded<T>(scale * x[i]);
        }
        gnn_put(at, y);
    }
}

template <typename T, int N> __global__ static void add_rows(gnn_rows_args a)
{
    add_row<T, N>(a, blockIdx.x, blockIdx.x, a.scale);
}

/* Rows of one call go to different rows of y, so no two threads meet. */
template <typename T, int N> __global__ static void scatter_rows(gnn_rows_args a, const int64_t *index)
{
    add_row<T, N>(a, index[blockIdx.x], blockIdx.x, a.weight[blockIdx.x]);
}

template <typename T, int N> __global__ static void scale_rows(gnn_rows_args a)
{
    const int64_t c = first_column<N>();
    if (c < a.cols) {
        float y[N];
        T *at = (T *)a.y + (int64_t)blockIdx.x * a.y_stride + c;
        gnn_take(y, at);
        for (int i = 0; i < N; i++) {
            y[i] *= a.scale;
        }
        gnn_put(at, y);
    }
}

template <typename T, int N> __global__ static void softcap_rows(gnn_rows_args a)
{
    const int64_t c = first_column<N>();
    if (c < a.cols) {
        float y[N];
        T *at = (T *)a.y + (int64_t)blockIdx.x * a.y_stride + c;
        gnn_take(y, at);
        for (int i = 0; i < N; i++) {
            y[i] = gnn_rounded<T>(tanhf(gnn_rounded<T>(y[i] / a.scale))) * a.scale;
        }
        gnn_put(at, y);
    }
}

template <typename T, int N> __global__ static void gather_rows(gnn_rows_args a, const int64_t *index)
{
    const int64_t c = first_column<N>();
    if (c < a.cols) {
        const T *from = (const T *)a.x + index[blockIdx.x] * a.x_stride + c;
        T *to = (T *)a.y + (int64_t)blockIdx.x * a.y_stride + c;
        *(gnn_elements<T, N> *)to = *(const gnn_elements<T, N> *)from;
    }
}

template <typename T, int N> __global__ static void dora_rows(gnn_dora_args a)
{
    const int64_t first = first_column<N>();
    if (first < a.cols) {
        float y[N], x[N];
        T *at = (T *)a.y + (int64_t)blockIdx.x * a.y_stride + first;
        gnn_take(y, at);
        gnn_take(x, (const T *)a.x + (int64_t)blockIdx.x * a.x_stride + first);
        for (int i = 0; i < N; i++) {
            const int64_t c = first + i;
            const float u = a.bias != nullptr ? gnn_rounded<T>(y[i] - a.bias[c]) : y[i];
            y[i] += (a.magnitude[c] - 1.0f) * u + a.magnitude[c] * x[i] * a.scale;
        }
        gnn_put(at, y);
    }
}

template <typename T> static bool y_is_wide(const gnn_rows_args *args)
{
    return gnn_is_wide<T>(args->y, args->y_stride, args->cols);
}

template <typename T> static bool both_are_wide(const gnn_rows_args *args)
{
    return y_is_wide<T>(args) && gnn_is_wide<T>(args->x, args->x_stride, args->cols);
}

static bool is_empty(const gnn_rows_args *args)
{
    return args->rows == 0 || args->cols == 0;
}

#define ROWS_LAUNCHER(name, wide)                                                             \
    god_status gnn_cuda_##name(gnn_device *device, const gnn_rows_args *args, god_error *err) \
    {                                                                                         \
        GOD_TRY(gnn_cuda_check_rows(#name, args->rows, err));                                 \
        if (is_empty(args)) {                                                                 \
            return GOD_OK;                                                                    \
        }                                                                                     \
        GNN_CUDA_ROWS(device, name##_rows, wide<T>(args), args->rows, args->cols, *args);     \
        return gnn_cuda_check_launch(#name, err);                                             \
    }
ROWS_LAUNCHER(add, both_are_wide)
ROWS_LAUNCHER(scale, y_is_wide)
ROWS_LAUNCHER(softcap, y_is_wide)

#define INDEXED_LAUNCHER(name)                                                                               \
    god_status gnn_cuda_##name(gnn_device *device, const gnn_rows_args *args, god_error *err)                \
    {                                                                                                        \
        void *index = nullptr;                                                                               \
        GOD_TRY(gnn_cuda_check_rows(#name, args->rows, err));                                                \
        if (is_empty(args)) {                                                                                \
            return GOD_OK;                                                                                   \
        }                                                                                                    \
        GOD_TRY(gnn_cuda_stage(device, args->index, (size_t)args->rows * sizeof *args->index, &index, err)); \
        GNN_CUDA_ROWS(device, name##_rows, both_are_wide<T>(args), args->rows, args->cols, *args,            \
                      (const int64_t *)index);                                                               \
        return gnn_cuda_check_launch(#name, err);                                                            \
    }
INDEXED_LAUNCHER(gather)
INDEXED_LAUNCHER(scatter)

god_status gnn_cuda_dora(gnn_device *device, const gnn_dora_args *args, god_error *err)
{
    GOD_TRY(gnn_cuda_check_rows("dora", args->rows, err));
    if (args->rows == 0 || args->cols == 0) {
        return GOD_OK;
    }
    GNN_CUDA_ROWS(device, dora_rows,
                  gnn_is_wide<T>(args->y, args->y_stride, args->cols) &&
                      gnn_is_wide<T>(args->x, args->x_stride, args->cols),
                  args->rows, args->cols, *args);
    return gnn_cuda_check_launch("dora", err);
}
