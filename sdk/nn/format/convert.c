#include "format/convert.h"

#include "ops/dtype.h"

static uint32_t stored_dtype(const gnn_tensor *tensor)
{
    switch (tensor->dtype[0]) {
    case 'B': return strcmp(tensor->dtype, "BF16") == 0 ? GNN_BF16 : 0;
    case 'F': return strcmp(tensor->dtype, "F32") == 0 ? GNN_F32 : strcmp(tensor->dtype, "F16") == 0 ? GNN_F16 : 0;
    default: return 0;
    }
}

god_status gnn_convert_check(const gnn_tensor *tensor, god_error *err)
{
    if (stored_dtype(tensor) == 0) {
        return god_fail(err, GOD_E_UNSUPPORTED, "%s: tensor \"%s\" has dtype %s; BF16, F16 and F32 are read",
                        tensor->file, tensor->name, tensor->dtype);
    }
    return GOD_OK;
}

static float read_value(const gnn_tensor *tensor, uint32_t stored, int64_t i)
{
    uint16_t half;
    float value;
    if (stored == GNN_F32) {
        memcpy(&value, tensor->data + 4 * i, sizeof value);
        return value;
    }
    memcpy(&half, tensor->data + 2 * i, sizeof half);
    return stored == GNN_BF16 ? gnn_bf16_widen(half) : gnn_f16_widen(half);
}

static uint32_t is_finite(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x7f800000u) != 0x7f800000u;
}

static god_status fail_value(const gnn_tensor *tensor, float value, int64_t i, god_error *err)
{
    const char *what = value != value ? "NaN" : is_finite(value) ? "a value too large for bf16" : "an infinite value";
    return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\" holds %s at element %lld", tensor->file, tensor->name, what,
                    (long long)i);
}

/* The same loop for each pair of types, so that the compiler sees constants in it; the test for finite values is
 * gathered over the run and looked for one by one only when it fails. */
static inline __attribute__((always_inline)) uint32_t convert_step(const gnn_tensor *tensor, uint32_t stored,
                                                                   int64_t first, int64_t step, int64_t count, void *to,
                                                                   uint32_t dtype)
{
    uint32_t bad = 0;
    for (int64_t i = 0; i < count; i++) {
        float value = gnn_round(read_value(tensor, stored, first + i * step), dtype);
        bad |= !is_finite(value);
        gnn_store(to, dtype, i, value);
    }
    return bad;
}

static inline __attribute__((always_inline)) uint32_t convert_run(const gnn_tensor *tensor, uint32_t stored,
                                                                  int64_t first, int64_t step, int64_t count, void *to,
                                                                  uint32_t dtype)
{
    return step == 1 ? convert_step(tensor, stored, first, 1, count, to, dtype)
                     : convert_step(tensor, stored, first, step, count, to, dtype);
}

/* bf16 as it is stored. */
static uint32_t copy_run(const gnn_tensor *tensor, int64_t first, int64_t count, void *to)
{
    const uint16_t *half = to;
    uint16_t bad = 0;
    memcpy(to, tensor->data + 2 * first, (size_t)count * sizeof *half);
    for (int64_t i = 0; i < count; i++) {
        bad |= (half[i] & 0x7f80u) == 0x7f80u;
    }
    return bad;
}

god_status gnn_convert(const gnn_tensor *tensor, int64_t first, int64_t step, int64_t count, void *to, uint32_t dtype,
                       god_error *err)
{
    uint32_t stored = stored_dtype(tensor), bad = 0;
    if (stored == GNN_BF16 && dtype == GNN_BF16 && step == 1) {
        bad = copy_run(tensor, first, count, to);
    } else if (stored == GNN_BF16) {
        bad = dtype == GNN_BF16 ? convert_run(tensor, GNN_BF16, first, step, count, to, GNN_BF16)
                                : convert_run(tensor, GNN_BF16, first, step, count, to, GNN_F32);
    } else if (stored == GNN_F32) {
        bad = dtype == GNN_BF16 ? convert_run(tensor, GNN_F32, first, step, count, to, GNN_BF16)
                                : convert_run(tensor, GNN_F32, first, step, count, to, GNN_F32);
    } else {
        bad = convert_run(tensor, GNN_F16, first, step, count, to, dtype);
    }
    for (int64_t i = 0; bad && i < count; i++) {
        float value = read_value(tensor, stored, first + i * step);
        if (!is_finite(gnn_round(value, dtype))) {
            return fail_value(tensor, value, first + i * step, err);
        }
    }
    return GOD_OK;
}
