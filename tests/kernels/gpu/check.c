#include "check.h"

#include <math.h>
#include <stdlib.h>

static god_error err = GOD_ERROR_INIT;

void check_need(god_status status, const god_error *why)
{
    if (status != GOD_OK) {
        fflush(stdout);
        fprintf(stderr, "gpu-check: %s\n", why->message);
        exit(status == GOD_E_NOT_FOUND ? 77 : 1);
    }
}

void *check_room(size_t bytes)
{
    void *memory = calloc(bytes + 16, 1);
    if (memory == NULL) {
        fprintf(stderr, "gpu-check: out of memory for %zu bytes\n", bytes);
        exit(1);
    }
    return memory;
}

void check_open(check *c, const gnn_device_table *ops, uint32_t dtype, int32_t device_index)
{
    const gnn_device_options options = {sizeof options, device_index, dtype, 2};
    *c = (check){.ops = ops, .dtype = dtype, .random = 88172645463325252u};
    check_need(ops->open(&options, &c->device, &err), &err);
    check_need(gnn_device_reference.open(&options, &c->reference, &err), &err);
}

void check_close(check *c)
{
    c->ops->close(c->device);
    gnn_device_reference.close(c->reference);
}

double check_random(check *c)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 7;
    c->random ^= c->random << 17;
    return (double)(c->random >> 11) * 0x1p-52 - 1.0;
}

double check_step(const check *c)
{
    return c->dtype == GNN_BF16 ? 0x1p-7 : 0x1p-23;
}

double check_sum_bound(const check *c, int64_t terms, double term)
{
    return 8.0 * sqrt((double)terms) * term * 0x1p-24 + check_step(c);
}

pair pair_of(check *c, const void *values, int64_t count)
{
    const size_t bytes = (size_t)count * gnn_dtype_bytes(c->dtype);
    pair p = {.host = check_room(bytes), .count = count};
    memcpy(p.host, values, bytes);
    check_need(c->ops->alloc(c->device, bytes, &p.tested, &err), &err);
    check_need(c->ops->upload(c->device, p.tested, p.host, bytes, &err), &err);
    return p;
}

pair pair_new(check *c, int64_t count, double spread)
{
    void *values = check_room((size_t)count * sizeof(float));
    for (int64_t i = 0; i < count; i++) {
        gnn_store(values, c->dtype, i, (float)(spread * check_random(c)));
    }
    const pair p = pair_of(c, values, count);
    free(values);
    return p;
}

void pair_free(check *c, pair *p)
{
    c->ops->free(c->device, p->tested);
    free(p->host);
}

vector vector_new(check *c, int64_t count, double centre, double spread)
{
    const size_t bytes = (size_t)count * sizeof(float);
    vector v = {.host = check_room(bytes)};
    void *device = NULL;
    for (int64_t i = 0; i < count; i++) {
        v.host[i] = gnn_round((float)(centre + spread * check_random(c)), c->dtype);
    }
    check_need(c->ops->alloc(c->device, bytes, &device, &err), &err);
    check_need(c->ops->upload(c->device, device, v.host, bytes, &err), &err);
    v.device = device;
    return v;
}

void vector_free(check *c, vector *v)
{
    c->ops->free(c->device, v->device);
    free(v->host);
}

gnn_matrix *matrix_on(check *c, const gnn_device_table *ops, gnn_device *device, int64_t outputs, int64_t cols,
                      const void *rows)
{
    gnn_matrix *matrix = NULL;
    const int64_t half = outputs / 2;
    check_need(ops->matrix_new(device, outputs, cols, &matrix, &err), &err);
    check_need(ops->matrix_put(device, matrix, 0, half, rows, &err), &err);
    check_need(ops->matrix_put(device, matrix, half, outputs - half, gnn_at_const(rows, c->dtype, half * cols), &err),
               &err);
    return matrix;
}

void *pair_download(check *c, const pair *p)
{
    const size_t bytes = (size_t)p->count * gnn_dtype_bytes(c->dtype);
    void *values = check_room(bytes);
    check_need(c->ops->download(c->device, values, p->tested, bytes, &err), &err);
    for (size_t i = 0; i < bytes; i++) { /* FNV-1a */
        c->digest = (c->digest ^ ((const uint8_t *)values)[i]) * 1099511628211u;
    }
    return values;
}

/* ---- results ---- */

void check_begin(check *c, const char *name)
{
    c->name = name;
    c->shapes = c->misses = 0;
    c->worst = 0.0;
    c->digest = 14695981039346656037u;
    c->miss[0] = '\0';
}

static void count_shape(check *c, double over_bound, const char *format, va_list args)
{
    c->shapes++;
    c->worst = over_bound > c->worst || over_bound != over_bound ? over_bound : c->worst;
    if (!(over_bound <= 1.0)) {
        if (c->misses++ == 0) {
            (void)vsnprintf(c->miss, sizeof c->miss, format, args);
        }
    }
}

void check_pair(check *c, const pair *p, double scale, double bound, const char *format, ...)
{
    va_list args;
    double worst = 0.0;
    void *tested = pair_download(c, p);
    for (int64_t i = 0; i < p->count; i++) {
        const double a = (double)gnn_load(tested, c->dtype, i), b = (double)gnn_load(p->host, c->dtype, i);
        double difference = (isnan(a) && isnan(b)) || a == b ? 0.0 : fabs(a - b) / (scale + fabs(b));
        difference = isnan(difference) ? INFINITY : difference;
        worst = difference > worst ? difference : worst;
    }
    free(tested);
    va_start(args, format);
    count_shape(c, worst == 0.0 ? 0.0 : worst / bound, format, args);
    va_end(args);
}

void check_bits(check *c, const void *a, const void *b, size_t bytes, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    count_shape(c, memcmp(a, b, bytes) == 0 ? 0.0 : INFINITY, format, args);
    va_end(args);
}

void check_value(check *c, double found, double wanted, double bound, const char *format, ...)
{
    va_list args;
    const double difference = (isnan(found) && isnan(wanted)) || found == wanted ? 0.0 : fabs(found - wanted) / bound;
    va_start(args, format);
    count_shape(c, isnan(difference) ? INFINITY : difference, format, args);
    va_end(args);
}

void check_end(check *c)
{
    const double worst = isfinite(c->worst) ? c->worst : 1e9;
    c->failed += c->misses > 0 ? 1 : 0;
    printf("{\"what\": \"check\", \"name\": \"%s\", \"dtype\": \"%s\", \"shapes\": %d, \"missed\": %d, "
           "\"worst_over_bound\": %.4g, \"digest\": \"%016llx\", \"first_miss\": \"%s\"}\n",
           c->name, c->dtype == GNN_BF16 ? "bf16" : "f32", c->shapes, c->misses, worst, (unsigned long long)c->digest,
           c->miss);
    fflush(stdout);
}
