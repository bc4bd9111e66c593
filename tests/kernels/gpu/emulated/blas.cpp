/* cuBLASLt's products by three loops, in f32 and in the order of the columns. */
#include "cublasLt.h"

#include <stdlib.h>

#include "ops/dtype.h"

struct emulated_blas {
    int opened;
};

struct emulated_operation {
    cublasOperation_t transpose_a = CUBLAS_OP_N;
    cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    const void *bias = nullptr;
    int32_t bias_type = -1;
};

struct emulated_layout {
    cudaDataType_t type;
    uint64_t rows, cols;
    int64_t stride;
};

struct emulated_preference {
    uint32_t alignment = 256;
};

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle)
{
    *handle = new emulated_blas{1};
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle)
{
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}

size_t cublasLtGetVersion()
{
    return 0;
}

const char *cublasLtGetStatusString(cublasStatus_t status)
{
    return status == CUBLAS_STATUS_SUCCESS ? "success" : "an argument is not valid";
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *operation, cublasComputeType_t, cudaDataType_t)
{
    *operation = new emulated_operation();
    return CUBLAS_STATUS_SUCCESS;
}

template <typename V> static cublasStatus_t take(V *to, const void *from, size_t bytes)
{
    if (bytes != sizeof *to) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    memcpy(to, from, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t attribute,
                                              const void *value, size_t bytes)
{
    switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA: return take(&operation->transpose_a, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return take(&operation->epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return take(&operation->bias, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE: return take(&operation->bias_type, value, bytes);
    }
    return CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t operation)
{
    delete operation;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType_t type, uint64_t rows,
                                          uint64_t cols, int64_t stride)
{
    *layout = new emulated_layout{type, rows, cols, stride};
    return stride >= (int64_t)rows ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout)
{
    delete layout;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference)
{
    *preference = new emulated_preference();
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute, const void *value,
                                                    size_t bytes)
{
    if (attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES) {
        return bytes == sizeof(uint64_t) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
    }
    if (attribute == CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK) {
        return bytes == sizeof(uint32_t) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
    }
    return take(&preference->alignment, value, bytes);
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference)
{
    delete preference;
    return CUBLAS_STATUS_SUCCESS;
}

/* As the library says of bf16: a leading dimension that is odd has no algorithm. So callers need a way of their own. */
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t,
                                              cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t preference, int,
                                              cublasLtMatmulHeuristicResult_t *results, int *found)
{
    const bool odd = a->type == CUDA_R_16BF &&
                     (a->stride % 2 != 0 || b->stride % 2 != 0 || d->stride % 2 != 0 || preference->alignment < 4);
    *found = odd ? 0 : 1;
    results[0] = {};
    results[0].algo.data[0] = preference->alignment;
    results[0].state = odd ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_SUCCESS;
    return odd ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_SUCCESS;
}

static bool is_aligned(const cublasLtMatmulAlgo_t *algorithm, const void *a, const void *b, const void *d)
{
    return (((uintptr_t)a | (uintptr_t)b | (uintptr_t)d) % algorithm->data[0]) == 0;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t operation, const void *, const void *a,
                              cublasLtMatrixLayout_t a_layout, const void *b, cublasLtMatrixLayout_t b_layout,
                              const void *, const void *, cublasLtMatrixLayout_t, void *d,
                              cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t *algorithm, void *, size_t,
                              cudaStream_t)
{
    const uint32_t dtype = a_layout->type == CUDA_R_16BF ? GNN_BF16 : GNN_F32;
    const bool with_bias = operation->epilogue == CUBLASLT_EPILOGUE_BIAS;
    if (operation->transpose_a != CUBLAS_OP_T || a_layout->rows != b_layout->rows || a_layout->cols != d_layout->rows ||
        b_layout->cols != d_layout->cols || !is_aligned(algorithm, a, b, d) ||
        (with_bias && (operation->bias == nullptr || operation->bias_type != (int32_t)a_layout->type))) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    for (int64_t r = 0; r < (int64_t)d_layout->cols; r++) {
        for (int64_t n = 0; n < (int64_t)d_layout->rows; n++) {
            float sum = 0.0f;
            for (int64_t k = 0; k < (int64_t)a_layout->rows; k++) {
                sum += gnn_load(a, dtype, n * a_layout->stride + k) * gnn_load(b, dtype, r * b_layout->stride + k);
            }
            sum += with_bias ? gnn_load(operation->bias, dtype, n) : 0.0f;
            gnn_store(d, dtype, r * d_layout->stride + n, sum);
        }
    }
    return CUBLAS_STATUS_SUCCESS;
}
