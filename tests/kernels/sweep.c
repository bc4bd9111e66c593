#include "sweep.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

sweep *sweep_open(uint32_t dtype, uint32_t threads)
{
    god_error err = GOD_ERROR_INIT;
    gnn_device_options options = {sizeof options, 0, dtype, threads};
    sweep *s = calloc(1, sizeof *s);
    ck_assert_ptr_nonnull(s);
    s->dtype = dtype;
    s->random = 88172645463325252u;
    ck_assert_msg(gnn_device_find("cpu", GOD_BUILD_DIR "/lib/god/nn", &s->ops, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(s->ops->open(&options, &s->device, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(gnn_device_reference.open(&options, &s->reference, &err) == GOD_OK, "%s", err.message);
    return s;
}

void sweep_close(sweep *s)
{
    s->ops->close(s->device);
    gnn_device_reference.close(s->reference);
    free(s);
}

double sweep_random(sweep *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return (double)(s->random >> 11) * 0x1p-52 - 1.0;
}

pair pair_new(sweep *s, int64_t count, double spread)
{
    god_error err = GOD_ERROR_INIT;
    size_t bytes = (size_t)count * gnn_dtype_bytes(s->dtype);
    pair p = {.host = malloc(bytes + 1), .count = count};
    ck_assert_ptr_nonnull(p.host);
    for (int64_t i = 0; i < count; i++) {
        gnn_store(p.host, s->dtype, i, (float)(spread * sweep_random(s)));
    }
    ck_assert_int_eq(s->ops->alloc(s->device, bytes, &p.tested, &err), GOD_OK);
    ck_assert_int_eq(gnn_device_reference.alloc(s->reference, bytes, &p.reference, &err), GOD_OK);
    memcpy(p.tested, p.host, bytes);
    memcpy(p.reference, p.host, bytes);
    return p;
}

void pair_free(sweep *s, pair *p)
{
    s->ops->free(s->device, p->tested);
    gnn_device_reference.free(s->reference, p->reference);
    free(p->host);
}

float *vector_new(sweep *s, int64_t count, double centre, double spread)
{
    float *vector = malloc((size_t)count * sizeof *vector + 1);
    ck_assert_ptr_nonnull(vector);
    for (int64_t i = 0; i < count; i++) {
        vector[i] = gnn_round((float)(centre + spread * sweep_random(s)), s->dtype);
    }
    return vector;
}

double pair_difference(const sweep *s, const pair *p, double scale)
{
    double worst = 0.0;
    for (int64_t i = 0; i < p->count; i++) {
        double a = gnn_load(p->tested, s->dtype, i), b = gnn_load(p->reference, s->dtype, i);
        if (isnan(a) != isnan(b)) {
            return INFINITY;
        }
        double difference = isnan(a) || a == b ? 0.0 : fabs(a - b) / (scale + fabs(b));
        worst = difference > worst ? difference : worst;
    }
    return worst;
}

double sweep_step(const sweep *s)
{
    return s->dtype == GNN_BF16 ? 0x1p-8 : 0x1p-23;
}

gnn_matrix *matrix_on(const gnn_device_table *ops, gnn_device *device, int64_t outputs, int64_t cols, const void *rows)
{
    god_error err = GOD_ERROR_INIT;
    gnn_matrix *matrix = NULL;
    ck_assert_int_eq(ops->matrix_new(device, outputs, cols, &matrix, &err), GOD_OK);
    ck_assert_int_eq(ops->matrix_put(device, matrix, 0, outputs, rows, &err), GOD_OK);
    return matrix;
}
