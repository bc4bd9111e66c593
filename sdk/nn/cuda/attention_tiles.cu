/* Attention of bf16 heads on tensor cores: one block per head and gnn_tile_rows query rows, four warps of 16 rows each.
 *
 *   K and V pass by in tiles of `keys` rows, two of each in shared memory: one is computed with, the next is on its way
 *   S (16, keys) = Q K^T in f32; scale, cap, bias, mask
 *   m, l: highest score and sum of weights of each row so far; O (16, dim) += round(exp(S - m)) V, rescaled when m
 * grows
 *
 * Source: Dao 2023 (arXiv 2307.08691), algorithm 1. Weights are rounded to bf16 in front of the second product, sums
 * are f32. Tiles begin at multiples of `keys` places of the sequence, and a masked key changes no sum, so a row's
 * digits do not depend on the rows beside it.
 *
 * Shared memory: rows of `width` elements, which is dim rounded up to 64, 128 or 256; chunks of 8 elements, chunk c of
 * row r at c ^ (r % 8), so that the eight rows of a matrix are read from different banks. What a head or a sequence
 * does not fill is zero. */
#include "cuda/attention.cuh"

constexpr int warps = 4, warp_rows = 16, block_threads = warps * gnn_warp_lanes, chunk = 8;
static_assert(warps * warp_rows == gnn_tile_rows, "a warp's rows");

constexpr float log2_e = 1.44269504088896340736f;
constexpr int64_t tiles_max = 65535; /* blocks along y */

template <int width> struct shape {
    static constexpr int keys = width <= 128 ? 64 : 32; /* shared memory of 40, 80 or 96 KiB */
    static constexpr size_t q_bytes = (size_t)gnn_tile_rows * width * 2, kv_bytes = (size_t)keys * width * 2;
    static constexpr size_t bytes = q_bytes + 4 * kv_bytes;
};

template <int width> __device__ static inline unsigned char *chunk_at(unsigned char *tile, int row, int c)
{
    return tile + (row * (width / chunk) + (c ^ (row % 8))) * 16;
}

/* What a block works on. */
struct tile_work {
    gnn_sequence_rows rows;
    int64_t length; /* places of the sequence */
    int64_t begin;  /* place of the block's first row */
    int64_t head, kv_head;
};

__device__ static tile_work find_work(const gnn_attention_args &a, const gnn_places &places)
{
    const int64_t tile = (int64_t)gridDim.y - 1 - blockIdx.y; /* late tiles have more keys: they start first */
    const int64_t sequence = gnn_last_not_above(places.tiles, places.sequences, tile);
    tile_work work;
    work.rows = gnn_rows_of(places, sequence);
    work.length = places.starts[sequence + 1] - work.rows.own;
    work.begin = work.rows.before + (tile - places.tiles[sequence]) * gnn_tile_rows;
    work.head = blockIdx.x;
    work.kv_head = work.head / (a.heads / a.kv_heads);
    return work;
}

/* Begins to copy `count` rows from place `first` on of q, k or v into a tile. */
template <int width, int count>
__device__ static void fetch(const gnn_attention_args &a, const tile_work &work, const void *from, int64_t head,
                             int64_t first, unsigned char *tile)
{
    constexpr int chunks = width / chunk;
    for (int i = threadIdx.x; i < count * chunks; i += block_threads) {
        const int row = i / chunks, c = i % chunks;
        const bool there = first + row < work.length && c * chunk < a.dim;
        const int64_t at = there ? work.rows.at(first + row) * a.stride + head * a.dim + c * chunk : 0;
        gnn_copy_begin(chunk_at<width>(tile, row, c), (const __nv_bfloat16 *)from + at, there);
    }
}

/* Sixteen rows and columns 16 k .. of a tile as the first factor of a product. */
template <int width>
__device__ static inline void load_a(uint32_t (&to)[4], unsigned char *tile, int first_row, int k, int lane)
{
    gnn_load_matrices<false>(to, chunk_at<width>(tile, first_row + lane % 16, 2 * k + lane / 16));
}

__device__ static inline uint32_t pair_of(float low, float high)
{
    const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
    uint32_t bits;
    memcpy(&bits, &both, sizeof bits);
    return bits;
}

/* Scores of 16 rows against the keys of a tile: score[n] is columns 8 n .. 8 n + 7. */
template <int width>
__device__ static void score_tile(float (&score)[shape<width>::keys / 8][4], unsigned char *q_tile,
                                  unsigned char *k_tile, int warp, int lane)
{
#pragma unroll
    for (int n = 0; n < shape<width>::keys / 8; n++) {
        for (int i = 0; i < 4; i++) {
            score[n][i] = 0.0f;
        }
    }
#pragma unroll
    for (int k = 0; k < width / 16; k++) {
        uint32_t q[4];
        load_a<width>(q, q_tile, warp * warp_rows, k, lane);
#pragma unroll
        for (int n = 0; n < shape<width>::keys / 8; n += 2) {
            uint32_t b[4]; /* keys 8 n .. and 8 n + 8 .., each columns 16 k .. and 16 k + 8 .. */
            gnn_load_matrices<false>(b,
                                     chunk_at<width>(k_tile, 8 * n + lane % 8 + lane / 16 * 8, 2 * k + lane / 8 % 2));
            gnn_multiply_add(score[n], q, b[0], b[1]);
            gnn_multiply_add(score[n + 1], q, b[2], b[3]);
        }
    }
}

/* O += weights . V; weights are the scores' registers, which are already laid out as a first factor. */
template <int width>
__device__ static void add_values(float (&sum)[width / 8][4], const float (&weight)[shape<width>::keys / 8][4],
                                  unsigned char *v_tile, int lane)
{
#pragma unroll
    for (int k = 0; k < shape<width>::keys / 16; k++) {
        const uint32_t p[4] = {pair_of(weight[2 * k][0], weight[2 * k][1]), pair_of(weight[2 * k][2], weight[2 * k][3]),
                               pair_of(weight[2 * k + 1][0], weight[2 * k + 1][1]),
                               pair_of(weight[2 * k + 1][2], weight[2 * k + 1][3])};
#pragma unroll
        for (int n = 0; n < width / 8; n += 2) {
            uint32_t b[4]; /* elements 8 n .. and 8 n + 8 .., each keys 16 k .. and 16 k + 8 .. */
            gnn_load_matrices<true>(b, chunk_at<width>(v_tile, 16 * k + lane % 16, n + lane / 16));
            gnn_multiply_add(sum[n], p, b[0], b[1]);
            gnn_multiply_add(sum[n + 1], p, b[2], b[3]);
        }
    }
}

/* Scores in units of log 2, as exp2 wants them, and -inf where a key is masked. A thread's elements 0 and 1 belong to
 * the first of its two rows. */
template <int width>
__device__ static void finish_scores(const gnn_attention_args &a, const tile_work &work,
                                     float (&score)[shape<width>::keys / 8][4], int64_t first_key, int64_t place,
                                     int lane)
{
    const int64_t last_key = first_key + shape<width>::keys - 1;
    const bool masked = last_key > place || (a.window > 0 && first_key <= place + 8 - a.window);
    const float factor = a.scale * log2_e;
    const float *bias = a.key_bias != nullptr ? a.key_bias + work.head * a.key_bias_stride : nullptr;
#pragma unroll
    for (int n = 0; n < shape<width>::keys / 8; n++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int64_t key = first_key + 8 * n + 2 * (lane % 4) + i % 2, row_place = place + i / 2 * 8;
            float s = score[n][i];
            s = a.softcap > 0.0f ? a.softcap * tanhf(s * a.scale / a.softcap) * log2_e : s * factor;
            if (bias != nullptr && key <= row_place && row_place < work.length) {
                s += bias[key] * log2_e;
            }
            if (masked && (key > row_place || (a.window > 0 && key <= row_place - a.window))) {
                s = -INFINITY;
            }
            score[n][i] = s;
        }
    }
}

/* The running state of a thread's two rows. */
struct row_state {
    float highest[2], total[2]; /* total: of this thread's columns */
};

/* Turns scores into weights against the new maximum and brings what has been summed to it. */
template <int width>
__device__ static void weigh(row_state &state, float (&score)[shape<width>::keys / 8][4], float (&sum)[width / 8][4])
{
#pragma unroll
    for (int half = 0; half < 2; half++) {
        float highest = state.highest[half];
#pragma unroll
        for (int n = 0; n < shape<width>::keys / 8; n++) {
            highest = fmaxf(highest, fmaxf(score[n][2 * half], score[n][2 * half + 1]));
        }
        highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 1));
        highest = fmaxf(highest, __shfl_xor_sync(0xffffffffu, highest, 2));
        const float base = highest == -INFINITY ? 0.0f : highest; /* no key yet: every weight is exp2(-inf) = 0 */
        const float keep = exp2f(state.highest[half] - base);
        float part = 0.0f;
#pragma unroll
        for (int n = 0; n < shape<width>::keys / 8; n++) {
            for (int i = 2 * half; i < 2 * half + 2; i++) {
                score[n][i] = exp2f(score[n][i] - base);
                part += score[n][i];
            }
        }
#pragma unroll
        for (int n = 0; n < width / 8; n++) {
            sum[n][2 * half] *= keep;
            sum[n][2 * half + 1] *= keep;
        }
        state.total[half] = state.total[half] * keep + part;
        state.highest[half] = highest;
    }
}

template <int width>
__device__ static void put_rows(const gnn_attention_args &a, const tile_work &work, const row_state &state,
                                const float (&sum)[width / 8][4], int64_t place, int lane)
{
#pragma unroll
    for (int half = 0; half < 2; half++) {
        float total = state.total[half];
        total += __shfl_xor_sync(0xffffffffu, total, 1);
        total += __shfl_xor_sync(0xffffffffu, total, 2);
        const int64_t row_place = place + half * 8;
        if (row_place < work.length) {
            __nv_bfloat16 *y = (__nv_bfloat16 *)a.y + work.rows.at(row_place) * a.y_stride + work.head * a.dim;
#pragma unroll
            for (int n = 0; n < width / 8; n++) {
                const int d = 8 * n + 2 * (lane % 4);
                if (d < a.dim) {
                    *(__nv_bfloat162 *)(y + d) =
                        __floats2bfloat162_rn(sum[n][2 * half] / total, sum[n][2 * half + 1] / total);
                }
            }
        }
    }
}

template <int width>
__global__ static void __launch_bounds__(block_threads) attend_tile(gnn_attention_args a, gnn_places places)
{
    GNN_DYNAMIC_SHARED(memory);
    constexpr int keys = shape<width>::keys;
    unsigned char *q_tile = memory, *k_tiles = q_tile + shape<width>::q_bytes,
                  *v_tiles = k_tiles + 2 * shape<width>::kv_bytes;
    const int warp = threadIdx.x / gnn_warp_lanes, lane = threadIdx.x % gnn_warp_lanes;
    const tile_work work = find_work(a, places);
    const int64_t place = work.begin + warp * warp_rows + lane / 4; /* of the thread's first row; the other is 8 on */
    const int64_t end = work.begin + gnn_tile_rows < work.length ? work.begin + gnn_tile_rows : work.length;
    const int64_t first_seen = a.window > 0 && work.begin >= a.window ? work.begin - a.window + 1 : 0;
    const int64_t first_tile = first_seen / keys, last_tile = (end - 1) / keys;
    row_state state = {{-INFINITY, -INFINITY}, {0.0f, 0.0f}};
    float sum[width / 8][4] = {};

    fetch<width, gnn_tile_rows>(a, work, a.q, work.head, work.begin, q_tile);
    fetch<width, keys>(a, work, a.k, work.kv_head, first_tile * keys, k_tiles);
    fetch<width, keys>(a, work, a.v, work.kv_head, first_tile * keys, v_tiles);
    gnn_copy_commit();
    for (int64_t tile = first_tile; tile <= last_tile; tile++) {
        const size_t now = (size_t)((tile - first_tile) % 2) * shape<width>::kv_bytes;
        const size_t next = shape<width>::kv_bytes - now;
        float score[keys / 8][4];
        if (tile < last_tile) {
            fetch<width, keys>(a, work, a.k, work.kv_head, (tile + 1) * keys, k_tiles + next);
            fetch<width, keys>(a, work, a.v, work.kv_head, (tile + 1) * keys, v_tiles + next);
        }
        gnn_copy_commit(); /* an empty group at the end, so that the count below holds */
        gnn_copy_wait<1>();
        __syncthreads();
        score_tile<width>(score, q_tile, k_tiles + now, warp, lane);
        finish_scores<width>(a, work, score, tile * keys, place, lane);
        weigh<width>(state, score, sum);
        add_values<width>(sum, score, v_tiles + now, lane);
        __syncthreads(); /* everybody is done with this tile before it is overwritten */
    }
    put_rows<width>(a, work, state, sum, place, lane);
}

template <int width>
static void launch(gnn_device *device, const gnn_attention_args *args, const gnn_places &places, int64_t tile_count)
{
    /* Above 48 KiB a kernel has to be told; an error shows at the launch. */
    (void)cudaFuncSetAttribute((const void *)attend_tile<width>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               (int)shape<width>::bytes);
    gnn_launch(attend_tile<width>, dim3((uint32_t)args->heads, (uint32_t)tile_count), block_threads,
               shape<width>::bytes, device->stream, *args, places);
}

static int64_t tiles_of(const gnn_attention_args *args)
{
    int64_t tiles = 0;
    for (int64_t s = 0; s < args->sequences; s++) {
        tiles += (args->starts[s + 1] - args->starts[s] + gnn_tile_rows - 1) / gnn_tile_rows;
    }
    return tiles;
}

bool gnn_attention_has_tiles(const gnn_device *device, const gnn_attention_args *args)
{
    const size_t bytes = args->dim <= 64 ? shape<64>::bytes : args->dim <= 128 ? shape<128>::bytes : shape<256>::bytes;
    return device->dtype == GNN_BF16 && args->dim <= 256 && bytes <= device->shared_bytes_max &&
           gnn_is_wide<__nv_bfloat16>(args->q, args->stride, args->dim) &&
           gnn_is_wide<__nv_bfloat16>(args->k, args->stride, args->dim) &&
           gnn_is_wide<__nv_bfloat16>(args->v, args->stride, args->dim) &&
           gnn_is_wide<__nv_bfloat16>(args->y, args->y_stride, args->dim) && tiles_of(args) <= tiles_max;
}

void gnn_attention_tiles(gnn_device *device, const gnn_attention_args *args, const gnn_places &places,
                         int64_t tile_count)
{
    if (args->dim <= 64) {
        launch<64>(device, args, places, tile_count);
    } else if (args->dim <= 128) {
        launch<128>(device, args, places, tile_count);
    } else {
        launch<256>(device, args, places, tile_count);
    }
}
