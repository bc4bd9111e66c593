/* lines.h: the record of a DPO score, one JSON line per pair, in file order. [one] spec/evaluation.md 19.
 *
 *   {"row": 17, "status": "kept", "chosen": {"tokens": 93, "tokens_uncut": 93, "scored": 32, "ids_sha256": "...",
 *    "policy": -41.2, "reference": -44.0}, "rejected": {...}, "h": 1.9, "loss": 0.6, "loss_bits": "3fe3333333333333",
 *    "recipe_h": 1.875, "recipe_loss": 0.6015}
 *
 * Rows are counted from 1; digests are SHA-256 over little-endian int32; policy and reference are sums of
 * log-probabilities over the scored ids. eval_loss is the mean of `loss`, eval_loss_bf16_recipe that of `recipe_loss`.
 */
#ifndef DPO_LINES_H
#define DPO_LINES_H

#include "common/samples.h"
#include "dpo/loss.h"
#include "god/helpers/text.h"

/* policy and reference have one entry per sample; samples come in pairs. Appends to text. */
god_status dpo_lines(const gtx_samples *samples, const dpo_sum *policy, const dpo_sum *reference, god_text *text,
                     god_error *err);

#endif
