/* god-nn-cuda.so: the device table on CUDA. Opened by workers alone; never closed, because a library that has touched
 * CUDA cannot be taken out of a process safely. */
#include "cuda/attention_cudnn.cuh"

#include <new>

god_status gnn_cuda_fail(cudaError_t code, const char *doing, god_error *err)
{
    /* Out of memory leaves the context alive; after anything else nothing on it is believed. */
    god_status status = code == cudaErrorMemoryAllocation ? GOD_E_NOMEM : GOD_E_DEVICE;
    (void)cudaGetLastError(); /* told here; the next launch is not blamed for it */
    return god_fail(err, status, "%s failed on the CUDA device: %s", doing, cudaGetErrorString(code));
}

god_status gnn_cuda_grow(gnn_device *device, void **memory, size_t *capacity, size_t bytes, god_error *err)
{
    if (bytes <= *capacity) {
        return GOD_OK;
    }
    void *larger = nullptr;
    cudaError_t code = cudaMallocAsync(&larger, 2 * bytes, device->stream);
    if (code != cudaSuccess) {
        return gnn_cuda_fail(code, "allocation", err);
    }
    (void)cudaFreeAsync(*memory, device->stream);
    *memory = larger;
    *capacity = 2 * bytes;
    return GOD_OK;
}

/* One slot's worth: the copy that used the slot last is over, so it can be filled again. */
static cudaError_t send_part(gnn_device *device, void *to, const void *from, size_t bytes)
{
    gnn_slot *slot = &device->slots[device->next_slot];
    device->next_slot = (device->next_slot + 1) % gnn_slot_count;
    cudaError_t code = cudaEventSynchronize(slot->copied);
    if (code == cudaSuccess) {
        memcpy(slot->pinned, from, bytes);
        code = cudaMemcpyAsync(to, slot->pinned, bytes, cudaMemcpyHostToDevice, device->stream);
    }
    return code == cudaSuccess ? cudaEventRecord(slot->copied, device->stream) : code;
}

god_status gnn_cuda_send(gnn_device *device, void *to, const void *from, size_t bytes, god_error *err)
{
    for (size_t at = 0; at < bytes; at += gnn_slot_bytes) {
        size_t part = bytes - at < gnn_slot_bytes ? bytes - at : gnn_slot_bytes;
        cudaError_t code = send_part(device, (char *)to + at, (const char *)from + at, part);
        if (code != cudaSuccess) {
            return gnn_cuda_fail(code, "upload", err);
        }
    }
    return GOD_OK;
}

god_status gnn_cuda_stage(gnn_device *device, const void *from, size_t bytes, void **ret_device_copy, god_error *err)
{
    GOD_TRY(gnn_cuda_grow(device, &device->staging, &device->staging_bytes, bytes, err));
    GOD_TRY(gnn_cuda_send(device, device->staging, from, bytes, err));
    *ret_device_copy = device->staging;
    return GOD_OK;
}

static void cuda_close(gnn_device *device)
{
    if (device == nullptr) {
        return;
    }
    gnn_cudnn_close(device, device->cudnn);
    if (device->stream != nullptr) {
        (void)cudaStreamSynchronize(device->stream);
        (void)cudaFreeAsync(device->staging, device->stream);
        (void)cudaFreeAsync(device->bias, device->stream);
        (void)cudaStreamSynchronize(device->stream);
    }
    for (gnn_slot &slot : device->slots) {
        if (slot.copied != nullptr) {
            (void)cudaEventDestroy(slot.copied);
        }
        (void)cudaFreeHost(slot.pinned);
    }
    (void)cudaFree(device->workspace);
    if (device->blas != nullptr) {
        (void)cublasLtDestroy(device->blas);
    }
    if (device->stream != nullptr) {
        (void)cudaStreamDestroy(device->stream);
    }
    delete device;
}

/* What is freed stays with the process, so that the next allocation of a pass does not go to the driver. */
static cudaError_t keep_freed_memory(gnn_device *device, int32_t index)
{
    uint64_t everything = UINT64_MAX;
    cudaError_t code = cudaDeviceGetDefaultMemPool(&device->pool, index);
    return code == cudaSuccess ? cudaMemPoolSetAttribute(device->pool, cudaMemPoolAttrReleaseThreshold, &everything)
                               : code;
}

static cudaError_t make_slots(gnn_device *device)
{
    cudaError_t code = cudaSuccess;
    for (gnn_slot &slot : device->slots) {
        if (code == cudaSuccess) {
            code = cudaMallocHost(&slot.pinned, gnn_slot_bytes);
        }
        if (code == cudaSuccess) {
            code = cudaEventCreateWithFlags(&slot.copied, cudaEventDisableTiming);
        }
    }
    return code;
}

/* In one sentence what a person can do about a device that does not open. */
static god_status refuse(int32_t index, cudaError_t code, god_error *err)
{
    if (code == cudaErrorNoDevice || code == cudaErrorInsufficientDriver) {
        return god_fail(err, GOD_E_NOT_FOUND,
                        "there is no CUDA device on this machine that its driver can use (%s); --device cpu works "
                        "everywhere",
                        cudaGetErrorString(code));
    }
    return god_fail(err, GOD_E_NOT_FOUND, "CUDA device %d cannot be used: %s", (int)index, cudaGetErrorString(code));
}

static god_status start(gnn_device *device, int32_t index, god_error *err)
{
    cudaDeviceProp properties;
    int driver = 0, devices = 0;
    cudaError_t code = cudaGetDeviceCount(&devices); /* first: it tells a missing driver from a wrong number */
    if (code == cudaSuccess) {
        code = cudaSetDevice(index);
    }
    if (code == cudaSuccess) {
        code = cudaGetDeviceProperties(&properties, index);
    }
    if (code == cudaSuccess) {
        code = cudaDriverGetVersion(&driver);
    }
    if (code != cudaSuccess) {
        return refuse(index, code, err);
    }
    if (properties.major < 8) {
        return god_fail(err, GOD_E_UNSUPPORTED, "CUDA device %d (%.80s) has compute capability %d.%d, 8.0 is needed",
                        (int)index, properties.name, properties.major, properties.minor);
    }
    device->shared_bytes_max = properties.sharedMemPerBlockOptin;
    code = cudaStreamCreateWithFlags(&device->stream, cudaStreamNonBlocking);
    if (code == cudaSuccess) {
        code = keep_freed_memory(device, index);
    }
    if (code == cudaSuccess) {
        code = make_slots(device);
    }
    if (code == cudaSuccess) {
        code = cudaMalloc(&device->workspace, gnn_workspace_bytes);
    }
    if (code != cudaSuccess) {
        return gnn_cuda_fail(code, "start", err);
    }
    if (cublasLtCreate(&device->blas) != CUBLAS_STATUS_SUCCESS) {
        return god_fail(err, GOD_E_DEVICE, "cuBLASLt cannot be started on CUDA device %d", (int)index);
    }
    GOD_TRY(gnn_attention_choose(device, &device->cudnn, err));
    const int written = snprintf(
        device->text, sizeof device->text, "cuda %d %.80s, compute %d.%d, driver %d.%d, cublasLt %zu", (int)index,
        properties.name, properties.major, properties.minor, driver / 1000, driver % 1000 / 10, cublasLtGetVersion());
    if (device->cudnn != nullptr && written > 0 && (size_t)written < sizeof device->text) {
        (void)snprintf(device->text + written, sizeof device->text - (size_t)written, ", attention by cuDNN %zu",
                       gnn_cudnn_version(device->cudnn));
    }
    return GOD_OK;
}

static god_status cuda_open(const gnn_device_options *options, gnn_device **ret_device, god_error *err)
{
    gnn_device *device = new (std::nothrow) gnn_device();
    if (device == nullptr) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the CUDA device");
    }
    device->dtype = options->dtype;
    god_status status = start(device, options->device_index, err);
    if (status != GOD_OK) {
        cuda_close(device);
        return status;
    }
    *ret_device = device;
    return GOD_OK;
}

static const char *cuda_describe(const gnn_device *device)
{
    return device->text;
}

static god_status cuda_alloc(gnn_device *device, size_t bytes, void **ret_buffer, god_error *err)
{
    cudaError_t code = cudaMallocAsync(ret_buffer, bytes > 0 ? bytes : 1, device->stream);
    return code == cudaSuccess ? GOD_OK : gnn_cuda_fail(code, "allocation", err);
}

static void cuda_free(gnn_device *device, void *buffer)
{
    if (buffer != nullptr) {
        (void)cudaFreeAsync(buffer, device->stream);
    }
}

static god_status cuda_download(gnn_device *device, void *to, const void *buffer, size_t bytes, god_error *err)
{
    cudaError_t code = cudaMemcpyAsync(to, buffer, bytes, cudaMemcpyDeviceToHost, device->stream);
    if (code == cudaSuccess) {
        code = cudaStreamSynchronize(device->stream);
    }
    return code == cudaSuccess ? GOD_OK : gnn_cuda_fail(code, "download", err);
}

/* Buffers come from the pool, weights do not. */
static void cuda_memory(gnn_device *device, gnn_device_memory *ret_memory)
{
    *ret_memory = device->memory;
    (void)cudaMemPoolGetAttribute(device->pool, cudaMemPoolAttrUsedMemHigh, &ret_memory->buffers_peak);
}

static const gnn_device_table cuda_table = {
    .size = sizeof(gnn_device_table),
    .version = GNN_DEVICE_VERSION,
    .sizes = {GNN_CUDA_CHUNK_ROWS, GNN_CUDA_HEAD_ROWS, GNN_CUDA_HEAD_OUTPUTS},
    .open = cuda_open,
    .close = cuda_close,
    .describe = cuda_describe,
    .alloc = cuda_alloc,
    .free = cuda_free,
    .upload = gnn_cuda_send,
    .download = cuda_download,
    .memory = cuda_memory,
    .matrix_new = gnn_cuda_matrix_new,
    .matrix_put = gnn_cuda_matrix_put,
    .matrix_free = gnn_cuda_matrix_free,
    .embed = gnn_cuda_embed,
    .matmul = gnn_cuda_matmul,
    .norm = gnn_cuda_norm,
    .rope = gnn_cuda_rope,
    .attention = gnn_cuda_attention,
    .activation = gnn_cuda_activation,
    .add = gnn_cuda_add,
    .scale = gnn_cuda_scale,
    .softcap = gnn_cuda_softcap,
    .gather = gnn_cuda_gather,
    .scatter = gnn_cuda_scatter,
    .dora = gnn_cuda_dora,
    .nll = gnn_cuda_nll,
    .kl = gnn_cuda_kl,
};

extern "C" __attribute__((visibility("default"))) const gnn_device_table *god_nn_device_entry(void)
{
    return &cuda_table;
}
