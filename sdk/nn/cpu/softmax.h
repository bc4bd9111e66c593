/* cpu/softmax.h: the exponentials of attention. Private to cpu/.
 *
 * Scores lie as the kernel of products writes them: 64 keys of a row together, the next 64 `stride` floats further.
 * Compiled for several instruction sets like product.h, and like there: with fused multiply-adds every width of vector
 * gives the same digits; the plain one rounds twice. */
#ifndef GNN_CPU_SOFTMAX_H
#define GNN_CPU_SOFTMAX_H

#include <stdint.h>

#include "product.h"

typedef struct cpu_softmax_kernel {
    /* The highest score of `panels` times 64; NaN is passed over. */
    float (*highest)(const float *scores, int64_t stride, int64_t panels);
    /* weights[i] = 2^(factor * score - shift), packed, and their sum. Within 2^-22 of themselves; 0 where that is below
     * 2^-126 and for a score of -infinity; NaN stays NaN. No exponent is above 1. */
    float (*weigh)(const float *scores, int64_t stride, int64_t panels, float factor, float shift, float *weights);
    /* 2^x in the same digits. */
    float (*power)(float x);
    const char *name;
} cpu_softmax_kernel;

/* The kernels that this machine runs, the fastest first; NULL behind the last. They live for ever. */
const cpu_softmax_kernel *cpu_softmax_kernel_at(uint32_t index);

#endif
