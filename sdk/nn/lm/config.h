/* lm/config.h: config.json of a causal language model, checked and complete. [any]
 *
 * Members that are absent take the defaults of the family's configuration class. What the engine cannot compute is
 * refused here by name, before any weight is touched: GOD_E_UNSUPPORTED. Messages start with "config.json". */
#ifndef GNN_LM_CONFIG_H
#define GNN_LM_CONFIG_H

#include "god/nn/lm.h"

#include "lm/arch.h"
#include "lm/rope.h"

enum { GNN_CONFIG_BYTES_MAX = 4 << 20, GNN_LAYERS_MAX = 1024 };

typedef struct gnn_config {
    const gnn_arch *arch;
    god_nn_lm_info info;
    uint32_t activation; /* GNN_ACT_... */
    uint8_t bias[GNN_SLOTS];
    float norm_eps;
    float attention_scale;
    int64_t window; /* 0: every layer sees everything */
    gnn_rope rope;
} gnn_config;

god_status gnn_config_read(const char *model_dir, gnn_config *ret_config, god_error *err);
/* The same over the text of a config.json. */
god_status gnn_config_parse(const char *text, size_t bytes, gnn_config *ret_config, god_error *err);

#endif
