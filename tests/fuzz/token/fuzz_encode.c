/* The first byte chooses one of the golden tokenizers, the rest is the text. What must hold: the call succeeds, tokens
 * lie in the input, and a text that is valid UTF-8 gives the same ids a second time. */
#include <stdlib.h>
#include <string.h>

#include "god/helpers/file.h"
#include "god/nn/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char *const names[] = {"gpt2",
                                    "llama3",
                                    "qwen2",
                                    "falcon",
                                    "deepseek3",
                                    "gpt4o",
                                    "neox",
                                    "llama2",
                                    "mistral",
                                    "gemma",
                                    "t5",
                                    "xlmr",
                                    "unigram_bytes",
                                    "bert",
                                    "wordlevel",
                                    "openai",
                                    "sp_llama",
                                    "probe_nfkc",
                                    "probe_bert_normalizer",
                                    "probe_split_boundary"};
enum { name_count = sizeof names / sizeof *names };

/* Opened at first use and kept until the process ends. */
static const god_tokenizer *tokenizer_of(size_t which)
{
    static god_tokenizer *opened[name_count];
    if (opened[which] == NULL) {
        god_error err = GOD_ERROR_INIT;
        char path[GOD_PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/tests/golden/tokenizer/data/%s", GOD_SOURCE_DIR, names[which]);
        if (god_tokenizer_open(path, &opened[which], &err) != GOD_OK) {
            fprintf(stderr, "%s\n", err.message);
            abort();
        }
    }
    return opened[which];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    god_tokens first = GOD_TOKENS_INIT, second = GOD_TOKENS_INIT;
    god_error err = GOD_ERROR_INIT;
    if (bytes == 0) {
        return 0;
    }
    const god_tokenizer *tokenizer = tokenizer_of(data[0] % name_count);
    const char *text = (const char *)data + 1;
    if (god_tokenizer_encode(tokenizer, text, bytes - 1, GOD_ENCODE_SPECIAL, 0, &first, &err) != GOD_OK ||
        god_tokenizer_encode(tokenizer, text, bytes - 1, GOD_ENCODE_SPECIAL, 0, &second, &err) != GOD_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    if (first.count != second.count ||
        (first.count > 0 && memcmp(first.items, second.items, first.count * sizeof *first.items) != 0)) {
        abort();
    }
    for (size_t i = 0; i < first.count; i++) {
        if (first.items[i].begin > first.items[i].end || first.items[i].end > bytes - 1 || first.items[i].id < 0) {
            abort();
        }
    }
    god_tokens_free(&first);
    god_tokens_free(&second);
    return 0;
}
