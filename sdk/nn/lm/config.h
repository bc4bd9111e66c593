/* lm/config.h: config.json of a causal language model, checked and complete. [any]
 *
 * Members that are absent take the defaults of the family's configuration class. What the engine cannot compute is
 * refused here by name, before any weight is touched: GOD_E_UNSUPPORTED. Messages start with "config.json". */
#ifndef GNN_LM_CONFIG_H
#define GNN_LM_CONFIG_H

#include "god/nn/lm.h"

#include "lm/arch.h"
#include "lm/rope.h"

enum {
    GNN_CONFIG_BYTES_MAX = 4 << 20,
    GNN_LAYERS_MAX = 1024,
    GNN_EXPERTS_MAX = 1 << 16 /* over all layers */
};

typedef struct gnn_moe {
    int64_t experts, per_token; /* experts = 0: none */
    int64_t intermediate, shared_intermediate;
    uint32_t normalise;
} gnn_moe;

typedef struct gnn_config {
    const gnn_arch *arch;
    god_nn_lm_info info;
    uint32_t activation; /* GNN_ACT_... */
    uint8_t bias[GNN_SLOTS];
    uint8_t windowed[GNN_LAYERS_MAX]; /* the layer sees `window` tokens only */
    uint8_t sparse[GNN_LAYERS_MAX];   /* the layer has experts */
    int64_t window;
    float norm_eps, attention_scale;
    float attention_softcap, logit_softcap; /* 0: none */
    float embedding_scale;                  /* 1: none */
    double initial_spread;                  /* standard deviation of fresh weights */
    int64_t embed_cols;                     /* of the embedding and of what the head reads */
    uint32_t alibi;                         /* linear biases instead of a rotary embedding */
    uint32_t scale_by_layer;                /* attention_scale is divided by the layer's number, from 1 */
    gnn_moe moe;
    gnn_rope rope[2]; /* of layers that see everything, and of windowed ones */
} gnn_config;

god_status gnn_config_read(const char *model_dir, gnn_config *ret_config, god_error *err);
/* The same over the text of a config.json. */
god_status gnn_config_parse(const char *text, size_t bytes, gnn_config *ret_config, god_error *err);

#endif
