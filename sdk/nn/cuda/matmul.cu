#include "cuda/common.cuh"

#include <new>

/* Row-major weights (outputs, cols) and the cuBLASLt algorithm that all products with them use. The algorithm is chosen
 * once, for a fixed number of rows and without split sums, so that a row's digits do not depend on how many rows it is
 * batched with. */
struct gnn_matrix {
    int64_t outputs, cols;
    void *weights;
};

constexpr int64_t rows_for_choice = 4096;

god_status gnn_cuda_matrix_new(gnn_device *device, int64_t outputs, int64_t cols, gnn_matrix **ret_matrix,
                               god_error *err)
{
    gnn_matrix *matrix = new (std::nothrow) gnn_matrix{outputs, cols, nullptr};
    if (matrix == nullptr) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a matrix");
    }
    size_t bytes = (size_t)outputs * (size_t)cols * gnn_dtype_bytes(device->dtype);
    cudaError_t code = cudaMalloc(&matrix->weights, bytes > 0 ? bytes : 1);
    if (code == cudaSuccess) {
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
    void *to = gnn_at(matrix->weights, device->dtype, first * matrix->cols);
    size_t bytes = (size_t)(count * matrix->cols) * gnn_dtype_bytes(device->dtype);
    cudaError_t code = cudaMemcpyAsync(to, rows, bytes, cudaMemcpyHostToDevice, device->stream);
    return code == cudaSuccess ? GOD_OK : gnn_cuda_fail(code, "matrix upload", err);
}

void gnn_cuda_matrix_free(gnn_device *, gnn_matrix *matrix)
{
    if (matrix != nullptr) {
        (void)cudaFree(matrix->weights);
        delete matrix;
    }
}

template <typename T>
__global__ static void take_rows(T *y, int64_t y_stride, const T *weights, int64_t cols, const int32_t *ids)
{
    const T *from = weights + (int64_t)ids[blockIdx.x] * cols;
    for (int64_t c = threadIdx.x; c < cols; c += blockDim.x) {
        y[(int64_t)blockIdx.x * y_stride + c] = from[c];
    }
}

god_status gnn_cuda_embed(gnn_device *device, const gnn_embed_args *args, god_error *err)
{
    if (args->count == 0) {
        return GOD_OK;
    }
    void *ids = nullptr;
    GOD_TRY(gnn_cuda_stage(device, args->ids, (size_t)args->count * sizeof *args->ids, &ids, err));
    GNN_CUDA_BY_DTYPE(device, (take_rows<T><<<(uint32_t)args->count, gnn_block_threads, 0, device->stream>>>(
                                  (T *)args->y, args->y_stride, (const T *)args->matrix->weights, args->matrix->cols,
                                  (const int32_t *)ids)));
    return gnn_cuda_check_launch("embed", err);
}

/* The descriptors of one product; freed by its destructor. */
struct product {
    cublasLtMatmulDesc_t operation = nullptr;
    cublasLtMatrixLayout_t weights = nullptr, x = nullptr, y = nullptr, x_choice = nullptr, y_choice = nullptr;
    cublasLtMatmulPreference_t preference = nullptr;
    cublasLtMatmulHeuristicResult_t choice = {};

    ~product()
    {
        (void)cublasLtMatmulPreferenceDestroy(preference);
        for (cublasLtMatrixLayout_t layout : {weights, x, y, x_choice, y_choice}) {
            (void)cublasLtMatrixLayoutDestroy(layout);
        }
        (void)cublasLtMatmulDescDestroy(operation);
    }

    /* cuBLASLt counts columns first: y^T (outputs, rows) = W (cols, outputs)^T . x^T (cols, rows). */
    bool describe(const gnn_device *device, const gnn_matmul_args *args)
    {
        cudaDataType_t type = device->dtype == GNN_BF16 ? CUDA_R_16BF : CUDA_R_32F;
        uint64_t cols = (uint64_t)args->matrix->cols, outputs = (uint64_t)(args->last - args->first);
        cublasOperation_t transpose = CUBLAS_OP_T;
        bool ok = cublasLtMatmulDescCreate(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F) == CUBLAS_STATUS_SUCCESS &&
                  cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, &transpose,
                                                 sizeof transpose) == CUBLAS_STATUS_SUCCESS;
        ok = ok &&
             cublasLtMatrixLayoutCreate(&weights, type, cols, outputs, args->matrix->cols) == CUBLAS_STATUS_SUCCESS;
        ok = ok &&
             cublasLtMatrixLayoutCreate(&x, type, cols, (uint64_t)args->rows, args->x_stride) == CUBLAS_STATUS_SUCCESS;
        ok = ok && cublasLtMatrixLayoutCreate(&y, type, outputs, (uint64_t)args->rows, args->y_stride) ==
                       CUBLAS_STATUS_SUCCESS;
        ok = ok && cublasLtMatrixLayoutCreate(&x_choice, type, cols, rows_for_choice, args->x_stride) ==
                       CUBLAS_STATUS_SUCCESS;
        return ok && cublasLtMatrixLayoutCreate(&y_choice, type, outputs, rows_for_choice, args->y_stride) ==
                         CUBLAS_STATUS_SUCCESS;
    }

    bool choose(gnn_device *device)
    {
        uint32_t one_sum = CUBLASLT_REDUCTION_SCHEME_NONE;
        int found = 0;
        return cublasLtMatmulPreferenceCreate(&preference) == CUBLAS_STATUS_SUCCESS &&
               cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                    &gnn_workspace_bytes,
                                                    sizeof gnn_workspace_bytes) == CUBLAS_STATUS_SUCCESS &&
               cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &one_sum,
                                                    sizeof one_sum) == CUBLAS_STATUS_SUCCESS &&
               cublasLtMatmulAlgoGetHeuristic(device->blas, operation, weights, x_choice, y_choice, y_choice,
                                              preference, 1, &choice, &found) == CUBLAS_STATUS_SUCCESS &&
               found == 1;
    }
};

template <typename T> __global__ static void add_bias(T *y, int64_t y_stride, const float *bias, int64_t cols)
{
    for (int64_t c = threadIdx.x; c < cols; c += blockDim.x) {
        T *at = y + (int64_t)blockIdx.x * y_stride + c;
        *at = gnn_narrow<T>(gnn_widen(*at) + bias[c]);
    }
}

god_status gnn_cuda_matmul(gnn_device *device, const gnn_matmul_args *args, god_error *err)
{
    if (args->rows == 0 || args->last == args->first) {
        return GOD_OK;
    }
    product work;
    if (!work.describe(device, args) || !work.choose(device)) {
        return god_fail(err, GOD_E_UNSUPPORTED, "cuBLASLt has no product for %lld x %lld weights",
                        (long long)args->matrix->outputs, (long long)args->matrix->cols);
    }
    const float one = 1.0f, zero = 0.0f;
    const void *weights = gnn_at_const(args->matrix->weights, device->dtype, args->first * args->matrix->cols);
    cublasStatus_t status = cublasLtMatmul(device->blas, work.operation, &one, weights, work.weights, args->x, work.x,
                                           &zero, args->y, work.y, args->y, work.y, &work.choice.algo,
                                           device->workspace, gnn_workspace_bytes, device->stream);
    if (status != CUBLAS_STATUS_SUCCESS) {
        return god_fail(err, GOD_E_DEVICE, "cuBLASLt failed on %lld rows of %lld x %lld weights: %s",
                        (long long)args->rows, (long long)args->matrix->outputs, (long long)args->matrix->cols,
                        cublasLtGetStatusString(status));
    }
    if (args->bias != nullptr) {
        GNN_CUDA_BY_DTYPE(device,
                          (add_bias<T><<<(uint32_t)args->rows, gnn_block_threads, 0, device->stream>>>(
                              (T *)args->y, args->y_stride, args->bias + args->first, args->last - args->first)));
    }
    return gnn_cuda_check_launch("matmul", err);
}
