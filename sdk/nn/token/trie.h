/* trie.h: a set of texts with ids, walked byte by byte from the root, node 0. [any] after building. */
#ifndef GDT_TRIE_H
#define GDT_TRIE_H

#include "index.h"

typedef struct gdt_trie {
    gdt_pairs edges; /* (node, byte) -> node, in the field `merged` */
    int32_t *ids;    /* per node: the id of the text that ends here, -1: none */
    size_t count, capacity;
    uint8_t opens[256]; /* 1 for each byte that a text begins with */
} gdt_trie;

/* Room for texts of `bytes` bytes in all. */
god_status gdt_trie_init(gdt_trie *trie, size_t bytes, god_error *err);
void gdt_trie_fini(gdt_trie *trie);
/* An empty text is left out. `replaces` 0: the first id of a text stays, 1: the last. */
god_status gdt_trie_put(gdt_trie *trie, const char *text, size_t bytes, int32_t id, uint32_t replaces, god_error *err);

/* The node behind `node` for a byte, -1: none. */
static inline int32_t gdt_trie_next(const gdt_trie *trie, int32_t node, char byte)
{
    const gdt_pair_slot *edge = gdt_pairs_get(&trie->edges, node, (unsigned char)byte);
    return edge != NULL ? edge->merged : -1;
}

#endif
