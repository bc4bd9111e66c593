/* The input is a tokenizer.json. */
#include "fuzz_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const fuzz_file file = {"tokenizer.json", data, bytes};
    fuzz_open("fuzz_token_json.dir", &file, 1);
    return 0;
}
