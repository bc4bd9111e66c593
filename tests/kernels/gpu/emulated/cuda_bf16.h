/* bf16 on the host, with the names of CUDA's header; conversions are the engine's own (ops/dtype.h). */
#ifndef EMULATED_CUDA_BF16_H
#define EMULATED_CUDA_BF16_H

#include "ops/dtype.h"

struct __nv_bfloat16 {
    uint16_t bits;
};

struct alignas(4) __nv_bfloat162 {
    __nv_bfloat16 x, y;
};

static inline float __bfloat162float(__nv_bfloat16 value)
{
    return gnn_bf16_widen(value.bits);
}

static inline __nv_bfloat16 __float2bfloat16_rn(float value)
{
    return {gnn_bf16_narrow(value)};
}

static inline __nv_bfloat162 __floats2bfloat162_rn(float low, float high)
{
    return {__float2bfloat16_rn(low), __float2bfloat16_rn(high)};
}

#endif
