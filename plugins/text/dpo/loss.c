#include "dpo/loss.h"

#include <math.h>
#include <string.h>

float dpo_to_bf16(float value)
{
    uint32_t bits;
    if (isnan(value)) {
        return value;
    }
    memcpy(&bits, &value, sizeof bits);
    bits += 0x7fffu + (bits >> 16 & 1u);
    bits &= 0xffff0000u;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void dpo_sum_add(dpo_sum *sum, double log_probability)
{
    sum->exact += log_probability;
    sum->f32 += (float)log_probability;
    sum->bf16_tokens += dpo_to_bf16((float)log_probability);
}

/* log(1 + exp(-beta h)) without overflow: the exponent is never positive. */
static double loss_of(double h)
{
    double x = -DPO_BETA * h;
    return x > 0.0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

dpo_loss dpo_loss_of(const dpo_sum *policy_chosen, const dpo_sum *policy_rejected, const dpo_sum *reference_chosen,
                     const dpo_sum *reference_rejected)
{
    dpo_loss result;
    result.h = (policy_chosen->exact - reference_chosen->exact) - (policy_rejected->exact - reference_rejected->exact);
    result.loss = loss_of(result.h);
    float policy = dpo_to_bf16(dpo_to_bf16(policy_chosen->bf16_tokens) - dpo_to_bf16(policy_rejected->bf16_tokens));
    float reference = reference_chosen->f32 - reference_rejected->f32;
    result.recipe_h = (double)(policy - reference);
    result.recipe_loss = loss_of(result.recipe_h);
    return result;
}
