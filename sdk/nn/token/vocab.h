/* vocab.h: the pieces of a model by text and by id. [any] after loading. */
#ifndef GDT_VOCAB_H
#define GDT_VOCAB_H

#include <jansson.h>

#include "index.h"

/* The largest vocabularies in use have about 260,000 entries; this bounds the memory that one wild id can ask for. */
#define GDT_VOCAB_IDS_MAX (1 << 22)
#define GDT_PIECE_BYTES_MAX 65536

typedef struct gdt_vocab {
    gdt_index index;    /* text -> id */
    uint32_t *piece_at; /* id -> offset in index.keys, UINT32_MAX where there is no piece */
    int32_t id_end;     /* one more than the highest id */
    int32_t size;       /* entries, as the tokenizers library counts them */
    size_t id_capacity;
} gdt_vocab;

void gdt_vocab_fini(gdt_vocab *vocab);

/* Adds a piece; the same text again keeps the later id. GOD_E_DATA names `where`. */
god_status gdt_vocab_put(gdt_vocab *vocab, const char *where, const char *text, size_t bytes, int64_t id,
                         god_error *err);
/* Reads {"text": id, ...}. */
god_status gdt_vocab_load(gdt_vocab *vocab, const char *where, json_t *object, god_error *err);

static inline int32_t gdt_vocab_id(const gdt_vocab *vocab, const char *text, size_t bytes)
{
    return gdt_index_get(&vocab->index, text, bytes);
}
const char *gdt_vocab_piece(const gdt_vocab *vocab, int32_t id); /* NULL: none */

#endif
