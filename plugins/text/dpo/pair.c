#include "dpo/pair.h"

/* The prompt's ids that stay: P1 keeps the last 512. */
static dpo_ids prompt_of(const dpo_pair *pair)
{
    dpo_ids prompt = pair->prompt;
    if (pair->profile == DPO_P1 && prompt.count > DPO_PROMPT_IDS_MAX) {
        prompt.items += prompt.count - DPO_PROMPT_IDS_MAX;
        prompt.count = DPO_PROMPT_IDS_MAX;
    }
    return prompt;
}

/* The answer's ids without the EOS that P1 appends: P2 takes what lies behind the prompt's length. */
static dpo_ids answer_of(const dpo_pair *pair, dpo_ids whole)
{
    if (pair->profile == DPO_P1) {
        return whole;
    }
    size_t skip = pair->prompt.count < whole.count ? pair->prompt.count : whole.count;
    return (dpo_ids){whole.items + skip, whole.count - skip};
}

static size_t row_length(const dpo_pair *pair, dpo_ids whole)
{
    return prompt_of(pair).count + answer_of(pair, whole).count + (pair->profile == DPO_P1);
}

size_t dpo_pair_length(const dpo_pair *pair)
{
    size_t chosen = row_length(pair, pair->chosen), rejected = row_length(pair, pair->rejected);
    return chosen > rejected ? chosen : rejected;
}

static god_status append_row(const dpo_pair *pair, dpo_ids whole, gtx_ids *ids, gtx_ids *labels, god_error *err)
{
    const dpo_ids prompt = prompt_of(pair), answer = answer_of(pair, whole);
    GOD_TRY(gtx_ids_append(ids, prompt.items, prompt.count, err));
    GOD_TRY(gtx_ids_append(ids, answer.items, answer.count, err));
    GOD_TRY(gtx_ids_append_same(labels, GTX_IGNORE, prompt.count, err));
    GOD_TRY(gtx_ids_append(labels, answer.items, answer.count, err));
    if (pair->profile != DPO_P1) {
        return GOD_OK;
    }
    GOD_TRY(gtx_ids_append(ids, &pair->eos, 1, err));
    return gtx_ids_append(labels, &pair->eos, 1, err);
}

static god_status add_row(const dpo_pair *pair, dpo_ids whole, uint32_t piece, gtx_samples *samples, god_error *err)
{
    gtx_ids ids = GTX_IDS_INIT, labels = GTX_IDS_INIT;
    god_status status = append_row(pair, whole, &ids, &labels, err);
    if (status == GOD_OK) {
        size_t limit = (size_t)samples->sequence_len;
        size_t count = ids.count < limit ? ids.count : limit;
        size_t from = pair->profile == DPO_P1 ? ids.count - count : 0;
        const int32_t eos = ids.count > 0 ? ids.items[ids.count - 1] : -1;
        /* A row without ids (P2: nothing but what the tokenizer drops) has no buffers. */
        const int32_t *kept_ids = count > 0 ? ids.items + from : NULL;
        const int32_t *kept_labels = count > 0 ? labels.items + from : NULL;
        const gtx_sample about = {
            .row = pair->row,
            .piece = piece,
            .uncut = (uint32_t)ids.count,
            .eos = pair->profile == DPO_P1 ? GTX_EOS_APPENDED
                   : eos == pair->eos      ? GTX_EOS_PRESENT
                                           : GTX_EOS_NONE,
            .shared = piece == DPO_REJECTED ? gtx_samples_shared(samples, kept_ids, kept_labels, count) : 0};
        status = gtx_samples_add(samples, &about, kept_ids, kept_labels, count, err);
    }
    gtx_ids_free(&labels);
    gtx_ids_free(&ids);
    return status;
}

god_status dpo_add_pair(const dpo_pair *pair, gtx_samples *samples, god_error *err)
{
    GOD_TRY(add_row(pair, pair->chosen, DPO_CHOSEN, samples, err));
    return add_row(pair, pair->rejected, DPO_REJECTED, samples, err);
}
