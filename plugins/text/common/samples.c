#include "common/samples.h"

#include <assert.h>
#include <stdlib.h>

void gtx_samples_init(gtx_samples *samples, int64_t sequence_len)
{
    *samples = (gtx_samples){.sequence_len = sequence_len, .id_highest = -1};
}

void gtx_samples_free(gtx_samples *samples)
{
    gtx_ids_free(&samples->ids);
    gtx_ids_free(&samples->labels);
    free(samples->items);
    free(samples->order);
    *samples = (gtx_samples){.id_highest = -1};
}

static god_status reserve_item(gtx_samples *samples, god_error *err)
{
    if (samples->count < samples->capacity) {
        return GOD_OK;
    }
    size_t capacity = samples->capacity == 0 ? 256 : samples->capacity * 2;
    gtx_sample *items = realloc(samples->items, capacity * sizeof *items);
    if (items == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu examples", capacity);
    }
    samples->items = items;
    samples->capacity = capacity;
    return GOD_OK;
}

god_status gtx_samples_add(gtx_samples *samples, const gtx_sample *about, const int32_t *ids, const int32_t *labels,
                           size_t count, god_error *err)
{
    if (count > UINT32_MAX) {
        return god_fail(err, GOD_E_DATA, "row %llu: %zu tokens are too many", (unsigned long long)about->row, count);
    }
    GOD_TRY(reserve_item(samples, err));
    size_t at = samples->ids.count;
    GOD_TRY(gtx_ids_append(&samples->ids, ids, count, err));
    god_status status = gtx_ids_append(&samples->labels, labels, count, err);
    if (status != GOD_OK) {
        samples->ids.count = at;
        return status;
    }
    gtx_sample *sample = &samples->items[samples->count++];
    *sample = *about;
    sample->at = at;
    sample->count = (uint32_t)count;
    sample->length = about->length > sample->count ? about->length : sample->count;
    sample->label_count = 0;
    for (size_t i = 0; i < count; i++) {
        sample->label_count += labels[i] != GTX_IGNORE;
    }
    return GOD_OK;
}

uint32_t gtx_samples_shared(const gtx_samples *samples, const int32_t *ids, const int32_t *labels, size_t count)
{
    if (samples->count == 0) {
        return 0;
    }
    const gtx_sample *last = &samples->items[samples->count - 1];
    const int32_t *last_ids = gtx_sample_ids(samples, last), *last_labels = gtx_sample_labels(samples, last);
    uint32_t same = 0;
    while (same < count && same < last->count && ids[same] == last_ids[same] && labels[same] == GTX_IGNORE &&
           last_labels[same] == GTX_IGNORE) {
        same++;
    }
    return same > 0 ? same - 1 : 0;
}

static uint32_t state_of(const gtx_sample *sample, int64_t sequence_len)
{
    if (sample->length < GTX_SAMPLE_LENGTH_MIN) {
        return GTX_TOO_SHORT;
    }
    if ((int64_t)sample->length > sequence_len) {
        return GTX_TOO_LONG;
    }
    return sample->label_count == 0 ? GTX_NO_LABELS : GTX_KEPT;
}

static void note_highest_id(gtx_samples *samples, const gtx_sample *sample)
{
    const int32_t *ids = gtx_sample_ids(samples, sample);
    const int32_t *labels = gtx_sample_labels(samples, sample);
    for (uint32_t i = 0; i < sample->count; i++) {
        int32_t higher = labels[i] > ids[i] ? labels[i] : ids[i]; /* they differ only where the data brought both */
        if (higher > samples->id_highest) {
            samples->id_highest = higher;
            samples->id_highest_row = sample->row;
        }
    }
}

typedef struct sort_key {
    uint32_t length;
    size_t index;
} sort_key;

static int compare_keys(const void *left, const void *right)
{
    const sort_key *a = left, *b = right;
    if (a->length != b->length) {
        return a->length < b->length ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Counts a kept example. */
static void keep(gtx_samples *samples, gtx_sample *sample)
{
    sample->state = GTX_KEPT;
    samples->states[GTX_KEPT]++;
    samples->kept++;
    samples->tokens += sample->count;
    samples->label_tokens += sample->label_count;
    note_highest_id(samples, sample);
}

static god_status allocate_order(gtx_samples *samples, god_error *err)
{
    assert(samples->order == NULL);
    samples->order = malloc((samples->count + 1) * sizeof *samples->order);
    return samples->order != NULL
               ? GOD_OK
               : god_fail(err, GOD_E_NOMEM, "out of memory for the order of %zu examples", samples->count);
}

god_status gtx_samples_finish_unfiltered(gtx_samples *samples, god_error *err)
{
    GOD_TRY(allocate_order(samples, err));
    for (size_t i = 0; i < samples->count; i++) {
        samples->order[i] = i;
        keep(samples, &samples->items[i]);
    }
    return GOD_OK;
}

god_status gtx_samples_finish(gtx_samples *samples, god_error *err)
{
    sort_key *keys = malloc((samples->count + 1) * sizeof *keys);
    if (keys == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the order of %zu examples", samples->count);
    }
    god_status status = allocate_order(samples, err);
    for (size_t i = 0; i < samples->count && status == GOD_OK; i++) {
        gtx_sample *sample = &samples->items[i];
        sample->state = state_of(sample, samples->sequence_len);
        if (sample->state == GTX_KEPT) {
            keys[samples->kept] = (sort_key){sample->length, i};
            keep(samples, sample);
        } else {
            samples->states[sample->state]++;
        }
    }
    qsort(keys, samples->kept, sizeof *keys, compare_keys);
    for (size_t i = 0; i < samples->kept; i++) {
        samples->order[i] = keys[i].index;
    }
    free(keys);
    return status;
}

const int32_t *gtx_sample_ids(const gtx_samples *samples, const gtx_sample *sample)
{
    return samples->ids.items != NULL ? samples->ids.items + sample->at : NULL; /* NULL: all examples are empty */
}

const int32_t *gtx_sample_labels(const gtx_samples *samples, const gtx_sample *sample)
{
    return samples->labels.items != NULL ? samples->labels.items + sample->at : NULL;
}

const char *gtx_sample_state_name(uint32_t state)
{
    static const char *const names[GTX_STATES] = {"unfinished", "kept", "too_short", "too_long", "no_labels"};
    return state < GTX_STATES ? names[state] : "unknown";
}
