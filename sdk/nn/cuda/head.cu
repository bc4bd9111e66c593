#include "cuda/common.cuh"

/* One block per row of a tile. Exponentials are f32 like the logits; a thread's run of N terms is summed in f32, and
 * these sums and what is carried from tile to tile in f64. */

__device__ static double rescale(double from, double to)
{
    return from == -INFINITY ? 0.0 : exp(from - to);
}

template <typename T, int N> __device__ static float highest_of(const T *z, int64_t cols, float *shared)
{
    float highest = -INFINITY, values[N];
    for (int64_t c = (int64_t)threadIdx.x * N; c < cols; c += (int64_t)blockDim.x * N) {
        gnn_take(values, z + c);
        for (int i = 0; i < N; i++) {
            highest = gnn_higher(values[i], highest);
        }
    }
    return gnn_together<gnn_block_threads>(highest, shared, gnn_take_higher());
}

template <typename T, int N> __global__ static void add_nll_tile(gnn_head_args a)
{
    __shared__ float shared_f32[gnn_block_threads / gnn_warp_lanes];
    __shared__ double shared_f64[gnn_block_threads / gnn_warp_lanes];
    gnn_nll_row *row = &a.nll[blockIdx.x];
    const T *z = (const T *)a.z + (int64_t)blockIdx.x * a.z_stride;
    const double before = row->highest;
    const double highest = gnn_higher((double)highest_of<T, N>(z, a.cols, shared_f32), before);
    const float top = (float)highest; /* one of the logits: nothing is lost */
    double sum = 0.0;
    for (int64_t c = (int64_t)threadIdx.x * N; c < a.cols; c += (int64_t)blockDim.x * N) {
        float values[N], part = 0.0f;
        gnn_take(values, z + c);
        for (int i = 0; i < N; i++) {
            part += expf(values[i] - top);
        }
        sum += (double)part;
    }
    sum = gnn_together<gnn_block_threads>(sum, shared_f64, gnn_add());
    if (threadIdx.x == 0) {
        row->sum = row->sum * rescale(before, highest) + sum;
        row->highest = highest;
        const int64_t target = a.targets[blockIdx.x] - a.first;
        if (target >= 0 && target < a.cols) {
            row->target_logit = (double)gnn_widen(z[target]);
        }
    }
}

template <typename T, int N> __global__ static void add_kl_tile(gnn_head_args a)
{
    __shared__ float shared_f32[gnn_block_threads / gnn_warp_lanes];
    __shared__ double shared_f64[gnn_block_threads / gnn_warp_lanes];
    gnn_kl_row *row = &a.kl[blockIdx.x];
    const T *zp = (const T *)a.z + (int64_t)blockIdx.x * a.z_stride;
    const T *zq = (const T *)a.reference_z + (int64_t)blockIdx.x * a.z_stride;
    const double p_before = row->p_highest, q_before = row->q_highest;
    const double p_highest = gnn_higher((double)highest_of<T, N>(zp, a.cols, shared_f32), p_before);
    const double q_highest = gnn_higher((double)highest_of<T, N>(zq, a.cols, shared_f32), q_before);
    const float p_top = (float)p_highest, q_top = (float)q_highest;
    double p_sum = 0.0, q_sum = 0.0, weighted = 0.0;
    for (int64_t c = (int64_t)threadIdx.x * N; c < a.cols; c += (int64_t)blockDim.x * N) {
        float p[N], q[N], p_part = 0.0f, q_part = 0.0f, weighted_part = 0.0f;
        gnn_take(p, zp + c);
        gnn_take(q, zq + c);
        for (int i = 0; i < N; i++) {
            const float share = expf(p[i] - p_top);
            p_part += share;
            q_part += expf(q[i] - q_top);
            weighted_part += share * (p[i] - q[i]);
        }
        p_sum += (double)p_part;
        q_sum += (double)q_part;
        weighted += (double)weighted_part;
    }
    p_sum = gnn_together<gnn_block_threads>(p_sum, shared_f64, gnn_add());
    q_sum = gnn_together<gnn_block_threads>(q_sum, shared_f64, gnn_add());
    weighted = gnn_together<gnn_block_threads>(weighted, shared_f64, gnn_add());
    if (threadIdx.x == 0) {
        const double p_factor = rescale(p_before, p_highest);
        row->p_sum = row->p_sum * p_factor + p_sum;
        row->weighted = row->weighted * p_factor + weighted;
        row->q_sum = row->q_sum * rescale(q_before, q_highest) + q_sum;
        row->p_highest = p_highest;
        row->q_highest = q_highest;
        const int64_t target = a.targets != nullptr ? a.targets[blockIdx.x] - a.first : -1;
        if (target >= 0 && target < a.cols) {
            row->target_logit = (double)gnn_widen(zp[target]);
        }
    }
}

/* One block of gnn_block_threads per row. */
static void launch(void (*kernel)(gnn_head_args), const gnn_head_args *args, cudaStream_t stream)
{
    gnn_launch(kernel, dim3((uint32_t)args->rows), gnn_block_threads, 0, stream, *args);
}

template <typename T> static bool is_wide(const gnn_head_args *args, const void *z)
{
    return gnn_is_wide<T>(z, args->z_stride, args->cols);
}

god_status gnn_cuda_nll(gnn_device *device, const gnn_head_args *args, god_error *err)
{
    GOD_TRY(gnn_cuda_check_rows("nll", args->rows, err));
    if (args->rows > 0) {
        GNN_CUDA_BY_DTYPE(device, launch(is_wide<T>(args, args->z) ? add_nll_tile<T, gnn_wide> : add_nll_tile<T, 1>,
                                         args, device->stream));
    }
    return gnn_cuda_check_launch("nll", err);
}

god_status gnn_cuda_kl(gnn_device *device, const gnn_head_args *args, god_error *err)
{
    GOD_TRY(gnn_cuda_check_rows("kl", args->rows, err));
    if (args->rows > 0) {
        GNN_CUDA_BY_DTYPE(device, launch(is_wide<T>(args, args->z) && is_wide<T>(args, args->reference_z)
                                             ? add_kl_tile<T, gnn_wide>
                                             : add_kl_tile<T, 1>,
                                         args, device->stream));
    }
    return gnn_cuda_check_launch("kl", err);
}
