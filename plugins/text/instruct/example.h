/* example.h: token ids and labels of one row. [one] spec/evaluation.md 3.3 and 3.5.
 *
 * Tokenising does not depend on the submission, cutting does. So a text is encoded once without a cut, and again with
 * one only where its uncut ids exceed the limit: the tokenizer keeps its special tokens when it cuts, which no slice of
 * the uncut ids can promise.
 */
#ifndef INSTRUCT_EXAMPLE_H
#define INSTRUCT_EXAMPLE_H

#include "common/encoder.h"
#include "common/samples.h"

/* A text with its uncut ids, special tokens included. An empty text has no ids at all. */
typedef struct instruct_text {
    const char *text;
    size_t bytes;
    const int32_t *ids;
    size_t id_count;
} instruct_text;

/* Encodes a text without a cut: appends to ids. */
god_status instruct_encode(const gtx_encoder *encoder, const char *text, size_t bytes, gtx_ids *ids, god_error *err);

/* Adds the one example of a row (from 1): prompt ids unlabelled, answer ids labelled, closed by EOS. */
god_status instruct_add_example(const gtx_encoder *encoder, uint64_t row, const instruct_text *prompt,
                                const instruct_text *answer, gtx_samples *samples, god_error *err);

/* Adds the pieces of a text of which everything is scored: at most 64 * sequence_len ids, in pieces of sequence_len. */
god_status instruct_add_completion(const gtx_encoder *encoder, uint64_t row, const instruct_text *text,
                                   gtx_samples *samples, god_error *err);

/* Adds a row that brings its own ids. mask, ids and labels have `count` entries; the mask must be ones, then zeros over
 * unlabelled ids (padding, which is counted in the length and not run). GOD_E_DATA with the row. */
god_status instruct_add_ready(uint64_t row, const int32_t *ids, const int32_t *mask, const int32_t *labels,
                              size_t count, gtx_samples *samples, god_error *err);

#endif
