/* prepare.h: from a test file to the prepared form, and from that to the examples of one context length. [one] */
#ifndef INSTRUCT_PREPARE_H
#define INSTRUCT_PREPARE_H

#include "common/encoder.h"
#include "common/prepared.h"
#include "common/samples.h"
#include "instruct/record.h"

/* gtx_prepared_header.kind: what the parts of a row are. */
enum {
    INSTRUCT_PAIR = 1, /* prompt, answer */
    INSTRUCT_TEXT = 2, /* one text (completion mode) */
    INSTRUCT_READY = 3 /* ids, attention mask, labels, as the data brought them */
};

/* Renders and tokenises every row. The header's special ids are set by the caller. A tokenizer without EOS is
 * GOD_E_DATA, because every answer ends with one. Rows that have the columns input_ids, attention_mask and labels are
 * taken as they are, whatever the record says. */
god_status instruct_prepare(const instruct_record *record, const gtx_rows *rows, const gtx_encoder *encoder,
                            gtx_prepared_writer *writer, god_error *err);

/* Fills and finishes *samples (initialised by the caller). `encoder` is asked only for texts that exceed the length;
 * its bos and eos must be those of the header. */
god_status instruct_samples(const gtx_prepared *prepared, const gtx_encoder *encoder, gtx_samples *samples,
                            god_error *err);

#endif
