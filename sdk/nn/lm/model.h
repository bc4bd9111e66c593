/* lm/model.h: what lies behind god_nn_lm, god_nn_adapter and god_nn_states. Private to lm/. [one] */
#ifndef GNN_LM_MODEL_H
#define GNN_LM_MODEL_H

#include "lm/alibi.h"
#include "lm/params.h"

#include "lm/tables.h"

struct god_nn_lm {
    god_nn_engine *engine;
    gnn_config config;
    gnn_module *modules;
    const gnn_module **by_name; /* the same, sorted */
    size_t module_count;
    gnn_params params;
    gnn_stock stock;
    gnn_alibi alibi;
    gnn_tables tables[2]; /* rotary embedding of layers that see everything, and of windowed ones */
};

struct god_nn_adapter {
    god_nn_lm *base;
    gnn_params params; /* the base's, with this adapter's entries put in */
    gnn_stock stock;
};

struct god_nn_states {
    god_nn_engine *engine;
    void *rows; /* (count, hidden), activation type */
    int64_t count, hidden;
};

/* NULL when the model has no module of that name. */
const gnn_module *gnn_module_find(const god_nn_lm *lm, const char *name);

/* GOD_E_INVALID when god_nn_lm_keep_head was there. */
god_status gnn_lm_check_whole(const god_nn_lm *lm, god_error *err);
/* What passes have left on the device; the next one makes it again. */
void gnn_lm_free_tables(god_nn_lm *lm);

/* y (rows, last - first) = linear(x) for outputs first .. last - 1, with bias and LoRA branch.
 * Rounding points of the branch are those of autocast: A x, B (A x), the scaled term and the sum are each rounded. */
god_status gnn_linear_apply(god_nn_engine *engine, const gnn_linear *linear, const void *x, int64_t x_stride, void *y,
                            int64_t y_stride, int64_t rows, int64_t first, int64_t last, god_error *err);

/* Turns the stored magnitudes of a linear layer with a DoRA branch into what ops/dora.h reads: divides each by the
 * length of the output's row of W + scale B A. */
god_status gnn_dora_prepare(god_nn_engine *engine, gnn_linear *linear, god_error *err);

/* Bytes on the device beside the weights while a pack of `tokens` runs and `rows` of its states are scored: everything
 * but the rotary tables and what a device's libraries take for themselves. rank: of LoRA branches, 0 without any;
 * with_divergence: two models' states and tiles of logits. An upper bound for experts and fused layers. */
uint64_t gnn_pass_bytes(const gnn_config *config, const gnn_device_sizes *sizes, uint32_t dtype, int64_t tokens,
                        int64_t rows, int64_t rank, uint32_t with_divergence);

/* Runs the decoder over the pack, which has been checked; *ret_x is scratch of the engine: (tokens, embed_cols), what
 * the head reads. */
god_status gnn_forward(god_nn_lm *lm, const gnn_params *params, const god_nn_pack *pack, void **ret_x, god_error *err);

#endif
