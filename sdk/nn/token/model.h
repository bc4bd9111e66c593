/* model.h: what turns a piece of text into ids. One of BPE, Unigram, WordPiece, WordLevel. [any] after loading. */
#ifndef GDT_MODEL_H
#define GDT_MODEL_H

#include "vocab.h"
#include "work.h"

typedef struct gdt_model gdt_model;
struct gdt_model {
    gdt_vocab vocab;
    void *self; /* what the kind of model keeps besides */
    god_status (*encode)(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                         god_error *err);
    void (*fini)(void *self);
};

/* `object` is the member "model" of tokenizer.json. raw_bytes: the last step before the model is ByteLevel; the step
 * then leaves the text as it is and the model reads each byte as the character that ByteLevel would have written. */
god_status gdt_model_load(gdt_model *model, json_t *object, uint32_t raw_bytes, god_error *err);
void gdt_model_fini(gdt_model *model);

god_status gdt_bpe_load(gdt_model *model, const char *where, json_t *object, uint32_t raw_bytes, god_error *err);
god_status gdt_unigram_load(gdt_model *model, const char *where, json_t *object, god_error *err);
god_status gdt_wordpiece_load(gdt_model *model, const char *where, json_t *object, god_error *err);
god_status gdt_wordlevel_load(gdt_model *model, const char *where, json_t *object, god_error *err);

/* Appends a token that stands for bytes begin..end of the text; encode turns them into bytes of the input at the end.
 */
god_status gdt_token_push(god_tokens *tokens, int32_t id, uint32_t begin, uint32_t end, god_error *err);
god_status gdt_tokens_reserve(god_tokens *tokens, size_t more, god_error *err);

#endif
