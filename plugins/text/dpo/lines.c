#include "dpo/lines.h"

#include <inttypes.h>

#include "common/float_text.h"
#include "god/helpers/sha256.h"

/* Labelled ids that have a predictor. */
static uint32_t scored_count(const gtx_samples *samples, const gtx_sample *sample)
{
    const int32_t *labels = gtx_sample_labels(samples, sample);
    return sample->label_count - (sample->count > 0 && labels[0] != GTX_IGNORE);
}

static god_status append_number(const char *name, double value, god_text *text, god_error *err)
{
    char number[GTX_FLOAT_TEXT_BYTES];
    gtx_float_text(value, number);
    return god_text_append_f(text, err, ", \"%s\": %s", name, number);
}

static god_status append_answer(const char *name, const gtx_samples *samples, size_t index, const dpo_sum *policy,
                                const dpo_sum *reference, god_text *text, god_error *err)
{
    const gtx_sample *sample = &samples->items[index];
    char digest[GOD_SHA256_HEX];
    god_sha256_bytes(gtx_sample_ids(samples, sample), sample->count * sizeof(int32_t), digest);
    GOD_TRY(god_text_append_f(text, err,
                              ", \"%s\": {\"tokens\": %" PRIu32 ", \"tokens_uncut\": %" PRIu32 ", \"scored\": %" PRIu32
                              ", \"ids_sha256\": \"%s\"",
                              name, sample->count, sample->uncut, scored_count(samples, sample), digest));
    GOD_TRY(append_number("policy", policy[index].exact, text, err));
    GOD_TRY(append_number("reference", reference[index].exact, text, err));
    return god_text_append_str(text, "}", err);
}

god_status dpo_lines(const gtx_samples *samples, const dpo_sum *policy, const dpo_sum *reference, god_text *text,
                     god_error *err)
{
    for (size_t i = 0; i + 1 < samples->count; i += 2) {
        const dpo_loss loss = dpo_loss_of(&policy[i], &policy[i + 1], &reference[i], &reference[i + 1]);
        uint64_t bits;
        memcpy(&bits, &loss.loss, sizeof bits);
        GOD_TRY(god_text_append_f(text, err, "{\"row\": %" PRIu64 ", \"status\": \"kept\"", samples->items[i].row));
        GOD_TRY(append_answer("chosen", samples, i, policy, reference, text, err));
        GOD_TRY(append_answer("rejected", samples, i + 1, policy, reference, text, err));
        GOD_TRY(append_number("h", loss.h, text, err));
        GOD_TRY(append_number("loss", loss.loss, text, err));
        GOD_TRY(god_text_append_f(text, err, ", \"loss_bits\": \"%016" PRIx64 "\"", bits));
        GOD_TRY(append_number("recipe_h", loss.recipe_h, text, err));
        GOD_TRY(append_number("recipe_loss", loss.recipe_loss, text, err));
        GOD_TRY(god_text_append_str(text, "}\n", err));
    }
    return GOD_OK;
}
