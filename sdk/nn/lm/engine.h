/* lm/engine.h: what lies behind god_nn_engine: a device with a precision and scratch memory that is kept between calls.
 * Private to lm/. [one] */
#ifndef GNN_LM_ENGINE_H
#define GNN_LM_ENGINE_H

#include "god/nn/lm.h"
#include "tensor/device.h"

/* Scratch buffers, each with one user at a time. */
enum gnn_scratch {
    GNN_SCRATCH_X,                  /* residual stream (tokens, hidden) */
    GNN_SCRATCH_NORMED,             /* (tokens, hidden) */
    GNN_SCRATCH_QKV,                /* (tokens, (heads + 2 kv_heads) head_dim) */
    GNN_SCRATCH_ATTENDED,           /* (tokens, heads head_dim) */
    GNN_SCRATCH_BRANCH,             /* (tokens, hidden): output of a block before it joins the residual stream */
    GNN_SCRATCH_BRANCH_MLP,         /* the same for the second block of a parallel layer */
    GNN_SCRATCH_UP,                 /* (chunk, 2 intermediate) */
    GNN_SCRATCH_ACTIVATED,          /* (chunk, intermediate) */
    GNN_SCRATCH_EXPERT_IN,          /* (chunk, hidden): rows that go to one expert */
    GNN_SCRATCH_EXPERT_OUT,         /* (chunk, hidden) */
    GNN_SCRATCH_ROUTER,             /* (chunk, experts) */
    GNN_SCRATCH_WEIGHTS,            /* (chunk) f32: weights of rows in a sum of experts */
    GNN_SCRATCH_LORA_A,             /* (chunk, rank) */
    GNN_SCRATCH_LORA_B,             /* (chunk, outputs) */
    GNN_SCRATCH_POSITIONS,          /* (tokens) int32, rows of the rotary table */
    GNN_SCRATCH_POSITIONS_WINDOWED, /* the same for windowed layers */
    GNN_SCRATCH_ROWS,               /* states that the head is applied to */
    GNN_SCRATCH_ROWS_OTHER,         /* the reference's */
    GNN_SCRATCH_LOGITS,             /* one tile */
    GNN_SCRATCH_LOGITS_OTHER,
    GNN_SCRATCH_TARGETS,
    GNN_SCRATCH_SUMS, /* accumulators of the head */
    GNN_SCRATCH_COUNT
};

struct god_nn_engine {
    const gnn_device_table *ops;
    gnn_device *device;
    uint32_t dtype; /* GNN_BF16 or GNN_F32 */
    void *scratch[GNN_SCRATCH_COUNT];
    size_t scratch_bytes[GNN_SCRATCH_COUNT];
    char description[256];
};

/* At least rows * cols * element_bytes bytes, valid until the same scratch is asked for again. */
god_status gnn_scratch_get(god_nn_engine *engine, enum gnn_scratch which, int64_t rows, int64_t cols,
                           size_t element_bytes, void **ret_buffer, god_error *err);

#endif
