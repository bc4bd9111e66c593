/* lm/pack.h: packs whose sequences share beginnings: lengths, checks, and the same pack without sharing. Private to
 * lm/. [one] */
#ifndef GNN_LM_PACK_H
#define GNN_LM_PACK_H

#include "god/nn/lm.h"

/* Tokens in front of a sequence's own ones: those of its prefix. */
static inline int64_t gnn_pack_before(const god_nn_pack *pack, int64_t sequence)
{
    int64_t prefix = pack->prefixes != NULL ? pack->prefixes[sequence] : -1;
    return prefix >= 0 ? pack->starts[prefix + 1] - pack->starts[prefix] : 0;
}

/* Tokens of a sequence, its prefix's among them: its last place + 1. */
static inline int64_t gnn_pack_length(const god_nn_pack *pack, int64_t sequence)
{
    return gnn_pack_before(pack, sequence) + pack->starts[sequence + 1] - pack->starts[sequence];
}

/* GOD_E_INVALID for a pack that is not put together as god/nn/lm.h says, GOD_E_DATA for an id outside the vocabulary.
 */
god_status gnn_pack_check(const god_nn_pack *pack, int64_t vocab_size, god_error *err);

/* A pack in which every sequence stands whole, and where rows of the first pack are in it. Prefixes that none of the
 * rows lie in are left out. Freed with gnn_whole_pack_free. */
typedef struct gnn_whole_pack {
    god_nn_pack pack; /* points into the arrays below */
    int32_t *ids;
    int64_t *starts, *rows;
} gnn_whole_pack;

god_status gnn_whole_pack_make(const god_nn_pack *pack, const int64_t *rows, int64_t row_count,
                               gnn_whole_pack *ret_whole, god_error *err);
void gnn_whole_pack_free(gnn_whole_pack *whole); /* accepts one that is all zero */

#endif
