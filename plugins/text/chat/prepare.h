/* prepare.h: from a test file to the prepared form, and from that to the examples of one context length. [one]
 *
 * Ids and spans depend on the base tokenizer and the template alone, so they are made once; a submission's context
 * decides only which examples are kept (spec/evaluation.md 3.4). A row of the prepared form (common/prepared.h) has
 *
 *     part 0   ids and rendered text of the whole conversation
 *     part 1   chat_span entries, one for each assistant turn, as int32 numbers
 */
#ifndef CHAT_PREPARE_H
#define CHAT_PREPARE_H

#include "chat/labels.h"
#include "chat/record.h"
#include "common/encoder.h"
#include "common/prepared.h"
#include "common/rows.h"
#include "common/samples.h"
#include "god/plugin.h"

enum { CHAT_CONVERSATIONS = 16 }; /* gtx_prepared_header.kind: none of another task type's numbers */

/* What turns a conversation into ids. */
typedef struct chat_renderer {
    const god_host *host;   /* lends "god.template/1" */
    const char *source;     /* of the template */
    const json_t *specials; /* bos_token and so on, as the template sees them */
    const gtx_encoder *encoder;
} chat_renderer;

/* Renders and tokenises every row; the text is encoded without special tokens of the tokenizer's own. Of the header it
 * sets kind and part_count; the rest is the caller's. GOD_E_DATA names the row. */
god_status chat_prepare(const chat_record *record, const gtx_rows *rows, const chat_renderer *renderer,
                        gtx_prepared_writer *writer, god_error *err);

/* Fills and finishes *samples (initialised by the caller). */
god_status chat_samples(const gtx_prepared *prepared, gtx_samples *samples, god_error *err);

/* Appends what the record of an example says about a conversation beside ids and loss: the digest of its rendered text
 * and its spans, as members of a JSON object, each with a comma in front. */
god_status chat_describe(const gtx_prepared *prepared, const gtx_sample *sample, god_text *line, god_error *err);

#endif
