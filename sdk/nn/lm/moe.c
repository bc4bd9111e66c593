/* Mixture of experts: y = sum over the chosen experts of weight * expert(x) [+ sigmoid(scale(x)) * shared(x)].
 *
 * Weights are the `per_token` largest of softmax(router(x)) in f32, divided by their sum where the family does so, then
 * rounded to the activation type. Terms are added in the order of the experts, each rounded, so a row's digits depend
 * on the row alone. Of equal weights the expert with the lower number is taken. Source: Shazeer et al. 2017 (arXiv
 * 1701.06538), equations 3 and 5; Jiang et al. 2024 (arXiv 2401.04088), section 2.1. */
#include <math.h>
#include <stdlib.h>

#include "lm/pass.h"

/* Host side of one chunk. For expert e, rows[begin[e]] .. rows[begin[e + 1] - 1] are its rows, ascending. */
typedef struct routing {
    float *logits;    /* (rows, experts) */
    int64_t *chosen;  /* (rows, per_token) */
    float *weights;   /* (rows, per_token) */
    int64_t *begin;   /* (experts + 1) */
    int64_t *rows;    /* (rows * per_token) */
    float *by_expert; /* (rows * per_token): weights in the order of `rows` */
    void *raw;        /* (rows, experts), activation type */
} routing;

static void routing_fini(routing *r)
{
    free(r->logits);
    free(r->chosen);
    free(r->weights);
    free(r->begin);
    free(r->rows);
    free(r->by_expert);
    free(r->raw);
}

static god_status routing_init(routing *r, const gnn_moe *moe, int64_t rows, god_error *err)
{
    size_t picks = (size_t)(rows * moe->per_token), all = (size_t)(rows * moe->experts);
    *r = (routing){.logits = calloc(all, sizeof *r->logits),
                   .chosen = calloc(picks, sizeof *r->chosen),
                   .weights = calloc(picks, sizeof *r->weights),
                   .begin = calloc((size_t)moe->experts + 2, sizeof *r->begin),
                   .rows = calloc(picks, sizeof *r->rows),
                   .by_expert = calloc(picks, sizeof *r->by_expert),
                   .raw = calloc(all, sizeof(float))};
    if (r->logits == NULL || r->chosen == NULL || r->weights == NULL || r->begin == NULL || r->rows == NULL ||
        r->by_expert == NULL || r->raw == NULL) {
        routing_fini(r);
        return god_fail(err, GOD_E_NOMEM, "out of memory for routing %lld rows", (long long)rows);
    }
    return GOD_OK;
}

static void softmax(float *values, int64_t count)
{
    float highest = values[0], sum = 0.0f;
    for (int64_t i = 1; i < count; i++) {
        highest = values[i] > highest ? values[i] : highest;
    }
    for (int64_t i = 0; i < count; i++) {
        values[i] = expf(values[i] - highest);
        sum += values[i];
    }
    for (int64_t i = 0; i < count; i++) {
        values[i] /= sum;
    }
}

/* Takes the largest weights of one row out of `p`, which is used up. */
static void choose(float *p, const gnn_moe *moe, int64_t *chosen, float *weights, uint32_t dtype)
{
    float sum = 0.0f;
    for (int64_t k = 0; k < moe->per_token; k++) {
        int64_t best = 0;
        for (int64_t e = 1; e < moe->experts; e++) {
            best = p[e] > p[best] ? e : best;
        }
        chosen[k] = best;
        weights[k] = p[best];
        sum += p[best];
        p[best] = -1.0f;
    }
    for (int64_t k = 0; k < moe->per_token; k++) {
        weights[k] = gnn_round(moe->normalise ? weights[k] / sum : weights[k], dtype);
    }
}

/* Counting sort of the picks by expert; rows stay in order. */
static void sort_by_expert(routing *r, const gnn_moe *moe, int64_t rows)
{
    int64_t picks = rows * moe->per_token;
    for (int64_t i = 0; i < picks; i++) {
        r->begin[r->chosen[i] + 2]++;
    }
    for (int64_t e = 1; e <= moe->experts; e++) {
        r->begin[e + 1] += r->begin[e];
    }
    for (int64_t i = 0; i < picks; i++) { /* begin[e + 1] runs from the expert's begin to its end */
        int64_t at = r->begin[r->chosen[i] + 1]++;
        r->rows[at] = i / moe->per_token;
        r->by_expert[at] = r->weights[i];
    }
}

static god_status route(const gnn_pass *p, const gnn_layer *layer, const void *x, int64_t rows, routing *r,
                        god_error *err)
{
    const gnn_moe *moe = &p->config->moe;
    uint32_t dtype = p->engine->dtype;
    size_t bytes = gnn_dtype_bytes(dtype);
    void *logits = NULL;
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_ROUTER, rows, moe->experts, bytes, &logits, err));
    GOD_TRY(gnn_run_linear(p, &layer->linears[GNN_SLOT_ROUTER], x, p->hidden, logits, moe->experts, 0, rows, err));
    GOD_TRY(p->engine->ops->download(p->engine->device, r->raw, logits, (size_t)(rows * moe->experts) * bytes, err));
    for (int64_t row = 0; row < rows; row++) {
        float *values = r->logits + row * moe->experts;
        for (int64_t e = 0; e < moe->experts; e++) {
            values[e] = gnn_load(r->raw, dtype, row * moe->experts + e);
        }
        softmax(values, moe->experts);
        choose(values, moe, r->chosen + row * moe->per_token, r->weights + row * moe->per_token, dtype);
    }
    sort_by_expert(r, moe, rows);
    return GOD_OK;
}

/* Row rows[i] of y += round(weights[i] * row i of x); weights on the host. */
static god_status scatter(const gnn_pass *p, void *y, const void *x, const int64_t *rows, const float *weights,
                          int64_t count, god_error *err)
{
    void *device_weights = NULL;
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_WEIGHTS, count, 1, sizeof(float), &device_weights, err));
    GOD_TRY(p->engine->ops->upload(p->engine->device, device_weights, weights, (size_t)count * sizeof(float), err));
    gnn_rows_args args = {.y = y,
                          .x = x,
                          .index = rows,
                          .rows = count,
                          .cols = p->hidden,
                          .y_stride = p->hidden,
                          .x_stride = p->hidden,
                          .weight = device_weights};
    return p->engine->ops->scatter(p->engine->device, &args, err);
}

static god_status run_expert(const gnn_pass *p, const gnn_expert *expert, const void *x, void *y, const int64_t *rows,
                             const float *weights, int64_t count, god_error *err)
{
    size_t bytes = gnn_dtype_bytes(p->engine->dtype);
    void *in = NULL, *out = NULL;
    if (count == 0) {
        return GOD_OK;
    }
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_EXPERT_IN, count, p->hidden, bytes, &in, err));
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_EXPERT_OUT, count, p->hidden, bytes, &out, err));
    gnn_rows_args take = {
        .y = in, .x = x, .index = rows, .rows = count, .cols = p->hidden, .y_stride = p->hidden, .x_stride = p->hidden};
    GOD_TRY(p->engine->ops->gather(p->engine->device, &take, err));
    gnn_block block = {&expert->gate, &expert->up, NULL, &expert->down, p->config->moe.intermediate};
    GOD_TRY(gnn_run_block(p, &block, in, out, count, err));
    return scatter(p, y, out, rows, weights, count, err);
}

/* y += sigmoid(scale(x)) * shared(x); uses the arrays of `r` that routing no longer needs. */
static god_status run_shared(const gnn_pass *p, const gnn_layer *layer, const void *x, void *y, int64_t rows,
                             routing *r, god_error *err)
{
    const gnn_linear *linears = layer->linears;
    uint32_t dtype = p->engine->dtype;
    size_t bytes = gnn_dtype_bytes(dtype);
    void *scale = NULL, *out = NULL;
    if (linears[GNN_SLOT_SHARED_DOWN].matrix == NULL) {
        return GOD_OK;
    }
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_ROUTER, rows, 1, bytes, &scale, err));
    GOD_TRY(gnn_scratch_get(p->engine, GNN_SCRATCH_EXPERT_OUT, rows, p->hidden, bytes, &out, err));
    GOD_TRY(gnn_run_linear(p, &linears[GNN_SLOT_SHARED_SCALE], x, p->hidden, scale, 1, 0, rows, err));
    GOD_TRY(p->engine->ops->download(p->engine->device, r->raw, scale, (size_t)rows * bytes, err));
    for (int64_t row = 0; row < rows; row++) {
        r->rows[row] = row;
        r->by_expert[row] = gnn_round(1.0f / (1.0f + expf(-gnn_load(r->raw, dtype, row))), dtype);
    }
    gnn_block block = {&linears[GNN_SLOT_SHARED_GATE], &linears[GNN_SLOT_SHARED_UP], NULL,
                       &linears[GNN_SLOT_SHARED_DOWN], p->config->moe.shared_intermediate};
    GOD_TRY(gnn_run_block(p, &block, x, out, rows, err));
    return scatter(p, y, out, r->rows, r->by_expert, rows, err);
}

static god_status run_routed(const gnn_pass *p, const gnn_layer *layer, const void *x, void *y, int64_t rows,
                             routing *r, god_error *err)
{
    size_t bytes = (size_t)(rows * p->hidden) * gnn_dtype_bytes(p->engine->dtype);
    void *zeros = calloc(bytes, 1);
    if (zeros == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %lld rows", (long long)rows);
    }
    god_status status = p->engine->ops->upload(p->engine->device, y, zeros, bytes, err);
    free(zeros);
    GOD_TRY(status);
    GOD_TRY(route(p, layer, x, rows, r, err));
    for (int64_t e = 0; e < p->config->moe.experts; e++) {
        int64_t begin = r->begin[e], count = r->begin[e + 1] - begin;
        GOD_TRY(run_expert(p, &layer->experts[e], x, y, r->rows + begin, r->by_expert + begin, count, err));
    }
    return run_shared(p, layer, x, y, rows, r, err);
}

god_status gnn_run_experts(const gnn_pass *p, const gnn_layer *layer, const void *x, void *y, int64_t rows,
                           god_error *err)
{
    routing r;
    GOD_TRY(routing_init(&r, &p->config->moe, rows, err));
    god_status status = run_routed(p, layer, x, y, rows, &r, err);
    routing_fini(&r);
    return status;
}
