#include "product.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

/* 14 rows by 2 vectors of 16: 28 of the 32 registers are sums. */
__attribute__((target("avx512f"))) static void run_avx512(const float *x, const float *w, int64_t depth, int64_t width,
                                                          uint32_t first, float *y, const float *next_x)
{
    enum { rows = 14, lanes = 16, columns = 2 * lanes };
    for (int64_t at = 0; at < width; at += columns) {
        __m512 sums[rows][2];
        for (int r = 0; r < rows; r++) {
            sums[r][0] = sums[r][1] = _mm512_setzero_ps();
        }
        for (int64_t k = 0; k < depth; k++) {
            const __m512 low = _mm512_loadu_ps(w + k * CPU_PANEL + at);
            const __m512 high = _mm512_loadu_ps(w + k * CPU_PANEL + at + lanes);
            _mm_prefetch((const char *)(next_x + k * lanes), _MM_HINT_T1); /* 512 lines reach over 14 rows */
#pragma GCC unroll 14
            for (int r = 0; r < rows; r++) {
                const __m512 one = _mm512_set1_ps(x[r * CPU_X_STRIDE + k]);
                sums[r][0] = _mm512_fmadd_ps(one, low, sums[r][0]);
                sums[r][1] = _mm512_fmadd_ps(one, high, sums[r][1]);
            }
        }
#pragma GCC unroll 14
        for (int r = 0; r < rows; r++) {
            float *to = y + r * CPU_PANEL + at;
            if (!first) {
                sums[r][0] = _mm512_add_ps(_mm512_loadu_ps(to), sums[r][0]);
                sums[r][1] = _mm512_add_ps(_mm512_loadu_ps(to + lanes), sums[r][1]);
            }
            _mm512_storeu_ps(to, sums[r][0]);
            _mm512_storeu_ps(to + lanes, sums[r][1]);
        }
    }
}

/* 6 rows by 2 vectors of 8: 12 of the 16 registers are sums. */
__attribute__((target("avx2,fma"))) static void run_avx2(const float *x, const float *w, int64_t depth, int64_t width,
                                                         uint32_t first, float *y, const float *next_x)
{
    enum { rows = 6, lanes = 8, columns = 2 * lanes };
    for (int64_t at = 0; at < width; at += columns) {
        __m256 sums[rows][2];
        for (int r = 0; r < rows; r++) {
            sums[r][0] = sums[r][1] = _mm256_setzero_ps();
        }
        for (int64_t k = 0; k < depth; k++) {
            const __m256 low = _mm256_loadu_ps(w + k * CPU_PANEL + at);
            const __m256 high = _mm256_loadu_ps(w + k * CPU_PANEL + at + lanes);
            _mm_prefetch((const char *)(next_x + k * lanes), _MM_HINT_T1);
#pragma GCC unroll 6
            for (int r = 0; r < rows; r++) {
                const __m256 one = _mm256_set1_ps(x[r * CPU_X_STRIDE + k]);
                sums[r][0] = _mm256_fmadd_ps(one, low, sums[r][0]);
                sums[r][1] = _mm256_fmadd_ps(one, high, sums[r][1]);
            }
        }
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            float *to = y + r * CPU_PANEL + at;
            if (!first) {
                sums[r][0] = _mm256_add_ps(_mm256_loadu_ps(to), sums[r][0]);
                sums[r][1] = _mm256_add_ps(_mm256_loadu_ps(to + lanes), sums[r][1]);
            }
            _mm256_storeu_ps(to, sums[r][0]);
            _mm256_storeu_ps(to + lanes, sums[r][1]);
        }
    }
}
#endif

/* Where the machine has no fused multiply-add, the product is rounded before it is added. */
static inline float multiply_add(float a, float b, float c)
{
#if defined(__FP_FAST_FMAF)
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

static void run_plain(const float *x, const float *w, int64_t depth, int64_t width, uint32_t first, float *y,
                      const float *next_x)
{
    enum { rows = 4, columns = 16 };
    (void)next_x;
    for (int64_t at = 0; at < width; at += columns) {
        float sums[rows][columns];
        memset(sums, 0, sizeof sums);
        for (int64_t k = 0; k < depth; k++) {
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    sums[r][c] = multiply_add(x[r * CPU_X_STRIDE + k], w[k * CPU_PANEL + at + c], sums[r][c]);
                }
            }
        }
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                float *to = y + r * CPU_PANEL + at + c;
                *to = first ? sums[r][c] : *to + sums[r][c];
            }
        }
    }
}

const cpu_product_kernel *cpu_product_kernel_at(uint32_t index)
{
    static const cpu_product_kernel plain = {4, run_plain, "plain"};
    const cpu_product_kernel *kernels[4] = {NULL};
    uint32_t count = 0;
#if defined(__x86_64__)
    static const cpu_product_kernel avx512 = {14, run_avx512, "avx512"}, avx2 = {6, run_avx2, "avx2"};
    if (__builtin_cpu_supports("avx512f")) {
        kernels[count++] = &avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        kernels[count++] = &avx2;
    }
#endif
    kernels[count++] = &plain;
    return index < count ? kernels[index] : NULL;
}
