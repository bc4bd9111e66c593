/* The part of the CUDA runtime that sdk/nn/cuda uses, played on the host so that its kernels run without a GPU.
 *
 * gnn_emulate runs a kernel block by block. Every thread of a block is a context of its own on one host thread; it runs
 * until it ends or meets a barrier of its block or an exchange of its warp. "Device" memory is host memory of exactly
 * the size asked for, so an address sanitizer sees what compute-sanitizer would. `__shared__` variables are static:
 * blocks run one after the other.
 *
 * What it finds besides wrong numbers: a barrier that part of a block never reaches, launches with sizes that a device
 * refuses, copies in the background that nobody waited for (they arrive when they are waited for, and not before), and
 * races in shared memory, as a difference between GOD_EMULATED_ORDER=forward and backward, the order in which threads
 * get their turn. Not played: speed, several streams at once. */
#ifndef EMULATED_CUDA_RUNTIME_H
#define EMULATED_CUDA_RUNTIME_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <functional>

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __launch_bounds__(...)

struct dim3 {
    uint32_t x, y, z;
    constexpr dim3(uint32_t vx = 1, uint32_t vy = 1, uint32_t vz = 1) : x(vx), y(vy), z(vz)
    {
    }
};
extern dim3 threadIdx, blockIdx, blockDim, gridDim;

typedef enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInsufficientDriver = 35,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorNoDevice = 100
} cudaError_t;
typedef enum cudaMemcpyKind {
    cudaMemcpyHostToDevice = 1,
    cudaMemcpyDeviceToHost = 2,
    cudaMemcpyDeviceToDevice = 3
} cudaMemcpyKind;
enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2 };
typedef enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 } cudaFuncAttribute;
typedef enum cudaMemPoolAttr { cudaMemPoolAttrReleaseThreshold = 4, cudaMemPoolAttrUsedMemHigh = 8 } cudaMemPoolAttr;
typedef struct emulated_stream *cudaStream_t;
typedef struct emulated_event *cudaEvent_t;
typedef struct emulated_pool *cudaMemPool_t;
typedef struct cudaDeviceProp {
    char name[256];
    int major, minor;
    size_t sharedMemPerBlockOptin;
} cudaDeviceProp;

const char *cudaGetErrorString(cudaError_t code);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaSetDevice(int index);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int index);
cudaError_t cudaDriverGetVersion(int *version);
cudaError_t cudaMalloc(void **memory, size_t bytes);
cudaError_t cudaMallocAsync(void **memory, size_t bytes, cudaStream_t stream);
cudaError_t cudaMallocHost(void **memory, size_t bytes);
cudaError_t cudaFree(void *memory);
cudaError_t cudaFreeAsync(void *memory, cudaStream_t stream);
cudaError_t cudaFreeHost(void *memory);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void *memory, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *pool, int index);
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void *value);
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void *value);
cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute attribute, int value);

void gnn_emulate(const void *kernel, dim3 grid, uint32_t threads, size_t shared, cudaStream_t stream,
                 const std::function<void()> &body);
unsigned char *gnn_emulated_shared();

void __syncthreads();
/* Every lane of the warp gives `bytes` bytes and sees what all 32 gave, one behind the other. */
const unsigned char *gnn_emulated_exchange(const void *own, size_t bytes);

template <typename V> V __shfl_xor_sync(uint32_t mask, V value, int offset)
{
    V other;
    const uint32_t lane = (threadIdx.x % 32) ^ (uint32_t)offset;
    (void)mask;
    memcpy(&other, gnn_emulated_exchange(&value, sizeof value) + lane * sizeof value, sizeof other);
    return other;
}

/* sdk/nn/cuda/launch.cuh says what these do. */
void gnn_copy_begin(void *to_shared, const void *from, bool there);
void gnn_copy_commit();
void gnn_emulated_copy_wait(size_t pending);
void gnn_emulated_load_matrices(uint32_t to[4], const void *row, bool turned);
void gnn_multiply_add(float (&sum)[4], const uint32_t (&a)[4], uint32_t b_low, uint32_t b_high);

template <int pending> void gnn_copy_wait()
{
    gnn_emulated_copy_wait(pending);
}

template <bool turned> void gnn_load_matrices(uint32_t (&to)[4], const void *row)
{
    gnn_emulated_load_matrices(to, row, turned);
}

#endif
