/* golden_pack.h: the packs of a golden file, and how well the engine agrees with them. [one]
 *
 * make_tiny_models.py tells the layout and the reasons for the bounds.
 */
#ifndef GOD_TESTS_GOLDEN_PACK_H
#define GOD_TESTS_GOLDEN_PACK_H

#include "god/helpers/json.h"
#include "god/nn/lm.h"

enum { GOLDEN_IDS_MAX = 4096 };

/* One pack: ids back to back, and what each row should give. Large: keep it off the stack. */
typedef struct golden_pack {
    int32_t ids[GOLDEN_IDS_MAX], targets[GOLDEN_IDS_MAX]; /* target -1: the last of its sequence */
    int64_t starts[GOLDEN_IDS_MAX + 1], rows[GOLDEN_IDS_MAX];
    double nll[GOLDEN_IDS_MAX], kl[GOLDEN_IDS_MAX];
    int64_t count, sequences;
} golden_pack;

/* Sequences of one length that are drawn, not stored, and what their numbers add up to. */
typedef struct golden_bulk {
    int64_t sequences, length;
    uint64_t seed;
    double nll, kl;
} golden_bulk;

/* What is known about one of the two numbers per position, over all packs. */
typedef struct golden_agreement {
    double worst; /* largest |a - b| / max(1, |b|); NaN is worse than any */
    double worst_got, worst_wanted;
    double got, wanted; /* sums */
} golden_agreement;

/* A model as it is run: adapter may be NULL. */
typedef struct golden_side {
    god_nn_lm *lm;
    god_nn_adapter *adapter;
} golden_side;

/* `precision` is "f32" or "bf16": which numbers are wanted. */
god_status golden_pack_read(const json_t *json, const char *precision, golden_pack *ret_pack, god_error *err);

/* nll under `scored`, KL(p || q); q has no adapter. Adds to what is known. */
god_status golden_pack_compare(const golden_pack *pack, golden_side scored, golden_side p, golden_side q,
                               golden_agreement *nll, golden_agreement *kl, god_error *err);

/* Reads `bulk` of a golden file. GOD_E_DATA when it is missing or not understood. */
god_status golden_bulk_read(const json_t *golden, golden_bulk *ret_bulk, god_error *err);
/* As golden_pack_compare for the sums of a bulk, whose ids are drawn below vocab_size; `worst` stays as it is. `pack`
 * is room to work in. */
god_status golden_bulk_compare(const golden_bulk *bulk, int64_t vocab_size, golden_pack *pack, golden_side scored,
                               golden_side p, golden_side q, golden_agreement *nll, golden_agreement *kl,
                               god_error *err);

/* Relative; above 0 when the engine is above the reference. */
double golden_error_of_sums(const golden_agreement *agreement);
/* 1 when both are within the bounds of a GOD_PRECISION_...; without a bulk in them sums in bf16 have a wider one. */
int golden_within_bounds(const golden_agreement *nll, const golden_agreement *kl, uint32_t precision, int with_bulk);

#endif
