#include "instruct/example.h"

enum { COMPLETION_PIECES_MAX = 64 };

god_status instruct_encode(const gtx_encoder *encoder, const char *text, size_t bytes, gtx_ids *ids, god_error *err)
{
    if (bytes == 0) {
        return GOD_OK;
    }
    return encoder->encode(encoder->ctx, text, bytes, GOD_ENCODE_SPECIAL, 0, ids, err);
}

/* Appends the ids of a text, cut to `limit`. */
static god_status append_cut(const gtx_encoder *encoder, const instruct_text *text, size_t limit, gtx_ids *ids,
                             god_error *err)
{
    if (text->id_count <= limit) {
        return gtx_ids_append(ids, text->ids, text->id_count, err);
    }
    return encoder->encode(encoder->ctx, text->text, text->bytes, GOD_ENCODE_SPECIAL, limit, ids, err);
}

/* Closes the ids from `from` on with EOS unless there are none, they end in one or they have reached the limit. */
static god_status close_with_eos(const gtx_encoder *encoder, size_t limit, size_t from, gtx_ids *ids, uint32_t *ret_eos,
                                 god_error *err)
{
    size_t count = ids->count - from;
    *ret_eos = GTX_EOS_NONE;
    if (count == 0) {
        return GOD_OK;
    }
    if (ids->items[ids->count - 1] == encoder->eos) {
        *ret_eos = GTX_EOS_PRESENT;
        return GOD_OK;
    }
    if (count >= limit) {
        return GOD_OK;
    }
    *ret_eos = GTX_EOS_APPENDED;
    return gtx_ids_append(ids, &encoder->eos, 1, err);
}

static void remove_at(gtx_ids *ids, size_t at)
{
    ids->count--;
    memmove(ids->items + at, ids->items + at + 1, (ids->count - at) * sizeof *ids->items);
}

god_status instruct_add_example(const gtx_encoder *encoder, uint64_t row, const instruct_text *prompt,
                                const instruct_text *answer, gtx_samples *samples, god_error *err)
{
    gtx_ids ids = GTX_IDS_INIT, labels = GTX_IDS_INIT;
    gtx_sample about = {.row = row, .uncut = (uint32_t)(prompt->id_count + answer->id_count)};
    size_t limit = (size_t)samples->sequence_len;
    god_status status = append_cut(encoder, prompt, limit, &ids, err);
    size_t split = ids.count;
    if (status == GOD_OK) {
        status = append_cut(encoder, answer, limit, &ids, err);
    }
    if (status == GOD_OK) {
        status = close_with_eos(encoder, limit, split, &ids, &about.eos, err);
    }
    if (status == GOD_OK && encoder->bos >= 0 && ids.count > split && ids.items[split] == encoder->bos) {
        remove_at(&ids, split);
    }
    if (status == GOD_OK) {
        status = gtx_ids_append_same(&labels, GTX_IGNORE, split, err);
    }
    if (status == GOD_OK && ids.count > split) {
        status = gtx_ids_append(&labels, ids.items + split, ids.count - split, err);
    }
    if (status == GOD_OK) {
        status = gtx_samples_add(samples, &about, ids.items, labels.items, ids.count, err);
    }
    gtx_ids_free(&labels);
    gtx_ids_free(&ids);
    return status;
}

god_status instruct_add_completion(const gtx_encoder *encoder, uint64_t row, const instruct_text *text,
                                   gtx_samples *samples, god_error *err)
{
    gtx_ids ids = GTX_IDS_INIT;
    gtx_sample about = {.row = row, .uncut = (uint32_t)text->id_count};
    size_t length = (size_t)samples->sequence_len;
    size_t limit = length * COMPLETION_PIECES_MAX;
    uint32_t eos = GTX_EOS_NONE;
    god_status status = append_cut(encoder, text, limit, &ids, err);
    if (status == GOD_OK) {
        status = close_with_eos(encoder, limit, 0, &ids, &eos, err);
    }
    size_t at = 0;
    do { /* a text without ids is one empty example, so that its row is accounted for */
        size_t count = ids.count - at < length ? ids.count - at : length;
        about.eos = at + count == ids.count ? eos : GTX_EOS_NONE;
        const int32_t *piece = ids.items != NULL ? ids.items + at : NULL;
        if (status == GOD_OK) {
            status = gtx_samples_add(samples, &about, piece, piece, count, err);
        }
        about.piece++;
        at += count;
    } while (status == GOD_OK && at < ids.count);
    gtx_ids_free(&ids);
    return status;
}

god_status instruct_add_ready(uint64_t row, const int32_t *ids, const int32_t *mask, const int32_t *labels,
                              size_t count, gtx_samples *samples, god_error *err)
{
    gtx_sample about = {.row = row, .uncut = (uint32_t)count, .length = (uint32_t)count};
    size_t seen = 0;
    while (seen < count && mask[seen] == 1) {
        seen++;
    }
    for (size_t i = 0; i < count; i++) {
        if (i >= seen && (mask[i] != 0 || labels[i] != GTX_IGNORE)) {
            return god_fail(err, GOD_E_DATA,
                            "row %llu: \"attention_mask\" must be ones, then zeros over unlabelled padding; position "
                            "%zu is not",
                            (unsigned long long)row, i);
        }
        if (ids[i] < 0 || (labels[i] != GTX_IGNORE && labels[i] < 0)) {
            return god_fail(err, GOD_E_DATA, "row %llu: position %zu has id %d and label %d, neither may be negative",
                            (unsigned long long)row, i, ids[i], labels[i]);
        }
    }
    return gtx_samples_add(samples, &about, ids, labels, seen, err);
}
