/* Lengths of the rows of W + scale B A, once per adapter. Weights are read back from the device by `embed`, which hands
 * out rows of a matrix in the activation type. Rounding points are those of PEFT under autocast. */
#include <math.h>
#include <stdlib.h>

#include "lm/model.h"

enum { rows_at_once = 64 };

typedef struct reading {
    god_nn_engine *engine;
    const gnn_linear *linear;
    float *a;         /* (rank, cols) */
    float *w, *b;     /* (rows_at_once, cols), (rows_at_once, rank) */
    float *sum;       /* (cols) */
    void *raw;        /* as downloaded */
    float *magnitude; /* (outputs) */
} reading;

static god_status read_rows(reading *r, const gnn_matrix *matrix, int64_t first, int64_t count, int64_t cols, float *to,
                            god_error *err)
{
    god_nn_engine *engine = r->engine;
    int32_t ids[rows_at_once];
    size_t bytes = gnn_dtype_bytes(engine->dtype);
    void *buffer = NULL;
    for (int64_t i = 0; i < count; i++) {
        ids[i] = (int32_t)(first + i);
    }
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_X, count, cols, bytes, &buffer, err));
    gnn_embed_args args = {buffer, matrix, ids, count, cols};
    GOD_TRY(engine->ops->embed(engine->device, &args, err));
    GOD_TRY(engine->ops->download(engine->device, r->raw, buffer, (size_t)(count * cols) * bytes, err));
    for (int64_t i = 0; i < count * cols; i++) {
        to[i] = gnn_load(r->raw, engine->dtype, i);
    }
    return GOD_OK;
}

/* |w + scale b A| for one row w of W and b of B */
static double row_length(const reading *r, const float *w, const float *b)
{
    const gnn_linear *linear = r->linear;
    uint32_t dtype = r->engine->dtype;
    double squares = 0.0;
    memset(r->sum, 0, (size_t)linear->cols * sizeof *r->sum);
    for (int64_t k = 0; k < linear->rank; k++) {
        const float *a = r->a + k * linear->cols;
        for (int64_t c = 0; c < linear->cols; c++) {
            r->sum[c] += b[k] * a[c];
        }
    }
    for (int64_t c = 0; c < linear->cols; c++) {
        float branch = gnn_round(linear->lora_scale * gnn_round(r->sum[c], dtype), dtype);
        double whole = (double)gnn_round(w[c] + branch, dtype);
        squares += whole * whole;
    }
    return sqrt(squares);
}

static god_status divide_magnitudes(reading *r, god_error *err)
{
    const gnn_linear *linear = r->linear;
    for (int64_t first = 0; first < linear->rank; first += rows_at_once) {
        int64_t count = linear->rank - first < rows_at_once ? linear->rank - first : rows_at_once;
        GOD_TRY(read_rows(r, linear->lora_a, first, count, linear->cols, r->a + first * linear->cols, err));
    }
    for (int64_t first = 0; first < linear->outputs; first += rows_at_once) {
        int64_t count = linear->outputs - first < rows_at_once ? linear->outputs - first : rows_at_once;
        GOD_TRY(read_rows(r, linear->matrix, first, count, linear->cols, r->w, err));
        GOD_TRY(read_rows(r, linear->lora_b, first, count, linear->rank, r->b, err));
        for (int64_t i = 0; i < count; i++) {
            double length = row_length(r, r->w + i * linear->cols, r->b + i * linear->rank);
            r->magnitude[first + i] /= gnn_round((float)length, r->engine->dtype);
        }
    }
    return GOD_OK;
}

static god_status prepare(reading *r, gnn_linear *linear, god_error *err)
{
    const gnn_device_table *ops = r->engine->ops;
    size_t bytes = (size_t)linear->outputs * sizeof *r->magnitude;
    if (r->a == NULL || r->w == NULL || r->b == NULL || r->sum == NULL || r->raw == NULL || r->magnitude == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the lengths of %lld rows", (long long)linear->outputs);
    }
    GOD_TRY(ops->download(r->engine->device, r->magnitude, linear->magnitude, bytes, err));
    GOD_TRY(divide_magnitudes(r, err));
    /* The vector belongs to the adapter whose params `linear` is part of, so writing to it is its own affair. */
    return ops->upload(r->engine->device, (void *)(uintptr_t)linear->magnitude, r->magnitude, bytes, err);
}

god_status gnn_dora_prepare(god_nn_engine *engine, gnn_linear *linear, god_error *err)
{
    int64_t widest = linear->cols > linear->rank ? linear->cols : linear->rank;
    reading r = {.engine = engine,
                 .linear = linear,
                 .a = calloc((size_t)(linear->rank * linear->cols), sizeof(float)),
                 .w = calloc((size_t)(rows_at_once * linear->cols), sizeof(float)),
                 .b = calloc((size_t)(rows_at_once * linear->rank), sizeof(float)),
                 .sum = calloc((size_t)linear->cols, sizeof(float)),
                 .raw = calloc((size_t)(rows_at_once * widest), sizeof(float)),
                 .magnitude = calloc((size_t)linear->outputs, sizeof(float))};
    god_status status = prepare(&r, linear, err);
    free(r.a);
    free(r.w);
    free(r.b);
    free(r.sum);
    free(r.raw);
    free(r.magnitude);
    return status;
}
