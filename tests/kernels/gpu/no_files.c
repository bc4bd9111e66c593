/* gpu-check's models come without files, so there are no tensors to give back to one. */
#include "format/safetensors.h"

void gnn_tensor_release(const gnn_tensor *tensor, uint64_t first, uint64_t bytes)
{
    (void)tensor;
    (void)first;
    (void)bytes;
}
