/* cpu/vector.h: element functions that compilers turn into vector code: no branches, no calls, no tables.
 *
 * exp: x = n ln2 + r with |r| <= ln2 / 2, exp(x) = 2^n exp(r), exp(r) by its Taylor series; n is taken from the low
 * bits of x / ln2 + 1.5 * 2^23 (2^52), whose rounding is to nearest (Muller, Elementary Functions, 3rd ed.,
 * section 11.1). Errors: f32 2 ulp, f64 2 ulp; below the smallest normal number the result is 0; NaN stays NaN. */
#ifndef GNN_CPU_VECTOR_H
#define GNN_CPU_VECTOR_H

#include "ops/dtype.h"

static inline float cpu_exp_f32(float x)
{
    const float magic = 12582912.0f, log2_e = 1.44269504088896f;
    const float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    const float lowest = -87.0f, highest = 88.0f;
    float bounded = x < lowest ? lowest : x;
    bounded = bounded > highest ? highest : bounded;
    float shifted = bounded * log2_e + magic;
    float n = shifted - magic;
    float r = (bounded - n * ln2_high) - n * ln2_low;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - 0x4b400000u + 127u) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    float value = p * scale;
    value = x < lowest ? 0.0f : value;
    return x > highest ? __builtin_inff() : value;
}

static inline double cpu_exp_f64(double x)
{
    const double magic = 6755399441055744.0, log2_e = 1.44269504088896340736;
    const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    const double lowest = -708.0, highest = 709.0;
    double bounded = x < lowest ? lowest : x;
    bounded = bounded > highest ? highest : bounded;
    double shifted = bounded * log2_e + magic;
    double n = shifted - magic;
    double r = (bounded - n * ln2_high) - n * ln2_low;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - 0x4338000000000000u + 1023u) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    double value = p * scale;
    value = x < lowest ? 0.0 : value;
    return x > highest ? __builtin_inf() : value;
}

static inline float cpu_sigmoid(float x)
{
    return 1.0f / (1.0f + cpu_exp_f32(-x));
}

/* tanh through the sigmoid; the error is 2^-23 absolute, which is what is needed where 1 or a cap is next to it. */
static inline float cpu_tanh(float x)
{
    return 2.0f * cpu_sigmoid(2.0f * x) - 1.0f;
}

/* The normal distribution function. Source: Press et al., Numerical Recipes, 2nd ed., section 6.2 (erfcc), relative
 * error below 1.2e-7 everywhere. */
static inline float cpu_normal(float x)
{
    double z = (double)(x < 0.0f ? -x : x) * 0.70710678118654752440;
    double t = 1.0 / (1.0 + 0.5 * z);
    double p = 0.17087277;
    p = p * t - 0.82215223;
    p = p * t + 1.48851587;
    p = p * t - 1.13520398;
    p = p * t + 0.27886807;
    p = p * t - 0.18628806;
    p = p * t + 0.09678418;
    p = p * t + 0.37409196;
    p = p * t + 1.00002368;
    p = p * t - 1.26551223;
    double tail = 0.5 * t * cpu_exp_f64(p - z * z);
    return (float)(x < 0.0f ? tail : 1.0 - tail);
}

/* Rows between their stored type and f32. */
static inline void cpu_load(float *to, const void *from, uint32_t dtype, int64_t count)
{
    if (dtype == GNN_F32) {
        memcpy(to, from, (size_t)count * sizeof *to);
        return;
    }
    const uint16_t *half = from;
    for (int64_t i = 0; i < count; i++) {
        to[i] = gnn_bf16_widen(half[i]);
    }
}

static inline void cpu_store(void *to, uint32_t dtype, const float *from, int64_t count)
{
    if (dtype == GNN_F32) {
        memcpy(to, from, (size_t)count * sizeof *from);
        return;
    }
    uint16_t *half = to;
    for (int64_t i = 0; i < count; i++) {
        half[i] = gnn_bf16_narrow(from[i]);
    }
}

/* Rounds in place to what the type can hold. */
static inline void cpu_round(float *values, uint32_t dtype, int64_t count)
{
    if (dtype == GNN_F32) {
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        values[i] = gnn_bf16_widen(gnn_bf16_narrow(values[i]));
    }
}

#endif
