#include "common/explain.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/sets.h"
#include "god/helpers/text.h"
#include "god/nn/lm.h"
#include "god/nn/tokenizer.h"

enum {
    PENDING_MAX = 4, /* tokens that one character can take, when each is a byte */
    REPLACEMENT_BYTES = 3
};

/* One part while its tokens pass by. The window [before, next) of its ids has been shown; ids from `next` on wait for
 * the end of a character. */
typedef struct shown_part {
    const gtx_samples *samples;
    const gtx_sample *sample;
    const god_tokenizer *tokenizer;
    const god_explain_sink *sink;
    uint8_t *scored; /* per position; own */
    size_t before, next;
    god_text text; /* of the current token; own */
} shown_part;

/* Which positions add to the score: those that a pack of this example alone asks the model for. */
static god_status find_scored(shown_part *part, god_error *err)
{
    const gtx_samples *samples = part->samples;
    gtx_pack_rows rows = {0};
    part->scored = calloc((size_t)part->sample->count + 1, 1);
    if (part->scored == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the labels of %" PRIu32 " tokens", part->sample->count);
    }
    if (part->sample->state != GTX_KEPT) {
        return GOD_OK;
    }
    gtx_pack pack = {.count = 1, .tokens = part->sample->count};
    while (pack.first < samples->kept && &samples->items[samples->order[pack.first]] != part->sample) {
        pack.first++;
    }
    god_status status = gtx_pack_fill(samples, &pack, 0, &rows, err);
    for (int64_t r = 0; r < rows.row_count && status == GOD_OK; r++) {
        part->scored[rows.rows[r] + 1] = 1; /* a row predicts the token behind it */
    }
    gtx_pack_rows_free(&rows);
    return status;
}

static god_status decode(const shown_part *part, size_t end, char **ret_text, size_t *ret_bytes, god_error *err)
{
    const int32_t *ids = gtx_sample_ids(part->samples, part->sample);
    return god_tokenizer_decode(part->tokenizer, ids + part->before, end - part->before, 0, ret_text, ret_bytes, err);
}

static uint32_t ends_within_character(const char *text, size_t bytes)
{
    return bytes >= REPLACEMENT_BYTES &&
           memcmp(text + bytes - REPLACEMENT_BYTES, "\xef\xbf\xbd", REPLACEMENT_BYTES) == 0;
}

/* Appends text, with U+2400 in place of each NUL, which no string can hold. */
static god_status append_visible(god_text *text, const char *bytes, size_t count, god_error *err)
{
    while (count > 0) {
        size_t plain = strnlen(bytes, count);
        GOD_TRY(god_text_append(text, bytes, plain, err));
        if (plain < count) {
            GOD_TRY(god_text_append_str(text, "\xe2\x90\x80", err));
            plain++;
        }
        bytes += plain;
        count -= plain;
    }
    return GOD_OK;
}

/* part->text becomes what the token at `at` adds to the text. */
static god_status read_text(shown_part *part, size_t at, god_error *err)
{
    char *known = NULL, *longer = NULL;
    size_t known_bytes = 0, longer_bytes = 0;
    god_text_clear(&part->text);
    god_status status = decode(part, part->next, &known, &known_bytes, err);
    if (status == GOD_OK) {
        status = decode(part, at + 1, &longer, &longer_bytes, err);
    }
    if (status == GOD_OK && (!ends_within_character(longer, longer_bytes) || at + 1 - part->next >= PENDING_MAX)) {
        size_t same = known_bytes < longer_bytes ? known_bytes : longer_bytes;
        status = append_visible(&part->text, longer + same, longer_bytes - same, err);
        part->before = part->next;
        part->next = at + 1;
    }
    free(known);
    free(longer);
    return status;
}

static god_status show_token(shown_part *part, size_t at, god_error *err)
{
    const int32_t id = gtx_sample_ids(part->samples, part->sample)[at];
    const int32_t label = gtx_sample_labels(part->samples, part->sample)[at];
    GOD_TRY(read_text(part, at, err));
    const uint32_t special = god_tokenizer_is_special(part->tokenizer, id) ? GOD_EXPLAIN_SPECIAL : 0;
    const god_explain_token token = {.size = GOD_SIZE_TO(god_explain_token, text),
                                     .id = id,
                                     .label = label == GTX_IGNORE ? GOD_EXPLAIN_NO_LABEL : label,
                                     .flags = special | (part->scored[at] ? GOD_EXPLAIN_SCORED : 0),
                                     .piece = god_tokenizer_piece(part->tokenizer, id),
                                     .text = part->text.bytes > 0 ? part->text.data : ""};
    return part->sink->token(part->sink->ctx, &token);
}

static void describe_state(const shown_part *part, uint32_t is_whole_row, char *ret_message, size_t bytes)
{
    const gtx_sample *sample = part->sample;
    ret_message[0] = '\0';
    switch (sample->state) {
    case GTX_TOO_SHORT:
        (void)snprintf(ret_message, bytes, "dropped: it has %" PRIu32 " tokens, at least %d are needed", sample->length,
                       GTX_SAMPLE_LENGTH_MIN);
        return;
    case GTX_TOO_LONG:
        (void)snprintf(ret_message, bytes, "dropped: it has %" PRIu32 " tokens, at most %" PRId64 " are allowed",
                       sample->length, part->samples->sequence_len);
        return;
    case GTX_NO_LABELS: (void)snprintf(ret_message, bytes, "dropped: none of its tokens has a label"); return;
    default: break;
    }
    if (is_whole_row && sample->uncut > sample->count) {
        (void)snprintf(ret_message, bytes, "cut: %" PRIu32 " of its %" PRIu32 " tokens are left", sample->count,
                       sample->uncut);
    }
}

static god_status show_tokens(shown_part *part, const char *name, uint32_t is_whole_row, god_error *err)
{
    char message[128];
    const god_explain_sink *sink = part->sink;
    GOD_TRY(find_scored(part, err));
    GOD_TRY(sink->part(sink->ctx, name, (uint64_t)part->samples->sequence_len));
    for (size_t at = 0; at < part->sample->count; at++) {
        GOD_TRY(show_token(part, at, err));
    }
    describe_state(part, is_whole_row, message, sizeof message);
    return sink->state(sink->ctx, gtx_sample_state_name(part->sample->state), message);
}

static god_status show_samples(const gtx_samples *samples, size_t first, size_t count, const god_tokenizer *tokenizer,
                               const char *const *names, const god_explain_sink *sink, god_error *err)
{
    god_status status = GOD_OK;
    for (size_t i = 0; i < count && status == GOD_OK; i++) {
        char name[32] = "example";
        const gtx_sample *sample = &samples->items[first + i];
        shown_part part = {.samples = samples, .sample = sample, .tokenizer = tokenizer, .sink = sink};
        if (names != NULL) {
            (void)snprintf(name, sizeof name, "%s", names[sample->piece]);
        } else if (count > 1) {
            (void)snprintf(name, sizeof name, "piece-%" PRIu32, sample->piece + 1);
        }
        status = show_tokens(&part, name, names != NULL || count == 1, err);
        god_text_free(&part.text);
        free(part.scored);
    }
    return status;
}

god_status gtx_explain_row(const gtx_samples *samples, uint64_t row, const char *base_dir, const char *const *names,
                           const god_explain_sink *sink, god_error *err)
{
    god_tokenizer *tokenizer = NULL;
    size_t first = 0, end = 0;
    while (first < samples->count && samples->items[first].row < row) {
        first++;
    }
    for (end = first; end < samples->count && samples->items[end].row == row;) {
        end++;
    }
    if (end == first) { /* every row has a sample, whatever became of it */
        uint64_t rows = samples->count > 0 ? samples->items[samples->count - 1].row : 0;
        return god_fail(err, GOD_E_INVALID, "there is no row %" PRIu64 ": the test file has rows 1 to %" PRIu64, row,
                        rows);
    }
    GOD_TRY(god_tokenizer_open(base_dir, &tokenizer, err));
    god_status status = show_samples(samples, first, end - first, tokenizer, names, sink, err);
    god_tokenizer_free(tokenizer);
    return status;
}

god_status gtx_lm_explain(const gtx_explained *what, const god_explain_sink *sink, god_error *err)
{
    god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, parameters)};
    gtx_sets sets = {.pack_tokens = 1, .ctx = what->ctx, .build = what->samples}; /* no pack is run */
    size_t index = 0;
    GOD_TRY(god_nn_lm_read_info(what->base_dir, &info, err));
    god_status status =
        gtx_sets_choose(&sets, info.max_position_embeddings, what->model_max_length, what->seq_len_max, &index, err);
    if (status == GOD_OK) {
        status = gtx_explain_row(&sets.items[index].samples, what->row, what->base_dir, NULL, sink, err);
    }
    gtx_sets_free(&sets);
    return status;
}
