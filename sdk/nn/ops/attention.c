#include "ops/attention.h"

#include <math.h>
#include <stdlib.h>

#include "ops/dtype.h"

/* Scores of place i against places first..i of its sequence, as softmax weights in p[0..i - first]. */
static void weigh(const gnn_attention_args *a, int64_t sequence, int64_t first, int64_t i, int64_t head, double *p,
                  uint32_t dtype)
{
    int64_t q_at = gnn_attention_row(a, sequence, i) * a->stride + head * a->dim;
    int64_t k_head = head / (a->heads / a->kv_heads);
    double highest = -INFINITY, sum = 0.0;
    for (int64_t j = first; j <= i; j++) {
        int64_t k_at = gnn_attention_row(a, sequence, j) * a->stride + k_head * a->dim;
        double dot = 0.0;
        for (int64_t d = 0; d < a->dim; d++) {
            dot += (double)gnn_load(a->q, dtype, q_at + d) * (double)gnn_load(a->k, dtype, k_at + d);
        }
        dot *= (double)a->scale;
        if (a->softcap > 0.0f) {
            dot = (double)a->softcap * tanh(dot / (double)a->softcap);
        }
        dot += a->key_bias != NULL ? (double)a->key_bias[head * a->key_bias_stride + j] : 0.0;
        p[j - first] = dot;
        highest = dot > highest ? dot : highest;
    }
    for (int64_t j = first; j <= i; j++) {
        p[j - first] = exp(p[j - first] - highest);
        sum += p[j - first];
    }
    for (int64_t j = first; j <= i; j++) {
        p[j - first] /= sum;
    }
}

static void attend(const gnn_attention_args *a, int64_t sequence, int64_t i, int64_t head, double *p, uint32_t dtype)
{
    int64_t first = a->window > 0 && i >= a->window ? i - a->window + 1 : 0;
    int64_t v_head = head / (a->heads / a->kv_heads);
    weigh(a, sequence, first, i, head, p, dtype);
    for (int64_t d = 0; d < a->dim; d++) {
        double sum = 0.0;
        for (int64_t j = first; j <= i; j++) {
            int64_t v_at = gnn_attention_row(a, sequence, j) * a->stride + v_head * a->dim;
            sum += p[j - first] * (double)gnn_load(a->v, dtype, v_at + d);
        }
        gnn_store(a->y, dtype, gnn_attention_row(a, sequence, i) * a->y_stride + head * a->dim + d, (float)sum);
    }
}

god_status gnn_attention_reference(const gnn_attention_args *args, uint32_t dtype, god_error *err)
{
    int64_t longest = 0;
    for (int64_t s = 0; s < args->sequences; s++) {
        int64_t length = gnn_attention_before(args, s) + args->starts[s + 1] - args->starts[s];
        longest = length > longest ? length : longest;
    }
    double *p = calloc((size_t)longest + 1, sizeof *p);
    if (p == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for attention over %lld tokens", (long long)longest);
    }
    for (int64_t s = 0; s < args->sequences; s++) {
        int64_t before = gnn_attention_before(args, s), end = before + args->starts[s + 1] - args->starts[s];
        for (int64_t i = before; i < end; i++) {
            for (int64_t h = 0; h < args->heads; h++) {
                attend(args, s, i, h, p, dtype);
            }
        }
    }
    free(p);
    return GOD_OK;
}
