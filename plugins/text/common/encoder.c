#include "common/encoder.h"

#include "god/helpers/file.h"
#include "god/helpers/sha256.h"
#include "god/helpers/text.h"

static god_status encode_with_tokenizer(void *ctx, const char *text, size_t bytes, uint32_t flags, size_t ids_max,
                                        gtx_ids *ids, god_error *err)
{
    gtx_tokenizer *self = ctx;
    GOD_TRY(god_tokenizer_encode(self->tokenizer, text, bytes, flags, ids_max, &self->scratch, err));
    GOD_TRY(gtx_ids_reserve(ids, self->scratch.count, err));
    for (size_t i = 0; i < self->scratch.count; i++) {
        ids->items[ids->count++] = self->scratch.items[i].id;
    }
    return GOD_OK;
}

god_status gtx_tokenizer_open(const char *model_dir, gtx_tokenizer *ret_tokenizer, god_error *err)
{
    god_tokenizer *tokenizer = NULL;
    GOD_TRY(god_tokenizer_open(model_dir, &tokenizer, err));
    *ret_tokenizer = (gtx_tokenizer){.tokenizer = tokenizer, .scratch = GOD_TOKENS_INIT};
    ret_tokenizer->encoder = (gtx_encoder){.ctx = ret_tokenizer,
                                           .encode = encode_with_tokenizer,
                                           .bos = god_tokenizer_bos(tokenizer),
                                           .eos = god_tokenizer_eos(tokenizer)};
    return GOD_OK;
}

void gtx_tokenizer_close(gtx_tokenizer *tokenizer)
{
    god_tokens_free(&tokenizer->scratch);
    god_tokenizer_free(tokenizer->tokenizer);
    *tokenizer = (gtx_tokenizer){.scratch = GOD_TOKENS_INIT};
}

god_status gtx_tokenizer_digest(const char *model_dir, char ret_hex[65], god_error *err)
{
    static const char *const names[] = {"tokenizer.json",
                                        "tokenizer_config.json",
                                        "special_tokens_map.json",
                                        "added_tokens.json",
                                        "vocab.json",
                                        "merges.txt",
                                        "tokenizer.model",
                                        "vocab.txt",
                                        "chat_template.jinja",
                                        "config.json"};
    god_text lines = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == GOD_OK; i++) {
        char path[GOD_PATH_MAX];
        char digest[GOD_SHA256_HEX] = "absent";
        status = god_path_join(model_dir, names[i], path, err);
        if (status == GOD_OK && god_file_exists(path)) {
            status = god_sha256_file(path, digest, err);
        }
        if (status == GOD_OK) {
            status = god_text_append_f(&lines, err, "%s %s\n", digest, names[i]);
        }
    }
    if (status == GOD_OK) {
        god_sha256_bytes(lines.data, lines.bytes, ret_hex);
    }
    god_text_free(&lines);
    return status;
}
