/* The plain C device: each operation is the reference of ops/, one thread, buffers are host memory. */
#include <stdlib.h>

#include "tensor/device.h"

struct gnn_device {
    uint32_t dtype;
    gnn_device_memory memory;
};

struct gnn_matrix {
    int64_t outputs, cols;
    void *rows;
    size_t bytes;
};

static god_status reference_open(const gnn_device_options *options, gnn_device **ret_device, god_error *err)
{
    gnn_device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the reference device");
    }
    device->dtype = options->dtype;
    *ret_device = device;
    return GOD_OK;
}

static void reference_close(gnn_device *device)
{
    free(device);
}

static const char *reference_describe(const gnn_device *device)
{
    (void)device;
    return "cpu plain C reference";
}

static god_status reference_alloc(gnn_device *device, size_t bytes, void **ret_buffer, god_error *err)
{
    (void)device;
    void *buffer = malloc(bytes > 0 ? bytes : 1);
    if (buffer == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a buffer of %zu bytes", bytes);
    }
    *ret_buffer = buffer;
    return GOD_OK;
}

static void reference_free(gnn_device *device, void *buffer)
{
    (void)device;
    free(buffer);
}

static god_status reference_copy(gnn_device *device, void *to, const void *from, size_t bytes, god_error *err)
{
    (void)device;
    (void)err;
    if (bytes > 0) {
        memcpy(to, from, bytes);
    }
    return GOD_OK;
}

static void reference_memory(gnn_device *device, gnn_device_memory *ret_memory)
{
    *ret_memory = device->memory;
}

static god_status reference_matrix_new(gnn_device *device, int64_t outputs, int64_t cols, gnn_matrix **ret_matrix,
                                       god_error *err)
{
    gnn_matrix *matrix = calloc(1, sizeof *matrix);
    if (matrix == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a matrix");
    }
    const size_t element = gnn_dtype_bytes(device->dtype), count = (size_t)(outputs * cols);
    *matrix = (gnn_matrix){outputs, cols, calloc(count + 1, element), count * element};
    if (matrix->rows == NULL) {
        free(matrix);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a matrix of %lld x %lld", (long long)outputs,
                        (long long)cols);
    }
    gnn_device_memory_add(&device->memory, matrix->bytes);
    *ret_matrix = matrix;
    return GOD_OK;
}

static god_status reference_matrix_put(gnn_device *device, gnn_matrix *matrix, int64_t first, int64_t count,
                                       const void *rows, god_error *err)
{
    (void)err;
    memcpy(gnn_at(matrix->rows, device->dtype, first * matrix->cols), rows,
           (size_t)(count * matrix->cols) * gnn_dtype_bytes(device->dtype));
    return GOD_OK;
}

static void reference_matrix_free(gnn_device *device, gnn_matrix *matrix)
{
    if (matrix != NULL) {
        device->memory.weights -= matrix->bytes;
        free(matrix->rows);
        free(matrix);
    }
}

static god_status reference_embed(gnn_device *device, const gnn_embed_args *args, god_error *err)
{
    (void)err;
    gnn_embed_reference(args, args->matrix->rows, args->matrix->cols, device->dtype);
    return GOD_OK;
}

static god_status reference_matmul(gnn_device *device, const gnn_matmul_args *args, god_error *err)
{
    (void)err;
    gnn_matmul_reference(args, args->matrix->rows, args->matrix->cols, device->dtype);
    return GOD_OK;
}

static god_status reference_attention(gnn_device *device, const gnn_attention_args *args, god_error *err)
{
    return gnn_attention_reference(args, device->dtype, err);
}

/* The operations that cannot fail differ in their arguments alone. */
#define REFERENCE_CALL(op, args_type, call)                                                     \
    static god_status reference_##op(gnn_device *device, const args_type *args, god_error *err) \
    {                                                                                           \
        (void)err;                                                                              \
        call(args, device->dtype);                                                              \
        return GOD_OK;                                                                          \
    }
REFERENCE_CALL(norm, gnn_norm_args, gnn_norm_reference)
REFERENCE_CALL(rope, gnn_rope_args, gnn_rope_reference)
REFERENCE_CALL(activation, gnn_activation_args, gnn_activation_reference)
REFERENCE_CALL(add, gnn_rows_args, gnn_add_reference)
REFERENCE_CALL(scale, gnn_rows_args, gnn_scale_reference)
REFERENCE_CALL(softcap, gnn_rows_args, gnn_softcap_reference)
REFERENCE_CALL(gather, gnn_rows_args, gnn_gather_reference)
REFERENCE_CALL(scatter, gnn_rows_args, gnn_scatter_reference)
REFERENCE_CALL(dora, gnn_dora_args, gnn_dora_reference)
REFERENCE_CALL(nll, gnn_head_args, gnn_nll_reference)
REFERENCE_CALL(kl, gnn_head_args, gnn_kl_reference)

const gnn_device_table gnn_device_reference = {
    .size = sizeof(gnn_device_table),
    .version = GNN_DEVICE_VERSION,
    .sizes = {GNN_CPU_CHUNK_ROWS, GNN_CPU_HEAD_ROWS, GNN_CPU_HEAD_OUTPUTS},
    .open = reference_open,
    .close = reference_close,
    .describe = reference_describe,
    .alloc = reference_alloc,
    .free = reference_free,
    .upload = reference_copy,
    .download = reference_copy,
    .memory = reference_memory,
    .matrix_new = reference_matrix_new,
    .matrix_put = reference_matrix_put,
    .matrix_free = reference_matrix_free,
    .embed = reference_embed,
    .matmul = reference_matmul,
    .norm = reference_norm,
    .rope = reference_rope,
    .attention = reference_attention,
    .activation = reference_activation,
    .add = reference_add,
    .scale = reference_scale,
    .softcap = reference_softcap,
    .gather = reference_gather,
    .scatter = reference_scatter,
    .dora = reference_dora,
    .nll = reference_nll,
    .kl = reference_kl,
};
