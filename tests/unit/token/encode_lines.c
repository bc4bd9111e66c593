/* encode_lines MODEL_DIR SPECIAL IDS_MAX: encodes texts from stdin for comparisons with other tokenizers.
 * In:  per text a 32-bit little-endian byte count and the bytes.
 * Out: per text a 32-bit count (0xFFFFFFFF: it failed, the reason is on stderr) and per token id, begin, end. */
#include <stdio.h>
#include <stdlib.h>

#include "god/nn/tokenizer.h"

enum { text_bytes_max = 64 << 20 };

static int write_tokens(const god_tokens *tokens)
{
    uint32_t count = (uint32_t)tokens->count;
    return fwrite(&count, sizeof count, 1, stdout) == 1 &&
           fwrite(tokens->items, sizeof *tokens->items, tokens->count, stdout) == tokens->count;
}

static int encode_all(const god_tokenizer *tokenizer, uint32_t flags, size_t ids_max, char *text)
{
    god_tokens tokens = GOD_TOKENS_INIT;
    god_error err = GOD_ERROR_INIT;
    uint32_t bytes, failed = UINT32_MAX;
    int fine = 1;
    while (fine && fread(&bytes, sizeof bytes, 1, stdin) == 1) {
        if (bytes > text_bytes_max || fread(text, 1, bytes, stdin) != bytes) {
            fprintf(stderr, "the input is cut off\n");
            fine = 0;
        } else if (god_tokenizer_encode(tokenizer, text, bytes, flags, ids_max, &tokens, &err) == GOD_OK) {
            fine = write_tokens(&tokens);
        } else {
            fprintf(stderr, "%s\n", err.message);
            fine = fwrite(&failed, sizeof failed, 1, stdout) == 1;
        }
    }
    god_tokens_free(&tokens);
    return fine;
}

int main(int argc, char **argv)
{
    god_tokenizer *tokenizer = NULL;
    god_error err = GOD_ERROR_INIT;
    if (argc != 4) {
        fprintf(stderr, "usage: encode_lines MODEL_DIR SPECIAL IDS_MAX\n");
        return 2;
    }
    if (god_tokenizer_open(argv[1], &tokenizer, &err) != GOD_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    char *text = malloc(text_bytes_max);
    uint32_t flags = argv[2][0] == '1' ? GOD_ENCODE_SPECIAL : 0;
    int fine = text != NULL && encode_all(tokenizer, flags, strtoul(argv[3], NULL, 10), text) && fflush(stdout) == 0;
    free(text);
    god_tokenizer_free(tokenizer);
    return fine ? 0 : 1;
}
