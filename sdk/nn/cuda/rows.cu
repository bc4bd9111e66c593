#include "cuda/common.cuh"

/* Column c of row r for every element; a block covers one stretch of one row. */
struct row_place {
    int64_t r, c;
};

__device__ static inline row_place place()
{
    return {(int64_t)blockIdx.y, (int64_t)blockIdx.x * blockDim.x + threadIdx.x};
}

template <typename T> __global__ static void add_rows(gnn_rows_args a)
{
    row_place at = place();
    if (at.c < a.cols) {
        T *y = (T *)a.y + at.r * a.y_stride + at.c;
        float term = gnn_rounded<T>(a.scale * gnn_widen(((const T *)a.x)[at.r * a.x_stride + at.c]));
        *y = gnn_narrow<T>(gnn_widen(*y) + term);
    }
}

template <typename T> __global__ static void scale_rows(gnn_rows_args a)
{
    row_place at = place();
    if (at.c < a.cols) {
        T *y = (T *)a.y + at.r * a.y_stride + at.c;
        *y = gnn_narrow<T>(a.scale * gnn_widen(*y));
    }
}

template <typename T> __global__ static void softcap_rows(gnn_rows_args a)
{
    row_place at = place();
    if (at.c < a.cols) {
        T *y = (T *)a.y + at.r * a.y_stride + at.c;
        float bent = gnn_rounded<T>(tanhf(gnn_rounded<T>(gnn_widen(*y) / a.scale)));
        *y = gnn_narrow<T>(bent * a.scale);
    }
}

template <typename T> __global__ static void gather_rows(gnn_rows_args a, const int64_t *index)
{
    row_place at = place();
    if (at.c < a.cols) {
        ((T *)a.y)[at.r * a.y_stride + at.c] = ((const T *)a.x)[index[at.r] * a.x_stride + at.c];
    }
}

/* Rows of one call go to different rows of y, so no two threads meet. */
template <typename T> __global__ static void scatter_rows(gnn_rows_args a, const int64_t *index)
{
    row_place at = place();
    if (at.c < a.cols) {
        T *y = (T *)a.y + index[at.r] * a.y_stride + at.c;
        float term = gnn_rounded<T>(a.weight[at.r] * gnn_widen(((const T *)a.x)[at.r * a.x_stride + at.c]));
        *y = gnn_narrow<T>(gnn_widen(*y) + term);
    }
}

template <typename T> __global__ static void dora_rows(gnn_dora_args a)
{
    int64_t c = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (c < a.cols) {
        for (int64_t r = blockIdx.y; r < a.rows; r += gridDim.y) {
            T *at = (T *)a.y + r * a.y_stride + c;
            float y = gnn_widen(*at), x = gnn_widen(((const T *)a.x)[r * a.x_stride + c]);
            float u = a.bias != nullptr ? gnn_rounded<T>(y - a.bias[c]) : y;
            float branch = (a.magnitude[c] - 1.0f) * u + a.magnitude[c] * x * a.scale;
            *at = gnn_narrow<T>(y + branch);
        }
    }
}

/* blockIdx.y counts rows and goes up to 65535, so long matrices are launched in stretches. */
constexpr int64_t rows_per_launch = 65535;

template <typename Launch> static void for_stretches(const gnn_rows_args *args, uint32_t dtype, Launch launch)
{
    for (int64_t first = 0; first < args->rows; first += rows_per_launch) {
        gnn_rows_args part = *args;
        part.rows = args->rows - first < rows_per_launch ? args->rows - first : rows_per_launch;
        part.y = gnn_at(args->y, dtype, first * args->y_stride);
        part.x = args->index != nullptr || args->x == nullptr ? args->x
                                                              : gnn_at_const(args->x, dtype, first * args->x_stride);
        launch(part, first, dim3(gnn_blocks(args->cols, gnn_block_threads), (uint32_t)part.rows));
    }
}

#define ROWS_LAUNCHER(name)                                                                                    \
    god_status gnn_cuda_##name(gnn_device *device, const gnn_rows_args *args, god_error *err)                  \
    {                                                                                                          \
        for_stretches(args, device->dtype, [&](const gnn_rows_args &part, int64_t, dim3 grid) {                \
            GNN_CUDA_BY_DTYPE(device, (name##_rows<T><<<grid, gnn_block_threads, 0, device->stream>>>(part))); \
        });                                                                                                    \
        return gnn_cuda_check_launch(#name, err);                                                              \
    }
ROWS_LAUNCHER(add)
ROWS_LAUNCHER(scale)
ROWS_LAUNCHER(softcap)

god_status gnn_cuda_gather(gnn_device *device, const gnn_rows_args *args, god_error *err)
{
    void *index = nullptr;
    GOD_TRY(gnn_cuda_stage(device, args->index, (size_t)args->rows * sizeof *args->index, &index, err));
    for_stretches(args, device->dtype, [&](const gnn_rows_args &part, int64_t first, dim3 grid) {
        GNN_CUDA_BY_DTYPE(device, (gather_rows<T><<<grid, gnn_block_threads, 0, device->stream>>>(
                                      part, (const int64_t *)index + first)));
    });
    return gnn_cuda_check_launch("gather", err);
}

god_status gnn_cuda_scatter(gnn_device *device, const gnn_rows_args *args, god_error *err)
{
    void *index = nullptr;
    GOD_TRY(gnn_cuda_stage(device, args->index, (size_t)args->rows * sizeof *args->index, &index, err));
    for_stretches(args, device->dtype, [&](const gnn_rows_args &stretch, int64_t first, dim3 grid) {
        gnn_rows_args part = stretch;
        part.y = args->y; /* rows of y are found by their index, rows of x follow each other */
        part.x = gnn_at_const(args->x, device->dtype, first * args->x_stride);
        part.weight = args->weight + first;
        GNN_CUDA_BY_DTYPE(device, (scatter_rows<T><<<grid, gnn_block_threads, 0, device->stream>>>(
                                      part, (const int64_t *)index + first)));
    });
    return gnn_cuda_check_launch("scatter", err);
}

god_status gnn_cuda_dora(gnn_device *device, const gnn_dora_args *args, god_error *err)
{
    int64_t rows = args->rows < rows_per_launch ? args->rows : rows_per_launch;
    dim3 grid(gnn_blocks(args->cols, gnn_block_threads), (uint32_t)rows);
    GNN_CUDA_BY_DTYPE(device, (dora_rows<T><<<grid, gnn_block_threads, 0, device->stream>>>(*args)));
    return gnn_cuda_check_launch("dora", err);
}
