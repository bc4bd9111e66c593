#include "cuda/matrix.cuh"

#include <new>

constexpr int64_t rows_for_choice = 4096;

god_status gnn_cuda_matrix_new(gnn_device *device, int64_t outputs, int64_t cols, gnn_matrix **ret_matrix,
                               god_error *err)
{
    gnn_matrix *matrix = new (std::nothrow) gnn_matrix();
    if (matrix == nullptr) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a matrix");
    }
    matrix->outputs = outputs;
    matrix->cols = cols;
    const size_t bytes = (size_t)outputs * (size_t)cols * gnn_dtype_bytes(device->dtype);
    cudaError_t code = cudaMalloc(&matrix->weights, bytes > 0 ? bytes : 1);
    if (code == cudaSuccess) {
        gnn_device_memory_add(&device->memory, bytes);
        code = cudaMemsetAsync(matrix->weights, 0, bytes, device->stream);
    }
    if (code != cudaSuccess) {
        gnn_cuda_matrix_free(device, matrix);
        return gnn_cuda_fail(code, "matrix", err);
    }
    *ret_matrix = matrix;
    return GOD_OK;
}

god_status gnn_cuda_matrix_put(gnn_device *device, gnn_matrix *matrix, int64_t first, int64_t count, const void *rows,
                               god_error *err)
{
    return gnn_cuda_send(device, gnn_at(matrix->weights, device->dtype, first * matrix->cols), rows,
                         (size_t)(count * matrix->cols) * gnn_dtype_bytes(device->dtype), err);
}

void gnn_cuda_matrix_free(gnn_device *device, gnn_matrix *matrix)
{
    if (matrix == nullptr) {
        return;
    }
    if (matrix->weights != nullptr) {
        device->memory.weights -= (uint64_t)matrix->outputs * (uint64_t)matrix->cols * gnn_dtype_bytes(device->dtype);
        (void)cudaStreamSynchronize(device->stream); /* products with it are over */
        (void)cudaFree(matrix->weights);
    }
    delete matrix;
}

template <typename T, int N>
__global__ static void take_rows(T *y, int64_t y_stride, const T *weights, int64_t cols, const int32_t *ids)
{
    const int64_t c = ((int64_t)blockIdx.y * blockDim.x + threadIdx.x) * N;
    if (c < cols) {
        *(gnn_elements<T, N> *)(y + (int64_t)blockIdx.x * y_stride + c) =
            *(const gnn_elements<T, N> *)(weights + (int64_t)ids[blockIdx.x] * cols + c);
    }
}

god_status gnn_cuda_embed(gnn_device *device, const gnn_embed_args *args, god_error *err)
{
    const int64_t cols = args->matrix->cols;
    void *ids = nullptr;
    GOD_TRY(gnn_cuda_check_rows("embed", args->count, err));
    if (args->count == 0 || cols == 0) {
        return GOD_OK;
    }
    GOD_TRY(gnn_cuda_stage(device, args->ids, (size_t)args->count * sizeof *args->ids, &ids, err));
    GNN_CUDA_ROWS(device, take_rows,
                  gnn_is_wide<T>(args->y, args->y_stride, cols) && gnn_is_wide<T>(args->matrix->weights, cols, cols),
                  args->count, cols, (T *)args->y, args->y_stride, (const T *)args->matrix->weights, cols,
                  (const int32_t *)ids);
    return gnn_cuda_check_launch("embed", err);
}

/* ---- products by cuBLASLt ---- */

/* cuBLASLt counts columns first: y^T (outputs, rows) = W (cols, outputs)^T . x^T (cols, rows). */
struct product {
    cublasLtMatmulDesc_t operation = nullptr;
    cublasLtMatrixLayout_t weights = nullptr, x = nullptr, y = nullptr;

    ~product()
    {
        for (cublasLtMatrixLayout_t layout : {weights, x, y}) {
            if (layout != nullptr) {
                (void)cublasLtMatrixLayoutDestroy(layout);
            }
        }
        if (operation != nullptr) {
            (void)cublasLtMatmulDescDestroy(operation);
        }
    }

    template <typename V> bool set(cublasLtMatmulDescAttributes_t attribute, V value)
    {
        return cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof value) == CUBLAS_STATUS_SUCCESS;
    }

    /* CUBLAS_COMPUTE_32F: sums in f32, and f32 factors stay f32 (no TF32). The bias is of y's type, added before the
     * one rounding. */
    bool describe(const gnn_device *device, const gnn_matmul_args *args, int64_t rows, const void *bias)
    {
        const cudaDataType_t type = device->dtype == GNN_BF16 ? CUDA_R_16BF : CUDA_R_32F;
        const uint64_t cols = (uint64_t)args->matrix->cols, outputs = (uint64_t)(args->last - args->first);
        bool ok = cublasLtMatmulDescCreate(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F) == CUBLAS_STATUS_SUCCESS &&
                  set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
        if (ok && bias != nullptr) {
            ok = set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS) &&
                 set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, (int32_t)type) &&
                 set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
        }
        return ok &&
               cublasLtMatrixLayoutCreate(&weights, type, cols, outputs, args->matrix->cols) == CUBLAS_STATUS_SUCCESS &&
               cublasLtMatrixLayoutCreate(&x, type, cols, (uint64_t)rows, args->x_stride) == CUBLAS_STATUS_SUCCESS &&
               cublasLtMatrixLayoutCreate(&y, type, outputs, (uint64_t)rows, args->y_stride) == CUBLAS_STATUS_SUCCESS;
    }
};

struct preference {
    cublasLtMatmulPreference_t handle = nullptr;

    ~preference()
    {
        if (handle != nullptr) {
            (void)cublasLtMatmulPreferenceDestroy(handle);
        }
    }

    template <typename V> bool set(cublasLtMatmulPreferenceAttributes_t attribute, V value)
    {
        return cublasLtMatmulPreferenceSetAttribute(handle, attribute, &value, sizeof value) == CUBLAS_STATUS_SUCCESS;
    }

    /* One sum per element: no split of the columns, whose parts would depend on the number of rows. */
    bool describe(uint32_t alignment)
    {
        return cublasLtMatmulPreferenceCreate(&handle) == CUBLAS_STATUS_SUCCESS &&
               set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, (uint64_t)gnn_workspace_bytes) &&
               set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, (uint32_t)CUBLASLT_REDUCTION_SCHEME_NONE) &&
               set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment) &&
               set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment) &&
               set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment) &&
               set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment);
    }
};

static bool same(const gnn_choice_key &a, const gnn_choice_key &b)
{
    return a.outputs == b.outputs && a.x_stride == b.x_stride && a.y_stride == b.y_stride &&
           a.alignment == b.alignment && a.with_bias == b.with_bias;
}

/* Strides are part of the key, so the first row's addresses say what the others' are aligned to. */
static gnn_choice_key key_of(const gnn_matmul_args *args, const void *weights, const void *bias)
{
    const uintptr_t all = (uintptr_t)weights | (uintptr_t)args->x | (uintptr_t)args->y | 256u;
    return {args->last - args->first, args->x_stride, args->y_stride, (uint32_t)(all & ~(all - 1)), bias != nullptr};
}

static bool choose(gnn_device *device, const gnn_matmul_args *args, const void *bias, gnn_choice *choice)
{
    product work;
    preference wanted;
    cublasLtMatmulHeuristicResult_t result = {};
    int found = 0;
    if (!work.describe(device, args, rows_for_choice, bias) || !wanted.describe(choice->key.alignment)) {
        return false;
    }
    cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(device->blas, work.operation, work.weights, work.x, work.y,
                                                           work.y, wanted.handle, 1, &result, &found);
    choice->none = status != CUBLAS_STATUS_SUCCESS || found != 1 || result.state != CUBLAS_STATUS_SUCCESS;
    choice->algorithm = result.algo;
    return true;
}

/* The choice for this product, remembered in its matrix. */
static god_status find_choice(gnn_device *device, const gnn_matmul_args *args, const void *weights, const void *bias,
                              const gnn_choice **ret_choice, god_error *err)
{
    gnn_matrix *matrix = const_cast<gnn_matrix *>(args->matrix); /* a memory of its own, not a change of the weights */
    const gnn_choice_key key = key_of(args, weights, bias);
    for (uint32_t i = 0; i < matrix->choice_count; i++) {
        if (same(matrix->choices[i].key, key)) {
            *ret_choice = &matrix->choices[i];
            return GOD_OK;
        }
    }
    gnn_choice choice = {key, false, {}};
    if (!choose(device, args, bias, &choice)) {
        return god_fail(err, GOD_E_NOMEM, "cuBLASLt could not describe a product with %lld x %lld weights",
                        (long long)matrix->outputs, (long long)matrix->cols);
    }
    gnn_choice *place = &matrix->choices[matrix->next_choice];
    *place = choice;
    matrix->next_choice = (matrix->next_choice + 1) % gnn_choices_max;
    matrix->choice_count += matrix->choice_count < gnn_choices_max ? 1u : 0u;
    *ret_choice = place;
    return GOD_OK;
}

/* ---- products that cuBLASLt has no algorithm for ---- */

/* One thread per element of y; columns in order, in f32. */
template <typename T> __global__ static void multiply_plainly(gnn_matmul_args a, const T *weights, int64_t cols)
{
    const int64_t n = (int64_t)blockIdx.y * blockDim.x + threadIdx.x;
    if (n < a.last - a.first) {
        const T *x = (const T *)a.x + (int64_t)blockIdx.x * a.x_stride, *w = weights + n * cols;
        float sum = 0.0f;
        for (int64_t k = 0; k < cols; k++) {
            sum += gnn_widen(x[k]) * gnn_widen(w[k]);
        }
        sum += a.bias != nullptr ? a.bias[a.first + n] : 0.0f;
        ((T *)a.y)[(int64_t)blockIdx.x * a.y_stride + n] = gnn_narrow<T>(sum);
    }
}

template <typename T> __global__ static void narrow_bias(T *to, const float *from, int64_t count)
{
    const int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        to[i] = gnn_narrow<T>(from[i]);
    }
}

/* The bias in the activation type, which can hold its values. */
static god_status prepare_bias(gnn_device *device, const gnn_matmul_args *args, const void **ret_bias, god_error *err)
{
    const int64_t count = args->last - args->first;
    *ret_bias = nullptr;
    if (args->bias == nullptr) {
        return GOD_OK;
    }
    GOD_TRY(
        gnn_cuda_grow(device, &device->bias, &device->bias_bytes, (size_t)count * gnn_dtype_bytes(device->dtype), err));
    GNN_CUDA_BY_DTYPE(device, gnn_launch(narrow_bias<T>, dim3(gnn_blocks(count, gnn_block_threads)), gnn_block_threads,
                                         0, device->stream, (T *)device->bias, args->bias + args->first, count));
    *ret_bias = device->bias;
    return gnn_cuda_check_launch("bias", err);
}

static god_status multiply(gnn_device *device, const gnn_matmul_args *args, const void *weights, const void *bias,
                           const gnn_choice *choice, god_error *err)
{
    const float one = 1.0f, zero = 0.0f;
    product work;
    if (!work.describe(device, args, args->rows, bias)) {
        return god_fail(err, GOD_E_NOMEM, "cuBLASLt could not describe a product of %lld rows", (long long)args->rows);
    }
    cublasStatus_t status = cublasLtMatmul(device->blas, work.operation, &one, weights, work.weights, args->x, work.x,
                                           &zero, args->y, work.y, args->y, work.y, &choice->algorithm,
                                           device->workspace, gnn_workspace_bytes, device->stream);
    return status == CUBLAS_STATUS_SUCCESS
               ? GOD_OK
               : god_fail(err, GOD_E_DEVICE, "cuBLASLt failed on %lld rows of %lld x %lld weights: %s",
                          (long long)args->rows, (long long)args->matrix->outputs, (long long)args->matrix->cols,
                          cublasLtGetStatusString(status));
}

god_status gnn_cuda_matmul(gnn_device *device, const gnn_matmul_args *args, god_error *err)
{
    const int64_t cols = args->matrix->cols, outputs = args->last - args->first;
    const void *weights = gnn_at_const(args->matrix->weights, device->dtype, args->first * cols), *bias = nullptr;
    const gnn_choice *choice = nullptr;
    GOD_TRY(gnn_cuda_check_rows("matmul", args->rows, err));
    if (args->rows == 0 || outputs == 0) {
        return GOD_OK;
    }
    GOD_TRY(prepare_bias(device, args, &bias, err));
    GOD_TRY(find_choice(device, args, weights, bias, &choice, err));
    if (!choice->none) {
        return multiply(device, args, weights, bias, choice, err);
    }
    GNN_CUDA_BY_DTYPE(device, gnn_launch_rows(multiply_plainly<T>, args->rows, outputs, 1, device->stream, *args,
                                              (const T *)weights, cols));
    return gnn_cuda_check_launch("matmul", err);
}
