/* What the suites of the chat plug-in share: a host that renders templates in god-jail, a toy tokenizer, rows. */
#ifndef TEST_CHAT_SUPPORT_H
#define TEST_CHAT_SUPPORT_H

#include <check.h>

#include "chat/prepare.h"

Suite *chat_turns_suite(void);
Suite *chat_templates_suite(void);
Suite *chat_labels_suite(void);
Suite *chat_prepare_suite(void);
Suite *chat_goldens_suite(void);

extern god_error err;

/* Lends "god.template/1" and nothing else; requests are written to the working directory. */
extern const god_host rendering_host;

/* One id per code point, except for the texts listed: each is one id. */
typedef struct toy_token {
    const char *text;
    int32_t id;
} toy_token;
typedef struct toy_tokenizer {
    toy_token tokens[4]; /* ends with a NULL text */
    int32_t eos;
} toy_tokenizer;

gtx_encoder toy_encoder(toy_tokenizer *tokenizer);

/* Rows out of JSON text; ck_asserts that they are fine. */
gtx_rows rows_of(const char *json);

/* The default record, with the template named. */
chat_record record_of(const char *template_name);

/* Prepares rows with a library template (or with `source` when `name` is NULL) and a toy tokenizer. specials_json may
 * be NULL. */
god_status prepare_toy(const char *name, const char *source, const char *specials_json, const char *rows_json,
                       toy_tokenizer *tokenizer, gtx_prepared_writer *writer);

/* "<length>: <position>=<label> ..." of a row that is being prepared. Valid until the next call. */
const char *labels_of(const gtx_prepared_writer *writer, size_t row);

/* The rendered text of a row, NUL-ended. Valid until the next call. */
const char *text_of(const gtx_prepared_writer *writer, size_t row);

#endif
