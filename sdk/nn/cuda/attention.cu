/* Chooses the kernel and brings the places of the sequences to the device. */
#include "cuda/attention.cuh"
#include "cuda/attention_cudnn.cuh"

#include <stdlib.h>

/* starts, then prefixes where there are any, then tiles; freed with free(). */
static int64_t *list_places(const gnn_attention_args *args, size_t *ret_bytes, int64_t *ret_tiles)
{
    const int64_t sequences = args->sequences;
    const size_t count = (size_t)(3 * sequences + 2);
    int64_t *places = (int64_t *)malloc(count * sizeof *places), *next = places, tile = 0;
    if (places == nullptr) {
        return nullptr;
    }
    for (int64_t s = 0; s <= sequences; s++) {
        *next++ = args->starts[s];
    }
    for (int64_t s = 0; args->prefixes != nullptr && s < sequences; s++) {
        *next++ = args->prefixes[s];
    }
    for (int64_t s = 0; s < sequences; s++) {
        *next++ = tile;
        tile += (args->starts[s + 1] - args->starts[s] + gnn_tile_rows - 1) / gnn_tile_rows;
    }
    *next++ = tile;
    *ret_bytes = (size_t)(next - places) * sizeof *places;
    *ret_tiles = tile;
    return places;
}

static god_status send_places(gnn_device *device, const gnn_attention_args *args, gnn_places *ret_places,
                              int64_t *ret_tiles, god_error *err)
{
    const int64_t sequences = args->sequences;
    size_t bytes = 0;
    void *copy = nullptr;
    int64_t *places = list_places(args, &bytes, ret_tiles);
    if (places == nullptr) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %lld sequences", (long long)sequences);
    }
    god_status status = gnn_cuda_stage(device, places, bytes, &copy, err);
    free(places);
    GOD_TRY(status);
    const int64_t *starts = (const int64_t *)copy, *prefixes = starts + sequences + 1;
    *ret_places = {starts, args->prefixes != nullptr ? prefixes : nullptr,
                   args->prefixes != nullptr ? prefixes + sequences : prefixes, sequences};
    return GOD_OK;
}

god_status gnn_attention_own(gnn_device *device, const gnn_attention_args *args, god_error *err)
{
    gnn_places places;
    int64_t tiles = 0;
    GOD_TRY(send_places(device, args, &places, &tiles, err));
    if (gnn_attention_has_tiles(device, args)) {
        gnn_attention_tiles(device, args, places, tiles);
    } else {
        gnn_attention_rows(device, args, places);
    }
    return gnn_cuda_check_launch("attention", err);
}

god_status gnn_cuda_attention(gnn_device *device, const gnn_attention_args *args, god_error *err)
{
    if (args->dim > gnn_attention_dim_max) {
        return god_fail(err, GOD_E_UNSUPPORTED, "attention heads of %lld elements, %lld are possible on CUDA",
                        (long long)args->dim, (long long)gnn_attention_dim_max);
    }
    GOD_TRY(gnn_cuda_check_rows("attention", args->starts[args->sequences], err));
    if (args->starts[args->sequences] == 0) {
        return GOD_OK;
    }
    return gnn_attention_has_cudnn(device, args) ? gnn_attention_cudnn(device, args, err)
                                                 : gnn_attention_own(device, args, err);
}
