#include "cuda/common.cuh"

/* One block per query row and head. Keys are taken gnn_block_threads at a time: each thread scores one key, the block
 * agrees on the new maximum, and then each thread sums one or more elements of the output over those keys. The sums
 * run over keys in order, so they do not depend on what else is in the pack, nor on whether a sequence's first keys are
 * its own rows or its prefix's. */

constexpr int64_t head_dim_max = 512;

/* Where the keys of a sequence lie: place j is row prefix + j below `before`, and row own + j from there on. */
struct key_rows {
    int64_t before, prefix, own;
    __device__ int64_t at(int64_t place) const
    {
        return (place < before ? prefix : own) + place;
    }
};

/* prefixes nullptr: nobody has one. */
__device__ static key_rows keys_of(const int64_t *starts, const int64_t *prefixes, int64_t sequence)
{
    int64_t prefix = prefixes != nullptr ? prefixes[sequence] : -1;
    if (prefix < 0) {
        return {0, 0, starts[sequence]};
    }
    int64_t before = starts[prefix + 1] - starts[prefix];
    return {before, starts[prefix], starts[sequence] - before};
}

/* The sequence of a row by bisection over starts. */
__device__ static int64_t sequence_of(const int64_t *starts, int64_t sequences, int64_t row)
{
    int64_t low = 0, high = sequences;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (starts[middle] <= row) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

template <typename T> __device__ static float score(const gnn_attention_args &a, const float *q, const T *k)
{
    float dot = 0.0f;
    for (int64_t d = 0; d < a.dim; d++) {
        dot += q[d] * gnn_widen(k[d]);
    }
    dot *= a.scale;
    return a.softcap > 0.0f ? a.softcap * tanhf(dot / a.softcap) : dot;
}

template <typename T>
__global__ static void attend(gnn_attention_args a, const int64_t *starts, const int64_t *prefixes)
{
    __shared__ float q[head_dim_max], p[gnn_block_threads], shared[gnn_block_threads / gnn_warp_lanes];
    int64_t row = blockIdx.x, head = blockIdx.y, kv_head = head / (a.heads / a.kv_heads);
    const key_rows keys_at = keys_of(starts, prefixes, sequence_of(starts, a.sequences, row));
    int64_t place = row - keys_at.own;
    int64_t first = a.window > 0 && place >= a.window ? place - a.window + 1 : 0;
    for (int64_t d = threadIdx.x; d < a.dim; d += blockDim.x) {
        q[d] = gnn_widen(((const T *)a.q)[row * a.stride + head * a.dim + d]);
    }
    __syncthreads();

    constexpr int elements_per_thread = head_dim_max / gnn_block_threads;
    float sums[elements_per_thread] = {0.0f};
    float highest = -INFINITY, total = 0.0f;
    for (int64_t chunk = first; chunk <= place; chunk += gnn_block_threads) {
        int64_t key = chunk + threadIdx.x;
        float s = key <= place ? score(a, q, (const T *)a.k + keys_at.at(key) * a.stride + kv_head * a.dim) : -INFINITY;
        if (a.key_bias != nullptr && key <= place) {
            s += a.key_bias[head * a.key_bias_stride + key];
        }
        float chunk_highest = gnn_higher(gnn_block_max(s, shared), highest);
        float keep = highest == -INFINITY ? 0.0f : expf(highest - chunk_highest);
        float weight = key <= place ? expf(s - chunk_highest) : 0.0f;
        p[threadIdx.x] = weight;
        total = total * keep + gnn_block_sum(weight, shared); /* its barriers also publish p */
        highest = chunk_highest;
        int64_t keys = place - chunk + 1 < gnn_block_threads ? place - chunk + 1 : gnn_block_threads;
        for (int e = 0; e < elements_per_thread; e++) {
            int64_t d = threadIdx.x + (int64_t)e * gnn_block_threads;
            if (d < a.dim) {
                float sum = sums[e] * keep;
                for (int64_t j = 0; j < keys; j++) {
                    int64_t at = keys_at.at(chunk + j) * a.stride + kv_head * a.dim + d;
                    sum += p[j] * gnn_widen(((const T *)a.v)[at]);
                }
                sums[e] = sum;
            }
        }
        __syncthreads(); /* p is written again in the next turn */
    }
    for (int e = 0; e < elements_per_thread; e++) {
        int64_t d = threadIdx.x + (int64_t)e * gnn_block_threads;
        if (d < a.dim) {
            ((T *)a.y)[row * a.y_stride + head * a.dim + d] = gnn_narrow<T>(sums[e] / total);
        }
    }
}

/* Copies starts and, where there are any, prefixes to the device, one behind the other. */
static god_status stage_places(gnn_device *device, const gnn_attention_args *args, const int64_t **ret_starts,
                               const int64_t **ret_prefixes, god_error *err)
{
    const size_t starts_count = (size_t)args->sequences + 1, count = starts_count + (size_t)args->sequences;
    void *copy = nullptr;
    if (args->prefixes == nullptr) {
        GOD_TRY(gnn_cuda_stage(device, args->starts, starts_count * sizeof *args->starts, &copy, err));
        *ret_starts = (const int64_t *)copy;
        *ret_prefixes = nullptr;
        return GOD_OK;
    }
    int64_t *both = (int64_t *)malloc(count * sizeof *both);
    if (both == nullptr) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %lld sequences", (long long)args->sequences);
    }
    memcpy(both, args->starts, starts_count * sizeof *both);
    memcpy(both + starts_count, args->prefixes, (size_t)args->sequences * sizeof *both);
    god_status status = gnn_cuda_stage(device, both, count * sizeof *both, &copy, err);
    free(both); /* copies from pageable memory have left it when the call returns */
    if (status == GOD_OK) {
        *ret_starts = (const int64_t *)copy;
        *ret_prefixes = *ret_starts + starts_count;
    }
    return status;
}

god_status gnn_cuda_attention(gnn_device *device, const gnn_attention_args *args, god_error *err)
{
    if (args->dim > head_dim_max) {
        return god_fail(err, GOD_E_UNSUPPORTED, "attention heads of %lld elements, %lld are possible on CUDA",
                        (long long)args->dim, (long long)head_dim_max);
    }
    int64_t rows = args->starts[args->sequences];
    if (rows == 0) {
        return GOD_OK;
    }
    const int64_t *places = nullptr, *prefixes = nullptr;
    GOD_TRY(stage_places(device, args, &places, &prefixes, err));
    dim3 grid((uint32_t)rows, (uint32_t)args->heads);
    GNN_CUDA_BY_DTYPE(device, (attend<T><<<grid, gnn_block_threads, 0, device->stream>>>(*args, places, prefixes)));
    return gnn_cuda_check_launch("attention", err);
}
