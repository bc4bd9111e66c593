/* format/adapter_config.h: adapter_config.json as PEFT writes it, LoRA only. [any]
 *
 * What would change the numbers and is not computed (other kinds of adapters, initial values that alter the base) is
 * refused by name: GOD_E_UNSUPPORTED. Messages start with "adapter_config.json". */
#ifndef GNN_FORMAT_ADAPTER_CONFIG_H
#define GNN_FORMAT_ADAPTER_CONFIG_H

#include "god/error.h"

typedef struct gnn_adapter_config gnn_adapter_config;

/* Rank and scale of one module. */
typedef struct gnn_adapter_module {
    int64_t rank;
    double scale;      /* alpha / rank, or alpha / sqrt(rank) with rsLoRA */
    uint32_t targeted; /* by `target_modules` */
} gnn_adapter_module;

god_status gnn_adapter_config_read(const char *adapter_dir, gnn_adapter_config **ret_config, god_error *err);
god_status gnn_adapter_config_parse(const char *text, size_t bytes, gnn_adapter_config **ret_config, god_error *err);
void gnn_adapter_config_free(gnn_adapter_config *config); /* accepts NULL */

uint32_t gnn_adapter_config_saves(const gnn_adapter_config *config, const char *name); /* in `modules_to_save` */
uint32_t gnn_adapter_config_dora(const gnn_adapter_config *config);                    /* 1 with `use_dora` */

/* What the configuration says of the module `name` ("model.layers.0.self_attn.q_proj"). */
god_status gnn_adapter_config_module(const gnn_adapter_config *config, const char *name, gnn_adapter_module *ret_module,
                                     god_error *err);

#endif
