/* tests/kernels/gpu/random_model.h: language models of given sizes with random weights, put together without files, so
 * that they need no JSON and start in seconds. Weights depend on the matrix and the row alone: the same on every
 * device. */
#ifndef TESTS_GPU_RANDOM_MODEL_H
#define TESTS_GPU_RANDOM_MODEL_H

#include "lm/model.h"

typedef struct shape {
    const char *name, *architecture;
    int64_t hidden, layers, heads, kv_heads, head_dim, inner, vocab;
    int64_t window; /* of every other layer; 0: none */
    float attention_softcap, logit_softcap;
    uint32_t tied;
} shape;

/* An engine on a device that has been found. Closed with god_nn_engine_close. Ends the program on failure, as all here.
 */
god_nn_engine *random_engine(const gnn_device_table *ops, uint32_t dtype, int32_t device_index);

gnn_config *random_config(const shape *size);                                     /* freed with free() */
god_nn_lm *random_model(god_nn_engine *engine, const shape *size, uint64_t seed); /* god_nn_lm_close is not for it */
void random_model_free(god_nn_lm *lm);
/* LoRA of this rank on every linear layer. */
god_nn_adapter *random_adapter(god_nn_lm *base, int64_t rank, uint64_t seed);
void random_adapter_free(god_nn_adapter *adapter);

/* Multiply-adds of all products of a token, counted as two, without attention and head; and of a row of the head. */
double shape_flops_per_token(const shape *size);
double shape_flops_per_head_row(const shape *size);
double shape_flops_per_pair(const shape *size); /* a token and one that it attends to */

#endif
