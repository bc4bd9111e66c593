/* pack.h: examples put together for one call of the engine, without padding. [one]
 *
 * A pack is a run of examples, back to back, in the order of evaluation, of at most tokens_max ids; one example that is
 * longer has a pack of its own. Which examples share a pack changes no digit of any of them (god/nn/lm.h).
 *
 * Examples that follow each other and begin alike (gtx_sample.shared) are a family: they come into one pack and their
 * common beginning is run once, as a sequence that the rest of each goes on from. A family that is longer than
 * tokens_max falls apart into examples by themselves.
 *
 * Of a pack, only some rows need the output matrix. For an example with labels y over positions 0 .. n-1:
 *
 *     loss rows  t-1 for every labelled t >= 1: the row that predicts label y[t]
 *     KL rows    every labelled t itself, not shifted (spec/evaluation.md 5)
 *
 * so the rows of a pack are the union of both, each with its target (-1: not a loss row) and its KL mask.
 */
#ifndef GTX_PACK_H
#define GTX_PACK_H

#include "common/samples.h"
#include "god/nn/lm.h"

typedef struct gtx_pack {
    size_t first, count; /* of gtx_samples.order */
    uint64_t tokens;     /* that are run: a common beginning counts once */
} gtx_pack;

/* *ret_packs (malloc'ed, owned by the caller) covers every kept example once. */
god_status gtx_packs_plan(const gtx_samples *samples, uint64_t tokens_max, gtx_pack **ret_packs, size_t *ret_count,
                          god_error *err);

/* One pack laid out for the engine. Kept between packs to save allocations; ended with gtx_pack_rows_free. */
typedef struct gtx_pack_rows {
    god_nn_pack pack; /* points into ids, starts and prefixes */
    gtx_ids ids;
    int64_t *starts, *prefixes;
    int64_t *rows;    /* indices into ids, ascending */
    int32_t *targets; /* per row: the label it predicts; -1: none */
    uint8_t *kl_mask; /* per row: 1 where the KL is taken */
    size_t *samples;  /* per row: index into gtx_samples.items */
    int64_t row_count;
    size_t start_capacity, row_capacity;
} gtx_pack_rows;

/* with_kl 0: loss rows only. A pack may have no rows (its only labels stand at position 0). */
god_status gtx_pack_fill(const gtx_samples *samples, const gtx_pack *pack, uint32_t with_kl, gtx_pack_rows *rows,
                         god_error *err);
void gtx_pack_rows_free(gtx_pack_rows *rows); /* accepts a zeroed one */

#endif
