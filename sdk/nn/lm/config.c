#include "lm/config.h"

#include <math.h>
#include <stdlib.h>

#include "god/helpers/file.h"
#include "lm/member.h"
#include "ops/activation.h"
#include "ops/norm.h"

#define WHERE GNN_CONFIG_NAME

enum {
    hidden_max = 1 << 17,
    heads_max = 1 << 12,
    head_dim_max = 1 << 10,
    intermediate_max = 1 << 20,
    vocab_max = 1 << 22,
    positions_max = 1 << 28,
    experts_max = 1 << 12
};

static const char *key_or(const char *key, const char *usual)
{
    return key != NULL ? key : usual;
}

/* ---- which architecture ---- */

static god_status holds(const json_t *root, const gnn_condition *condition, uint32_t *ret, god_error *err)
{
    int64_t value = condition->absent;
    const json_t *member = json_object_get(root, condition->key);
    if (json_is_boolean(member)) {
        value = json_is_true(member);
    } else {
        GOD_TRY(god_json_opt_int(WHERE, root, condition->key, INT32_MIN, INT32_MAX, &value, err));
    }
    *ret = value == condition->equals;
    return GOD_OK;
}

static god_status all_hold(const json_t *root, const gnn_arch *arch, uint32_t *ret, god_error *err)
{
    *ret = 1;
    for (int i = 0; i < GNN_CONDITIONS_MAX && arch->when[i].key != NULL && *ret; i++) {
        GOD_TRY(holds(root, &arch->when[i], ret, err));
    }
    return GOD_OK;
}

static god_status choose_variant(const json_t *root, const char *architecture, const char *model_type,
                                 const gnn_arch **ret_arch, god_error *err)
{
    char known[400];
    uint32_t fits = 0;
    const gnn_arch *arch = gnn_arch_next(architecture, model_type, NULL);
    uint32_t seen = arch != NULL;
    for (; arch != NULL; arch = gnn_arch_next(architecture, model_type, arch)) {
        GOD_TRY(all_hold(root, arch, &fits, err));
        if (fits) {
            *ret_arch = arch;
            return GOD_OK;
        }
    }
    const char *name = architecture != NULL ? architecture : model_type;
    if (seen) {
        return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": this variant of \"%.60s\" is not supported", name);
    }
    gnn_arch_list(known, sizeof known);
    return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": architecture \"%.60s\" is not supported; supported are %s", name,
                    known);
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
    GOD_TRY(choose_variant(root, architecture, model_type, &config->arch, err));
    (void)snprintf(config->info.architecture, sizeof config->info.architecture, "%s", config->arch->architecture);
    (void)snprintf(config->info.model_type, sizeof config->info.model_type, "%s", config->arch->model_type);
    return GOD_OK;
}

/* What would silently give another number when ignored. */
static god_status refuse_unsupported(const json_t *root, const gnn_config *config, god_error *err)
{
    static const char *const quantised[] = {"quantization_config", "compression_config"};
    const gnn_arch *arch = config->arch;
    uint32_t fits = 1;
    for (size_t i = 0; i < sizeof quantised / sizeof quantised[0]; i++) {
        const json_t *value = json_object_get(root, quantised[i]);
        if (value != NULL && !json_is_null(value)) {
            return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": \"%s\": quantised weights are not read", quantised[i]);
        }
    }
    for (int i = 0; i < GNN_CONDITIONS_MAX && arch->require[i].key != NULL; i++) {
        GOD_TRY(holds(root, &arch->require[i], &fits, err));
        if (!fits) {
            return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": this value of \"%s\" is not supported for %s",
                            arch->require[i].key, arch->architecture);
        }
    }
    return GOD_OK;
}

/* ---- sizes ---- */

static god_status read_heads(const json_t *root, const gnn_arch *arch, god_nn_lm_info *info, god_error *err)
{
    const char *kv_key = key_or(arch->keys.kv_heads, "num_key_value_heads");
    GOD_TRY(gnn_member_get_int(root, key_or(arch->keys.heads, "num_attention_heads"), 1, heads_max, &info->heads, err));
    info->kv_heads = arch->kv_heads_default > 0 ? arch->kv_heads_default : info->heads;
    if (kv_key[0] != '\0') {
        GOD_TRY(gnn_member_opt_int(root, kv_key, 1, heads_max, &info->kv_heads, err));
    }
    if (info->heads % info->kv_heads != 0) {
        return god_fail(err, GOD_E_DATA, WHERE ": %lld heads cannot share %lld key-value heads", (long long)info->heads,
                        (long long)info->kv_heads);
    }
    info->head_dim = arch->head_dim_default;
    GOD_TRY(god_json_opt_int(WHERE, root, "head_dim", 1, head_dim_max, &info->head_dim, err));
    if (info->head_dim == 0) {
        if (info->hidden_size % info->heads != 0 || info->hidden_size / info->heads > head_dim_max) {
            return god_fail(err, GOD_E_DATA,
                            WHERE ": a hidden size of %lld does not divide into %lld heads of at most %d",
                            (long long)info->hidden_size, (long long)info->heads, (int)head_dim_max);
        }
        info->head_dim = info->hidden_size / info->heads;
    }
    return GOD_OK;
}

static god_status read_sizes(const json_t *root, const gnn_arch *arch, god_nn_lm_info *info, god_error *err)
{
    const gnn_key_names *keys = &arch->keys;
    GOD_TRY(gnn_member_get_int(root, "vocab_size", 1, vocab_max, &info->vocab_size, err));
    GOD_TRY(gnn_member_get_int(root, key_or(keys->hidden, "hidden_size"), 1, hidden_max, &info->hidden_size, err));
    GOD_TRY(gnn_member_get_int(root, key_or(keys->layers, "num_hidden_layers"), 1, GNN_LAYERS_MAX, &info->layers, err));
    info->intermediate_size = arch->inner_per_hidden * info->hidden_size;
    GOD_TRY(gnn_member_opt_int(root, key_or(keys->intermediate, "intermediate_size"), 1, intermediate_max,
                               &info->intermediate_size, err));
    if (info->intermediate_size == 0) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"%s\" is missing", key_or(keys->intermediate, "intermediate_size"));
    }
    GOD_TRY(gnn_member_opt_int(root, key_or(keys->positions, "max_position_embeddings"), 0, positions_max,
                               &info->max_position_embeddings, err));
    if (arch->positions != NULL && info->max_position_embeddings == 0) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"%s\" is missing",
                        key_or(keys->positions, "max_position_embeddings"));
    }
    return read_heads(root, arch, info, err);
}

/* ---- settings ---- */

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
    return god_fail(err, GOD_E_UNSUPPORTED,
                    WHERE ": \"%s\" \"%.60s\" is not supported; silu, gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, "
                          "quick_gelu and relu are",
                    key, name);
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
    config->initial_spread = 0.02;
    GOD_TRY(god_json_opt_num(WHERE, root, "initializer_range", &config->initial_spread, err));
    if (!(config->initial_spread >= 0.0) || config->initial_spread > 1e3) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"initializer_range\" is %g, allowed are 0 to 1000",
                        config->initial_spread);
    }
    return GOD_OK;
}

static god_status read_scales(const json_t *root, gnn_config *config, god_error *err)
{
    const gnn_arch *arch = config->arch;
    double divisor = (double)config->info.head_dim;
    if (arch->scale_key != NULL) {
        divisor = (double)arch->scale_default;
        GOD_TRY(god_json_opt_num(WHERE, root, arch->scale_key, &divisor, err));
        if (!(divisor > 0.0) || !isfinite(divisor)) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"%s\" is %g, a number above 0 is needed", arch->scale_key,
                            divisor);
        }
    }
    uint32_t scaled = 1;
    if (arch->unscaled_key != NULL) {
        GOD_TRY(god_json_opt_bool(WHERE, root, arch->unscaled_key, &scaled, err));
    }
    if (arch->by_layer_key != NULL) {
        GOD_TRY(god_json_opt_bool(WHERE, root, arch->by_layer_key, &config->scale_by_layer, err));
    }
    config->attention_scale = scaled ? (float)(1.0 / sqrt(divisor)) : 1.0f;
    config->embedding_scale = arch->scaled_embedding ? (float)sqrt((double)config->info.hidden_size) : 1.0f;
    if (arch->norm_kind == GNN_NORM_RMS_PLUS1) { /* Gemma's two caps */
        GOD_TRY(gnn_member_softcap(root, "attn_logit_softcapping", arch->attention_softcap_default,
                                   &config->attention_softcap, err));
        GOD_TRY(gnn_member_softcap(root, "final_logit_softcapping", arch->logit_softcap_default, &config->logit_softcap,
                                   err));
    }
    return GOD_OK;
}

/* ---- windows ---- */

static god_status read_layer_types(const json_t *list, gnn_config *config, god_error *err)
{
    if ((int64_t)json_array_size(list) < config->info.layers) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"layer_types\" has %zu entries for %lld layers",
                        json_array_size(list), (long long)config->info.layers);
    }
    for (int64_t layer = 0; layer < config->info.layers; layer++) {
        const char *type = json_string_value(json_array_get(list, (size_t)layer));
        if (type == NULL || (strcmp(type, "full_attention") != 0 && strcmp(type, "sliding_attention") != 0)) {
            return god_fail(err, GOD_E_UNSUPPORTED,
                            WHERE
                            ": \"layer_types\" holds \"%.60s\", supported are full_attention and sliding_attention",
                            type != NULL ? type : "(no string)");
        }
        config->windowed[layer] = type[0] == 's';
    }
    return GOD_OK;
}

static god_status apply_window_rule(const json_t *root, gnn_config *config, god_error *err)
{
    const gnn_arch *arch = config->arch;
    int64_t from = 0, period = arch->period_default;
    uint32_t on = arch->window_rule != GNN_WINDOW_SWITCHED;
    if (arch->window_rule == GNN_WINDOW_SWITCHED) {
        from = 28; /* of the families' configuration classes */
        GOD_TRY(god_json_opt_bool(WHERE, root, "use_sliding_window", &on, err));
        GOD_TRY(god_json_opt_int(WHERE, root, "max_window_layers", 0, INT32_MAX, &from, err));
    } else if (arch->window_rule == GNN_WINDOW_PERIOD) {
        GOD_TRY(god_json_opt_int(WHERE, root, "sliding_window_pattern", 1, GNN_LAYERS_MAX, &period, err));
    }
    for (int64_t layer = 0; layer < config->info.layers; layer++) {
        uint32_t whole = arch->window_rule == GNN_WINDOW_PERIOD && (layer + 1) % period == 0;
        config->windowed[layer] = (uint8_t)(on && layer >= from && !whole);
    }
    return GOD_OK;
}

static god_status read_windows(const json_t *root, gnn_config *config, god_error *err)
{
    const gnn_arch *arch = config->arch;
    const json_t *stated = json_object_get(root, "sliding_window");
    json_t *types = NULL;
    if (arch->window_rule == GNN_WINDOW_NEVER) {
        return GOD_OK;
    }
    config->window = json_is_null(stated) ? 0 : arch->window_default;
    GOD_TRY(god_json_opt_int(WHERE, root, "sliding_window", 0, positions_max, &config->window, err));
    GOD_TRY(god_json_opt_array(WHERE, root, "layer_types", &types, err));
    GOD_TRY(types != NULL ? read_layer_types(types, config, err) : apply_window_rule(root, config, err));
    if (config->window == 0 && !arch->local_rope) {
        memset(config->windowed, 0, sizeof config->windowed);
    }
    return GOD_OK;
}

/* ---- experts ---- */

static god_status mark_sparse_layers(const json_t *root, gnn_config *config, god_error *err)
{
    int64_t step = 1;
    json_t *plain = NULL, *item;
    size_t i = 0;
    GOD_TRY(god_json_opt_int(WHERE, root, "decoder_sparse_step", 1, GNN_LAYERS_MAX, &step, err));
    GOD_TRY(god_json_opt_array(WHERE, root, "mlp_only_layers", &plain, err));
    for (int64_t layer = 0; layer < config->info.layers; layer++) {
        config->sparse[layer] = (layer + 1) % step == 0;
    }
    json_array_foreach(plain, i, item)
    {
        json_int_t layer = json_is_integer(item) ? json_integer_value(item) : -1;
        if (layer < 0 || layer >= config->info.layers) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"mlp_only_layers\" names a layer that is not there");
        }
        config->sparse[layer] = 0;
    }
    return GOD_OK;
}

static god_status read_moe(const json_t *root, gnn_config *config, god_error *err)
{
    const gnn_moe_spec *spec = &config->arch->moe;
    gnn_moe *moe = &config->moe;
    if (spec->experts == NULL) {
        return GOD_OK;
    }
    GOD_TRY(gnn_member_get_int(root, spec->experts, 1, experts_max, &moe->experts, err));
    GOD_TRY(gnn_member_get_int(root, spec->per_token, 1, moe->experts, &moe->per_token, err));
    if (moe->experts * config->info.layers > GNN_EXPERTS_MAX) {
        return god_fail(err, GOD_E_UNSUPPORTED,
                        WHERE ": %lld experts in each of %lld layers, at most %d in all are read",
                        (long long)moe->experts, (long long)config->info.layers, (int)GNN_EXPERTS_MAX);
    }
    moe->intermediate = config->info.intermediate_size;
    if (spec->intermediate != NULL) {
        GOD_TRY(gnn_member_get_int(root, spec->intermediate, 1, intermediate_max, &moe->intermediate, err));
    }
    if (spec->shared_intermediate != NULL) {
        GOD_TRY(
            gnn_member_get_int(root, spec->shared_intermediate, 1, intermediate_max, &moe->shared_intermediate, err));
    }
    moe->normalise = spec->normalise_default;
    if (spec->normalise_key != NULL) {
        GOD_TRY(god_json_opt_bool(WHERE, root, spec->normalise_key, &moe->normalise, err));
    }
    return mark_sparse_layers(root, config, err);
}

/* ---- the whole ---- */

static god_status read_rope(const json_t *root, gnn_config *config, god_error *err)
{
    const gnn_arch *arch = config->arch;
    gnn_rope_defaults defaults = {.head_dim = config->info.head_dim,
                                  .positions_max = config->info.max_position_embeddings,
                                  .theta = arch->theta_default > 0.0 ? arch->theta_default : 10000.0,
                                  .partial = arch->partial_default > 0.0 ? arch->partial_default : 1.0,
                                  .partial_key = key_or(arch->partial_key, "partial_rotary_factor"),
                                  .layer_type = "full_attention"};
    if (arch->alibi_key != NULL) {
        GOD_TRY(god_json_opt_bool(WHERE, root, arch->alibi_key, &config->alibi, err));
    }
    if (arch->no_rope || config->alibi) {
        return GOD_OK;
    }
    GOD_TRY(gnn_rope_read(root, &defaults, &config->rope[0], err));
    if (!arch->local_rope) {
        config->rope[1] = config->rope[0];
        return GOD_OK;
    }
    defaults.layer_type = "sliding_attention";
    return gnn_rope_read(root, &defaults, &config->rope[1], err);
}

static god_status read_config(const json_t *root, gnn_config *config, god_error *err)
{
    if (!json_is_object(root)) {
        return god_fail(err, GOD_E_DATA, WHERE ": an object is needed");
    }
    config->info.size = GOD_SIZE_TO(god_nn_lm_info, reinitialised);
    GOD_TRY(find_arch(root, config, err));
    GOD_TRY(refuse_unsupported(root, config, err));
    GOD_TRY(read_sizes(root, config->arch, &config->info, err));
    config->embed_cols = config->info.hidden_size;
    if (config->arch->embed_key != NULL) {
        GOD_TRY(gnn_member_opt_int(root, config->arch->embed_key, 1, hidden_max, &config->embed_cols, err));
    }
    GOD_TRY(read_activation(root, config->arch, &config->activation, err));
    GOD_TRY(read_flags(root, config, err));
    GOD_TRY(read_scales(root, config, err));
    GOD_TRY(read_windows(root, config, err));
    GOD_TRY(read_moe(root, config, err));
    return read_rope(root, config, err);
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
