/* Products with weight matrices.
 *
 * A matrix is kept in panels of 64 outputs, each panel (cols, 64) with the outputs contiguous:
 *
 *   panel 0: w[0..63][k=0] w[0..63][k=1] ...   panel 1: w[64..127][k=0] ...   missing outputs of the last panel: 0
 *
 * One item of work widens a panel to f32 (bf16 weights stay bf16 in memory) and multiplies it with tiles of 128 rows of
 * x by one single-threaded oneDNN sgemm of always the same shape, 128 x 64 x cols; short tiles are filled with zero
 * rows. So a row's digits depend on the row, the matrix and the instruction set, and on nothing else. */
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>

#include "cpu.h"
#include "vector.h"

enum { panel_outputs = 64, tile_rows = 128, put_block_cols = 256, items_per_thread = 4 };

struct gnn_matrix {
    int64_t outputs, cols, panels;
    void *data;
};

static void *panel_of(const gnn_matrix *matrix, uint32_t dtype, int64_t panel)
{
    return gnn_at(matrix->data, dtype, panel * matrix->cols * panel_outputs);
}

god_status cpu_matrix_new(gnn_device *device, int64_t outputs, int64_t cols, gnn_matrix **ret_matrix, god_error *err)
{
    int64_t panels = (outputs + panel_outputs - 1) / panel_outputs;
    size_t bytes = (size_t)(panels * panel_outputs * cols) * gnn_dtype_bytes(device->dtype);
    gnn_matrix *matrix = calloc(1, sizeof *matrix);
    if (matrix == NULL || (matrix->data = aligned_alloc(64, (bytes / 64 + 1) * 64)) == NULL) {
        free(matrix);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a matrix of %lld x %lld", (long long)outputs,
                        (long long)cols);
    }
    memset(matrix->data, 0, bytes);
    matrix->outputs = outputs;
    matrix->cols = cols;
    matrix->panels = panels;
    *ret_matrix = matrix;
    return GOD_OK;
}

void cpu_matrix_free(gnn_device *device, gnn_matrix *matrix)
{
    (void)device;
    if (matrix != NULL) {
        free(matrix->data);
        free(matrix);
    }
}

typedef struct put_work {
    const gnn_matrix *matrix;
    const void *rows;
    int64_t first, count;
    uint32_t dtype;
} put_work;

/* Item: a range of columns, for all rows. */
static void put_item(void *ctx, int64_t item, uint32_t thread)
{
    const put_work *work = ctx;
    int64_t cols = work->matrix->cols, begin = item * put_block_cols;
    int64_t end = begin + put_block_cols < cols ? begin + put_block_cols : cols;
    size_t bytes = gnn_dtype_bytes(work->dtype);
    (void)thread;
    for (int64_t i = 0; i < work->count; i++) {
        int64_t output = work->first + i, lane = output % panel_outputs;
        char *panel = panel_of(work->matrix, work->dtype, output / panel_outputs);
        const char *row = gnn_at_const(work->rows, work->dtype, i * cols);
        for (int64_t k = begin; k < end; k++) {
            memcpy(panel + (size_t)(k * panel_outputs + lane) * bytes, row + (size_t)k * bytes, bytes);
        }
    }
}

god_status cpu_matrix_put(gnn_device *device, gnn_matrix *matrix, int64_t first, int64_t count, const void *rows,
                          god_error *err)
{
    put_work work = {matrix, rows, first, count, device->dtype};
    (void)err;
    cpu_pool_run(device->pool, (matrix->cols + put_block_cols - 1) / put_block_cols, put_item, &work);
    return GOD_OK;
}

typedef struct embed_work {
    const gnn_embed_args *args;
    uint32_t dtype;
} embed_work;

static void embed_item(void *ctx, int64_t item, uint32_t thread)
{
    const embed_work *work = ctx;
    const gnn_embed_args *args = work->args;
    size_t bytes = gnn_dtype_bytes(work->dtype);
    (void)thread;
    for (int64_t i = item * CPU_BLOCK_ROWS; i < cpu_block_end(item, args->count); i++) {
        int64_t id = args->ids[i], lane = id % panel_outputs;
        const char *panel = panel_of(args->matrix, work->dtype, id / panel_outputs);
        char *y = gnn_at(args->y, work->dtype, i * args->y_stride);
        for (int64_t k = 0; k < args->matrix->cols; k++) {
            memcpy(y + (size_t)k * bytes, panel + (size_t)(k * panel_outputs + lane) * bytes, bytes);
        }
    }
}

god_status cpu_embed(gnn_device *device, const gnn_embed_args *args, god_error *err)
{
    embed_work work = {args, device->dtype};
    (void)err;
    cpu_pool_run(device->pool, cpu_blocks(args->count), embed_item, &work);
    return GOD_OK;
}

typedef struct matmul_work {
    const gnn_matmul_args *args;
    float *x;      /* (tiles * tile_rows, cols), the rows of x in f32, then zero rows */
    char *threads; /* per thread: one panel in f32, one tile of results */
    size_t thread_bytes;
    int64_t tiles, tiles_per_item, first_panel, panels;
    uint32_t dtype;
    dnnl_status_t *problems; /* per thread: the first status that was not success */
} matmul_work;

CPU_CLONES static void widen_rows(const matmul_work *work, int64_t begin, int64_t end)
{
    const gnn_matmul_args *args = work->args;
    int64_t cols = args->matrix->cols;
    for (int64_t r = begin; r < end; r++) {
        if (r < args->rows) {
            cpu_load(work->x + r * cols, gnn_at_const(args->x, work->dtype, r * args->x_stride), work->dtype, cols);
        } else {
            memset(work->x + r * cols, 0, (size_t)cols * sizeof *work->x);
        }
    }
}

static void widen_item(void *ctx, int64_t item, uint32_t thread)
{
    const matmul_work *work = ctx;
    (void)thread;
    widen_rows(work, item * CPU_BLOCK_ROWS, (item + 1) * CPU_BLOCK_ROWS); /* a tile is a whole number of blocks */
}

CPU_CLONES static const float *widen_panel(const matmul_work *work, int64_t panel, float *room)
{
    const void *data = panel_of(work->args->matrix, work->dtype, panel);
    if (work->dtype == GNN_F32) {
        return data;
    }
    cpu_load(room, data, work->dtype, work->args->matrix->cols * panel_outputs);
    return room;
}

/* Adds the bias and writes a tile of results where it belongs. */
CPU_CLONES static void store_tile(const matmul_work *work, int64_t tile, int64_t panel, float *result)
{
    const gnn_matmul_args *args = work->args;
    int64_t output = panel * panel_outputs;
    int64_t width = args->last - output < panel_outputs ? args->last - output : panel_outputs;
    int64_t rows = args->rows - tile * tile_rows < tile_rows ? args->rows - tile * tile_rows : tile_rows;
    for (int64_t r = 0; r < rows; r++) {
        float *row = result + r * panel_outputs;
        for (int64_t i = 0; args->bias != NULL && i < width; i++) {
            row[i] += args->bias[output + i];
        }
        int64_t at = (tile * tile_rows + r) * args->y_stride + output - args->first;
        cpu_store(gnn_at(args->y, work->dtype, at), work->dtype, row, width);
    }
}

/* Item: one panel with some of the tiles. */
static void matmul_item(void *ctx, int64_t item, uint32_t thread)
{
    const matmul_work *work = ctx;
    int64_t cols = work->args->matrix->cols, panel = work->first_panel + item % work->panels;
    int64_t tile = item / work->panels * work->tiles_per_item, end = tile + work->tiles_per_item;
    float *room = (float *)(void *)(work->threads + thread * work->thread_bytes);
    float *result = room + cols * panel_outputs;
    const float *weights = widen_panel(work, panel, room);
    for (; tile < end && tile < work->tiles; tile++) {
        dnnl_status_t status =
            dnnl_sgemm('N', 'N', tile_rows, panel_outputs, cols, 1.0f, work->x + tile * tile_rows * cols, cols, weights,
                       panel_outputs, 0.0f, result, panel_outputs);
        if (status != dnnl_success && work->problems[thread] == dnnl_success) {
            work->problems[thread] = status;
        }
        store_tile(work, tile, panel, result);
    }
}

static god_status get_room(gnn_device *device, matmul_work *work, god_error *err)
{
    int64_t cols = work->args->matrix->cols;
    void *shared = NULL, *threads = NULL;
    work->thread_bytes = (size_t)((cols + tile_rows) * panel_outputs) * sizeof(float);
    size_t shared_bytes = (size_t)(work->tiles * tile_rows * cols) * sizeof(float);
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_SHARED, shared_bytes, &shared, err));
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_THREADS,
                            device->threads * (work->thread_bytes + sizeof *work->problems), &threads, err));
    work->x = shared;
    work->threads = threads;
    work->problems = (dnnl_status_t *)(void *)(work->threads + device->threads * work->thread_bytes);
    for (uint32_t t = 0; t < device->threads; t++) {
        work->problems[t] = dnnl_success;
    }
    return GOD_OK;
}

/* Panels alone are too few items for many threads and a narrow matrix; then the tiles are split as well. */
static int64_t split_tiles(const gnn_device *device, const matmul_work *work)
{
    int64_t wanted = (int64_t)device->threads * items_per_thread;
    int64_t groups = (wanted + work->panels - 1) / work->panels;
    groups = groups < work->tiles ? groups : work->tiles;
    return (work->tiles + groups - 1) / groups;
}

god_status cpu_matmul(gnn_device *device, const gnn_matmul_args *args, god_error *err)
{
    matmul_work work = {.args = args, .dtype = device->dtype};
    if (args->rows <= 0 || args->last <= args->first) {
        return GOD_OK;
    }
    if (args->first % panel_outputs != 0) {
        return god_fail(err, GOD_E_INVALID, "output %lld does not start a panel of %d", (long long)args->first,
                        (int)panel_outputs);
    }
    work.tiles = (args->rows + tile_rows - 1) / tile_rows;
    work.first_panel = args->first / panel_outputs;
    work.panels = (args->last + panel_outputs - 1) / panel_outputs - work.first_panel;
    work.tiles_per_item = split_tiles(device, &work);
    GOD_TRY(get_room(device, &work, err));
    cpu_pool_run(device->pool, work.tiles * tile_rows / CPU_BLOCK_ROWS, widen_item, &work);
    int64_t groups = (work.tiles + work.tiles_per_item - 1) / work.tiles_per_item;
    cpu_pool_run(device->pool, work.panels * groups, matmul_item, &work);
    for (uint32_t t = 0; t < device->threads; t++) {
        if (work.problems[t] != dnnl_success) {
            return god_fail(err, work.problems[t] == dnnl_out_of_memory ? GOD_E_NOMEM : GOD_E_INTERNAL,
                            "oneDNN could not multiply: status %d", (int)work.problems[t]);
        }
    }
    return GOD_OK;
}
