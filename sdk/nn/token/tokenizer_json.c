#include <stdlib.h>

#include "god/helpers/json.h"
#include "tokenizer.h"

static const char file[] = "tokenizer.json";

/* The model may read raw bytes when ByteLevel is the last step before it and nothing of the model looks at the
 * characters themselves. */
static uint32_t may_read_raw_bytes(const gdt_steps *pre_tokenizer, const json_t *model)
{
    const char *type = json_string_value(json_object_get(model, "type"));
    const char *prefix = json_string_value(json_object_get(model, "continuing_subword_prefix"));
    const char *suffix = json_string_value(json_object_get(model, "end_of_word_suffix"));
    return pre_tokenizer->count > 0 && pre_tokenizer->items[pre_tokenizer->count - 1].maps_bytes &&
           (type == NULL || strcmp(type, "BPE") == 0) && !json_is_true(json_object_get(model, "byte_fallback")) &&
           (prefix == NULL || *prefix == '\0') && (suffix == NULL || *suffix == '\0');
}

static god_status load_added_token(const char *where, json_t *object, gdt_added_token *ret_token, god_error *err)
{
    const char *content = NULL;
    int64_t id = 0;
    GOD_TRY(god_json_get_int(where, object, "id", 0, GDT_VOCAB_IDS_MAX - 1, &id, err));
    GOD_TRY(god_json_get_str(where, object, "content", &content, err));
    GOD_TRY(god_json_get_bool(where, object, "single_word", &ret_token->single_word, err));
    GOD_TRY(god_json_get_bool(where, object, "lstrip", &ret_token->lstrip, err));
    GOD_TRY(god_json_get_bool(where, object, "rstrip", &ret_token->rstrip, err));
    GOD_TRY(god_json_get_bool(where, object, "normalized", &ret_token->normalized, err));
    GOD_TRY(god_json_get_bool(where, object, "special", &ret_token->special, err));
    ret_token->content = (char *)(uintptr_t)content; /* borrowed; gdt_added_add copies it */
    return GOD_OK;
}

static god_status load_added(god_tokenizer *tokenizer, json_t *root, god_error *err)
{
    json_t *list = NULL, *item;
    size_t i, count;
    GOD_TRY(god_json_opt_array(file, root, "added_tokens", &list, err));
    count = json_array_size(list);
    if (count > GDT_ADDED_TOKENS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"added_tokens\" has %zu entries, GDT_ADDED_TOKENS_MAX is %d", file,
                        count, GDT_ADDED_TOKENS_MAX);
    }
    gdt_added_token *tokens = calloc(count + 1, sizeof *tokens);
    if (tokens == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", file);
    }
    god_status status = GOD_OK;
    json_array_foreach(list, i, item)
    {
        char where[64];
        (void)snprintf(where, sizeof where, "%s: added_tokens[%zu]", file, i);
        status = load_added_token(where, item, &tokens[i], err);
        if (status != GOD_OK) {
            break;
        }
    }
    if (status == GOD_OK) {
        status = gdt_added_add(&tokenizer->added, &tokenizer->model.vocab, tokens, count, err);
    }
    free(tokens);
    return status;
}

static uint32_t has_type(const json_t *object, const char *type)
{
    const char *found = json_string_value(json_object_get(object, "type"));
    return found != NULL && strcmp(found, type) == 0;
}

static god_status load_truncation(god_tokenizer *tokenizer, json_t *root, god_error *err)
{
    json_t *truncation = NULL;
    const char *direction = NULL;
    GOD_TRY(god_json_opt_object(file, root, "truncation", &truncation, err));
    GOD_TRY(god_json_opt_str("tokenizer.json: truncation", truncation, "direction", &direction, err));
    if (direction != NULL && strcmp(direction, "Left") == 0) {
        tokenizer->truncation_side = GOD_TRUNCATE_LEFT;
    }
    return GOD_OK;
}

god_status gdt_load_json(god_tokenizer *tokenizer, json_t *root, god_error *err)
{
    json_t *model = NULL;
    GOD_TRY(god_json_get_object(file, root, "model", &model, err));
    GOD_TRY(gdt_normalizer_load(&tokenizer->normalizer, json_object_get(root, "normalizer"), err));
    GOD_TRY(gdt_pre_tokenizer_load(&tokenizer->pre_tokenizer, json_object_get(root, "pre_tokenizer"), err));
    if (has_type(json_object_get(root, "pre_tokenizer"), "ByteLevel")) {
        tokenizer->byte_level = tokenizer->pre_tokenizer.items;
    }
    if (has_type(json_object_get(root, "normalizer"), "BertNormalizer")) {
        tokenizer->bert = tokenizer->normalizer.items;
    }
    uint32_t raw_bytes = may_read_raw_bytes(&tokenizer->pre_tokenizer, model);
    if (raw_bytes) {
        tokenizer->pre_tokenizer.items[tokenizer->pre_tokenizer.count - 1].maps_bytes = 0;
    }
    GOD_TRY(gdt_model_load(&tokenizer->model, model, raw_bytes, err));
    GOD_TRY(load_added(tokenizer, root, err));
    GOD_TRY(load_truncation(tokenizer, root, err));
    GOD_TRY(gdt_post_load(&tokenizer->post, json_object_get(root, "post_processor"), err));
    return gdt_decoder_load(&tokenizer->decoder, json_object_get(root, "decoder"), err);
}
