/* prepare.h: from a test file to the prepared form, and from that to the rows of one limit. [one] */
#ifndef DPO_PREPARE_H
#define DPO_PREPARE_H

#include <jansson.h>

#include "common/encoder.h"
#include "common/prepared.h"
#include "common/rows.h"
#include "dpo/pair.h"

/* Names of the columns. Formats and system texts of the record are for training: evaluation takes plain strings. */
typedef struct dpo_columns {
    const char *prompt, *chosen, *rejected;
} dpo_columns;

/* Borrows from the complete record. */
dpo_columns dpo_columns_of(const json_t *dataset_type);

/* Tokenises every row for the profile (DPO_P1, DPO_P2), which becomes the kind of the prepared form. The header's
 * special ids are set by the caller. eos_text closes answers in P2. GOD_E_DATA names the row: a text is missing or not
 * a string, or (P1) its prompt yields no ids; and when the tokenizer has no EOS. */
god_status dpo_prepare(const dpo_columns *columns, uint32_t profile, const gtx_rows *rows, const gtx_encoder *encoder,
                       const char *eos_text, gtx_prepared_writer *writer, god_error *err);

/* Ids of the longest row of the file before any limit. GOD_E_DATA when the prepared form is of another task type. */
god_status dpo_longest(const gtx_prepared *prepared, size_t *ret_length, god_error *err);

/* Fills and finishes *samples (initialised by the caller): two rows to a pair, nothing dropped, file order. */
god_status dpo_samples(const gtx_prepared *prepared, gtx_samples *samples, god_error *err);

#endif
