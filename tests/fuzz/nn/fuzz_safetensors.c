/* Any bytes as a safetensors file: it is refused, or every byte of every tensor can be read. */
#include "format/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void read_all(const gnn_tensor *tensor)
{
    volatile uint8_t sum = 0;
    uint8_t element[4];
    for (uint64_t i = 0; i < tensor->bytes; i++) {
        sum = (uint8_t)(sum + tensor->data[i]);
    }
    if (gnn_convert_check(tensor, NULL) == GOD_OK && tensor->elements > 0) {
        (void)gnn_convert(tensor, tensor->elements - 1, 1, 1, element, 1, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gnn_safetensors *file = NULL;
    god_error err = GOD_ERROR_INIT;
    if (gnn_safetensors_open_bytes(data, bytes, "fuzz", &file, &err) == GOD_OK) {
        for (size_t i = 0; i < gnn_safetensors_count(file); i++) {
            read_all(gnn_safetensors_at(file, i));
        }
        gnn_safetensors_close(file);
    }
    return 0;
}
