/* per_example.h: the record that lets anybody recompute a score: one JSON line per example, in file order. [one]
 *
 *   {"row": 17, "piece": 0, "status": "kept", "tokens": 93, "tokens_uncut": 93, "prompt_tokens": 61, "labels": 32,
 *    "position_0_labelled": false, "eos": "appended", "ids_sha256": "...", "labels_sha256": "...",
 *    "loss_sum": 41.2, "divisor": 32, "loss": 1.2875, "loss_bits": "3ff4999999999999", "kl_sum": 0.9, "kl_count": 32}
 *
 * Rows are counted from 1. Digests are SHA-256 over little-endian int32 (labels with -100). The numbers stand only
 * where status is "kept", the kl members only when the task has a KL term. eval_loss_raw is the mean of `loss` over
 * the kept lines, kl_divergence the sum of kl_sum over the sum of kl_count. spec/evaluation.md 19.
 */
#ifndef GTX_PER_EXAMPLE_H
#define GTX_PER_EXAMPLE_H

#include "common/lm_score.h"
#include "god/helpers/text.h"

/* What a task type adds to a line: members of a JSON object, each with ", " in front. */
typedef god_status (*gtx_describe)(void *ctx, const gtx_sample *sample, god_text *line, god_error *err);

/* Appends the lines to text. describe may be NULL. */
god_status gtx_per_example(const gtx_samples *samples, const gtx_lm_sums *sums, uint32_t with_kl, gtx_describe describe,
                           void *ctx, god_text *text, god_error *err);

#endif
