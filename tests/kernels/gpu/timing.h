/* tests/kernels/gpu/timing.h: what gpu-check times; each function prints its lines of JSON. */
#ifndef TESTS_GPU_TIMING_H
#define TESTS_GPU_TIMING_H

#include "tensor/device.h"

/* size x size by size x size, the best of three rounds of ten. */
void time_product(const gnn_device_table *ops, uint32_t dtype, int64_t size);
/* Loss, loss of a LoRA adapter of rank 16, and its loss with the divergence from the base, whose pass is run, too; the
 * best of `turns` but the first, if there are others. 2 when the arguments make no sense. */
int time_model(const gnn_device_table *ops, uint32_t dtype, const char *name, int64_t tokens, int64_t length,
               int turns);
/* Bytes that a loss with a divergence of an adapter holds on a CUDA device beside the weights, counted and not run. */
int plan_memory(const char *name, int64_t tokens);

#endif
