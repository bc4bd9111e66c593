/* The input is a tokenizer_config.json beside a small tokenizer.json. */
#include <string.h>

#include "fuzz_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char tokenizer[] =
    "{\"added_tokens\": [{\"id\": 5, \"content\": \"<x>\", \"single_word\": false, \"lstrip\": true, \"rstrip\": true, "
    "\"normalized\": false, \"special\": false}], \"normalizer\": {\"type\": \"BertNormalizer\"}, \"pre_tokenizer\": "
    "{\"type\": \"ByteLevel\"}, \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2, \"<s>\": 3, "
    "\"</s>\": 4}, \"merges\": [\"a b\"]}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const fuzz_file files[] = {{"tokenizer.json", tokenizer, sizeof tokenizer - 1},
                               {"tokenizer_config.json", data, bytes}};
    fuzz_open("fuzz_token_config.dir", files, 2);
    return 0;
}
