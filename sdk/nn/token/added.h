/* added.h: added tokens: texts that are ids of their own wherever they stand. [any] after gdt_added_refresh.
 *
 * Two searches run over a text, as in the tokenizers library: tokens with normalized = false in the text as it came,
 * then, after the normalizer, tokens with normalized = true by their normalized spelling. Each search takes the
 * leftmost match, the longest among those, and goes on behind it. */
#ifndef GDT_ADDED_H
#define GDT_ADDED_H

#include "model.h"
#include "step.h"
#include "trie.h"

#define GDT_ADDED_TOKENS_MAX 65536

typedef struct gdt_added_token {
    char *content;
    uint32_t single_word, lstrip, rstrip, normalized, special;
} gdt_added_token;

typedef struct gdt_added_entry {
    int32_t id;
    gdt_added_token token;
} gdt_added_entry;

typedef struct gdt_added {
    gdt_added_entry *by_id; /* current token of each id, in order of their arrival */
    size_t count, capacity;
    gdt_added_token *listed; /* tokens as they were listed for the searches: special ones, then others */
    size_t special_count, listed_count, listed_capacity;
    gdt_index special_texts; /* texts of special tokens */
    gdt_index texts;         /* text -> id */
    int32_t *place_of;       /* id -> index in by_id, -1: none; id_end entries */
    size_t place_capacity;
    gdt_trie raw, normalized;
    uint32_t ignores_special; /* special tokens in a text are text */
    int32_t id_end;           /* one more than the highest id, 0: none */
} gdt_added;

void gdt_added_fini(gdt_added *added);

/* Adds tokens in one go, with the ids that the tokenizers library gives: that of the vocabulary or of an earlier added
 * token with this text, else the next free one. Texts are copied. */
god_status gdt_added_add(gdt_added *added, const gdt_vocab *vocab, const gdt_added_token *tokens, size_t count,
                         god_error *err);
/* Builds both searches. */
god_status gdt_added_refresh(gdt_added *added, const gdt_vocab *vocab, const gdt_steps *normalizer, god_error *err);

const gdt_added_token *gdt_added_find(const gdt_added *added, int32_t id);              /* NULL: none */
int32_t gdt_added_id(const gdt_added *added, const gdt_vocab *vocab, const char *text); /* vocabulary included; -1 */
uint32_t gdt_added_is_special_text(const gdt_added *added, const char *text);

/* Cuts added tokens out of the pieces that have no id. */
god_status gdt_added_split(const gdt_added *added, const gdt_trie *trie, gdt_work *work, god_error *err);

#endif
