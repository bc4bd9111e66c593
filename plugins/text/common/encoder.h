/* encoder.h: text to ids behind one function pointer, so that the rules of a task type can be tested with a toy
 * tokenizer and run with a real one. [one] */
#ifndef GTX_ENCODER_H
#define GTX_ENCODER_H

#include "common/ids.h"
#include "god/nn/tokenizer.h"

typedef struct gtx_encoder {
    void *ctx;
    /* Appends the ids of `text`. flags and ids_max as in god_tokenizer_encode: GOD_ENCODE_SPECIAL adds the tokenizer's
     * special tokens; ids_max > 0 cuts, specials counted and kept. */
    god_status (*encode)(void *ctx, const char *text, size_t bytes, uint32_t flags, size_t ids_max, gtx_ids *ids,
                         god_error *err);
    int32_t bos, eos; /* -1: the tokenizer has none */
} gtx_encoder;

/* A model's tokenizer as an encoder. */
typedef struct gtx_tokenizer {
    god_tokenizer *tokenizer;
    god_tokens scratch;
    gtx_encoder encoder; /* points into this struct: do not move it */
} gtx_tokenizer;

god_status gtx_tokenizer_open(const char *model_dir, gtx_tokenizer *ret_tokenizer, god_error *err);
void gtx_tokenizer_close(gtx_tokenizer *tokenizer); /* accepts a zeroed one */

/* SHA-256 over the files of a model folder that a tokenizer may read, each with its name; absent files count as such.
 * Weights are not read. 65 bytes. */
god_status gtx_tokenizer_digest(const char *model_dir, char ret_hex[65], god_error *err);

#endif
