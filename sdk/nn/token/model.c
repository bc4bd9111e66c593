#include "model.h"

#include "god/helpers/json.h"

god_status gdt_model_load(gdt_model *model, json_t *object, uint32_t raw_bytes, god_error *err)
{
    const char *where = "tokenizer.json: model", *type = NULL;
    GOD_TRY(god_json_opt_str(where, object, "type", &type, err));
    if (type == NULL) { /* files written before the member existed */
        type = json_object_get(object, "merges") != NULL                     ? "BPE"
               : json_is_array(json_object_get(object, "vocab"))             ? "Unigram"
               : json_object_get(object, "max_input_chars_per_word") != NULL ? "WordPiece"
                                                                             : "WordLevel";
    }
    if (strcmp(type, "BPE") == 0) {
        return gdt_bpe_load(model, where, object, raw_bytes, err);
    }
    if (strcmp(type, "Unigram") == 0) {
        return gdt_unigram_load(model, where, object, err);
    }
    if (strcmp(type, "WordPiece") == 0) {
        return gdt_wordpiece_load(model, where, object, err);
    }
    if (strcmp(type, "WordLevel") == 0) {
        return gdt_wordlevel_load(model, where, object, err);
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: the type \"%.40s\" is not supported", where, type);
}

void gdt_model_fini(gdt_model *model)
{
    if (model->fini != NULL) {
        model->fini(model->self);
    }
    gdt_vocab_fini(&model->vocab);
    memset(model, 0, sizeof *model);
}

god_status gdt_tokens_reserve(god_tokens *tokens, size_t more, god_error *err)
{
    if (more <= tokens->capacity - tokens->count) {
        return GOD_OK;
    }
    return gdt_reserve((void **)&tokens->items, &tokens->capacity, tokens->count + more, sizeof *tokens->items,
                       "encode", err);
}

god_status gdt_token_push(god_tokens *tokens, int32_t id, uint32_t begin, uint32_t end, god_error *err)
{
    GOD_TRY(gdt_tokens_reserve(tokens, 1, err));
    tokens->items[tokens->count++] = (god_token){id, begin, end};
    return GOD_OK;
}
