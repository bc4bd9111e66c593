/* The list of modules that a configuration needs. */
#include <stdlib.h>

#include "lm/params.h"

enum { modules_outside = 6, modules_per_layer = (int)GNN_SLOTS + (int)GNN_NORM_SLOTS, linears_per_expert = 3 };

typedef struct builder {
    const gnn_config *config;
    gnn_module *modules;
    size_t count;
} builder;

/* Copies a pattern with "%" replaced by the layer's number and "#" by the expert's. Patterns are ours and fit. */
static void put_name(char name[200], const char *pattern, int64_t layer, int64_t expert)
{
    size_t used = 0;
    for (const char *p = pattern; *p != '\0' && used < 180; p++) {
        if (*p == '%' || *p == '#') {
            used += (size_t)snprintf(name + used, 200 - used, "%lld", (long long)(*p == '%' ? layer : expert));
        } else {
            name[used++] = *p;
        }
    }
    name[used] = '\0';
}

static void add(builder *b, const char *pattern, gnn_module module)
{
    if (pattern != NULL) {
        put_name(module.name, pattern, module.layer, module.expert);
        b->modules[b->count++] = module;
    }
}

static gnn_module linear_module(const gnn_config *config, uint32_t slot, int64_t layer, int64_t expert)
{
    const god_nn_lm_info *info = &config->info;
    const gnn_moe *moe = &config->moe;
    int64_t q = info->heads * info->head_dim, kv = info->kv_heads * info->head_dim, hidden = info->hidden_size;
    int64_t inner = info->intermediate_size, own = moe->intermediate, shared = moe->shared_intermediate;
    const int64_t shapes[GNN_SLOTS][2] = {
        [GNN_SLOT_Q] = {q, hidden},
        [GNN_SLOT_K] = {kv, hidden},
        [GNN_SLOT_V] = {kv, hidden},
        [GNN_SLOT_QKV] = {q + 2 * kv, hidden},
        [GNN_SLOT_O] = {hidden, q},
        [GNN_SLOT_GATE] = {inner, hidden},
        [GNN_SLOT_UP] = {inner, hidden},
        [GNN_SLOT_GATE_UP] = {2 * inner, hidden},
        [GNN_SLOT_DOWN] = {hidden, inner},
        [GNN_SLOT_ROUTER] = {moe->experts, hidden},
        [GNN_SLOT_EXPERT_GATE] = {own, hidden},
        [GNN_SLOT_EXPERT_UP] = {own, hidden},
        [GNN_SLOT_EXPERT_DOWN] = {hidden, own},
        [GNN_SLOT_SHARED_GATE] = {shared, hidden},
        [GNN_SLOT_SHARED_UP] = {shared, hidden},
        [GNN_SLOT_SHARED_DOWN] = {hidden, shared},
        [GNN_SLOT_SHARED_SCALE] = {1, hidden},
    };
    return (gnn_module){.kind = GNN_MODULE_LINEAR,
                        .slot = slot,
                        .bias = config->bias[slot],
                        .layer = layer,
                        .expert = expert,
                        .outputs = shapes[slot][0],
                        .cols = shapes[slot][1]};
}

static uint32_t is_expert_slot(uint32_t slot)
{
    return slot == GNN_SLOT_EXPERT_GATE || slot == GNN_SLOT_EXPERT_UP || slot == GNN_SLOT_EXPERT_DOWN;
}

/* A layer has either experts with what belongs to them or the plain feed-forward block. */
static uint32_t layer_has(const gnn_config *config, uint32_t slot, int64_t layer)
{
    uint32_t plain = slot >= GNN_SLOT_GATE && slot <= GNN_SLOT_DOWN;
    uint32_t of_experts = slot >= GNN_SLOT_ROUTER;
    return !(plain && config->sparse[layer]) && !(of_experts && !config->sparse[layer]);
}

static int64_t head_norm_cols(const gnn_config *config, uint32_t slot)
{
    int64_t heads = slot == GNN_NORM_Q ? config->info.heads : config->info.kv_heads;
    return (config->arch->head_norm_whole ? heads : 1) * config->info.head_dim;
}

static gnn_module norm_module(const gnn_config *config, uint32_t kind, uint32_t slot, int64_t layer)
{
    uint32_t of_heads = kind == GNN_MODULE_NORM && (slot == GNN_NORM_Q || slot == GNN_NORM_K);
    return (gnn_module){.kind = kind,
                        .slot = slot,
                        .bias = config->arch->norm_kind == GNN_NORM_LAYER,
                        .layer = layer,
                        .expert = -1,
                        .outputs = 1,
                        .cols = of_heads ? head_norm_cols(config, slot) : config->info.hidden_size};
}

static void add_layer(builder *b, int64_t layer)
{
    const gnn_arch *arch = b->config->arch;
    for (uint32_t slot = 0; slot < GNN_NORM_SLOTS; slot++) {
        add(b, arch->norms[slot], norm_module(b->config, GNN_MODULE_NORM, slot, layer));
    }
    for (uint32_t slot = 0; slot < GNN_SLOTS; slot++) {
        int64_t experts = is_expert_slot(slot) ? b->config->moe.experts : 1;
        for (int64_t expert = 0; layer_has(b->config, slot, layer) && expert < experts; expert++) {
            add(b, arch->linears[slot].name, linear_module(b->config, slot, layer, is_expert_slot(slot) ? expert : -1));
        }
    }
}

static void add_outside(builder *b, const char *pattern, uint32_t kind, int64_t outputs, int64_t cols)
{
    add(b, pattern, (gnn_module){.kind = kind, .layer = -1, .expert = -1, .outputs = outputs, .cols = cols});
}

god_status gnn_modules_list(const gnn_config *config, gnn_module **ret_modules, size_t *ret_count, god_error *err)
{
    const god_nn_lm_info *info = &config->info;
    const gnn_arch *arch = config->arch;
    builder b = {config, NULL, 0};
    int64_t per_layer = modules_per_layer + linears_per_expert * config->moe.experts;
    b.modules = calloc((size_t)(modules_outside + info->layers * per_layer), sizeof *b.modules);
    if (b.modules == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the list of modules");
    }
    int64_t hidden = info->hidden_size, embed = config->embed_cols;
    add_outside(&b, arch->embed, GNN_MODULE_EMBED, info->vocab_size, embed);
    add_outside(&b, arch->positions, GNN_MODULE_POSITIONS, info->max_position_embeddings + arch->positions_offset,
                hidden);
    if (embed != hidden) {
        add_outside(&b, arch->project_in, GNN_MODULE_PROJECT_IN, hidden, embed);
        add_outside(&b, arch->project_out, GNN_MODULE_PROJECT_OUT, embed, hidden);
    }
    for (int64_t layer = 0; layer < info->layers; layer++) {
        add_layer(&b, layer);
    }
    add(&b, arch->final_norm, norm_module(config, GNN_MODULE_FINAL_NORM, 0, -1));
    add_outside(&b, arch->head, GNN_MODULE_HEAD, info->vocab_size, embed);
    *ret_modules = b.modules;
    *ret_count = b.count;
    return GOD_OK;
}

static void point_at_experts(gnn_params *params, const gnn_config *config)
{
    for (int64_t layer = 0; layer < config->info.layers; layer++) {
        params->layers[layer].experts = config->sparse[layer] ? params->experts + layer * config->moe.experts : NULL;
    }
}

god_status gnn_params_init(gnn_params *params, const gnn_config *config, const gnn_params *from, god_error *err)
{
    size_t layers = (size_t)config->info.layers, experts = layers * (size_t)config->moe.experts;
    *params = from != NULL ? *from : (gnn_params){.layers = NULL};
    params->layers = calloc(layers, sizeof *params->layers);
    params->experts = calloc(experts + 1, sizeof *params->experts);
    if (params->layers == NULL || params->experts == NULL) {
        gnn_params_fini(params);
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu layers", layers);
    }
    if (from != NULL) {
        memcpy(params->layers, from->layers, layers * sizeof *params->layers);
        memcpy(params->experts, from->experts, experts * sizeof *params->experts);
    }
    point_at_experts(params, config);
    return GOD_OK;
}

void gnn_params_fini(gnn_params *params)
{
    free(params->layers);
    free(params->experts);
    params->layers = NULL;
    params->experts = NULL;
}

static gnn_linear *linear_of(gnn_layer *layer, const gnn_module *module)
{
    switch (module->slot) {
    case GNN_SLOT_EXPERT_GATE: return &layer->experts[module->expert].gate;
    case GNN_SLOT_EXPERT_UP: return &layer->experts[module->expert].up;
    case GNN_SLOT_EXPERT_DOWN: return &layer->experts[module->expert].down;
    default: return &layer->linears[module->slot];
    }
}

gnn_param_ref gnn_param_of(gnn_params *params, const gnn_module *module)
{
    switch (module->kind) {
    case GNN_MODULE_EMBED: return (gnn_param_ref){&params->embed, NULL};
    case GNN_MODULE_POSITIONS: return (gnn_param_ref){&params->positions, NULL};
    case GNN_MODULE_HEAD: return (gnn_param_ref){&params->head, NULL};
    case GNN_MODULE_PROJECT_IN: return (gnn_param_ref){&params->project_in, NULL};
    case GNN_MODULE_PROJECT_OUT: return (gnn_param_ref){&params->project_out, NULL};
    case GNN_MODULE_FINAL_NORM: return (gnn_param_ref){NULL, &params->final_norm};
    case GNN_MODULE_NORM: return (gnn_param_ref){NULL, &params->layers[module->layer].norms[module->slot]};
    default: return (gnn_param_ref){linear_of(&params->layers[module->layer], module), NULL};
    }
}
