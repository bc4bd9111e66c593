/* lm/pass.h: what one pass of the decoder over a pack shares between its steps. Private to lm/. [one] */
#ifndef GNN_LM_PASS_H
#define GNN_LM_PASS_H

#include "lm/model.h"

typedef struct gnn_pass {
    god_nn_lm *lm;
    god_nn_engine *engine;
    const gnn_config *config;
    const god_nn_pack *pack;
    int64_t tokens, hidden;
    int64_t qkv_cols, q_cols, kv_cols;
    void *x, *normed, *qkv, *attended, *branch, *branch_mlp;
    void *positions[2]; /* rows of the rotary tables, of layers that see everything and of windowed ones */
} gnn_pass;

/* Runs a linear layer, where it is there, into columns `at` .. of y. */
god_status gnn_run_linear(const gnn_pass *p, const gnn_linear *linear, const void *x, int64_t x_stride, void *y,
                          int64_t y_stride, int64_t at, int64_t rows, god_error *err);

/* A feed-forward block: either gate and up, gate_up, or up alone; absent layers have no matrix. */
typedef struct gnn_block {
    const gnn_linear *gate, *up, *gate_up, *down; /* NULL: absent */
    int64_t inner;
} gnn_block;

/* y = block(x) for `rows` rows, at most the device's chunk_rows; x and y have the hidden size as their stride. */
god_status gnn_run_block(const gnn_pass *p, const gnn_block *block, const void *x, void *y, int64_t rows,
                         god_error *err);

/* y = the feed-forward part of the layer, plain or with experts, for all tokens. moe.c holds the experts. */
god_status gnn_run_mlp(const gnn_pass *p, const gnn_layer *layer, const void *x, void *y, god_error *err);
god_status gnn_run_experts(const gnn_pass *p, const gnn_layer *layer, const void *x, void *y, int64_t rows,
                           god_error *err);

#endif
