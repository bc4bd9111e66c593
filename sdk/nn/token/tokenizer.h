/* tokenizer.h: what a god_tokenizer holds, and the parts that fill it. */
#ifndef GDT_TOKENIZER_H
#define GDT_TOKENIZER_H

#include "decoder.h"
#include "folder.h"
#include "pool.h"
#include "post.h"

#define GDT_FILE_BYTES_MAX ((size_t)256 << 20)

struct god_tokenizer {
    gdt_pool *pool; /* the one part that changes after loading */
    gdt_steps normalizer, pre_tokenizer;
    gdt_model model;
    gdt_added added;
    gdt_post post;
    gdt_decoder decoder;
    /* The single step of a kind that tokenizer_config.json may set anew; NULL: the file decides. */
    gdt_step *byte_level, *bert;
    int32_t bos, eos, pad, unk; /* -1: none */
    uint32_t truncation_side;
    uint32_t cleans_up; /* decode takes blanks before punctuation away */
    int64_t model_max_length;
    char *chat_template;
};

/* Fills the tokenizer from a parsed tokenizer.json. */
god_status gdt_load_json(god_tokenizer *tokenizer, json_t *root, god_error *err);
/* Applies tokenizer_config.json and its neighbours. */
god_status gdt_apply_config(god_tokenizer *tokenizer, const gdt_folder *folder, god_error *err);

#endif
