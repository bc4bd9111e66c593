/* tests/bench/bench_tokenizer.c: how fast one thread encodes. Called by bench_tokenizer.py, which compares.
 *
 *     bench-tokenizer MODEL_DIR TEXTS SECONDS
 *
 * TEXTS holds records: a 32-bit little-endian byte count and that many bytes. They are encoded one by one, without
 * special tokens, again and again for about SECONDS of processor time; the first pass warms up and is timed apart.
 * Prints one line of JSON: bytes and tokens of a pass, a digest of all ids (sum of (id + 1) * (place + 1), modulo
 * 2^64), and the seconds of processor time that the first pass and the fastest other pass took. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "god/helpers/file.h"
#include "god/nn/tokenizer.h"

enum { texts_bytes_max = 256 << 20 };

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

typedef struct totals {
    uint64_t bytes, tokens, digest;
} totals;

static void add_digest(totals *sum, const god_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        sum->digest += ((uint64_t)(uint32_t)tokens->items[i].id + 1) * (sum->tokens + i + 1);
    }
}

/* One pass over all texts; returns its seconds, the digest not counted. */
static double encode_all(const god_tokenizer *tokenizer, const char *texts, size_t size, totals *ret_sum)
{
    god_tokens tokens = GOD_TOKENS_INIT;
    god_error err = GOD_ERROR_INIT;
    totals sum = {0};
    uint32_t with_digest = ret_sum != NULL;
    double begin_s = now_s();
    for (size_t at = 0; at + sizeof(uint32_t) <= size;) {
        uint32_t bytes;
        memcpy(&bytes, texts + at, sizeof bytes);
        at += sizeof bytes;
        if (bytes > size - at || god_tokenizer_encode(tokenizer, texts + at, bytes, 0, 0, &tokens, &err) != GOD_OK) {
            fprintf(stderr, "%s\n", bytes > size - at ? "the texts are cut off" : err.message);
            exit(1);
        }
        at += bytes;
        if (with_digest) {
            add_digest(&sum, &tokens);
        }
        sum.bytes += bytes;
        sum.tokens += tokens.count;
    }
    double seconds = now_s() - begin_s;
    god_tokens_free(&tokens);
    if (with_digest) {
        *ret_sum = sum;
    }
    return seconds;
}

int main(int argc, char **argv)
{
    god_tokenizer *tokenizer = NULL;
    god_error err = GOD_ERROR_INIT;
    char *texts = NULL;
    size_t size = 0;
    if (argc != 4) {
        fprintf(stderr, "usage: bench-tokenizer MODEL_DIR TEXTS SECONDS\n");
        return 2;
    }
    if (god_tokenizer_open(argv[1], &tokenizer, &err) != GOD_OK ||
        god_file_read(argv[2], texts_bytes_max, &texts, &size, &err) != GOD_OK) {
        fprintf(stderr, "%s\n", err.message);
        god_tokenizer_free(tokenizer);
        return 1;
    }
    totals sum = {0};
    double first_s = encode_all(tokenizer, texts, size, NULL), best_s = first_s, end_s = now_s() + atof(argv[3]);
    do {
        double seconds = encode_all(tokenizer, texts, size, NULL);
        best_s = seconds < best_s ? seconds : best_s;
    } while (now_s() < end_s);
    (void)encode_all(tokenizer, texts, size, &sum);
    (void)printf("{\"bytes\": %llu, \"tokens\": %llu, \"digest\": %llu, \"first_s\": %.9f, \"best_s\": %.9f}\n",
                 (unsigned long long)sum.bytes, (unsigned long long)sum.tokens, (unsigned long long)sum.digest, first_s,
                 best_s);
    free(texts);
    god_tokenizer_free(tokenizer);
    return 0;
}
