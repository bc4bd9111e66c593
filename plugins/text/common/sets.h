/* sets.h: the examples of a test file for each limit on their length that occurs in a group. [one]
 *
 * How long an example may be depends on the submission (its max_position_embeddings), so a group may need the same file
 * cut in several ways. Each way is built once, at its first use, and shared by everybody who needs it.
 */
#ifndef GTX_SETS_H
#define GTX_SETS_H

#include "common/pack.h"

typedef struct gtx_set {
    gtx_samples samples; /* samples.sequence_len is what tells sets apart */
    gtx_pack *packs;
    size_t pack_count;
    uint64_t tokens; /* run in one pass over the packs */
    uint32_t used;   /* 1: an entrant runs it; set by the caller */
} gtx_set;

typedef struct gtx_sets {
    gtx_set *items;
    size_t count;
    /* set by the owner before the first find */
    uint64_t pack_tokens;
    void *ctx;
    /* Fills and finishes *samples, which has its sequence_len. */
    god_status (*build)(void *ctx, gtx_samples *samples, god_error *err);
} gtx_sets;

/* *ret_index stays good, pointers into items do not: the next find may move them. */
god_status gtx_sets_find(gtx_sets *sets, int64_t sequence_len, size_t *ret_index, god_error *err);
/* The set of a model: of the lengths that its max_position_embeddings and the base tokenizer's model_max_length allow
 * (common/context.h; seq_len_max > 0 is a limit on all of them), the first that keeps an example. When none does, it is
 * the last, whose `kept` is 0. */
god_status gtx_sets_choose(gtx_sets *sets, int64_t max_position_embeddings, int64_t model_max_length,
                           uint64_t seq_len_max, size_t *ret_index, god_error *err);
void gtx_sets_free(gtx_sets *sets); /* accepts a zeroed one */
size_t gtx_sets_used(const gtx_sets *sets);

#endif
