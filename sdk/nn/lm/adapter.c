/* Opening LoRA adapters against their base. */
#include <stdlib.h>

#include "format/adapter_config.h"
#include "format/adapter_name.h"
#include "god/helpers/file.h"
#include "god/nn/tokenizer.h"
#include "lm/model.h"

typedef struct opening {
    god_nn_lm *base;
    god_nn_adapter *adapter;
    gnn_adapter_config *config;
    gnn_weights *weights;
    int64_t vocabulary; /* rows of embedding and head: the base's, or those of a tokenizer that has grown */

    uint16_t *seen; /* per module of the base: one bit for each part that a tensor was read for */
} opening;

uint32_t god_nn_adapter_is(const char *model_dir)
{
    char path[GOD_PATH_MAX];
    return god_path_join(model_dir, "adapter_config.json", path, NULL) == GOD_OK && god_file_exists(path);
}

static god_status fail_other_base(const gnn_tensor *tensor, const char *why, god_error *err)
{
    return god_fail(err, GOD_E_DATA, "%s: the adapter was made for another base model: tensor \"%s\" %s", tensor->file,
                    tensor->name, why);
}

/* `first` or `second` is the adapter's own rank: a tensor that differs there alone does not speak of another base. */
static god_status check_lora_shape(const gnn_tensor *tensor, int64_t first, int64_t second, int64_t rank,
                                   god_error *err)
{
    char why[200];
    if (tensor->rank == 2 && tensor->shape[0] == first && tensor->shape[1] == second) {
        return GOD_OK;
    }
    if (tensor->rank == 2 &&
        ((first == rank && tensor->shape[1] == second) || (second == rank && tensor->shape[0] == first))) {
        return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\" has shape [%lld, %lld], a rank of %lld needs [%lld, %lld]",
                        tensor->file, tensor->name, (long long)tensor->shape[0], (long long)tensor->shape[1],
                        (long long)rank, (long long)first, (long long)second);
    }
    if (tensor->rank != 2) {
        (void)snprintf(why, sizeof why, "has %u dimensions, 2 are needed", tensor->rank);
    } else {
        (void)snprintf(why, sizeof why, "has shape [%lld, %lld], [%lld, %lld] is needed", (long long)tensor->shape[0],
                       (long long)tensor->shape[1], (long long)first, (long long)second);
    }
    return fail_other_base(tensor, why, err);
}

static god_status put_lora(opening *open, const gnn_module *module, const gnn_tensor *tensor, uint32_t part,
                           gnn_linear *linear, god_error *err)
{
    gnn_stock *stock = &open->adapter->stock;
    const gnn_config *config = &open->base->config;
    gnn_adapter_module settings;
    GOD_TRY(gnn_adapter_config_module(open->config, module->name, &settings, err));
    if (!settings.targeted) {
        return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\" belongs to a module that \"target_modules\" does not name",
                        tensor->file, tensor->name);
    }
    linear->rank = settings.rank;
    linear->lora_scale = (float)settings.scale;
    switch (part) {
    case GNN_ADAPTER_LORA_A:
        GOD_TRY(check_lora_shape(tensor, settings.rank, module->cols, settings.rank, err));
        return gnn_stock_matrix(stock, config, NULL, tensor, settings.rank, module->cols, 0, &linear->lora_a, err);
    case GNN_ADAPTER_LORA_B:
        GOD_TRY(check_lora_shape(tensor, module->outputs, settings.rank, settings.rank, err));
        return gnn_stock_matrix(stock, config, module, tensor, module->outputs, settings.rank, 0, &linear->lora_b, err);
    case GNN_ADAPTER_EMBEDDING_A: /* stored (rank, vocabulary); read as (vocabulary, rank) */
        GOD_TRY(check_lora_shape(tensor, settings.rank, module->outputs, settings.rank, err));
        return gnn_stock_matrix(stock, config, NULL, tensor, module->outputs, settings.rank, 1, &linear->lora_a, err);
    case GNN_ADAPTER_EMBEDDING_B:
        GOD_TRY(check_lora_shape(tensor, module->cols, settings.rank, settings.rank, err));
        return gnn_stock_matrix(stock, config, NULL, tensor, module->cols, settings.rank, 0, &linear->lora_b, err);
    case GNN_ADAPTER_LORA_BIAS:
        return gnn_stock_vector(stock, config, module, tensor, module->outputs, &linear->lora_bias, err);
    default: return gnn_stock_vector(stock, config, module, tensor, module->outputs, &linear->magnitude, err);
    }
}

/* A weight of the base that the adapter brings along. One of `modules_to_save` is a copy that stands in for its module
 * alone; any other is the base's own tensor, which a tied embedding shares with the head. */
static god_status put_replacement(opening *open, const gnn_module *module, const gnn_tensor *tensor, uint32_t part,
                                  gnn_param_ref ref, god_error *err)
{
    gnn_stock *stock = &open->adapter->stock;
    gnn_params *params = &open->adapter->params;
    const gnn_config *config = &open->base->config;
    if (ref.norm != NULL) {
        const float **vector = part == GNN_ADAPTER_WEIGHT ? &ref.norm->weight : &ref.norm->bias;
        return gnn_stock_vector(stock, config, module, tensor, module->cols, vector, err);
    }
    if (part == GNN_ADAPTER_BIAS) {
        return gnn_stock_vector(stock, config, module, tensor, module->outputs, &ref.linear->bias, err);
    }
    uint32_t by_cols = module->kind == GNN_MODULE_LINEAR && config->arch->stored_by_cols;
    uint32_t over_vocabulary = module->kind == GNN_MODULE_EMBED || module->kind == GNN_MODULE_HEAD;
    if (over_vocabulary) {
        ref.linear->outputs = open->vocabulary;
    }
    GOD_TRY(gnn_stock_matrix(stock, config, module, tensor, ref.linear->outputs, module->cols, by_cols,
                             &ref.linear->matrix, err));
    if (over_vocabulary && config->info.tied && !gnn_adapter_config_saves(open->config, module->name)) {
        params->embed.outputs = params->head.outputs = ref.linear->outputs;
        params->embed.matrix = params->head.matrix = ref.linear->matrix;
    }
    return GOD_OK;
}

static god_status put_tensor(opening *open, const gnn_tensor *tensor, god_error *err)
{
    char name[GNN_TENSOR_NAME_MAX + 1];
    uint32_t part = gnn_adapter_name_split(tensor->name, name);
    const gnn_module *module = gnn_module_find(open->base, name);
    if (part == GNN_ADAPTER_UNKNOWN || module == NULL) {
        return fail_other_base(tensor, "names a module that the base does not have", err);
    }
    uint16_t *seen = &open->seen[module - open->base->modules];
    if (*seen & 1u << part) {
        return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\" is a second one for its part of \"%s\"", tensor->file,
                        tensor->name, module->name);
    }
    *seen |= (uint16_t)(1u << part);
    gnn_param_ref ref = gnn_param_of(&open->adapter->params, module);
    if (part == GNN_ADAPTER_WEIGHT || part == GNN_ADAPTER_BIAS) {
        return put_replacement(open, module, tensor, part, ref, err);
    }
    uint32_t for_embedding = part == GNN_ADAPTER_EMBEDDING_A || part == GNN_ADAPTER_EMBEDDING_B;
    uint32_t is_linear = module->kind == GNN_MODULE_LINEAR || module->kind == GNN_MODULE_HEAD ||
                         module->kind == GNN_MODULE_PROJECT_IN || module->kind == GNN_MODULE_PROJECT_OUT;
    if (for_embedding ? module->kind != GNN_MODULE_EMBED : !is_linear) {
        return fail_other_base(tensor,
                               for_embedding ? "adapts a module that is not the embedding"
                                             : "adapts a module that is not a linear layer",
                               err);
    }
    return put_lora(open, module, tensor, part, ref.linear, err);
}

/* Both halves of every pair are there, and the magnitude where the configuration says so. */
static god_status finish_pairs(opening *open, god_error *err)
{
    for (size_t i = 0; i < open->base->module_count; i++) {
        const gnn_module *module = &open->base->modules[i];
        gnn_linear *linear = gnn_param_of(&open->adapter->params, module).linear;
        if (linear == NULL) {
            continue;
        }
        if ((linear->lora_a == NULL) != (linear->lora_b == NULL)) {
            return god_fail(err, GOD_E_DATA, "the adapter has lora_%c of \"%s\" without lora_%c",
                            linear->lora_a != NULL ? 'A' : 'B', module->name, linear->lora_a != NULL ? 'B' : 'A');
        }
        uint32_t wanted = linear->lora_a != NULL && gnn_adapter_config_dora(open->config);
        if (linear->lora_a == NULL && (linear->magnitude != NULL || linear->lora_bias != NULL)) {
            return god_fail(err, GOD_E_DATA, "the adapter has the %s of \"%s\" without lora_A and lora_B",
                            linear->magnitude != NULL ? "lora_magnitude_vector" : "lora_B.bias", module->name);
        }
        if (wanted != (linear->magnitude != NULL)) {
            return god_fail(err, GOD_E_DATA, "\"%s\" %s a lora_magnitude_vector, \"use_dora\" says otherwise",
                            module->name, wanted ? "lacks" : "has");
        }
        if (linear->magnitude != NULL) {
            GOD_TRY(gnn_dora_prepare(open->base->engine, linear, err));
        }
    }
    return GOD_OK;
}

/* PEFT grows the base to the tokenizer that lies beside an adapter, where that has more entries. */
static void read_vocabulary(opening *open, const char *adapter_dir)
{
    char path[GOD_PATH_MAX];
    god_tokenizer *tokenizer = NULL;
    open->vocabulary = open->base->params.embed.outputs;
    if (god_path_join(adapter_dir, "tokenizer_config.json", path, NULL) != GOD_OK || !god_file_exists(path) ||
        god_tokenizer_open(adapter_dir, &tokenizer, NULL) != GOD_OK) {
        return; /* the tokenizer of an adapter is used for nothing else, so a broken one does no harm */
    }
    if (god_tokenizer_size(tokenizer) > open->vocabulary) {
        open->vocabulary = god_tokenizer_size(tokenizer);
    }
    god_tokenizer_free(tokenizer);
}

/* Rows that the adapter does not bring along would be random numbers. */
static god_status check_vocabulary(const opening *open, god_error *err)
{
    const gnn_params *params = &open->adapter->params;
    if (params->embed.outputs != open->vocabulary || params->head.outputs != open->vocabulary) {
        return god_fail(err, GOD_E_UNSUPPORTED,
                        "the adapter's tokenizer has %lld entries, more than the %lld of the base, and the adapter "
                        "brings no embedding and head of that size",
                        (long long)open->vocabulary, (long long)open->base->params.embed.outputs);
    }
    return GOD_OK;
}

static god_status fill_adapter(opening *open, const char *model_dir, god_error *err)
{
    god_nn_adapter *adapter = open->adapter;
    open->seen = calloc(open->base->module_count, sizeof *open->seen);
    if (open->seen == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the parts of %zu modules", open->base->module_count);
    }
    GOD_TRY(gnn_adapter_config_read(model_dir, &open->config, err));
    GOD_TRY(gnn_weights_open_adapter(model_dir, &open->weights, err));
    read_vocabulary(open, model_dir);
    GOD_TRY(gnn_params_init(&adapter->params, &open->base->config, &open->base->params, err));
    GOD_TRY(gnn_stock_init(&adapter->stock, open->base->engine, gnn_weights_count(open->weights), err));
    for (size_t i = 0; i < gnn_weights_count(open->weights); i++) {
        GOD_TRY(put_tensor(open, gnn_weights_at(open->weights, i), err));
    }
    GOD_TRY(check_vocabulary(open, err));
    return finish_pairs(open, err);
}

god_status god_nn_adapter_open(god_nn_lm *base, const char *model_dir, god_nn_adapter **ret_adapter, god_error *err)
{
    GOD_TRY(gnn_lm_check_whole(base, err));
    opening open = {.base = base, .adapter = calloc(1, sizeof *open.adapter)};
    if (open.adapter == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an adapter");
    }
    open.adapter->base = base;
    god_status status = fill_adapter(&open, model_dir, err);
    gnn_adapter_config_free(open.config);
    gnn_weights_close(open.weights);
    free(open.seen);
    if (status != GOD_OK) {
        god_nn_adapter_close(open.adapter);
        return status;
    }
    *ret_adapter = open.adapter;
    return GOD_OK;
}

void god_nn_adapter_close(god_nn_adapter *adapter)
{
    if (adapter != NULL) {
        gnn_stock_fini(&adapter->stock);
        gnn_params_fini(&adapter->params);
        free(adapter);
    }
}
