#include "common/finetune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const shape_members[] = {
    "architectures", "hidden_size", "n_layer",           "intermediate_size",   "head_dim",
    "hidden_act",    "model_type",  "num_hidden_layers", "num_attention_heads", "num_key_value_heads"};

/* What the model classes put where a config says nothing. A new reference, or NULL. */
static json_t *derived_member(const json_t *config, const char *name)
{
    json_int_t heads = json_integer_value(json_object_get(config, "num_attention_heads"));
    json_int_t hidden = json_integer_value(json_object_get(config, "hidden_size"));
    if (strcmp(name, "head_dim") == 0 && heads > 0 && hidden > 0) {
        return json_integer(hidden / heads);
    }
    if (strcmp(name, "num_key_value_heads") == 0 && heads > 0) {
        return json_integer(heads);
    }
    return NULL;
}

/* A new reference, or NULL when the config neither has nor implies the member. */
static json_t *member_or_derived(const json_t *config, const char *name)
{
    json_t *value = json_object_get(config, name);
    if (value != NULL && !json_is_null(value)) {
        return json_incref(value);
    }
    return derived_member(config, name);
}

static void say_difference(const char *name, const json_t *base, const json_t *submission, char *why, size_t why_bytes)
{
    char *base_text = base != NULL ? json_dumps(base, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    char *submission_text = submission != NULL ? json_dumps(submission, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    (void)snprintf(why, why_bytes, "config.json: \"%s\" is %.80s, the base model has %.80s", name,
                   submission_text != NULL ? submission_text : "absent", base_text != NULL ? base_text : "none");
    free(submission_text);
    free(base_text);
}

static uint32_t same_member(const char *name, const json_t *base_config, const json_t *submission_config, char *why,
                            size_t why_bytes)
{
    json_t *base = json_object_get(base_config, name);
    if (base == NULL || json_is_null(base)) {
        return 1;
    }
    json_t *submission = member_or_derived(submission_config, name);
    uint32_t same = submission != NULL && json_equal(base, submission);
    if (!same) {
        say_difference(name, base, submission, why, why_bytes);
    }
    json_decref(submission);
    return same;
}

uint32_t gtx_is_finetune(const json_t *base_config, const json_t *submission_config, char *why, size_t why_bytes)
{
    const json_t *base_list = json_object_get(base_config, "architectures");
    const json_t *submission_list = json_object_get(submission_config, "architectures");
    uint32_t base_absent = base_list == NULL || json_is_null(base_list);
    uint32_t submission_absent = submission_list == NULL || json_is_null(submission_list);
    if (base_absent != submission_absent) { /* two that are absent are equal; two lists are compared below */
        say_difference("architectures", base_absent ? NULL : base_list, submission_absent ? NULL : submission_list, why,
                       why_bytes);
        return 0;
    }
    for (size_t i = 0; i < sizeof shape_members / sizeof shape_members[0]; i++) {
        if (!same_member(shape_members[i], base_config, submission_config, why, why_bytes)) {
            return 0;
        }
    }
    return 1;
}
