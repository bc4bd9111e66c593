/* loss.h: from log-probabilities of answers to the loss of a pair. [any] spec/evaluation.md 6.3.
 *
 *   l_m(s)  = sum over the scored ids of answer s of log p_m(id)       m: policy (submission) or reference (base)
 *   h       = (l_policy(chosen) - l_reference(chosen)) - (l_policy(rejected) - l_reference(rejected))
 *   loss    = -log sigmoid(beta h) = log(1 + exp(-beta h)),  beta = 0.1
 *
 * That is exact arithmetic, in f64, and what ranks. The original adds rounding of its own: the policy's token values
 * and its two sums and their difference pass through bf16, the reference stays in f32. The same numbers by that recipe
 * stand beside, so that old records can be compared.
 */
#ifndef DPO_LOSS_H
#define DPO_LOSS_H

#include <stdint.h>

#define DPO_BETA 0.1

/* The sum over one answer by one model, in every arithmetic that is needed. Start with zeros. */
typedef struct dpo_sum {
    double exact;
    float f32;         /* added in f32 */
    float bf16_tokens; /* each value rounded to bf16, added in f32; the sum itself not rounded yet */
} dpo_sum;

/* Adds one scored id: its log-probability. */
void dpo_sum_add(dpo_sum *sum, double log_probability);

typedef struct dpo_loss {
    double h, loss;
    double recipe_h, recipe_loss;
} dpo_loss;

dpo_loss dpo_loss_of(const dpo_sum *policy_chosen, const dpo_sum *policy_rejected, const dpo_sum *reference_chosen,
                     const dpo_sum *reference_rejected);

float dpo_to_bf16(float value); /* nearest bf16, ties to even, as a float */

#endif
