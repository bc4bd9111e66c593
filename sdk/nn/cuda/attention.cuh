/* cuda/attention.cuh: what the two kernels of attention share: where the rows of a sequence lie. Private to cuda/.
 *
 * attention_tiles.cu   bf16 on tensor cores, heads of a multiple of 8 up to 256 elements: what models have
 * attention_rows.cu    every other shape, and f32: one block per row and head
 * Both take the keys of a row in the order of their places and in steps that begin at multiples of a constant, so a
 * row's digits do not depend on what else is in the pack, nor on whether its first keys are a prefix's. */
#ifndef GNN_CUDA_ATTENTION_CUH
#define GNN_CUDA_ATTENTION_CUH

#include "cuda/common.cuh"

/* On the device: starts (sequences + 1), prefixes (sequences; nullptr: nobody has one), and for the kernel on tiles the
 * first tile of each sequence and the number of all (sequences + 1). */
struct gnn_places {
    const int64_t *starts, *prefixes, *tiles;
    int64_t sequences;
};

/* Where the rows of a sequence lie: place j is row prefix + j below `before`, and row own + j from there on. */
struct gnn_sequence_rows {
    int64_t before, prefix, own;

    __device__ int64_t at(int64_t place) const
    {
        return (place < before ? prefix : own) + place;
    }
};

__device__ static inline gnn_sequence_rows gnn_rows_of(const gnn_places &places, int64_t sequence)
{
    const int64_t prefix = places.prefixes != nullptr ? places.prefixes[sequence] : -1;
    if (prefix < 0) {
        return {0, 0, places.starts[sequence]};
    }
    const int64_t before = places.starts[prefix + 1] - places.starts[prefix];
    return {before, places.starts[prefix], places.starts[sequence] - before};
}

/* The last of `count` ascending numbers that is not above `value`, the first of which is. */
__device__ static inline int64_t gnn_last_not_above(const int64_t *numbers, int64_t count, int64_t value)
{
    int64_t low = 0, high = count;
    while (high - low > 1) {
        const int64_t middle = (low + high) / 2;
        if (numbers[middle] <= value) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

constexpr int gnn_tile_rows = 64; /* queries of a block in attention_tiles.cu */

bool gnn_attention_has_tiles(const gnn_device *device, const gnn_attention_args *args);
void gnn_attention_tiles(gnn_device *device, const gnn_attention_args *args, const gnn_places &places,
                         int64_t tile_count);
void gnn_attention_rows(gnn_device *device, const gnn_attention_args *args, const gnn_places &places);
constexpr int64_t gnn_attention_dim_max = 512; /* of attention_rows.cu */

#endif
