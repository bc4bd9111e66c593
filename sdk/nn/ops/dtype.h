/* ops/dtype.h: element types of weights and activations, and the conversions between them. [any]
 *
 * bf16 is the upper half of an f32; narrowing rounds to nearest, ties to even, and keeps NaN a NaN. f16 is IEEE
 * binary16 and is only read from files. All arithmetic of the engine is in f32 or f64. */
#ifndef GNN_OPS_DTYPE_H
#define GNN_OPS_DTYPE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Activation types have the numbers of GOD_PRECISION_... */
enum { GNN_BF16 = 1, GNN_F32 = 2, GNN_F16 = 3 };

static inline size_t gnn_dtype_bytes(uint32_t dtype)
{
    return dtype == GNN_F32 ? 4 : 2;
}

static inline float gnn_bf16_widen(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint16_t gnn_bf16_narrow(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    uint32_t quiet_nan = (bits >> 16) | 0x40u;
    return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? quiet_nan : rounded);
}

static inline float gnn_f16_widen(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = (half >> 10) & 31u, mantissa = half & 0x3ffu;
    uint32_t bits;
    float value;
    if (exponent == 0) { /* zero or subnormal: mantissa * 2^-24, exact in f32 */
        value = (float)mantissa * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    bits = exponent == 31 ? sign | 0x7f800000u | (mantissa << 13) : sign | ((exponent + 112) << 23) | (mantissa << 13);
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The value that an activation of this type can hold. */
static inline float gnn_round(float value, uint32_t dtype)
{
    return dtype == GNN_BF16 ? gnn_bf16_widen(gnn_bf16_narrow(value)) : value;
}

/* Element i of an array; offsets are in elements. */
static inline float gnn_load(const void *array, uint32_t dtype, int64_t i)
{
    return dtype == GNN_BF16 ? gnn_bf16_widen(((const uint16_t *)array)[i]) : ((const float *)array)[i];
}

static inline void gnn_store(void *array, uint32_t dtype, int64_t i, float value)
{
    if (dtype == GNN_BF16) {
        ((uint16_t *)array)[i] = gnn_bf16_narrow(value);
    } else {
        ((float *)array)[i] = value;
    }
}

/* Address of element i, on the host or on a device with a flat address space. */
static inline void *gnn_at(void *array, uint32_t dtype, int64_t i)
{
    return (char *)array + (size_t)i * gnn_dtype_bytes(dtype);
}

static inline const void *gnn_at_const(const void *array, uint32_t dtype, int64_t i)
{
    return (const char *)array + (size_t)i * gnn_dtype_bytes(dtype);
}

#endif
