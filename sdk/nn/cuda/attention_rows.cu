/* Attention of any shape: one block per query row and head. Keys are taken gnn_block_threads at a time: each thread
 * scores one key, the block agrees on the new maximum, and then each thread sums one or more elements of the output
 * over those keys, in order. Everything is in f32. */
#include "cuda/attention.cuh"

template <typename T> __device__ static float score(const gnn_attention_args &a, const float *q, const T *k)
{
    float dot = 0.0f;
    for (int64_t d = 0; d < a.dim; d++) {
        dot += q[d] * gnn_widen(k[d]);
    }
    dot *= a.scale;
    return a.softcap > 0.0f ? a.softcap * tanhf(dot / a.softcap) : dot;
}

template <typename T> __global__ static void attend(gnn_attention_args a, gnn_places places)
{
    __shared__ float q[gnn_attention_dim_max], p[gnn_block_threads], shared[gnn_block_threads / gnn_warp_lanes];
    const int64_t row = blockIdx.x, head = blockIdx.y, kv_head = head / (a.heads / a.kv_heads);
    const gnn_sequence_rows rows = gnn_rows_of(places, gnn_last_not_above(places.starts, places.sequences, row));
    const int64_t place = row - rows.own;
    const int64_t first = a.window > 0 && place >= a.window ? place - a.window + 1 : 0;
    for (int64_t d = threadIdx.x; d < a.dim; d += blockDim.x) {
        q[d] = gnn_widen(((const T *)a.q)[row * a.stride + head * a.dim + d]);
    }
    __syncthreads();

    constexpr int elements_per_thread = gnn_attention_dim_max / gnn_block_threads;
    float sums[elements_per_thread] = {0.0f}, highest = -INFINITY, total = 0.0f;
    for (int64_t chunk = first; chunk <= place; chunk += gnn_block_threads) {
        const int64_t key = chunk + threadIdx.x;
        float s = key <= place ? score(a, q, (const T *)a.k + rows.at(key) * a.stride + kv_head * a.dim) : -INFINITY;
        if (a.key_bias != nullptr && key <= place) {
            s += a.key_bias[head * a.key_bias_stride + key];
        }
        const float chunk_highest = gnn_higher(gnn_together<gnn_block_threads>(s, shared, gnn_take_higher()), highest);
        const float keep = highest == -INFINITY ? 0.0f : expf(highest - chunk_highest);
        const float weight = key <= place ? expf(s - chunk_highest) : 0.0f;
        p[threadIdx.x] = weight;
        total = total * keep + gnn_together<gnn_block_threads>(weight, shared, gnn_add()); /* barriers publish p */
        highest = chunk_highest;
        const int64_t keys = place - chunk + 1 < gnn_block_threads ? place - chunk + 1 : gnn_block_threads;
        for (int e = 0; e < elements_per_thread; e++) {
            const int64_t d = threadIdx.x + (int64_t)e * gnn_block_threads;
            if (d < a.dim) {
                float sum = sums[e] * keep;
                for (int64_t j = 0; j < keys; j++) {
                    sum += p[j] * gnn_widen(((const T *)a.v)[rows.at(chunk + j) * a.stride + kv_head * a.dim + d]);
                }
                sums[e] = sum;
            }
        }
        __syncthreads(); /* p is written again in the next turn */
    }
    for (int e = 0; e < elements_per_thread; e++) {
        const int64_t d = threadIdx.x + (int64_t)e * gnn_block_threads;
        if (d < a.dim) {
            ((T *)a.y)[row * a.y_stride + head * a.dim + d] = gnn_narrow<T>(sums[e] / total);
        }
    }
}

void gnn_attention_rows(gnn_device *device, const gnn_attention_args *args, const gnn_places &places)
{
    const dim3 grid((uint32_t)args->starts[args->sequences], (uint32_t)args->heads);
    GNN_CUDA_BY_DTYPE(device, gnn_launch(attend<T>, grid, gnn_block_threads, 0, device->stream, *args, places));
}
