#include "common/pack.h"

#include <stdlib.h>

/* Examples order[first] .. order[first + count - 1] whose first `shared` ids are run once. */
typedef struct family {
    size_t first, count;
    uint32_t shared; /* 0 when count is 1 */
    uint64_t tokens; /* run */
} family;

/* The family that begins at order[first] and ends before order[end]. */
static family family_at(const gtx_samples *samples, size_t first, size_t end)
{
    family f = {.first = first, .count = 1, .tokens = samples->items[samples->order[first]].count};
    for (size_t i = first + 1; i < end && samples->order[i] == samples->order[i - 1] + 1; i++) {
        const gtx_sample *sample = &samples->items[samples->order[i]];
        if (sample->shared == 0) {
            break;
        }
        f.shared = f.count == 1 || sample->shared < f.shared ? sample->shared : f.shared;
        f.tokens += sample->count;
        f.count++;
    }
    f.tokens -= (f.count - 1) * (uint64_t)f.shared;
    return f;
}

god_status gtx_packs_plan(const gtx_samples *samples, uint64_t tokens_max, gtx_pack **ret_packs, size_t *ret_count,
                          god_error *err)
{
    size_t count = 0;
    gtx_pack *packs = malloc((samples->kept + 1) * sizeof *packs);
    if (packs == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the plan of %zu examples", samples->kept);
    }
    for (size_t i = 0; i < samples->kept;) {
        family f = family_at(samples, i, samples->kept);
        if (f.tokens > tokens_max) {
            f = family_at(samples, i, i + 1);
        }
        if (count == 0 || packs[count - 1].tokens + f.tokens > tokens_max) {
            packs[count++] = (gtx_pack){i, 0, 0};
        }
        packs[count - 1].count += f.count;
        packs[count - 1].tokens += f.tokens;
        i += f.count;
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
        if (!reallocate(&rows->starts, sequences + 1, sizeof *rows->starts) ||
            !reallocate(&rows->prefixes, sequences + 1, sizeof *rows->prefixes)) {
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

/* Adds the rows of an example whose position `from` stands at `start`; none lie in front of it. */
static void add_rows(const gtx_samples *samples, size_t index, uint32_t from, int64_t start, uint32_t with_kl,
                     gtx_pack_rows *rows)
{
    const gtx_sample *sample = &samples->items[index];
    const int32_t *labels = gtx_sample_labels(samples, sample);
    for (uint32_t t = from; t < sample->count; t++) {
        int32_t target = t + 1 < sample->count && labels[t + 1] != GTX_IGNORE ? labels[t + 1] : -1;
        uint32_t in_kl = with_kl && labels[t] != GTX_IGNORE;
        if (target < 0 && !in_kl) {
            continue;
        }
        int64_t r = rows->row_count++;
        rows->rows[r] = start + t - from;
        rows->targets[r] = target;
        rows->kl_mask[r] = (uint8_t)in_kl;
        rows->samples[r] = index;
    }
}

static god_status add_sequence(const int32_t *ids, size_t count, int64_t prefix, gtx_pack_rows *rows, god_error *err)
{
    int64_t sequence = rows->pack.sequence_count++;
    rows->prefixes[sequence] = prefix;
    GOD_TRY(gtx_ids_append(&rows->ids, ids, count, err));
    rows->starts[sequence + 1] = (int64_t)rows->ids.count;
    return GOD_OK;
}

static god_status add_family(const gtx_samples *samples, const family *f, uint32_t with_kl, gtx_pack_rows *rows,
                             god_error *err)
{
    int64_t prefix = -1;
    if (f->shared > 0) {
        const gtx_sample *head = &samples->items[samples->order[f->first]];
        prefix = rows->pack.sequence_count;
        GOD_TRY(add_sequence(gtx_sample_ids(samples, head), f->shared, -1, rows, err));
    }
    for (size_t i = f->first; i < f->first + f->count; i++) {
        size_t index = samples->order[i];
        const gtx_sample *sample = &samples->items[index];
        add_rows(samples, index, f->shared, (int64_t)rows->ids.count, with_kl, rows);
        const int32_t *ids = gtx_sample_ids(samples, sample);
        GOD_TRY(add_sequence(ids != NULL ? ids + f->shared : NULL, sample->count - f->shared, prefix, rows, err));
    }
    return GOD_OK;
}

god_status gtx_pack_fill(const gtx_samples *samples, const gtx_pack *pack, uint32_t with_kl, gtx_pack_rows *rows,
                         god_error *err)
{
    GOD_TRY(reserve(rows, 2 * pack->count, (size_t)pack->tokens, err)); /* at most a prefix for each example */
    gtx_ids_clear(&rows->ids);
    rows->row_count = 0;
    rows->pack.sequence_count = 0;
    rows->starts[0] = 0;
    const size_t end = pack->first + pack->count;
    for (size_t i = pack->first; i < end;) {
        const family f = family_at(samples, i, end);
        GOD_TRY(add_family(samples, &f, with_kl, rows, err));
        i += f.count;
    }
    rows->pack.ids = rows->ids.items;
    rows->pack.starts = rows->starts;
    rows->pack.prefixes = rows->prefixes;
    return GOD_OK;
}

void gtx_pack_rows_free(gtx_pack_rows *rows)
{
    gtx_ids_free(&rows->ids);
    free(rows->starts);
    free(rows->prefixes);
    free(rows->rows);
    free(rows->targets);
    free(rows->kl_mask);
    free(rows->samples);
    *rows = (gtx_pack_rows){0};
}
