/* One loop, compiled for several instruction sets.
 *
 * 2^x: x = n + r with |r| <= 1/2, n from the low bits of x + 1.5 * 2^23 as in vector.h, 2^r = 1 + r q(r) with the q of
 * the fifth degree whose largest relative error is smallest, 2^-28.9 (found by Lawson's iteration; 2^-25.9 once its
 * coefficients are f32). A NaN that arithmetic made has nothing in its low bits and goes through; weights, which could
 * hold others, are refused when they are read. */
#include "softmax.h"

#include <math.h>
#include <string.h>

enum { lanes = CPU_PANEL };

#define INLINE static inline __attribute__((always_inline))

INLINE float multiply_add(float a, float b, float c, uint32_t fused)
{
    return fused ? __builtin_fmaf(a, b, c) : a * b + c;
}

INLINE float power_of_two(float x, uint32_t fused)
{
    const float magic = 12582912.0f, lowest = -126.0f;
    const float bounded = x < lowest ? lowest : x;
    const float shifted = bounded + magic, r = bounded - (shifted - magic);
    float p = 1.535336196e-4f, value;
    uint32_t power, bits;
    p = multiply_add(p, r, 1.339887502e-3f, fused);
    p = multiply_add(p, r, 9.618436918e-3f, fused);
    p = multiply_add(p, r, 5.550332367e-2f, fused);
    p = multiply_add(p, r, 2.402264774e-1f, fused);
    p = multiply_add(p, r, 6.931471825e-1f, fused);
    p = multiply_add(p, r, 1.0f, fused);
    memcpy(&power, &shifted, sizeof power);
    memcpy(&bits, &p, sizeof bits);
    bits += power << 23; /* times 2^n: what is left of `magic` falls off the top */
    memcpy(&value, &bits, sizeof value);
    return x < lowest ? 0.0f : value;
}

INLINE float weigh(const float *restrict scores, int64_t stride, int64_t panels, float factor, float shift,
                   float *restrict weights, uint32_t fused)
{
    float sums[lanes] = {0.0f};
    for (int64_t p = 0; p < panels; p++, scores += stride, weights += lanes) {
        for (int l = 0; l < lanes; l++) {
            weights[l] = power_of_two(multiply_add(scores[l], factor, -shift, fused), fused);
            sums[l] += weights[l];
        }
    }
    for (int half = lanes / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
            sums[l] += sums[l + half];
        }
    }
    return sums[0];
}

/* A maximum per lane: a single one would wait for itself at every element. */
INLINE float highest_of(const float *scores, int64_t stride, int64_t panels)
{
    float top[lanes];
    for (int l = 0; l < lanes; l++) {
        top[l] = -INFINITY;
    }
    for (int64_t p = 0; p < panels; p++, scores += stride) {
        for (int l = 0; l < lanes; l++) {
            top[l] = scores[l] > top[l] ? scores[l] : top[l];
        }
    }
    for (int half = lanes / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
            top[l] = top[l + half] > top[l] ? top[l + half] : top[l];
        }
    }
    return top[0];
}

#define KERNEL(set, attribute, fused)                                                                                  \
    attribute static float highest_##set(const float *scores, int64_t stride, int64_t panels)                          \
    {                                                                                                                  \
        return highest_of(scores, stride, panels);                                                                     \
    }                                                                                                                  \
    attribute static float weigh_##set(const float *scores, int64_t stride, int64_t panels, float factor, float shift, \
                                       float *weights)                                                                 \
    {                                                                                                                  \
        return weigh(scores, stride, panels, factor, shift, weights, fused);                                           \
    }                                                                                                                  \
    attribute static float power_##set(float x)                                                                        \
    {                                                                                                                  \
        return power_of_two(x, fused);                                                                                 \
    }                                                                                                                  \
    static const cpu_softmax_kernel set = {highest_##set, weigh_##set, power_##set, #set};

#if defined(__x86_64__)
KERNEL(avx512, __attribute__((target("avx512f,fma"))), 1)
KERNEL(avx2, __attribute__((target("avx2,fma"))), 1)
#endif
#if defined(__FP_FAST_FMAF)
KERNEL(plain, , 1)
#else
KERNEL(plain, , 0)
#endif

const cpu_softmax_kernel *cpu_softmax_kernel_at(uint32_t index)
{
    const cpu_softmax_kernel *kernels[4] = {NULL};
    uint32_t count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) {
        kernels[count++] = &avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        kernels[count++] = &avx2;
    }
#endif
    kernels[count++] = &plain;
    return index < count ? kernels[index] : NULL;
}
