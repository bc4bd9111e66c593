/* lm_score.h: from numbers per row to the score of a submission. [one] spec/evaluation.md 3.6 and 5.
 *
 *     loss of an example  = sum over its labelled t >= 1 of nll(t) / N,  N = all its labels, position 0 included
 *     eval_loss_raw       = mean over examples, each with the same weight
 *     kl_divergence       = sum over all label positions of all examples / their count
 *     eval_loss           = eval_loss_raw + kl_coef * kl_divergence
 *
 * Sums are f64, in the order of evaluation.
 */
#ifndef GTX_LM_SCORE_H
#define GTX_LM_SCORE_H

#include "common/pack.h"

/* Per example of gtx_samples.items. */
typedef struct gtx_lm_sums {
    double *loss, *kl;
    size_t count;
} gtx_lm_sums;

god_status gtx_lm_sums_init(gtx_lm_sums *sums, size_t sample_count, god_error *err); /* all zero */
void gtx_lm_sums_free(gtx_lm_sums *sums);                                            /* accepts a zeroed one */

/* Adds a pack's numbers, one per row; kl may be NULL. GOD_E_DATA names the row of the file whose number is not finite:
 * one such example makes the mean meaningless. */
god_status gtx_lm_sums_add(gtx_lm_sums *sums, const gtx_samples *samples, const gtx_pack_rows *rows, const double *nll,
                           const double *kl, god_error *err);

typedef struct gtx_lm_totals {
    double eval_loss, raw, kl;
    uint64_t samples, label_tokens;
} gtx_lm_totals;

/* kl_coef 0: no KL term. */
gtx_lm_totals gtx_lm_total(const gtx_lm_sums *sums, const gtx_samples *samples, double kl_coef);

#endif
