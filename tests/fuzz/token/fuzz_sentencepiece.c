/* The input is a SentencePiece model; its last byte chooses the class that converts it. */
#include <string.h>

#include "fuzz_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char *const configs[] = {"{\"tokenizer_class\": \"LlamaTokenizer\", \"legacy\": false}",
                                          "{\"tokenizer_class\": \"LlamaTokenizer\"}",
                                          "{\"tokenizer_class\": \"GemmaTokenizer\"}",
                                          "{\"tokenizer_class\": \"T5Tokenizer\", \"extra_ids\": 3}",
                                          "{\"tokenizer_class\": \"XLMRobertaTokenizer\"}",
                                          "{}"};
    const char *config = configs[bytes > 0 ? data[bytes - 1] % (sizeof configs / sizeof *configs) : 0];
    const fuzz_file files[] = {{"tokenizer.model", data, bytes}, {"tokenizer_config.json", config, strlen(config)}};
    fuzz_open("fuzz_token_sentencepiece.dir", files, 2);
    return 0;
}
