#include "common/pack.h"

#include <stdlib.h>

god_status gtx_packs_plan(const gtx_samples *samples, uint64_t tokens_max, gtx_pack **ret_packs, size_t *ret_count,
                          god_error *err)
{
    size_t count = 0;
    gtx_pack *packs = malloc((samples->kept + 1) * sizeof *packs);
    if (packs == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the plan of %zu examples", samples->kept);
    }
    for (size_t i = 0; i < samples->kept; i++) {
        uint32_t length = samples->items[samples->order[i]].count;
        if (count == 0 || packs[count - 1].tokens + length > tokens_max) {
            packs[count++] = (gtx_pack){i, 0, 0};
        }
        packs[count - 1].count++;
        packs[count - 1].tokens += length;
    }
    *ret_packs = packs;
    *ret_count = count;
    return GOD_OK;
}

/* Makes room for `count` elements, old content lost. */
static uint32_t reallocate(void *array_of_pointer, size_t count, size_t element_bytes)
{
    void **array = array_of_pointer;
    free(*array);
    *array = count > SIZE_MAX / element_bytes ? NULL : malloc(count * element_bytes);
    return *array != NULL;
}

static god_status reserve(gtx_pack_rows *rows, size_t sequences, size_t tokens, god_error *err)
{
    if (sequences + 1 > rows->start_capacity) {
        rows->start_capacity = 0;
        if (!reallocate(&rows->starts, sequences + 1, sizeof *rows->starts)) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for a pack of %zu examples", sequences);
        }
        rows->start_capacity = sequences + 1;
    }
    if (tokens > rows->row_capacity) { /* a pack has at most as many rows as tokens */
        rows->row_capacity = 0;
        if (!reallocate(&rows->rows, tokens, sizeof *rows->rows) ||
            !reallocate(&rows->targets, tokens, sizeof *rows->targets) ||
            !reallocate(&rows->kl_mask, tokens, sizeof *rows->kl_mask) ||
            !reallocate(&rows->samples, tokens, sizeof *rows->samples)) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for a pack of %zu tokens", tokens);
        }
        rows->row_capacity = tokens;
    }
    return GOD_OK;
}

static void add_rows(const gtx_samples *samples, size_t index, int64_t start, uint32_t with_kl, gtx_pack_rows *rows)
{
    const gtx_sample *sample = &samples->items[index];
    const int32_t *labels = gtx_sample_labels(samples, sample);
    for (uint32_t t = 0; t < sample->count; t++) {
        int32_t target = t + 1 < sample->count && labels[t + 1] != GTX_IGNORE ? labels[t + 1] : -1;
        uint32_t in_kl = with_kl && labels[t] != GTX_IGNORE;
        if (target < 0 && !in_kl) {
            continue;
        }
        int64_t r = rows->row_count++;
        rows->rows[r] = start + t;
        rows->targets[r] = target;
        rows->kl_mask[r] = (uint8_t)in_kl;
        rows->samples[r] = index;
    }
}

god_status gtx_pack_fill(const gtx_samples *samples, const gtx_pack *pack, uint32_t with_kl, gtx_pack_rows *rows,
                         god_error *err)
{
    GOD_TRY(reserve(rows, pack->count, (size_t)pack->tokens, err));
    gtx_ids_clear(&rows->ids);
    rows->row_count = 0;
    for (size_t i = 0; i < pack->count; i++) {
        size_t index = samples->order[pack->first + i];
        const gtx_sample *sample = &samples->items[index];
        rows->starts[i] = (int64_t)rows->ids.count;
        add_rows(samples, index, rows->starts[i], with_kl, rows);
        GOD_TRY(gtx_ids_append(&rows->ids, gtx_sample_ids(samples, sample), sample->count, err));
    }
    rows->starts[pack->count] = (int64_t)rows->ids.count;
    rows->pack = (god_nn_pack){rows->ids.items, rows->starts, (int64_t)pack->count, NULL};
    return GOD_OK;
}

void gtx_pack_rows_free(gtx_pack_rows *rows)
{
    gtx_ids_free(&rows->ids);
    free(rows->starts);
    free(rows->rows);
    free(rows->targets);
    free(rows->kl_mask);
    free(rows->samples);
    *rows = (gtx_pack_rows){0};
}
