/* god/nn/tokenizer.h: text to token ids and back, with the ids that Hugging Face `transformers` 4.57 gives.
 *
 * A tokenizer is read from a model folder: `tokenizer.json`, or else a SentencePiece file (`tokenizer.model`,
 * `spiece.model`, `sentencepiece.bpe.model`); then `tokenizer_config.json`, `special_tokens_map.json`,
 * `added_tokens.json` and `chat_template.jinja`, none of which has to exist. It does not change afterwards: any number
 * of threads may encode with one tokenizer at the same time. [any]
 */
#ifndef GOD_NN_TOKENIZER_H
#define GOD_NN_TOKENIZER_H

#include "god/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct god_tokenizer god_tokenizer;

typedef struct god_token {
    int32_t id;
    uint32_t begin, end; /* the bytes of the input that this token stands for; equal for tokens that were added */
} god_token;

/* Grown by encode, kept between calls to save allocations, ended with god_tokens_free. */
typedef struct god_tokens {
    god_token *items;
    size_t count, capacity;
} god_tokens;

#define GOD_TOKENS_INIT \
    {                   \
        NULL, 0, 0      \
    }

/* Reads the tokenizer of a model folder. GOD_E_NOT_FOUND, GOD_E_DATA or GOD_E_UNSUPPORTED with a sentence that names
 * the file and the member at fault. */
god_status god_tokenizer_open(const char *model_dir, god_tokenizer **ret_tokenizer, god_error *err);
void god_tokenizer_free(god_tokenizer *tokenizer); /* accepts NULL */

enum {
    GOD_ENCODE_SPECIAL = 1u << 0 /* run the post-processor: add BOS and the like, as `add_special_tokens=True` */
};

/* Encodes bytes of UTF-8; invalid sequences are replaced by U+FFFD, as Python's `errors="replace"` does. ids_max > 0
 * cuts to that many ids, special tokens counted and kept, on the tokenizer's truncation side; 0 does not cut. `tokens`
 * is overwritten. GOD_E_INVALID when ids_max leaves no room for the special tokens, GOD_E_DATA when the text is longer
 * than 1 GiB, when the tokenizer's normalizers make more than 32 times its bytes of it (and 4 KiB more), or when a
 * regular expression of the tokenizer gives up on it. */
god_status god_tokenizer_encode(const god_tokenizer *tokenizer, const char *text, size_t bytes, uint32_t flags,
                                size_t ids_max, god_tokens *tokens, god_error *err);
void god_tokens_free(god_tokens *tokens); /* accepts NULL; leaves an empty list */

/* The text of the ids as a malloc'ed, NUL-ended string owned by the caller. Ids without a piece are left out; with
 * skip_special 1 so are special tokens. */
god_status god_tokenizer_decode(const god_tokenizer *tokenizer, const int32_t *ids, size_t count, uint32_t skip_special,
                                char **ret_text, size_t *ret_bytes, god_error *err);

/* The piece of one id as the vocabulary spells it, NULL when there is none; lives as long as the tokenizer. */
const char *god_tokenizer_piece(const god_tokenizer *tokenizer, int32_t id);

/* -1 when the tokenizer has none. */
int32_t god_tokenizer_bos(const god_tokenizer *tokenizer);
int32_t god_tokenizer_eos(const god_tokenizer *tokenizer);
int32_t god_tokenizer_pad(const god_tokenizer *tokenizer);
int32_t god_tokenizer_unk(const god_tokenizer *tokenizer);

uint32_t god_tokenizer_is_special(const god_tokenizer *tokenizer, int32_t id); /* 1 for added tokens marked special */

enum { GOD_TRUNCATE_RIGHT = 1, GOD_TRUNCATE_LEFT = 2 };
uint32_t god_tokenizer_truncation_side(const god_tokenizer *tokenizer);

/* `len(tokenizer)` of transformers: one more than the highest id, added tokens included. */
int32_t god_tokenizer_size(const god_tokenizer *tokenizer);
/* `model_max_length` of tokenizer_config.json; 0 when absent. Values above 10^15 are read as 10^15. */
int64_t god_tokenizer_model_max_length(const god_tokenizer *tokenizer);
/* The source of the chat template: chat_template.jinja, else "chat_template" of tokenizer_config.json (of several, the
 * one named "default"); NULL when there is none. Lives as long as the tokenizer. */
const char *god_tokenizer_chat_template(const god_tokenizer *tokenizer);

#ifdef __cplusplus
}
#endif
#endif
