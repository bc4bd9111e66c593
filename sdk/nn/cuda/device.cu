/* god-nn-cuda.so: the device table on CUDA. Opened by workers alone; never closed, because a library that has touched
 * CUDA cannot be taken out of a process safely. */
#include "cuda/common.cuh"

#include <new>

god_status gnn_cuda_fail(cudaError_t code, const char *doing, god_error *err)
{
    /* Out of memory leaves the context alive; after anything else nothing on it is believed. */
    god_status status = code == cudaErrorMemoryAllocation ? GOD_E_NOMEM : GOD_E_DEVICE;
    return god_fail(err, status, "%s failed on the CUDA device: %s", doing, cudaGetErrorString(code));
}

god_status gnn_cuda_stage(gnn_device *device, const void *from, size_t bytes, void **ret_device_copy, god_error *err)
{
    if (bytes > device->staging_bytes) {
        void *larger = nullptr;
        cudaError_t code = cudaMallocAsync(&larger, 2 * bytes, device->stream);
        if (code != cudaSuccess) {
            return gnn_cuda_fail(code, "staging memory", err);
        }
        (void)cudaFreeAsync(device->staging, device->stream);
        device->staging = larger;
        device->staging_bytes = 2 * bytes;
    }
    cudaError_t code = cudaMemcpyAsync(device->staging, from, bytes, cudaMemcpyHostToDevice, device->stream);
    if (code != cudaSuccess) {
        return gnn_cuda_fail(code, "upload", err);
    }
    *ret_device_copy = device->staging;
    return GOD_OK;
}

static void cuda_close(gnn_device *device)
{
    if (device == nullptr) {
        return;
    }
    (void)cudaStreamSynchronize(device->stream);
    (void)cudaFreeAsync(device->staging, device->stream);
    (void)cudaFree(device->workspace);
    if (device->blas != nullptr) {
        (void)cublasLtDestroy(device->blas);
    }
    if (device->stream != nullptr) {
        (void)cudaStreamDestroy(device->stream);
    }
    delete device;
}

static god_status start(gnn_device *device, int32_t index, god_error *err)
{
    cudaDeviceProp properties;
    int driver = 0;
    cudaError_t code = cudaSetDevice(index);
    if (code == cudaSuccess) {
        code = cudaGetDeviceProperties(&properties, index);
    }
    if (code == cudaSuccess) {
        code = cudaDriverGetVersion(&driver);
    }
    if (code != cudaSuccess) {
        return god_fail(err, GOD_E_NOT_FOUND, "CUDA device %d cannot be used: %s", (int)index,
                        cudaGetErrorString(code));
    }
    code = cudaStreamCreateWithFlags(&device->stream, cudaStreamNonBlocking);
    if (code == cudaSuccess) {
        code = cudaMalloc(&device->workspace, gnn_workspace_bytes);
    }
    if (code != cudaSuccess) {
        return gnn_cuda_fail(code, "start", err);
    }
    if (cublasLtCreate(&device->blas) != CUBLAS_STATUS_SUCCESS) {
        return god_fail(err, GOD_E_DEVICE, "cuBLASLt cannot be started on CUDA device %d", (int)index);
    }
    (void)snprintf(device->text, sizeof device->text, "cuda %d %.80s, compute %d.%d, driver %d.%d, cublasLt %zu",
                   (int)index, properties.name, properties.major, properties.minor, driver / 1000, driver % 1000 / 10,
                   cublasLtGetVersion());
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

static god_status cuda_upload(gnn_device *device, void *buffer, const void *from, size_t bytes, god_error *err)
{
    cudaError_t code = cudaMemcpyAsync(buffer, from, bytes, cudaMemcpyHostToDevice, device->stream);
    return code == cudaSuccess ? GOD_OK : gnn_cuda_fail(code, "upload", err);
}

static god_status cuda_download(gnn_device *device, void *to, const void *buffer, size_t bytes, god_error *err)
{
    cudaError_t code = cudaMemcpyAsync(to, buffer, bytes, cudaMemcpyDeviceToHost, device->stream);
    if (code == cudaSuccess) {
        code = cudaStreamSynchronize(device->stream);
    }
    return code == cudaSuccess ? GOD_OK : gnn_cuda_fail(code, "download", err);
}

static const gnn_device_table cuda_table = {
    .size = sizeof(gnn_device_table),
    .version = GNN_DEVICE_VERSION,
    .open = cuda_open,
    .close = cuda_close,
    .describe = cuda_describe,
    .alloc = cuda_alloc,
    .free = cuda_free,
    .upload = cuda_upload,
    .download = cuda_download,
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
