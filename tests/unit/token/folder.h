/* Tokenizer folders for tests. */
#ifndef TOKEN_FOLDER_H
#define TOKEN_FOLDER_H

#include "god/nn/tokenizer.h"

/* The folder of goldens with this name; where it shares a tokenizer.json, a copy with all files in the working
 * directory. `ret_dir` has GOD_PATH_MAX bytes. */
void golden_folder(const char *name, char *ret_dir);

/* Opens the tokenizer of golden_folder(name); fails the test when it does not open. */
god_tokenizer *open_golden(const char *name);

/* Writes files into the folder NAME of the working directory; a NULL text leaves the file out. */
void make_folder(const char *name, const char *tokenizer_json, const char *config_json, const char *special_map_json);

/* The same with a tokenizer.model of these bytes and no tokenizer.json. */
void make_model_folder(const char *name, const char *bytes, size_t count, const char *config_json);

/* Opens NAME of the working directory and fails the test unless that fails with the code and the exact sentence. */
void expect_refused(const char *name, god_status code, const char *sentence);

/* A whole tokenizer.json with these members in place of the defaults; NULL keeps a default (null, or a tiny BPE). The
 * text is valid until the next call. */
const char *tokenizer_json(const char *normalizer, const char *pre_tokenizer, const char *model,
                           const char *post_processor, const char *decoder, const char *added_tokens);

#endif
