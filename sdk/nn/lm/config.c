#include "lm/config.h"

#include <math.h>
#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "ops/activation.h"

#define WHERE "config.json"

enum {
    hidden_max = 1 << 17,
    heads_max = 1 << 12,
    head_dim_max = 1 << 10,
    intermediate_max = 1 << 20,
    vocab_max = 1 << 22,
    positions_max = 1 << 28
};

static const char *key_or(const char *key, const char *usual)
{
    return key != NULL ? key : usual;
}

/* What would silently give another number when ignored. */
static god_status refuse_unsupported(const json_t *root, god_error *err)
{
    static const char *const refused[] = {"quantization_config", "compression_config"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const json_t *value = json_object_get(root, refused[i]);
        if (value != NULL && !json_is_null(value)) {
            return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": \"%s\": quantised weights are not read", refused[i]);
        }
    }
    return GOD_OK;
}

static god_status find_arch(const json_t *root, gnn_config *config, god_error *err)
{
    json_t *list = NULL;
    const char *architecture = NULL, *model_type = NULL;
    GOD_TRY(god_json_opt_array(WHERE, root, "architectures", &list, err));
    GOD_TRY(god_json_opt_str(WHERE, root, "model_type", &model_type, err));
    if (json_array_size(list) > 0) {
        architecture = json_string_value(json_array_get(list, 0));
        if (architecture == NULL) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"architectures\" holds something other than strings");
        }
    }
    if (architecture == NULL && model_type == NULL) {
        return god_fail(err, GOD_E_DATA, WHERE ": neither \"architectures\" nor \"model_type\" is there");
    }
    config->arch = gnn_arch_find(architecture, model_type);
    if (config->arch == NULL) {
        char known[400];
        gnn_arch_list(known, sizeof known);
        return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": architecture \"%.60s\" is not supported; supported are %s",
                        architecture != NULL ? architecture : model_type, known);
    }
    (void)snprintf(config->info.architecture, sizeof config->info.architecture, "%s", config->arch->architecture);
    (void)snprintf(config->info.model_type, sizeof config->info.model_type, "%s", config->arch->model_type);
    return GOD_OK;
}

static god_status read_sizes(const json_t *root, const gnn_key_names *keys, god_nn_lm_info *info, god_error *err)
{
    const char *hidden = key_or(keys->hidden, "hidden_size"), *heads = key_or(keys->heads, "num_attention_heads");
    GOD_TRY(god_json_get_int(WHERE, root, "vocab_size", 1, vocab_max, &info->vocab_size, err));
    GOD_TRY(god_json_get_int(WHERE, root, hidden, 1, hidden_max, &info->hidden_size, err));
    GOD_TRY(god_json_get_int(WHERE, root, key_or(keys->layers, "num_hidden_layers"), 1, GNN_LAYERS_MAX, &info->layers,
                             err));
    GOD_TRY(god_json_get_int(WHERE, root, heads, 1, heads_max, &info->heads, err));
    GOD_TRY(god_json_get_int(WHERE, root, key_or(keys->intermediate, "intermediate_size"), 1, intermediate_max,
                             &info->intermediate_size, err));
    GOD_TRY(god_json_opt_int(WHERE, root, key_or(keys->positions, "max_position_embeddings"), 0, positions_max,
                             &info->max_position_embeddings, err));
    info->kv_heads = info->heads;
    GOD_TRY(god_json_opt_int(WHERE, root, key_or(keys->kv_heads, "num_key_value_heads"), 1, heads_max, &info->kv_heads,
                             err));
    if (info->heads % info->kv_heads != 0) {
        return god_fail(err, GOD_E_DATA, WHERE ": %lld heads cannot share %lld key-value heads", (long long)info->heads,
                        (long long)info->kv_heads);
    }
    GOD_TRY(god_json_opt_int(WHERE, root, "head_dim", 1, head_dim_max, &info->head_dim, err));
    if (info->head_dim == 0) {
        if (info->hidden_size % info->heads != 0 || info->hidden_size / info->heads > head_dim_max) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"%s\" %lld does not divide into %lld heads of at most %d",
                            hidden, (long long)info->hidden_size, (long long)info->heads, (int)head_dim_max);
        }
        info->head_dim = info->hidden_size / info->heads;
    }
    return GOD_OK;
}

static god_status read_activation(const json_t *root, const gnn_arch *arch, uint32_t *ret, god_error *err)
{
    static const struct {
        const char *name;
        uint32_t kind;
    } known[] = {{"silu", GNN_ACT_SILU},
                 {"swish", GNN_ACT_SILU},
                 {"gelu", GNN_ACT_GELU},
                 {"gelu_new", GNN_ACT_GELU_TANH},
                 {"gelu_fast", GNN_ACT_GELU_TANH},
                 {"gelu_pytorch_tanh", GNN_ACT_GELU_TANH},
                 {"quick_gelu", GNN_ACT_GELU_QUICK},
                 {"relu", GNN_ACT_RELU}};
    const char *name = arch->activation_default, *key = key_or(arch->keys.activation, "hidden_act");
    GOD_TRY(god_json_opt_str(WHERE, root, key, &name, err));
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) == 0) {
            *ret = known[i].kind;
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": \"%s\" \"%.60s\" is not supported", key, name);
}

static god_status read_flags(const json_t *root, gnn_config *config, god_error *err)
{
    const gnn_arch *arch = config->arch;
    for (int slot = 0; slot < GNN_SLOTS; slot++) {
        uint32_t bias = arch->linears[slot].bias_default;
        if (arch->linears[slot].bias_key != NULL) {
            GOD_TRY(god_json_opt_bool(WHERE, root, arch->linears[slot].bias_key, &bias, err));
        }
        config->bias[slot] = (uint8_t)bias;
    }
    config->info.tied = arch->tied_default;
    GOD_TRY(god_json_opt_bool(WHERE, root, "tie_word_embeddings", &config->info.tied, err));

    double eps = arch->norm_eps_default;
    const char *eps_key = key_or(arch->keys.norm_eps, "rms_norm_eps");
    GOD_TRY(god_json_opt_num(WHERE, root, eps_key, &eps, err));
    if (!(eps >= 0.0) || eps > 1.0) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"%s\" is %g, allowed are 0 to 1", eps_key, eps);
    }
    config->norm_eps = (float)eps;
    return GOD_OK;
}

static god_status read_config(const json_t *root, gnn_config *config, god_error *err)
{
    if (!json_is_object(root)) {
        return god_fail(err, GOD_E_DATA, WHERE ": an object is needed");
    }
    config->info.size = GOD_SIZE_TO(god_nn_lm_info, parameters);
    GOD_TRY(find_arch(root, config, err));
    GOD_TRY(refuse_unsupported(root, err));
    GOD_TRY(read_sizes(root, &config->arch->keys, &config->info, err));
    GOD_TRY(read_activation(root, config->arch, &config->activation, err));
    GOD_TRY(read_flags(root, config, err));
    config->attention_scale = (float)(1.0 / sqrt((double)config->info.head_dim));
    return gnn_rope_read(root, config->info.head_dim, config->info.max_position_embeddings, &config->rope, err);
}

god_status gnn_config_parse(const char *text, size_t bytes, gnn_config *ret_config, god_error *err)
{
    json_t *root = NULL;
    gnn_config config;
    memset(&config, 0, sizeof config);
    GOD_TRY(god_json_parse(WHERE, text, bytes, &root, err));
    god_status status = read_config(root, &config, err);
    json_decref(root);
    if (status == GOD_OK) {
        *ret_config = config;
    }
    return status;
}

god_status gnn_config_read(const char *model_dir, gnn_config *ret_config, god_error *err)
{
    char path[GOD_PATH_MAX], *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_path_join(model_dir, WHERE, path, err));
    if (!god_file_exists(path)) {
        return god_fail(err, GOD_E_NOT_FOUND, "there is no " WHERE);
    }
    GOD_TRY(god_file_read(path, GNN_CONFIG_BYTES_MAX, &text, &bytes, err));
    god_status status = gnn_config_parse(text, bytes, ret_config, err);
    free(text);
    return status;
}

god_status god_nn_lm_read_info(const char *model_dir, god_nn_lm_info *ret_info, god_error *err)
{
    gnn_config config;
    GOD_TRY(gnn_config_read(model_dir, &config, err));
    uint32_t size = ret_info->size < config.info.size ? ret_info->size : config.info.size;
    memcpy(ret_info, &config.info, size > 0 ? size : config.info.size);
    return GOD_OK;
}
