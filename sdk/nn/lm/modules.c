/* The list of modules that a configuration needs. */
#include <stdlib.h>

#include "lm/params.h"

enum { modules_outside = 4, modules_per_layer = (int)GNN_SLOTS + (int)GNN_NORM_SLOTS };

typedef struct builder {
    const gnn_config *config;
    gnn_module *modules;
    size_t count;
} builder;

/* Copies a pattern with "%" replaced by the layer number. Patterns are ours and fit. */
static void put_name(char name[200], const char *pattern, int64_t layer)
{
    const char *mark = strchr(pattern, '%');
    if (mark == NULL) {
        (void)snprintf(name, 200, "%s", pattern);
    } else {
        (void)snprintf(name, 200, "%.*s%lld%s", (int)(mark - pattern), pattern, (long long)layer, mark + 1);
    }
}

static void add(builder *b, const char *pattern, gnn_module module)
{
    if (pattern != NULL) {
        put_name(module.name, pattern, module.layer);
        b->modules[b->count++] = module;
    }
}

static void linear_shape(const god_nn_lm_info *info, uint32_t slot, int64_t *ret_outputs, int64_t *ret_cols)
{
    int64_t q = info->heads * info->head_dim, kv = info->kv_heads * info->head_dim;
    int64_t hidden = info->hidden_size, inner = info->intermediate_size;
    const int64_t outputs[GNN_SLOTS] = {
        [GNN_SLOT_Q] = q,        [GNN_SLOT_K] = kv,       [GNN_SLOT_V] = kv,     [GNN_SLOT_QKV] = q + 2 * kv,
        [GNN_SLOT_O] = hidden,   [GNN_SLOT_GATE] = inner, [GNN_SLOT_UP] = inner, [GNN_SLOT_GATE_UP] = 2 * inner,
        [GNN_SLOT_DOWN] = hidden};
    *ret_outputs = outputs[slot];
    *ret_cols = slot == GNN_SLOT_O ? q : slot == GNN_SLOT_DOWN ? inner : hidden;
}

static void add_layer(builder *b, int64_t layer)
{
    const gnn_arch *arch = b->config->arch;
    const god_nn_lm_info *info = &b->config->info;
    uint32_t norm_bias = arch->norm_kind == GNN_NORM_LAYER;
    for (uint32_t slot = 0; slot < GNN_NORM_SLOTS; slot++) {
        int64_t cols = slot == GNN_NORM_Q || slot == GNN_NORM_K ? info->head_dim : info->hidden_size;
        add(b, arch->norms[slot], (gnn_module){GNN_MODULE_NORM, slot, norm_bias, layer, 1, cols, {0}});
    }
    for (uint32_t slot = 0; slot < GNN_SLOTS; slot++) {
        gnn_module module = {GNN_MODULE_LINEAR, slot, b->config->bias[slot], layer, 0, 0, {0}};
        linear_shape(info, slot, &module.outputs, &module.cols);
        add(b, arch->linears[slot].name, module);
    }
}

god_status gnn_modules_list(const gnn_config *config, gnn_module **ret_modules, size_t *ret_count, god_error *err)
{
    const god_nn_lm_info *info = &config->info;
    const gnn_arch *arch = config->arch;
    builder b = {config, NULL, 0};
    b.modules = calloc((size_t)(modules_outside + info->layers * modules_per_layer), sizeof *b.modules);
    if (b.modules == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the list of modules");
    }
    uint32_t norm_bias = arch->norm_kind == GNN_NORM_LAYER;
    add(&b, arch->embed, (gnn_module){GNN_MODULE_EMBED, 0, 0, -1, info->vocab_size, info->hidden_size, {0}});
    add(&b, arch->positions,
        (gnn_module){GNN_MODULE_POSITIONS, 0, 0, -1, info->max_position_embeddings, info->hidden_size, {0}});
    for (int64_t layer = 0; layer < info->layers; layer++) {
        add_layer(&b, layer);
    }
    add(&b, arch->final_norm, (gnn_module){GNN_MODULE_FINAL_NORM, 0, norm_bias, -1, 1, info->hidden_size, {0}});
    add(&b, arch->head, (gnn_module){GNN_MODULE_HEAD, 0, 0, -1, info->vocab_size, info->hidden_size, {0}});
    *ret_modules = b.modules;
    *ret_count = b.count;
    return GOD_OK;
}

gnn_param_ref gnn_param_of(gnn_params *params, const gnn_module *module)
{
    switch (module->kind) {
    case GNN_MODULE_EMBED: return (gnn_param_ref){&params->embed, NULL};
    case GNN_MODULE_POSITIONS: return (gnn_param_ref){&params->positions, NULL};
    case GNN_MODULE_HEAD: return (gnn_param_ref){&params->head, NULL};
    case GNN_MODULE_FINAL_NORM: return (gnn_param_ref){NULL, &params->final_norm};
    case GNN_MODULE_NORM: return (gnn_param_ref){NULL, &params->layers[module->layer].norms[module->slot]};
    default: return (gnn_param_ref){&params->layers[module->layer].linears[module->slot], NULL};
    }
}
