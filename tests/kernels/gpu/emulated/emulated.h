/* Shared by the parts of the emulated runtime. */
#ifndef EMULATED_EMULATED_H
#define EMULATED_EMULATED_H

#include "cuda_runtime.h"

constexpr size_t emulated_shared_bytes = 48 << 10;      /* that a block has unasked */
constexpr size_t emulated_shared_bytes_max = 163 << 10; /* of compute capability 8.0 */

cudaError_t emulated_error(cudaError_t code); /* remembers it for cudaGetLastError and returns it */

#endif
