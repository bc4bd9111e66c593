#include "fuzz_folder.h"

#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/nn/tokenizer.h"

static const char text[] = "Hello  w\xC3\xB6rld, it's <s>12345</s> ab\n\n\t\xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x99\x82 "
                           "\xE2\x96\x81x e\xCC\x81\xCC\xA3 \xFF\xC3 [MASK] aaaaaaaaaaaaaaaa";

static void use(const god_tokenizer *tokenizer)
{
    god_tokens tokens = GOD_TOKENS_INIT;
    god_error err = GOD_ERROR_INIT;
    for (size_t ids_max = 0; ids_max < 4; ids_max++) {
        (void)god_tokenizer_encode(tokenizer, text, sizeof text - 1, GOD_ENCODE_SPECIAL, ids_max, &tokens, &err);
    }
    if (god_tokenizer_encode(tokenizer, text, sizeof text - 1, 0, 0, &tokens, &err) == GOD_OK) {
        int32_t *ids = malloc((tokens.count + 1) * sizeof *ids);
        char *decoded = NULL;
        size_t bytes = 0;
        for (size_t i = 0; ids != NULL && i < tokens.count; i++) {
            ids[i] = tokens.items[i].id;
            if (tokens.items[i].begin > tokens.items[i].end || tokens.items[i].end > sizeof text - 1) {
                abort(); /* offsets lie in the input */
            }
        }
        if (ids != NULL && god_tokenizer_decode(tokenizer, ids, tokens.count, 1, &decoded, &bytes, &err) == GOD_OK) {
            free(decoded);
        }
        free(ids);
    }
    god_tokens_free(&tokens);
}

void fuzz_open(const char *folder, const fuzz_file *files, size_t count)
{
    god_tokenizer *tokenizer = NULL;
    god_error err = GOD_ERROR_INIT;
    if (god_dir_make(folder, &err) != GOD_OK) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        char path[GOD_PATH_MAX];
        if (god_path_join(folder, files[i].name, path, &err) != GOD_OK) {
            abort();
        }
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(files[i].data, 1, files[i].bytes, file) != files[i].bytes || fclose(file) != 0) {
            abort();
        }
    }
    if (god_tokenizer_open(folder, &tokenizer, &err) == GOD_OK) {
        use(tokenizer);
    }
    god_tokenizer_free(tokenizer);
}
