/* Runs our tokenizer for comparisons with others; all numbers are 32-bit little-endian.
 *   encode_lines MODEL_DIR encode SPECIAL IDS_MAX   in: per text its bytes and the text
 *                                                   out: per text its count of tokens and per token id, begin, end
 *   encode_lines MODEL_DIR decode SKIP_SPECIAL      in: per text its count of ids and the ids; out: bytes and the text
 *   encode_lines MODEL_DIR facts                    out: one line of JSON
 * A count of 0xFFFFFFFF says that a text failed; the reason is on stderr. */
#include <stdio.h>
#include <stdlib.h>

#include "god/nn/tokenizer.h"

enum { input_bytes_max = 64 << 20 };

static int write_u32(uint32_t value)
{
    return fwrite(&value, sizeof value, 1, stdout) == 1;
}

static int write_failure(const god_error *err)
{
    fprintf(stderr, "%s\n", err->message);
    return write_u32(UINT32_MAX);
}

/* The next record: a count and that many items. 0 at the end. */
static int read_record(char *input, size_t item_bytes, uint32_t *ret_count)
{
    if (fread(ret_count, sizeof *ret_count, 1, stdin) != 1) {
        return 0;
    }
    if (*ret_count > input_bytes_max / item_bytes || fread(input, item_bytes, *ret_count, stdin) != *ret_count) {
        fprintf(stderr, "the input is cut off\n");
        exit(1);
    }
    return 1;
}

static int encode_all(const god_tokenizer *tokenizer, uint32_t flags, size_t ids_max, char *text)
{
    god_tokens tokens = GOD_TOKENS_INIT;
    god_error err = GOD_ERROR_INIT;
    uint32_t bytes;
    int fine = 1;
    while (fine && read_record(text, 1, &bytes)) {
        if (god_tokenizer_encode(tokenizer, text, bytes, flags, ids_max, &tokens, &err) != GOD_OK) {
            fine = write_failure(&err);
            continue;
        }
        fine = write_u32((uint32_t)tokens.count) &&
               fwrite(tokens.items, sizeof *tokens.items, tokens.count, stdout) == tokens.count;
    }
    god_tokens_free(&tokens);
    return fine;
}

static int decode_all(const god_tokenizer *tokenizer, uint32_t skip_special, char *input)
{
    god_error err = GOD_ERROR_INIT;
    uint32_t count;
    int fine = 1;
    while (fine && read_record(input, sizeof(int32_t), &count)) {
        char *text = NULL;
        size_t bytes = 0;
        if (god_tokenizer_decode(tokenizer, (const int32_t *)(void *)input, count, skip_special, &text, &bytes, &err) !=
            GOD_OK) {
            fine = write_failure(&err);
            continue;
        }
        fine = write_u32((uint32_t)bytes) && fwrite(text, 1, bytes, stdout) == bytes;
        free(text);
    }
    return fine;
}

static int print_facts(const god_tokenizer *tokenizer)
{
    return printf("{\"bos\": %d, \"eos\": %d, \"pad\": %d, \"unk\": %d, \"size\": %d, \"model_max_length\": %lld, "
                  "\"truncation_side\": \"%s\"}\n",
                  god_tokenizer_bos(tokenizer), god_tokenizer_eos(tokenizer), god_tokenizer_pad(tokenizer),
                  god_tokenizer_unk(tokenizer), god_tokenizer_size(tokenizer),
                  (long long)god_tokenizer_model_max_length(tokenizer),
                  god_tokenizer_truncation_side(tokenizer) == GOD_TRUNCATE_LEFT ? "left" : "right") > 0;
}

int main(int argc, char **argv)
{
    god_tokenizer *tokenizer = NULL;
    god_error err = GOD_ERROR_INIT;
    const char *mode = argc > 2 ? argv[2] : "";
    char *input = malloc(input_bytes_max);
    int fine = 0;
    if (input == NULL || god_tokenizer_open(argc > 1 ? argv[1] : ".", &tokenizer, &err) != GOD_OK) {
        fprintf(stderr, "%s\n", err.message);
        free(input);
        return 1;
    }
    if (strcmp(mode, "encode") == 0 && argc == 5) {
        fine = encode_all(tokenizer, argv[3][0] == '1' ? GOD_ENCODE_SPECIAL : 0, strtoul(argv[4], NULL, 10), input);
    } else if (strcmp(mode, "decode") == 0 && argc == 4) {
        fine = decode_all(tokenizer, argv[3][0] == '1', input);
    } else if (strcmp(mode, "facts") == 0 && argc == 3) {
        fine = print_facts(tokenizer);
    } else {
        fprintf(stderr, "usage: encode_lines MODEL_DIR encode SPECIAL IDS_MAX | decode SKIP_SPECIAL | facts\n");
    }
    free(input);
    god_tokenizer_free(tokenizer);
    return fine && fflush(stdout) == 0 ? 0 : 1;
}
