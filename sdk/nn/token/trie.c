#include "trie.h"

#include <stdlib.h>

#include "work.h"

static god_status add_node(gdt_trie *trie, god_error *err)
{
    GOD_TRY(gdt_reserve((void **)&trie->ids, &trie->capacity, trie->count + 1, sizeof *trie->ids, "trie", err));
    trie->ids[trie->count++] = -1;
    return GOD_OK;
}

god_status gdt_trie_init(gdt_trie *trie, size_t bytes, god_error *err)
{
    memset(trie, 0, sizeof *trie);
    GOD_TRY(gdt_pairs_init(&trie->edges, bytes, err));
    return add_node(trie, err);
}

void gdt_trie_fini(gdt_trie *trie)
{
    gdt_pairs_fini(&trie->edges);
    free(trie->ids);
    memset(trie, 0, sizeof *trie);
}

god_status gdt_trie_put(gdt_trie *trie, const char *text, size_t bytes, int32_t id, uint32_t replaces, god_error *err)
{
    int32_t node = 0;
    if (bytes == 0) {
        return GOD_OK;
    }
    trie->opens[(unsigned char)text[0]] = 1;
    for (size_t i = 0; i < bytes; i++) {
        int32_t next = gdt_trie_next(trie, node, text[i]);
        if (next < 0) {
            next = (int32_t)trie->count;
            GOD_TRY(add_node(trie, err));
            gdt_pairs_put(&trie->edges, node, (unsigned char)text[i], 0, next);
        }
        node = next;
    }
    if (trie->ids[node] < 0 || replaces) {
        trie->ids[node] = id;
    }
    return GOD_OK;
}
