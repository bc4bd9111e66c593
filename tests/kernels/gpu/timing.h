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
/* Attention of one layer of such a model by our own kernels and by cuDNN on the same numbers: the best of three rounds
 * of `turns` each, and whether both gave the same bits, which they do where cuDNN has no plan. 2 when the arguments
 * make no sense. */
int time_attention(const gnn_device_table *ops, const char *name, int64_t tokens, int64_t length, int turns);
/* Heads, heads of keys and elements of a head. 0 when there is no such shape. */
int heads_of_shape(const char *name, int64_t ret_heads[3]);
/* Bytes that a loss with a divergence of an adapter holds on a CUDA device beside the weights, counted and not run. */
int plan_memory(const char *name, int64_t tokens);

#endif
