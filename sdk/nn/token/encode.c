#include <stdlib.h>

#include "cache.h"
#include "tokenizer.h"

/* Bytes of the text become bytes of the input. */
static void find_origins(const gdt_work *work, god_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        god_token *token = &tokens->items[i];
        gdt_range origin = gdt_work_origin(work, token->begin, token->end);
        token->begin = origin.begin;
        token->end = origin.end;
    }
}

/* The whole way from text to tokens, without post-processor. */
static god_status run_steps(const god_tokenizer *tokenizer, gdt_work *work, god_tokens *tokens, god_error *err)
{
    const gdt_added *added = &tokenizer->added;
    GOD_TRY(gdt_added_split(added, &added->raw, work, err));
    GOD_TRY(gdt_steps_run(&tokenizer->normalizer, work, err));
    GOD_TRY(gdt_added_split(added, &added->normalized, work, err));
    GOD_TRY(gdt_steps_run(&tokenizer->pre_tokenizer, work, err));
    for (size_t i = 0; i < work->pieces.count; i++) {
        const gdt_piece *piece = &work->pieces.items[i];
        if (piece->id != GDT_NO_ID) {
            GOD_TRY(gdt_token_push(tokens, piece->id, piece->begin, piece->end, err));
        } else {
            GOD_TRY(gdt_cache_encode(&tokenizer->model, work, piece, tokens, err));
        }
    }
    find_origins(work, tokens);
    return GOD_OK;
}

static void truncate_to(god_tokens *tokens, size_t count, uint32_t side)
{
    if (tokens->count <= count) {
        return;
    }
    if (side == GOD_TRUNCATE_LEFT) {
        memmove(tokens->items, tokens->items + (tokens->count - count), count * sizeof *tokens->items);
    }
    tokens->count = count;
}

static god_status encode(const god_tokenizer *tokenizer, gdt_work *work, const char *text, size_t bytes, uint32_t flags,
                         size_t ids_max, god_tokens *tokens, god_error *err)
{
    size_t added = (flags & GOD_ENCODE_SPECIAL) ? gdt_post_added(&tokenizer->post) : 0;
    if (ids_max > 0 && ids_max < added) {
        return god_fail(err, GOD_E_INVALID, "encode: ids_max is %zu, but the tokenizer adds %zu special tokens",
                        ids_max, added);
    }
    GOD_TRY(gdt_work_begin(work, text, bytes, err));
    GOD_TRY(run_steps(tokenizer, work, tokens, err));
    if (ids_max > 0) {
        truncate_to(tokens, ids_max - added, tokenizer->truncation_side);
    }
    return gdt_post_run(&tokenizer->post, &tokenizer->model.vocab, &tokenizer->added, work, flags & GOD_ENCODE_SPECIAL,
                        tokens, err);
}

god_status god_tokenizer_encode(const god_tokenizer *tokenizer, const char *text, size_t bytes, uint32_t flags,
                                size_t ids_max, god_tokens *tokens, god_error *err)
{
    gdt_work *work = NULL;
    tokens->count = 0;
    GOD_TRY(gdt_pool_take(tokenizer->pool, &work, err));
    god_status status = encode(tokenizer, work, text, bytes, flags, ids_max, tokens, err);
    gdt_pool_give(tokenizer->pool, work);
    return status;
}

void god_tokens_free(god_tokens *tokens)
{
    if (tokens == NULL) {
        return;
    }
    free(tokens->items);
    *tokens = (god_tokens)GOD_TOKENS_INIT;
}

static god_status push_piece(const god_tokenizer *tokenizer, int32_t id, uint32_t skip_special, gdt_strings *pieces,
                             god_error *err)
{
    const char *piece = god_tokenizer_piece(tokenizer, id);
    if (piece == NULL || (skip_special && gdt_added_is_special_text(&tokenizer->added, piece))) {
        return GOD_OK;
    }
    return gdt_strings_push(pieces, piece, strlen(piece), err);
}

god_status god_tokenizer_decode(const god_tokenizer *tokenizer, const int32_t *ids, size_t count, uint32_t skip_special,
                                char **ret_text, size_t *ret_bytes, god_error *err)
{
    gdt_strings pieces = {.bytes = GOD_TEXT_INIT};
    god_text text = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (size_t i = 0; i < count && status == GOD_OK; i++) {
        status = push_piece(tokenizer, ids[i], skip_special, &pieces, err);
    }
    if (status == GOD_OK) {
        status = gdt_decoder_run(&tokenizer->decoder, &pieces, &text, err);
    }
    if (status == GOD_OK && tokenizer->cleans_up) {
        status = gdt_decode_cleanup(&text, 0, err);
    }
    if (status == GOD_OK) {
        status = god_text_append(&text, "", 0, err); /* never NULL */
    }
    gdt_strings_fini(&pieces);
    if (status != GOD_OK) {
        god_text_free(&text);
        return status;
    }
    *ret_text = text.data;
    *ret_bytes = text.bytes;
    return GOD_OK;
}
