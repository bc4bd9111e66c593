#include "cuda/common.cuh"

/* One block per row; the running sums are carried from tile to tile in f64, as in the reference. */

__device__ static double rescale(double from, double to)
{
    return from == -INFINITY ? 0.0 : exp(from - to);
}

template <typename T> __device__ static double highest_of(const T *z, int64_t cols, double *shared)
{
    double highest = -INFINITY;
    for (int64_t c = threadIdx.x; c < cols; c += blockDim.x) {
        highest = gnn_higher((double)gnn_widen(z[c]), highest);
    }
    return gnn_block_max(highest, shared);
}

template <typename T> __global__ static void add_nll_tile(gnn_head_args a)
{
    __shared__ double shared[gnn_block_threads / gnn_warp_lanes];
    gnn_nll_row *row = &a.nll[blockIdx.x];
    const T *z = (const T *)a.z + (int64_t)blockIdx.x * a.z_stride;
    double highest = gnn_higher(highest_of(z, a.cols, shared), row->highest);
    double sum = 0.0;
    for (int64_t c = threadIdx.x; c < a.cols; c += blockDim.x) {
        sum += exp((double)gnn_widen(z[c]) - highest);
    }
    sum = gnn_block_sum(sum, shared);
    if (threadIdx.x == 0) {
        row->sum = row->sum * rescale(row->highest, highest) + sum;
        row->highest = highest;
        int64_t target = a.targets[blockIdx.x] - a.first;
        if (target >= 0 && target < a.cols) {
            row->target_logit = (double)gnn_widen(z[target]);
        }
    }
}

template <typename T> __global__ static void add_kl_tile(gnn_head_args a)
{
    __shared__ double shared[gnn_block_threads / gnn_warp_lanes];
    gnn_kl_row *row = &a.kl[blockIdx.x];
    const T *zp = (const T *)a.z + (int64_t)blockIdx.x * a.z_stride;
    const T *zq = (const T *)a.reference_z + (int64_t)blockIdx.x * a.z_stride;
    double p_highest = gnn_higher(highest_of(zp, a.cols, shared), row->p_highest);
    double q_highest = gnn_higher(highest_of(zq, a.cols, shared), row->q_highest);
    double p_sum = 0.0, q_sum = 0.0, weighted = 0.0;
    for (int64_t c = threadIdx.x; c < a.cols; c += blockDim.x) {
        double p = (double)gnn_widen(zp[c]), q = (double)gnn_widen(zq[c]);
        double share = exp(p - p_highest);
        p_sum += share;
        weighted += share * (p - q);
        q_sum += exp(q - q_highest);
    }
    p_sum = gnn_block_sum(p_sum, shared);
    q_sum = gnn_block_sum(q_sum, shared);
    weighted = gnn_block_sum(weighted, shared);
    if (threadIdx.x == 0) {
        double p_factor = rescale(row->p_highest, p_highest);
        row->p_sum = row->p_sum * p_factor + p_sum;
        row->weighted = row->weighted * p_factor + weighted;
        row->q_sum = row->q_sum * rescale(row->q_highest, q_highest) + q_sum;
        row->p_highest = p_highest;
        row->q_highest = q_highest;
    }
}

god_status gnn_cuda_nll(gnn_device *device, const gnn_head_args *args, god_error *err)
{
    if (args->rows == 0) {
        return GOD_OK;
    }
    void *targets = nullptr;
    GOD_TRY(gnn_cuda_stage(device, args->targets, (size_t)args->rows * sizeof *args->targets, &targets, err));
    gnn_head_args on_device = *args;
    on_device.targets = (const int32_t *)targets;
    GNN_CUDA_BY_DTYPE(device,
                      (add_nll_tile<T><<<(uint32_t)args->rows, gnn_block_threads, 0, device->stream>>>(on_device)));
    return gnn_cuda_check_launch("nll", err);
}

god_status gnn_cuda_kl(gnn_device *device, const gnn_head_args *args, god_error *err)
{
    if (args->rows == 0) {
        return GOD_OK;
    }
    GNN_CUDA_BY_DTYPE(device, (add_kl_tile<T><<<(uint32_t)args->rows, gnn_block_threads, 0, device->stream>>>(*args)));
    return gnn_cuda_check_launch("kl", err);
}
