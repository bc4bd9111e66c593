#include "format/adapter_config.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "format/pattern.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

#define WHERE "adapter_config.json"

enum { config_bytes_max = 4 << 20, rank_max = 1 << 16 };

struct gnn_adapter_config {
    json_t *root;
    int64_t rank;
    double alpha;
    uint32_t rslora, dora;
};

/* Settings that are empty, null or false in an ordinary LoRA, and change the computation otherwise. */
static const char *const refused_when_set[] = {
    "use_qalora",   "alora_invocation_tokens", "trainable_token_indices",
    "arrow_config", "layer_replication",       "target_parameters",
    "use_bdlora",   "monteclora_config",       "velora_config",
};

static uint32_t is_set(const json_t *value)
{
    if (value == NULL || json_is_null(value) || json_is_false(value)) {
        return 0;
    }
    return !(json_is_array(value) && json_array_size(value) == 0) &&
           !(json_is_object(value) && json_object_size(value) == 0);
}

static god_status refuse_unsupported(const json_t *root, god_error *err)
{
    const char *type = "LORA", *initial = NULL;
    GOD_TRY(god_json_opt_str(WHERE, root, "peft_type", &type, err));
    if (strcmp(type, "LORA") != 0) {
        return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": \"peft_type\" \"%.60s\" is not supported; LORA is", type);
    }
    for (size_t i = 0; i < sizeof refused_when_set / sizeof refused_when_set[0]; i++) {
        if (is_set(json_object_get(root, refused_when_set[i]))) {
            return god_fail(err, GOD_E_UNSUPPORTED, WHERE ": \"%s\" is not supported", refused_when_set[i]);
        }
    }
    const json_t *init = json_object_get(root, "init_lora_weights");
    initial = json_string_value(init);
    if (initial != NULL && strcmp(initial, "gaussian") != 0 && strcmp(initial, "orthogonal") != 0) {
        return god_fail(err, GOD_E_UNSUPPORTED,
                        WHERE ": \"init_lora_weights\" \"%.60s\" alters the base's weights and is not supported",
                        initial);
    }
    return GOD_OK;
}

/* Patterns are compiled once here, so that a broken one is reported whatever modules the base has. */
static god_status check_patterns(const json_t *root, const char *key, god_error *err)
{
    json_t *patterns = NULL, *value;
    const char *pattern;
    uint32_t matches = 0;
    GOD_TRY(god_json_opt_object(WHERE, root, key, &patterns, err));
    json_object_foreach(patterns, pattern, value)
    {
        if (!json_is_number(value) || !(json_number_value(value) > 0.0)) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"%s\": \"%.100s\" is not given a number above 0", key, pattern);
        }
        if (gnn_pattern_tail(pattern, "", &matches, err) != GOD_OK) {
            return god_fail_in(err, WHERE ": \"%s\"", key);
        }
    }
    return GOD_OK;
}

static god_status check_targets(const json_t *root, god_error *err)
{
    const json_t *targets = json_object_get(root, "target_modules");
    size_t i = 0;
    json_t *item;
    uint32_t matches = 0;
    if (targets == NULL || json_is_null(targets)) {
        return GOD_OK;
    }
    if (json_is_string(targets)) {
        return gnn_pattern_full(json_string_value(targets), "", &matches, err) == GOD_OK
                   ? GOD_OK
                   : god_fail_in(err, WHERE ": \"target_modules\"");
    }
    if (!json_is_array(targets)) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"target_modules\" is neither a list nor a string");
    }
    json_array_foreach(targets, i, item)
    {
        if (!json_is_string(item)) {
            return god_fail(err, GOD_E_DATA, WHERE ": \"target_modules\" holds something other than strings");
        }
    }
    return GOD_OK;
}

static god_status read_config(gnn_adapter_config *config, god_error *err)
{
    const json_t *root = config->root;
    if (!json_is_object(root)) {
        return god_fail(err, GOD_E_DATA, WHERE ": an object is needed");
    }
    GOD_TRY(refuse_unsupported(root, err));
    config->rank = 8; /* PEFT's defaults */
    config->alpha = 8.0;
    GOD_TRY(god_json_opt_int(WHERE, root, "r", 1, rank_max, &config->rank, err));
    GOD_TRY(god_json_opt_num(WHERE, root, "lora_alpha", &config->alpha, err));
    GOD_TRY(god_json_opt_bool(WHERE, root, "use_rslora", &config->rslora, err));
    GOD_TRY(god_json_opt_bool(WHERE, root, "use_dora", &config->dora, err));
    GOD_TRY(check_patterns(root, "rank_pattern", err));
    GOD_TRY(check_patterns(root, "alpha_pattern", err));
    return check_targets(root, err);
}

god_status gnn_adapter_config_parse(const char *text, size_t bytes, gnn_adapter_config **ret_config, god_error *err)
{
    gnn_adapter_config *config = calloc(1, sizeof *config);
    if (config == NULL) {
        return god_fail(err, GOD_E_NOMEM, WHERE ": out of memory");
    }
    god_status status = god_json_parse(WHERE, text, bytes, &config->root, err);
    if (status == GOD_OK) {
        status = read_config(config, err);
    }
    if (status != GOD_OK) {
        gnn_adapter_config_free(config);
        return status;
    }
    *ret_config = config;
    return GOD_OK;
}

god_status gnn_adapter_config_read(const char *adapter_dir, gnn_adapter_config **ret_config, god_error *err)
{
    char path[GOD_PATH_MAX], *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_path_join(adapter_dir, WHERE, path, err));
    GOD_TRY(god_file_read(path, config_bytes_max, &text, &bytes, err));
    god_status status = gnn_adapter_config_parse(text, bytes, ret_config, err);
    free(text);
    return status;
}

void gnn_adapter_config_free(gnn_adapter_config *config)
{
    if (config != NULL) {
        json_decref(config->root);
        free(config);
    }
}

uint32_t gnn_adapter_config_dora(const gnn_adapter_config *config)
{
    return config->dora;
}

/* The value of the first pattern that matches; PEFT takes the first too. */
static god_status find_pattern(const gnn_adapter_config *config, const char *key, const char *name, double *ret,
                               god_error *err)
{
    const char *pattern;
    json_t *value;
    json_object_foreach(json_object_get(config->root, key), pattern, value)
    {
        uint32_t matches = 0;
        if (gnn_pattern_tail(pattern, name, &matches, err) != GOD_OK) {
            return god_fail_in(err, WHERE ": \"%s\"", key);
        }
        if (matches) {
            *ret = json_number_value(value);
            return GOD_OK;
        }
    }
    return GOD_OK;
}

static uint32_t ends_with_name(const char *name, const char *target)
{
    size_t length = strlen(name), tail = strlen(target);
    if (length < tail || strcmp(name + length - tail, target) != 0) {
        return 0;
    }
    return length == tail || name[length - tail - 1] == '.';
}

/* 1 when `name` is one of `names`, or ends with a dot and one of them. */
static uint32_t is_named(const json_t *names, const char *name)
{
    size_t i = 0;
    json_t *item;
    uint32_t named = 0;
    json_array_foreach(names, i, item)
    {
        named |= json_is_string(item) && ends_with_name(name, json_string_value(item));
    }
    return named;
}

uint32_t gnn_adapter_config_saves(const gnn_adapter_config *config, const char *name)
{
    return is_named(json_object_get(config->root, "modules_to_save"), name);
}

static god_status find_target(const gnn_adapter_config *config, const char *name, uint32_t *ret, god_error *err)
{
    const json_t *targets = json_object_get(config->root, "target_modules");
    if (targets == NULL || json_is_null(targets)) {
        *ret = 1; /* PEFT then took the family's usual modules, which are those in the file */
        return GOD_OK;
    }
    if (json_is_string(targets)) {
        const char *pattern = json_string_value(targets);
        *ret = strcmp(pattern, "all-linear") == 0;
        if (!*ret && gnn_pattern_full(pattern, name, ret, err) != GOD_OK) {
            return god_fail_in(err, WHERE ": \"target_modules\"");
        }
        return GOD_OK;
    }
    *ret = is_named(targets, name);
    return GOD_OK;
}

god_status gnn_adapter_config_module(const gnn_adapter_config *config, const char *name, gnn_adapter_module *ret_module,
                                     god_error *err)
{
    double rank = (double)config->rank, alpha = config->alpha;
    uint32_t targeted = 0;
    GOD_TRY(find_pattern(config, "rank_pattern", name, &rank, err));
    GOD_TRY(find_pattern(config, "alpha_pattern", name, &alpha, err));
    GOD_TRY(find_target(config, name, &targeted, err));
    if (!(rank >= 1.0) || rank > (double)rank_max) {
        return god_fail(err, GOD_E_DATA, WHERE ": a rank of %g for \"%s\", allowed are 1 to %d", rank, name,
                        (int)rank_max);
    }
    double scale = alpha / (config->rslora ? sqrt(rank) : rank);
    if (!(fabs(scale) <= (double)FLT_MAX)) {
        return god_fail(err, GOD_E_DATA, WHERE ": \"lora_alpha\" of %g gives \"%s\" a scale beyond f32", alpha, name);
    }
    *ret_module = (gnn_adapter_module){(int64_t)rank, scale, targeted};
    return GOD_OK;
}
