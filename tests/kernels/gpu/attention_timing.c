/* How long attention of one layer takes on a device with our own kernels and with cuDNN, on the same numbers. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"
#include "timing.h"

static god_error err = GOD_ERROR_INIT;

/* A layer's attention with numbers that stay the same from kernel to kernel. */
typedef struct layer {
    const char *shape;
    int64_t heads, kv_heads, dim, tokens, length, *starts;
    void *values;
} layer;

typedef struct outcome {
    double seconds;
    void *y;     /* freed with free() */
    int repeats; /* the last run gave the bits of the first */
} outcome;

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int64_t columns_of(const layer *l)
{
    return (l->heads + 2 * l->kv_heads) * l->dim;
}

static gnn_attention_args args_of(const layer *l, const void *qkv, void *y)
{
    const int64_t k_at = l->heads * l->dim, v_at = k_at + l->kv_heads * l->dim;
    return (gnn_attention_args){.y = y,
                                .q = qkv,
                                .k = gnn_at_const(qkv, GNN_BF16, k_at),
                                .v = gnn_at_const(qkv, GNN_BF16, v_at),
                                .starts = l->starts,
                                .sequences = l->tokens / l->length,
                                .heads = l->heads,
                                .kv_heads = l->kv_heads,
                                .dim = l->dim,
                                .stride = columns_of(l),
                                .y_stride = k_at,
                                .scale = 1.0f / sqrtf((float)l->dim)};
}

/* The best of three rounds of `turns`, behind one that warms up and makes plans. */
static double best_of_rounds(check *c, const gnn_attention_args *args, int turns)
{
    double best_s = 1e9;
    uint16_t seen = 0;
    for (int round = 0; round < 4; round++) {
        const double begin_s = now_s();
        for (int turn = 0; turn < (round == 0 ? 1 : turns); turn++) {
            check_need(c->ops->attention(c->device, args, &err), &err);
        }
        check_need(c->ops->download(c->device, &seen, args->y, sizeof seen, &err), &err);
        const double taken_s = (now_s() - begin_s) / turns;
        best_s = round > 0 && taken_s < best_s ? taken_s : best_s;
    }
    return best_s;
}

/* On a device that was opened for `kernel`; ends the program with status 77 when there is no such library. */
static outcome run(const gnn_device_table *ops, const layer *l, const char *kernel, int turns)
{
    check c;
    void *qkv = NULL, *y = NULL;
    const size_t qkv_bytes = (size_t)(l->tokens * columns_of(l)) * 2,
                 bytes = (size_t)(l->tokens * l->heads * l->dim) * 2;
    (void)setenv("GOD_NN_ATTENTION", kernel, 1);
    check_open(&c, ops, GNN_BF16, 0);
    check_need(ops->alloc(c.device, qkv_bytes, &qkv, &err), &err);
    check_need(ops->alloc(c.device, bytes, &y, &err), &err);
    check_need(ops->upload(c.device, qkv, l->values, qkv_bytes, &err), &err);
    const gnn_attention_args args = args_of(l, qkv, y);
    outcome o = {.y = check_room(bytes)};
    check_need(ops->attention(c.device, &args, &err), &err);
    check_need(ops->download(c.device, o.y, y, bytes, &err), &err);
    o.seconds = best_of_rounds(&c, &args, turns);
    void *last = check_room(bytes);
    check_need(ops->download(c.device, last, y, bytes, &err), &err);
    o.repeats = memcmp(o.y, last, bytes) == 0;
    free(last);
    ops->free(c.device, qkv);
    ops->free(c.device, y);
    check_close(&c);
    return o;
}

static void print_outcome(const layer *l, const char *kernel, const outcome *o, int same_bits, double difference)
{
    const double pairs = (double)(l->tokens / l->length) * (double)l->length * (double)(l->length + 1) / 2.0;
    const double flops = 4.0 * pairs * (double)(l->heads * l->dim);
    printf("{\"what\": \"attention\", \"shape\": \"%s\", \"kernel\": \"%s\", \"tokens\": %lld, \"length\": %lld, "
           "\"seconds\": %.6g, \"tflops\": %.6g, \"repeats\": %d, \"same_bits\": %d, \"difference\": %.4g}\n",
           l->shape, kernel, (long long)l->tokens, (long long)l->length, o->seconds, flops / o->seconds * 1e-12,
           o->repeats, same_bits, difference);
    fflush(stdout);
}

static double largest_difference(const layer *l, const void *a, const void *b)
{
    double largest = 0.0;
    for (int64_t i = 0; i < l->tokens * l->heads * l->dim; i++) {
        largest = fmax(largest, fabs((double)gnn_load(a, GNN_BF16, i) - (double)gnn_load(b, GNN_BF16, i)));
    }
    return largest;
}

static layer make_layer(const char *name, const int64_t heads[3], int64_t tokens, int64_t length)
{
    layer l = {name, heads[0], heads[1], heads[2], tokens, length, NULL, NULL};
    check c = {.random = 88172645463325252u};
    l.starts = check_room((size_t)(tokens / length + 1) * sizeof *l.starts);
    for (int64_t s = 0; s <= tokens / length; s++) {
        l.starts[s] = s * length;
    }
    l.values = check_room((size_t)(tokens * columns_of(&l)) * 2);
    for (int64_t i = 0; i < tokens * columns_of(&l); i++) {
        gnn_store(l.values, GNN_BF16, i, (float)(2.0 * check_random(&c)));
    }
    return l;
}

int time_attention(const gnn_device_table *ops, const char *name, int64_t tokens, int64_t length, int turns)
{
    int64_t heads[3];
    if (!heads_of_shape(name, heads) || length < 1 || tokens < length || tokens % length != 0 || turns < 1) {
        fprintf(stderr, "gpu-check: shapes are tiny, 1b, 3b and 8b, and tokens are a multiple of the length\n");
        return 2;
    }
    layer l = make_layer(name, heads, tokens, length);
    outcome own = run(ops, &l, "own", turns);
    print_outcome(&l, "own", &own, 1, 0.0);
    outcome cudnn = run(ops, &l, "cudnn", turns);
    print_outcome(&l, "cudnn", &cudnn, memcmp(own.y, cudnn.y, (size_t)(tokens * heads[0] * heads[2]) * 2) == 0,
                  largest_difference(&l, own.y, cudnn.y));
    free(own.y);
    free(cudnn.y);
    free(l.starts);
    free(l.values);
    return 0;
}
