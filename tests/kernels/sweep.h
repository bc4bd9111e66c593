/* Two devices side by side: the plain reference and a device under test, with the same random input on both. */
#ifndef TESTS_KERNELS_SWEEP_H
#define TESTS_KERNELS_SWEEP_H

#include "tensor/device.h"

typedef struct sweep {
    const gnn_device_table *ops;
    gnn_device *device;
    gnn_device *reference;
    uint32_t dtype;
    uint64_t random;
} sweep;

/* Activations on both devices. `host` is what both held at the start. */
typedef struct pair {
    void *tested, *reference, *host;
    int64_t count;
} pair;

sweep *sweep_open(uint32_t dtype, uint32_t threads); /* the device of god-nn-cpu.so */
void sweep_close(sweep *s);
double sweep_random(sweep *s); /* -1 .. 1 */

pair pair_new(sweep *s, int64_t count, double spread); /* values -spread .. spread */
void pair_free(sweep *s, pair *p);
float *vector_new(sweep *s, int64_t count, double centre, double spread); /* f32 that the activation type can hold */

/* The largest difference, relative to `scale` plus the reference's magnitude. NaN on one side alone is infinite. */
double pair_difference(const sweep *s, const pair *p, double scale);
/* One step of the activation type at 1: 2^-8 for bf16 (rounding is half of it), 2^-23 for f32. */
double sweep_step(const sweep *s);

gnn_matrix *matrix_on(const gnn_device_table *ops, gnn_device *device, int64_t outputs, int64_t cols, const void *rows);

#endif
