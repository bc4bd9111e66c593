#include "common/per_example.h"

#include <inttypes.h>

#include "common/float_text.h"
#include "god/helpers/sha256.h"

static const char *eos_name(uint32_t eos)
{
    switch (eos) {
    case GTX_EOS_PRESENT: return "present";
    case GTX_EOS_APPENDED: return "appended";
    default: return "none";
    }
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static god_status write_about(const gtx_samples *samples, const gtx_sample *sample, god_text *text, god_error *err)
{
    char ids[GOD_SHA256_HEX], labels[GOD_SHA256_HEX];
    const int32_t *first_label = gtx_sample_labels(samples, sample);
    uint32_t prompt = 0;
    while (prompt < sample->count && first_label[prompt] == GTX_IGNORE) {
        prompt++;
    }
    god_sha256_bytes(gtx_sample_ids(samples, sample), sample->count * sizeof(int32_t), ids);
    god_sha256_bytes(first_label, sample->count * sizeof(int32_t), labels);
    return god_text_append_f(text, err,
                             "{\"row\": %" PRIu64 ", \"piece\": %u, \"status\": \"%s\", \"tokens\": %u, "
                             "\"tokens_uncut\": %u, \"prompt_tokens\": %u, \"labels\": %u, "
                             "\"position_0_labelled\": %s, \"eos\": \"%s\", \"ids_sha256\": \"%s\", "
                             "\"labels_sha256\": \"%s\"",
                             sample->row, sample->piece, gtx_sample_state_name(sample->state), sample->length,
                             sample->uncut, prompt, sample->label_count,
                             sample->count > 0 && prompt == 0 ? "true" : "false", eos_name(sample->eos), ids, labels);
}

static god_status write_numbers(const gtx_sample *sample, double loss_sum, double kl_sum, uint32_t with_kl,
                                god_text *text, god_error *err)
{
    char number[GTX_FLOAT_TEXT_BYTES];
    double loss = loss_sum / (double)sample->label_count;
    gtx_float_text(loss_sum, number);
    GOD_TRY(god_text_append_f(text, err, ", \"loss_sum\": %s, \"divisor\": %u", number, sample->label_count));
    gtx_float_text(loss, number);
    GOD_TRY(god_text_append_f(text, err, ", \"loss\": %s, \"loss_bits\": \"%016" PRIx64 "\"", number, bits_of(loss)));
    if (!with_kl) {
        return GOD_OK;
    }
    gtx_float_text(kl_sum, number);
    return god_text_append_f(text, err, ", \"kl_sum\": %s, \"kl_count\": %u", number, sample->label_count);
}

god_status gtx_per_example(const gtx_samples *samples, const gtx_lm_sums *sums, uint32_t with_kl, gtx_describe describe,
                           void *ctx, god_text *text, god_error *err)
{
    for (size_t i = 0; i < samples->count; i++) {
        const gtx_sample *sample = &samples->items[i];
        GOD_TRY(write_about(samples, sample, text, err));
        if (sample->state == GTX_KEPT) {
            GOD_TRY(write_numbers(sample, sums->loss[i], sums->kl[i], with_kl, text, err));
        }
        if (describe != NULL) {
            GOD_TRY(describe(ctx, sample, text, err));
        }
        GOD_TRY(god_text_append_str(text, "}\n", err));
    }
    return GOD_OK;
}
