/* Opening and closing full models. */
#include "lm/model.h"

#include <stdlib.h>

typedef struct loading {
    god_nn_lm *lm;
    gnn_weights *weights;
    uint8_t *used; /* one flag per tensor */
} loading;

/* A tensor by its full name, or without the decoder's prefix. */
static const gnn_tensor *find_tensor(loading *load, const char *module, const char *ending)
{
    const char *prefix = load->lm->config.arch->prefix;
    char name[256];
    (void)snprintf(name, sizeof name, "%s%s", module, ending);
    const gnn_tensor *tensor = gnn_weights_find(load->weights, name);
    if (tensor == NULL && prefix != NULL && strncmp(name, prefix, strlen(prefix)) == 0) {
        tensor = gnn_weights_find(load->weights, name + strlen(prefix));
    }
    if (tensor != NULL) {
        load->used[gnn_weights_index(load->weights, tensor)] = 1;
    }
    return tensor;
}

static god_status need_tensor(loading *load, const char *module, const char *ending, const gnn_tensor **ret_tensor,
                              god_error *err)
{
    *ret_tensor = find_tensor(load, module, ending);
    if (*ret_tensor == NULL) {
        return god_fail(err, GOD_E_DATA, "tensor \"%s%s\" is missing", module, ending);
    }
    return GOD_OK;
}

static god_status load_norm(loading *load, const gnn_module *module, gnn_norm *norm, god_error *err)
{
    gnn_stock *stock = &load->lm->stock;
    const gnn_config *config = &load->lm->config;
    const gnn_tensor *tensor = NULL;
    GOD_TRY(need_tensor(load, module->name, ".weight", &tensor, err));
    GOD_TRY(gnn_stock_vector(stock, config, module, tensor, module->cols, &norm->weight, err));
    if (module->bias) {
        GOD_TRY(need_tensor(load, module->name, ".bias", &tensor, err));
        GOD_TRY(gnn_stock_vector(stock, config, module, tensor, module->cols, &norm->bias, err));
    }
    return GOD_OK;
}

/* A matrix over the vocabulary that the field's reference would start afresh, see god_nn_lm_open. */
static uint32_t misses_by_one_row(const gnn_module *module, const gnn_tensor *tensor)
{
    uint32_t over_vocabulary = module->kind == GNN_MODULE_EMBED || module->kind == GNN_MODULE_HEAD;
    return over_vocabulary && tensor->rank == 2 && tensor->shape[1] == module->cols &&
           (tensor->shape[0] == module->outputs - 1 || tensor->shape[0] == module->outputs + 1);
}

static god_status load_linear(loading *load, const gnn_module *module, gnn_linear *linear, god_error *err)
{
    gnn_stock *stock = &load->lm->stock;
    const gnn_config *config = &load->lm->config;
    uint32_t by_cols = module->kind == GNN_MODULE_LINEAR && config->arch->stored_by_cols;
    const gnn_tensor *tensor = NULL;
    linear->outputs = module->outputs;
    linear->cols = module->cols;
    if (module->kind == GNN_MODULE_HEAD && config->info.tied) {
        (void)find_tensor(load, module->name, ".weight"); /* a copy of the embedding may be in the file */
        *linear = load->lm->params.embed;
        return GOD_OK;
    }
    GOD_TRY(need_tensor(load, module->name, ".weight", &tensor, err));
    if (misses_by_one_row(module, tensor)) {
        load->lm->config.info.reinitialised++;
        return gnn_stock_normal(stock, module->outputs, module->cols, config->initial_spread, &linear->matrix, err);
    }
    GOD_TRY(
        gnn_stock_matrix(stock, config, module, tensor, module->outputs, module->cols, by_cols, &linear->matrix, err));
    if (module->bias) {
        GOD_TRY(need_tensor(load, module->name, ".bias", &tensor, err));
        GOD_TRY(gnn_stock_vector(stock, config, module, tensor, module->outputs, &linear->bias, err));
    }
    return GOD_OK;
}

static uint32_t ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

static uint32_t is_ignored(const gnn_arch *arch, const char *name)
{
    for (const char *const *ending = arch->ignored; ending != NULL && *ending != NULL; ending++) {
        if (ends_with(name, *ending)) {
            return 1;
        }
    }
    return 0;
}

static god_status check_surplus(const loading *load, god_error *err)
{
    for (size_t i = 0; i < gnn_weights_count(load->weights); i++) {
        const gnn_tensor *tensor = gnn_weights_at(load->weights, i);
        if (!load->used[i] && !is_ignored(load->lm->config.arch, tensor->name)) {
            return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\" belongs to no part of a %s", tensor->file, tensor->name,
                            load->lm->config.arch->architecture);
        }
    }
    return GOD_OK;
}

static god_status load_all(loading *load, god_error *err)
{
    god_nn_lm *lm = load->lm;
    load->used = calloc(gnn_weights_count(load->weights) + 1, 1);
    if (load->used == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the list of tensors");
    }
    for (size_t i = 0; i < lm->module_count; i++) {
        const gnn_module *module = &lm->modules[i];
        gnn_param_ref ref = gnn_param_of(&lm->params, module);
        GOD_TRY(ref.norm != NULL ? load_norm(load, module, ref.norm, err) : load_linear(load, module, ref.linear, err));
    }
    return check_surplus(load, err);
}

static int by_module_name(const void *a, const void *b)
{
    const gnn_module *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static god_status index_modules(god_nn_lm *lm, god_error *err)
{
    lm->by_name = calloc(lm->module_count + 1, sizeof *lm->by_name);
    if (lm->by_name == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the index of modules");
    }
    for (size_t i = 0; i < lm->module_count; i++) {
        lm->by_name[i] = &lm->modules[i];
    }
    qsort(lm->by_name, lm->module_count, sizeof *lm->by_name, by_module_name);
    return GOD_OK;
}

static int name_against_module(const void *name, const void *entry)
{
    const gnn_module *const *module = entry;
    return strcmp(name, (*module)->name);
}

const gnn_module *gnn_module_find(const god_nn_lm *lm, const char *name)
{
    const gnn_module *const *found =
        bsearch(name, lm->by_name, lm->module_count, sizeof *lm->by_name, name_against_module);
    return found != NULL ? *found : NULL;
}

static god_status open_model(god_nn_lm *lm, const char *model_dir, god_error *err)
{
    loading load = {lm, NULL, NULL};
    GOD_TRY(gnn_config_read(model_dir, &lm->config, err));
    GOD_TRY(gnn_modules_list(&lm->config, &lm->modules, &lm->module_count, err));
    GOD_TRY(gnn_params_init(&lm->params, &lm->config, NULL, err));
    GOD_TRY(index_modules(lm, err));
    GOD_TRY(gnn_stock_init(&lm->stock, lm->engine, 2 * lm->module_count, err));
    GOD_TRY(gnn_weights_open_model(model_dir, &load.weights, err));
    god_status status = load_all(&load, err);
    gnn_weights_close(load.weights);
    free(load.used);
    lm->config.info.parameters = lm->stock.parameters;
    return status;
}

god_status god_nn_lm_open(god_nn_engine *engine, const char *model_dir, god_nn_lm **ret_lm, god_error *err)
{
    god_nn_lm *lm = calloc(1, sizeof *lm);
    if (lm == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a model");
    }
    lm->engine = engine;
    god_status status = open_model(lm, model_dir, err);
    if (status != GOD_OK) {
        god_nn_lm_close(lm);
        return status;
    }
    *ret_lm = lm;
    return GOD_OK;
}

void god_nn_lm_close(god_nn_lm *lm)
{
    if (lm == NULL) {
        return;
    }
    gnn_lm_free_tables(lm);
    gnn_stock_fini(&lm->stock);
    gnn_params_fini(&lm->params);
    free(lm->by_name);
    free(lm->modules);
    free(lm);
}

const god_nn_lm_info *god_nn_lm_info_of(const god_nn_lm *lm)
{
    return &lm->config.info;
}
