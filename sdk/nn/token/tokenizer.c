#include "tokenizer.h"

#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "sp_convert.h"

void god_tokenizer_free(god_tokenizer *tokenizer)
{
    if (tokenizer == NULL) {
        return;
    }
    gdt_pool_free(tokenizer->pool);
    gdt_steps_fini(&tokenizer->normalizer);
    gdt_steps_fini(&tokenizer->pre_tokenizer);
    gdt_model_fini(&tokenizer->model);
    gdt_added_fini(&tokenizer->added);
    gdt_post_fini(&tokenizer->post);
    gdt_decoder_fini(&tokenizer->decoder);
    free(tokenizer->chat_template);
    free(tokenizer);
}

/* The files of SentencePiece, by the names that transformers gives them. */
static const char *const model_files[] = {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model"};

/* *ret_name NULL: there is none. */
static god_status find_model_file(const gdt_folder *folder, const char **ret_name, char *ret_path, god_error *err)
{
    *ret_name = NULL;
    for (size_t i = 0; i < sizeof model_files / sizeof *model_files && *ret_name == NULL; i++) {
        uint32_t exists = 0;
        GOD_TRY(gdt_folder_find(folder, model_files[i], ret_path, &exists, err));
        *ret_name = exists ? model_files[i] : NULL;
    }
    return GOD_OK;
}

/* A LlamaTokenizer with "add_prefix_space" in its configuration is made anew from the SentencePiece file. */
static uint32_t prefers_model_file(const gdt_folder *folder)
{
    return (folder->type->flags & GDT_CLASS_KEEPS_PREFIX_SPACE) &&
           json_is_boolean(json_object_get(folder->config, "add_prefix_space"));
}

/* The tokenizer.json of the folder, or what its SentencePiece file converts to. */
static god_status read_root(const gdt_folder *folder, json_t **ret_root, god_error *err)
{
    char json_path[GOD_PATH_MAX], model_path[GOD_PATH_MAX];
    const char *model_file = NULL;
    char *text = NULL;
    size_t bytes = 0;
    uint32_t has_json = 0;
    GOD_TRY(gdt_folder_find(folder, "tokenizer.json", json_path, &has_json, err));
    GOD_TRY(find_model_file(folder, &model_file, model_path, err));
    if (!has_json && model_file == NULL) {
        return god_fail(err, GOD_E_NOT_FOUND, "\"%s\" has neither tokenizer.json nor tokenizer.model", folder->dir);
    }
    uint32_t takes_model = model_file != NULL && (!has_json || prefers_model_file(folder));
    GOD_TRY(god_file_read(takes_model ? model_path : json_path, GDT_FILE_BYTES_MAX, &text, &bytes, err));
    god_status status = takes_model ? gdt_sp_convert(folder, model_file, text, bytes, ret_root, err)
                                    : god_json_parse("tokenizer.json", text, bytes, ret_root, err);
    free(text);
    return status;
}

static god_status read_folder(god_tokenizer *tokenizer, const gdt_folder *folder, god_error *err)
{
    json_t *root = NULL;
    GOD_TRY(read_root(folder, &root, err));
    god_status status = gdt_load_json(tokenizer, root, err);
    json_decref(root);
    GOD_TRY(status);
    GOD_TRY(gdt_apply_config(tokenizer, folder, err));
    GOD_TRY(gdt_added_refresh(&tokenizer->added, &tokenizer->model.vocab, &tokenizer->normalizer, err));
    return gdt_post_prepare(&tokenizer->post, &tokenizer->model.vocab, &tokenizer->added, err);
}

god_status god_tokenizer_open(const char *model_dir, god_tokenizer **ret_tokenizer, god_error *err)
{
    god_tokenizer *tokenizer = calloc(1, sizeof *tokenizer);
    if (tokenizer == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a tokenizer");
    }
    tokenizer->bos = tokenizer->eos = tokenizer->pad = tokenizer->unk = -1;
    tokenizer->truncation_side = GOD_TRUNCATE_RIGHT;
    gdt_folder folder;
    god_status status = gdt_pool_new(&tokenizer->pool, err);
    if (status == GOD_OK) {
        status = gdt_folder_open(&folder, model_dir, err);
    }
    if (status == GOD_OK) {
        status = read_folder(tokenizer, &folder, err);
        gdt_folder_close(&folder);
    }
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
