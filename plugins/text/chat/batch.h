/* batch.h: conversations rendered together, because the host starts a process for each request. [one]
 *
 * What is needed of a conversation with turns 0 .. n-1, in this order:
 *
 *     CHAT_WHOLE           all of it
 *     CHAT_CUT, CHAT_PROBED for each assistant turn: turns up to and with it; and the same with the probe text in place
 *                          of everything but its role (labels.h). A cut at the last turn is the whole and left out.
 *
 * A template sees `messages`, `tools`, `documents` (null), `add_generation_prompt` (false) and the texts of the base
 * tokenizer's special tokens under the names of their keys, those that it has. What strftime_now prints is the date
 * below on every day: a template's date must not change a score.
 */
#ifndef CHAT_BATCH_H
#define CHAT_BATCH_H

#include "chat/turns.h"
#include "god/helpers/text.h"
#include "god/template.h"

#define CHAT_NOW_S ((int64_t)1721952000) /* 2024-07-26 00:00 UTC */
enum {
    CHAT_BATCH_BYTES = 8 << 20,             /* a batch that has this much is rendered before more is added */
    CHAT_CONVERSATION_BYTES_MAX = 256 << 20 /* of all the variables of one row */
};

typedef enum chat_rendering_kind { CHAT_WHOLE = 1, CHAT_CUT, CHAT_PROBED } chat_rendering_kind;

typedef struct chat_rendering {
    size_t row; /* from 0 */
    chat_rendering_kind kind;
    int32_t turn;               /* the last one, from 0 */
    size_t text_at, text_bytes; /* in chat_batch.text; set by render */
} chat_rendering;

typedef struct chat_batch {
    god_text contexts; /* JSON: "[", objects with commas between them */
    god_text text;
    chat_rendering *renderings;
    size_t count, capacity, rendered;
} chat_batch;

void chat_batch_free(chat_batch *batch);  /* accepts a zeroed one */
void chat_batch_clear(chat_batch *batch); /* keeps the memory */
uint32_t chat_batch_is_full(const chat_batch *batch);

/* specials: object of texts, such as {"bos_token": "<s>"}. */
god_status chat_batch_add(chat_batch *batch, const chat_conversation *conversation, size_t row, const json_t *specials,
                          god_error *err);

/* Fills the texts. A host that renders no templates is GOD_E_UNSUPPORTED; what goes wrong inside the template is said
 * together with the row. */
god_status chat_batch_render(chat_batch *batch, const god_host *host, const char *source, god_error *err);

#endif
