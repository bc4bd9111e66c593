#include "cuda/common.cuh"

/* One block per vector; two passes over it, the second centred on the mean for layer norm. Sums in f32. */
template <typename T> __global__ static void normalise(gnn_norm_args a)
{
    __shared__ float shared[gnn_block_threads / gnn_warp_lanes];
    int64_t r = blockIdx.x / a.groups, g = blockIdx.x % a.groups;
    const T *x = (const T *)a.x + r * a.x_row_stride + g * a.x_group_stride;
    T *y = (T *)a.y + r * a.y_row_stride + g * a.y_group_stride;
    const float *weight = a.weight + (a.weight_per_group ? g * a.cols : 0);
    const float *bias = a.bias == nullptr ? nullptr : a.bias + (a.weight_per_group ? g * a.cols : 0);

    float mean = 0.0f;
    if (a.kind == GNN_NORM_LAYER) {
        float sum = 0.0f;
        for (int64_t c = threadIdx.x; c < a.cols; c += blockDim.x) {
            sum += gnn_widen(x[c]);
        }
        mean = gnn_block_sum(sum, shared) / (float)a.cols;
    }
    float squares = 0.0f;
    for (int64_t c = threadIdx.x; c < a.cols; c += blockDim.x) {
        float centred = gnn_widen(x[c]) - mean;
        squares += centred * centred;
    }
    float root = sqrtf(gnn_block_sum(squares, shared) / (float)a.cols + a.eps);

    for (int64_t c = threadIdx.x; c < a.cols; c += blockDim.x) {
        float n = (gnn_widen(x[c]) - mean) / root;
        float value;
        if (a.kind == GNN_NORM_RMS) {
            value = gnn_rounded<T>(n) * weight[c];
        } else if (a.kind == GNN_NORM_RMS_PLUS1) {
            value = n * (1.0f + weight[c]);
        } else {
            value = n * weight[c];
        }
        y[c] = gnn_narrow<T>(bias == nullptr ? value : value + bias[c]);
    }
}

god_status gnn_cuda_norm(gnn_device *device, const gnn_norm_args *args, god_error *err)
{
    int64_t vectors = args->rows * args->groups;
    if (vectors > INT32_MAX) {
        return god_fail(err, GOD_E_UNSUPPORTED, "norm over %lld vectors, %d are possible", (long long)vectors,
                        INT32_MAX);
    }
    if (vectors == 0) {
        return GOD_OK;
    }
    GNN_CUDA_BY_DTYPE(device, (normalise<T><<<(uint32_t)vectors, gnn_block_threads, 0, device->stream>>>(*args)));
    return gnn_cuda_check_launch("norm", err);
}
