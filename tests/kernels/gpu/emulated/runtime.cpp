/* Memory, streams and errors of the emulated CUDA runtime: everything happens at once, in the order of the calls. */
#include "cuda_runtime.h"

#include <stdlib.h>

#include <map>

#include "emulated.h"

static cudaError_t last_error = cudaSuccess;

cudaError_t emulated_error(cudaError_t code)
{
    last_error = code;
    return code;
}

const char *cudaGetErrorString(cudaError_t code)
{
    switch (code) {
    case cudaSuccess: return "no error";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    default: return "invalid argument";
    }
}

cudaError_t cudaGetLastError()
{
    const cudaError_t code = last_error;
    last_error = cudaSuccess;
    return code;
}

/* $GOD_EMULATED_DEVICES: how many there are; 1 when unset. */
cudaError_t cudaGetDeviceCount(int *count)
{
    const char *stated = getenv("GOD_EMULATED_DEVICES");
    *count = stated != NULL ? atoi(stated) : 1;
    return *count > 0 ? cudaSuccess : emulated_error(cudaErrorNoDevice);
}

cudaError_t cudaSetDevice(int index)
{
    int count = 0;
    (void)cudaGetDeviceCount(&count);
    return index >= 0 && index < count ? cudaSuccess : emulated_error(cudaErrorInvalidValue);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int)
{
    *properties = {"emulated on the host", 8, 0, emulated_shared_bytes_max};
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version)
{
    *version = 13000;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void **memory, size_t bytes)
{
    /* not zero, as on a device; what a device gives is aligned to 256 */
    const size_t rounded = (bytes + 255) / 256 * 256;
    *memory = rounded >= bytes ? aligned_alloc(256, rounded > 0 ? rounded : 256) : NULL;
    if (*memory == NULL) {
        return emulated_error(cudaErrorMemoryAllocation);
    }
    memset(*memory, 0xff, rounded);
    return cudaSuccess;
}

static std::map<void *, size_t> pool;
static uint64_t pool_used, pool_high;

cudaError_t cudaMallocAsync(void **memory, size_t bytes, cudaStream_t)
{
    const cudaError_t code = cudaMalloc(memory, bytes);
    if (code == cudaSuccess) {
        pool[*memory] = bytes;
        pool_used += bytes;
        pool_high = pool_used > pool_high ? pool_used : pool_high;
    }
    return code;
}

cudaError_t cudaMallocHost(void **memory, size_t bytes)
{
    return cudaMalloc(memory, bytes);
}

cudaError_t cudaFree(void *memory)
{
    free(memory);
    return cudaSuccess;
}

cudaError_t cudaFreeAsync(void *memory, cudaStream_t)
{
    const auto found = pool.find(memory);
    if (found == pool.end()) {
        return memory == NULL ? cudaSuccess : emulated_error(cudaErrorInvalidValue);
    }
    pool_used -= found->second;
    pool.erase(found);
    return cudaFree(memory);
}

cudaError_t cudaFreeHost(void *memory)
{
    return cudaFree(memory);
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind, cudaStream_t)
{
    if (bytes > 0) {
        memcpy(to, from, bytes);
    }
    return cudaSuccess;
}

cudaError_t cudaMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind, cudaStream_t)
{
    if (width > to_pitch || width > from_pitch) {
        return emulated_error(cudaErrorInvalidValue);
    }
    for (size_t row = 0; row < height; row++) {
        memcpy((char *)to + row * to_pitch, (const char *)from + row * from_pitch, width);
    }
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *memory, int value, size_t bytes, cudaStream_t)
{
    memset(memory, value, bytes);
    return cudaSuccess;
}

/* Handles are memory of their own, so that a leak or a second destroy is seen. */
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
    *stream = (cudaStream_t)malloc(1);
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t)
{
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    free(stream);
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned)
{
    *event = (cudaEvent_t)malloc(1);
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t)
{
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t)
{
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    free(event);
    return cudaSuccess;
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *pool, int)
{
    *pool = NULL;
    return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void *)
{
    return cudaSuccess;
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr, void *value)
{
    *(uint64_t *)value = pool_high;
    return cudaSuccess;
}
