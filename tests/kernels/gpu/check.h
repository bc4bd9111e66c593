/* tests/kernels/gpu/check.h: a device under test beside the plain reference, with the same input on both, and what came
 * out of it as lines of JSON. Unlike sweep.h it never reads device memory from the host, so the device may be a GPU.
 *
 * Bounds. An operation that rounds once may differ by one step of its type, one that rounds k times by k. Sums of n
 * terms of size up to t are allowed 8 sqrt(n) t 2^-24 beside that, near which errors of f32 sums lie in practice. */
#ifndef TESTS_GPU_CHECK_H
#define TESTS_GPU_CHECK_H

#include <stdarg.h>

#include "tensor/device.h"

typedef struct check {
    const gnn_device_table *ops;
    gnn_device *device, *reference;
    uint32_t dtype;
    uint64_t random;
    int failed; /* of all operations */
    /* of the operation that is being checked */
    const char *name;
    int shapes, misses;
    double worst;    /* difference over its bound */
    uint64_t digest; /* of what the device gave: equal where nothing depends on the order of its threads */
    char miss[160];
} check;

/* An array of activations: `host` is the reference's side, and the device's as long as nothing has run. */
typedef struct pair {
    void *tested, *host;
    int64_t count;
} pair;

void check_need(god_status status, const god_error *err); /* ends the program with the message unless GOD_OK */
void *check_room(size_t bytes);                           /* ends the program when there is none */

void check_open(check *c, const gnn_device_table *ops, uint32_t dtype, int32_t device_index);
void check_close(check *c);
double check_random(check *c);     /* -1 .. 1 */
double check_step(const check *c); /* of the activation type at 1, and the largest relative one */
double check_sum_bound(const check *c, int64_t terms, double term);

pair pair_new(check *c, int64_t count, double spread); /* values -spread .. spread */
pair pair_of(check *c, const void *values, int64_t count);
void pair_free(check *c, pair *p);
/* f32 values that the activation type can hold, on the host and on the device. */
typedef struct vector {
    float *host, *device;
} vector;
vector vector_new(check *c, int64_t count, double centre, double spread);
void vector_free(check *c, vector *v);
gnn_matrix *matrix_on(check *c, const gnn_device_table *ops, gnn_device *device, int64_t outputs, int64_t cols,
                      const void *rows);

/* Compares the device's side with the host's, counts a shape, and notes a miss with its description. `scale` is added
 * to the reference's magnitude, which a difference is relative to. */
void check_begin(check *c, const char *name);
void check_pair(check *c, const pair *p, double scale, double bound, const char *format, ...);
void check_bits(check *c, const void *a, const void *b, size_t bytes, const char *format, ...);
void check_value(check *c, double found, double wanted, double bound, const char *format, ...);
void check_end(check *c); /* prints the operation's line */

void *pair_download(check *c, const pair *p); /* freed with free() */

void check_kernels(check *c);    /* kernels.c: every operation over odd, single and large shapes */
void check_attentions(check *c); /* and attention alone */
void check_models(check *c);     /* models.c: losses and divergences of whole models */

#endif
