#include "folder.h"

#include <check.h>
#include <stdlib.h>

#include "god/helpers/file.h"

static void must(god_status status, const god_error *err)
{
    ck_assert_msg(status == GOD_OK, "%s", err->message);
}

static void copy_file(const char *from_dir, const char *to_dir, const char *name)
{
    god_error err = GOD_ERROR_INIT;
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    must(god_path_join(from_dir, name, from, &err), &err);
    must(god_path_join(to_dir, name, to, &err), &err);
    must(god_file_copy(from, to, &err), &err);
}

void golden_folder(const char *name, char *ret_dir)
{
    static const char data[] = GOD_SOURCE_DIR "/tests/golden/tokenizer/data";
    god_error err = GOD_ERROR_INIT;
    char path[GOD_PATH_MAX], base_dir[GOD_PATH_MAX];
    char *base = NULL;
    size_t bytes = 0;
    must(god_path_join(data, name, ret_dir, &err), &err);
    must(god_path_join(ret_dir, "base", path, &err), &err);
    if (!god_file_exists(path)) {
        return;
    }
    must(god_file_read(path, 100, &base, &bytes, &err), &err);
    must(god_path_join(data, base, base_dir, &err), &err);
    free(base);
    must(god_dir_make(name, &err), &err);
    copy_file(base_dir, name, "tokenizer.json");
    copy_file(ret_dir, name, "tokenizer_config.json");
    (void)snprintf(ret_dir, GOD_PATH_MAX, "%s", name);
}

god_tokenizer *open_golden(const char *name)
{
    god_error err = GOD_ERROR_INIT;
    god_tokenizer *tokenizer = NULL;
    char dir[GOD_PATH_MAX];
    golden_folder(name, dir);
    god_status status = god_tokenizer_open(dir, &tokenizer, &err);
    ck_assert_msg(status == GOD_OK, "%s: %s", name, err.message);
    return tokenizer;
}

static void write_or_remove(const char *dir, const char *name, const char *text)
{
    god_error err = GOD_ERROR_INIT;
    char path[GOD_PATH_MAX];
    must(god_path_join(dir, name, path, &err), &err);
    if (text != NULL) {
        must(god_file_write(path, text, strlen(text), &err), &err);
    } else {
        (void)remove(path);
    }
}

void make_folder(const char *name, const char *tokenizer_json, const char *config_json, const char *special_map_json)
{
    god_error err = GOD_ERROR_INIT;
    must(god_dir_make(name, &err), &err);
    write_or_remove(name, "tokenizer.json", tokenizer_json);
    write_or_remove(name, "tokenizer_config.json", config_json);
    write_or_remove(name, "special_tokens_map.json", special_map_json);
}

void make_model_folder(const char *name, const char *bytes, size_t count, const char *config_json)
{
    god_error err = GOD_ERROR_INIT;
    char path[GOD_PATH_MAX];
    make_folder(name, NULL, config_json, NULL);
    must(god_path_join(name, "tokenizer.model", path, &err), &err);
    must(god_file_write(path, bytes, count, &err), &err);
}

void expect_refused(const char *name, god_status code, const char *sentence)
{
    god_error err = GOD_ERROR_INIT;
    god_tokenizer *tokenizer = NULL;
    god_status status = god_tokenizer_open(name, &tokenizer, &err);
    ck_assert_msg(status != GOD_OK, "opened, expected: %s", sentence);
    ck_assert_ptr_null(tokenizer);
    ck_assert_str_eq(err.message, sentence);
    ck_assert_int_eq(status, code);
}

const char *tokenizer_json(const char *normalizer, const char *pre_tokenizer, const char *model,
                           const char *post_processor, const char *decoder, const char *added_tokens)
{
    static char text[65536];
    static const char tiny[] =
        "{\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2, \"<s>\": 3, \"</s>\": 4}, "
        "\"merges\": [\"a b\"]}";
    (void)snprintf(text, sizeof text,
                   "{\"version\": \"1.0\", \"added_tokens\": %s, \"normalizer\": %s, \"pre_tokenizer\": %s, "
                   "\"post_processor\": %s, \"decoder\": %s, \"model\": %s}",
                   added_tokens != NULL ? added_tokens : "[]", normalizer != NULL ? normalizer : "null",
                   pre_tokenizer != NULL ? pre_tokenizer : "null", post_processor != NULL ? post_processor : "null",
                   decoder != NULL ? decoder : "null", model != NULL ? model : tiny);
    return text;
}
