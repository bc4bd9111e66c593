#include "tokenizer.h"

#include <stdlib.h>

#include "god/helpers/file.h"

void god_tokenizer_free(god_tokenizer *tokenizer)
{
    if (tokenizer == NULL) {
        return;
    }
    gdt_steps_fini(&tokenizer->normalizer);
    gdt_steps_fini(&tokenizer->pre_tokenizer);
    gdt_model_fini(&tokenizer->model);
    gdt_added_fini(&tokenizer->added);
    gdt_post_fini(&tokenizer->post);
    gdt_decoder_fini(&tokenizer->decoder);
    free(tokenizer->chat_template);
    free(tokenizer);
}

static god_status read_folder(god_tokenizer *tokenizer, const char *model_dir, god_error *err)
{
    char path[GOD_PATH_MAX];
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_path_join(model_dir, "tokenizer.json", path, err));
    GOD_TRY(god_file_read(path, GDT_FILE_BYTES_MAX, &text, &bytes, err));
    god_status status = gdt_read_json(tokenizer, text, bytes, err);
    free(text);
    GOD_TRY(status);
    GOD_TRY(gdt_read_config(tokenizer, model_dir, err));
    return gdt_added_refresh(&tokenizer->added, &tokenizer->model.vocab, &tokenizer->normalizer, err);
}

god_status god_tokenizer_open(const char *model_dir, god_tokenizer **ret_tokenizer, god_error *err)
{
    god_tokenizer *tokenizer = calloc(1, sizeof *tokenizer);
    if (tokenizer == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a tokenizer");
    }
    tokenizer->bos = tokenizer->eos = tokenizer->pad = tokenizer->unk = -1;
    tokenizer->truncation_side = GOD_TRUNCATE_RIGHT;
    god_status status = read_folder(tokenizer, model_dir, err);
    if (status != GOD_OK) {
        god_tokenizer_free(tokenizer);
        return status;
    }
    *ret_tokenizer = tokenizer;
    return GOD_OK;
}

const char *god_tokenizer_piece(const god_tokenizer *tokenizer, int32_t id)
{
    const gdt_added_token *token = gdt_added_find(&tokenizer->added, id);
    return token != NULL ? token->content : gdt_vocab_piece(&tokenizer->model.vocab, id);
}

int32_t god_tokenizer_bos(const god_tokenizer *tokenizer)
{
    return tokenizer->bos;
}

int32_t god_tokenizer_eos(const god_tokenizer *tokenizer)
{
    return tokenizer->eos;
}

int32_t god_tokenizer_pad(const god_tokenizer *tokenizer)
{
    return tokenizer->pad;
}

int32_t god_tokenizer_unk(const god_tokenizer *tokenizer)
{
    return tokenizer->unk;
}

uint32_t god_tokenizer_is_special(const god_tokenizer *tokenizer, int32_t id)
{
    const gdt_added_token *token = gdt_added_find(&tokenizer->added, id);
    return token != NULL && gdt_added_is_special_text(&tokenizer->added, token->content);
}

uint32_t god_tokenizer_truncation_side(const god_tokenizer *tokenizer)
{
    return tokenizer->truncation_side;
}

int32_t god_tokenizer_size(const god_tokenizer *tokenizer)
{
    int32_t vocab = tokenizer->model.vocab.id_end, added = tokenizer->added.id_end;
    return vocab > added ? vocab : added;
}

int64_t god_tokenizer_model_max_length(const god_tokenizer *tokenizer)
{
    return tokenizer->model_max_length;
}

const char *god_tokenizer_chat_template(const god_tokenizer *tokenizer)
{
    return tokenizer->chat_template;
}
