/* Matrices and vectors from stored tensors onto a device. */
#include <math.h>
#include <stdlib.h>

#include "format/convert.h"
#include "lm/params.h"

enum { rows_per_put = 64 };

god_status gnn_stock_init(gnn_stock *stock, god_nn_engine *engine, size_t capacity, god_error *err)
{
    *stock = (gnn_stock){.engine = engine, .capacity = capacity};
    stock->matrices = calloc(capacity + 1, sizeof *stock->matrices);
    stock->vectors = calloc(capacity + 1, sizeof *stock->vectors);
    if (stock->matrices == NULL || stock->vectors == NULL) {
        gnn_stock_fini(stock);
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu weights", capacity);
    }
    return GOD_OK;
}

void gnn_stock_fini(gnn_stock *stock)
{
    for (size_t i = 0; i < stock->matrix_count; i++) {
        stock->engine->ops->matrix_free(stock->engine->device, stock->matrices[i]);
    }
    for (size_t i = 0; i < stock->vector_count; i++) {
        stock->engine->ops->free(stock->engine->device, stock->vectors[i]);
    }
    free(stock->matrices);
    free(stock->vectors);
    *stock = (gnn_stock){.engine = NULL};
}

void gnn_stock_keep(gnn_stock *stock, const gnn_linear *linear)
{
    size_t matrices = 0, vectors = 0;
    for (size_t i = 0; i < stock->matrix_count; i++) {
        if (stock->matrices[i] == linear->matrix) {
            stock->matrices[matrices++] = stock->matrices[i];
        } else {
            stock->engine->ops->matrix_free(stock->engine->device, stock->matrices[i]);
        }
    }
    for (size_t i = 0; i < stock->vector_count; i++) {
        if (stock->vectors[i] == linear->bias) {
            stock->vectors[vectors++] = stock->vectors[i];
        } else {
            stock->engine->ops->free(stock->engine->device, stock->vectors[i]);
        }
    }
    stock->matrix_count = matrices;
    stock->vector_count = vectors;
}

/* Row of the stored tensor that becomes row `row` of the device's matrix: fused query-key-value layers are put into the
 * order q, k, v whatever the family's own order is. A layer with one query head per group stores q, k, v per head. */
static int64_t stored_row(const gnn_config *config, const gnn_module *module, int64_t row)
{
    if (module == NULL || module->kind != GNN_MODULE_LINEAR || module->slot != GNN_SLOT_QKV ||
        config->arch->qkv_order == GNN_QKV_CONCAT) {
        return row;
    }
    const god_nn_lm_info *info = &config->info;
    int64_t dim = info->head_dim, block = row / dim, within = row % dim;
    int64_t per_group = info->heads / info->kv_heads;
    if (block < info->heads) {
        return ((block / per_group) * (per_group + 2) + block % per_group) * dim + within;
    }
    int64_t kv = block - info->heads, is_value = kv >= info->kv_heads;
    return ((kv - is_value * info->kv_heads) * (per_group + 2) + per_group + is_value) * dim + within;
}

static void describe_shape(const gnn_tensor *tensor, char *buf, size_t bytes)
{
    size_t used = 0;
    buf[0] = '\0';
    for (uint32_t i = 0; i < tensor->rank && used < bytes; i++) {
        int written = snprintf(buf + used, bytes - used, "%s%lld", i > 0 ? ", " : "", (long long)tensor->shape[i]);
        used += written > 0 ? (size_t)written : 0;
    }
}

static god_status check_shape(const gnn_tensor *tensor, int64_t first, int64_t second, uint32_t rank, god_error *err)
{
    char shape[160];
    if (tensor->rank == rank && tensor->shape[0] == first && (rank == 1 || tensor->shape[1] == second)) {
        return gnn_convert_check(tensor, err);
    }
    describe_shape(tensor, shape, sizeof shape);
    if (rank == 1) {
        return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\" has shape [%s], [%lld] is needed", tensor->file,
                        tensor->name, shape, (long long)first);
    }
    return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\" has shape [%s], [%lld, %lld] is needed", tensor->file,
                    tensor->name, shape, (long long)first, (long long)second);
}

/* The pages of rows that lie in the order of the file leave as they go; of others, with the last row. */
static void release_rows(const gnn_tensor *tensor, int64_t first, int64_t count, int64_t cols)
{
    const uint64_t row_bytes = (uint64_t)cols * (tensor->bytes / (uint64_t)tensor->elements);
    gnn_tensor_release(tensor, (uint64_t)first * row_bytes, (uint64_t)count * row_bytes);
}

static god_status put_rows(gnn_stock *stock, gnn_matrix *matrix, const gnn_config *config, const gnn_module *module,
                           const gnn_tensor *tensor, int64_t outputs, int64_t cols, uint32_t by_cols, void *staging,
                           god_error *err)
{
    god_nn_engine *engine = stock->engine;
    for (int64_t first = 0; first < outputs; first += rows_per_put) {
        int64_t count = outputs - first < rows_per_put ? outputs - first : rows_per_put;
        uint32_t in_order = !by_cols;
        for (int64_t i = 0; i < count; i++) {
            int64_t row = stored_row(config, module, first + i);
            in_order &= row == first + i;
            int64_t at = by_cols ? row : row * cols, step = by_cols ? outputs : 1;
            GOD_TRY(gnn_convert(tensor, at, step, cols, gnn_at(staging, engine->dtype, i * cols), engine->dtype, err));
        }
        GOD_TRY(engine->ops->matrix_put(engine->device, matrix, first, count, staging, err));
        if (in_order) {
            release_rows(tensor, first, count, cols);
        }
    }
    gnn_tensor_release(tensor, 0, tensor->bytes);
    return GOD_OK;
}

god_status gnn_stock_matrix(gnn_stock *stock, const gnn_config *config, const gnn_module *module,
                            const gnn_tensor *tensor, int64_t outputs, int64_t cols, uint32_t by_cols,
                            const gnn_matrix **ret_matrix, god_error *err)
{
    god_nn_engine *engine = stock->engine;
    gnn_matrix *matrix = NULL;
    GOD_TRY(by_cols ? check_shape(tensor, cols, outputs, 2, err) : check_shape(tensor, outputs, cols, 2, err));
    if (stock->matrix_count == stock->capacity) {
        return god_fail(err, GOD_E_INTERNAL, "more than %zu matrices", stock->capacity);
    }
    void *staging = malloc((size_t)(rows_per_put * cols) * gnn_dtype_bytes(engine->dtype) + 1);
    if (staging == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for rows of \"%s\"", tensor->name);
    }
    god_status status = engine->ops->matrix_new(engine->device, outputs, cols, &matrix, err);
    if (status == GOD_OK) {
        stock->matrices[stock->matrix_count++] = matrix;
        status = put_rows(stock, matrix, config, module, tensor, outputs, cols, by_cols, staging, err);
    }
    free(staging);
    if (status == GOD_OK) {
        stock->parameters += (uint64_t)tensor->elements;
        *ret_matrix = matrix;
    }
    return status;
}

/* Two independent normal numbers of standard deviation 1 (Box, Muller 1958) from xorshift64 (Marsaglia 2003). */
static void next_normals(uint64_t *state, double ret[2])
{
    double uniform[2];
    for (int i = 0; i < 2; i++) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        uniform[i] = ((double)(*state >> 11) + 0.5) * 0x1p-53;
    }
    double radius = sqrt(-2.0 * log(uniform[0])), angle = 6.28318530717958647692 * uniform[1];
    ret[0] = radius * cos(angle);
    ret[1] = radius * sin(angle);
}

static god_status put_normals(god_nn_engine *engine, gnn_matrix *matrix, int64_t outputs, int64_t cols, double spread,
                              void *row, god_error *err)
{
    uint64_t state = 88172645463325252u;
    for (int64_t r = 0; r < outputs; r++) {
        for (int64_t c = 0; c < cols; c += 2) {
            double normals[2];
            next_normals(&state, normals);
            gnn_store(row, engine->dtype, c, (float)(spread * normals[0]));
            gnn_store(row, engine->dtype, c + 1, (float)(spread * normals[1])); /* the row has room for one more */
        }
        GOD_TRY(engine->ops->matrix_put(engine->device, matrix, r, 1, row, err));
    }
    return GOD_OK;
}

god_status gnn_stock_normal(gnn_stock *stock, int64_t outputs, int64_t cols, double spread,
                            const gnn_matrix **ret_matrix, god_error *err)
{
    god_nn_engine *engine = stock->engine;
    gnn_matrix *matrix = NULL;
    if (stock->matrix_count == stock->capacity) {
        return god_fail(err, GOD_E_INTERNAL, "more than %zu matrices", stock->capacity);
    }
    void *row = calloc((size_t)cols + 1, sizeof(float));
    if (row == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a row of %lld numbers", (long long)cols);
    }
    god_status status = engine->ops->matrix_new(engine->device, outputs, cols, &matrix, err);
    if (status == GOD_OK) {
        stock->matrices[stock->matrix_count++] = matrix;
        status = put_normals(engine, matrix, outputs, cols, spread, row, err);
    }
    free(row);
    if (status == GOD_OK) {
        stock->parameters += (uint64_t)outputs * (uint64_t)cols;
        *ret_matrix = matrix;
    }
    return status;
}

/* Values that the activation type can hold, as f32. */
static god_status convert_vector(const gnn_tensor *tensor, const gnn_config *config, const gnn_module *module,
                                 uint32_t dtype, float *to, int64_t count, god_error *err)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t element = 0; /* room for either type */
        GOD_TRY(gnn_convert(tensor, stored_row(config, module, i), 1, 1, &element, dtype, err));
        to[i] = gnn_load(&element, dtype, 0);
    }
    return GOD_OK;
}

god_status gnn_stock_vector(gnn_stock *stock, const gnn_config *config, const gnn_module *module,
                            const gnn_tensor *tensor, int64_t count, const float **ret_vector, god_error *err)
{
    god_nn_engine *engine = stock->engine;
    size_t bytes = (size_t)count * sizeof(float);
    void *buffer = NULL;
    GOD_TRY(check_shape(tensor, count, 0, 1, err));
    if (stock->vector_count == stock->capacity) {
        return god_fail(err, GOD_E_INTERNAL, "more than %zu vectors", stock->capacity);
    }
    float *staging = malloc(bytes + 1);
    if (staging == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for \"%s\"", tensor->name);
    }
    god_status status = convert_vector(tensor, config, module, engine->dtype, staging, count, err);
    if (status == GOD_OK) {
        status = engine->ops->alloc(engine->device, bytes, &buffer, err);
    }
    if (status == GOD_OK) {
        stock->vectors[stock->vector_count++] = buffer;
        status = engine->ops->upload(engine->device, buffer, staging, bytes, err);
    }
    free(staging);
    if (status == GOD_OK) {
        stock->parameters += (uint64_t)tensor->elements;
        *ret_vector = buffer;
    }
    return status;
}
