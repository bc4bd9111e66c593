/* Products with weight matrices.
 *
 * A matrix is kept in panels of 64 outputs, each panel (cols, 64) with the outputs contiguous:
 *
 *   panel 0: w[0..63][k=0] w[0..63][k=1] ...   panel 1: w[64..127][k=0] ...   missing outputs of the last panel: 0
 *
 * The rows of x are widened to f32 once, in tiles of as many rows as the kernel takes (product.h), each tile cut into
 * pieces of CPU_DEPTH columns; short tiles are filled with zero rows. One item of work is a panel with some of the
 * tiles: it widens the panel piece by piece (bf16 weights stay bf16 in memory) and runs the kernel on it with the same
 * piece of every tile. So a row's digits depend on the row and the matrix, and on nothing else. */
#include <stdlib.h>

#include "cpu.h"
#include "product.h"
#include "vector.h"

enum { put_block_cols = 256, items_per_thread = 4, tiles_per_item_max = 128 };

struct gnn_matrix {
    int64_t outputs, cols, panels;
    void *data;
    size_t bytes;
};

static void *panel_of(const gnn_matrix *matrix, uint32_t dtype, int64_t panel)
{
    return gnn_at(matrix->data, dtype, panel * matrix->cols * CPU_PANEL);
}

god_status cpu_matrix_new(gnn_device *device, int64_t outputs, int64_t cols, gnn_matrix **ret_matrix, god_error *err)
{
    int64_t panels = (outputs + CPU_PANEL - 1) / CPU_PANEL;
    size_t bytes = (size_t)(panels * CPU_PANEL * cols) * gnn_dtype_bytes(device->dtype);
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
    matrix->bytes = bytes;
    gnn_device_memory_add(&device->memory, bytes);
    *ret_matrix = matrix;
    return GOD_OK;
}

void cpu_matrix_free(gnn_device *device, gnn_matrix *matrix)
{
    if (matrix != NULL) {
        device->memory.weights -= matrix->bytes;
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

/* Columns begin .. end - 1 of rows from .. to - 1, one element at a time. */
static void put_elements(const put_work *work, int64_t from, int64_t to, int64_t begin, int64_t end)
{
    const size_t bytes = gnn_dtype_bytes(work->dtype);
    for (int64_t i = from; i < to; i++) {
        int64_t output = work->first + i, lane = output % CPU_PANEL;
        char *panel = panel_of(work->matrix, work->dtype, output / CPU_PANEL);
        const char *row = gnn_at_const(work->rows, work->dtype, i * work->matrix->cols);
        for (int64_t k = begin; k < end; k++) {
            memcpy(panel + (size_t)(k * CPU_PANEL + lane) * bytes, row + (size_t)k * bytes, bytes);
        }
    }
}

typedef uint16_t eight __attribute__((vector_size(16)));

/* 8 x 8 elements: columns of `from`, whose rows are `stride` apart, become rows of `to`, CPU_PANEL apart. Three rounds
 * of taking elements from two rows in turn. */
static void transpose_eight(const uint16_t *from, int64_t stride, uint16_t *to)
{
    eight a[8], b[8];
    for (int i = 0; i < 8; i++) {
        memcpy(&a[i], from + i * stride, sizeof a[i]);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4; i++) {
            b[2 * i] = __builtin_shufflevector(a[i], a[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
            b[2 * i + 1] = __builtin_shufflevector(a[i], a[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        memcpy(a, b, sizeof a);
    }
    for (int i = 0; i < 8; i++) {
        memcpy(to + i * CPU_PANEL, &a[i], sizeof a[i]);
    }
}

/* Item: a range of columns, for all rows. Nearly all weights are bf16 in whole eights. */
static void put_item(void *ctx, int64_t item, uint32_t thread)
{
    const put_work *work = ctx;
    const int64_t cols = work->matrix->cols, begin = item * put_block_cols;
    const int64_t end = begin + put_block_cols < cols ? begin + put_block_cols : cols;
    const uint32_t in_eights = work->dtype == GNN_BF16 && work->first % 8 == 0;
    const int64_t rows = in_eights ? work->count / 8 * 8 : 0, last = begin + (end - begin) / 8 * 8;
    (void)thread;
    for (int64_t i = 0; i < rows; i += 8) {
        const int64_t output = work->first + i;
        uint16_t *panel = panel_of(work->matrix, GNN_BF16, output / CPU_PANEL);
        const uint16_t *from = gnn_at_const(work->rows, GNN_BF16, i * cols);
        for (int64_t k = begin; k < last; k += 8) {
            transpose_eight(from + k, cols, panel + k * CPU_PANEL + output % CPU_PANEL);
        }
    }
    put_elements(work, 0, rows, last, end);
    put_elements(work, rows, work->count, begin, end);
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
        int64_t id = args->ids[i], lane = id % CPU_PANEL;
        const char *panel = panel_of(args->matrix, work->dtype, id / CPU_PANEL);
        char *y = gnn_at(args->y, work->dtype, i * args->y_stride);
        for (int64_t k = 0; k < args->matrix->cols; k++) {
            memcpy(y + (size_t)k * bytes, panel + (size_t)(k * CPU_PANEL + lane) * bytes, bytes);
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
    const cpu_product_kernel *kernel;
    float *x;      /* (tiles, depth blocks, kernel rows, CPU_X_STRIDE) */
    char *threads; /* per thread: a piece of a panel in f32, results of an item's tiles */
    size_t thread_bytes;
    int64_t tiles, tiles_per_item, first_panel, panels, depth_blocks;
    uint32_t dtype;
} matmul_work;

static int64_t depth_of(const matmul_work *work, int64_t block)
{
    int64_t left = work->args->matrix->cols - block * CPU_DEPTH;
    return left < CPU_DEPTH ? left : CPU_DEPTH;
}

/* A tile's piece of x. */
static float *piece_of(const matmul_work *work, int64_t tile, int64_t block)
{
    return work->x + (tile * work->depth_blocks + block) * work->kernel->rows * CPU_X_STRIDE;
}

CPU_CLONES static void widen_tile(const matmul_work *work, int64_t tile)
{
    const gnn_matmul_args *args = work->args;
    const int64_t rows = work->kernel->rows, first = tile * rows;
    for (int64_t block = 0; block < work->depth_blocks; block++) {
        float *to = piece_of(work, tile, block);
        const int64_t depth = depth_of(work, block);
        for (int64_t r = 0; r < rows; r++, to += CPU_X_STRIDE) {
            if (first + r < args->rows) {
                const int64_t at = (first + r) * args->x_stride + block * CPU_DEPTH;
                cpu_load(to, gnn_at_const(args->x, work->dtype, at), work->dtype, depth);
            } else {
                memset(to, 0, (size_t)depth * sizeof *to);
            }
        }
    }
}

static void widen_item(void *ctx, int64_t item, uint32_t thread)
{
    (void)thread;
    widen_tile(ctx, item);
}

/* A piece of a panel in f32. */
CPU_CLONES static const float *widen_panel(const matmul_work *work, int64_t panel, int64_t block, float *room)
{
    const void *data = panel_of(work->args->matrix, work->dtype, panel);
    const void *piece = gnn_at_const(data, work->dtype, block * CPU_DEPTH * CPU_PANEL);
    if (work->dtype == GNN_F32) {
        return piece;
    }
    cpu_load(room, piece, work->dtype, depth_of(work, block) * CPU_PANEL);
    return room;
}

/* Adds the bias and writes a tile of results where it belongs. */
CPU_CLONES static void store_tile(const matmul_work *work, int64_t tile, int64_t panel, int64_t width, float *result)
{
    const gnn_matmul_args *args = work->args;
    const int64_t output = panel * CPU_PANEL, first = tile * work->kernel->rows;
    const int64_t rows = args->rows - first < work->kernel->rows ? args->rows - first : work->kernel->rows;
    for (int64_t r = 0; r < rows; r++) {
        float *row = result + r * CPU_PANEL;
        for (int64_t i = 0; args->bias != NULL && i < width; i++) {
            row[i] += args->bias[output + i];
        }
        int64_t at = (first + r) * args->y_stride + output - args->first;
        cpu_store(gnn_at(args->y, work->dtype, at), work->dtype, row, width);
    }
}

/* Item: one panel with some of the tiles. */
static void matmul_item(void *ctx, int64_t item, uint32_t thread)
{
    const matmul_work *work = ctx;
    const int64_t panel = work->first_panel + item % work->panels, left = work->args->last - panel * CPU_PANEL;
    const int64_t width = left < CPU_PANEL ? left : CPU_PANEL, result_size = work->kernel->rows * CPU_PANEL;
    const int64_t first = item / work->panels * work->tiles_per_item;
    const int64_t end = first + work->tiles_per_item < work->tiles ? first + work->tiles_per_item : work->tiles;
    float *room = (float *)(void *)(work->threads + thread * work->thread_bytes);
    float *results = room + CPU_DEPTH * CPU_PANEL;
    for (int64_t block = 0; block < work->depth_blocks; block++) {
        const float *weights = widen_panel(work, panel, block, room);
        for (int64_t tile = first; tile < end; tile++) {
            work->kernel->run(piece_of(work, tile, block), weights, depth_of(work, block), width, block == 0,
                              results + (tile - first) * result_size,
                              piece_of(work, tile + 1 < end ? tile + 1 : first, block));
        }
    }
    for (int64_t tile = first; tile < end; tile++) {
        store_tile(work, tile, panel, width, results + (tile - first) * result_size);
    }
}

static god_status get_room(gnn_device *device, matmul_work *work, god_error *err)
{
    void *shared = NULL, *threads = NULL;
    const int64_t floats = CPU_PANEL * (CPU_DEPTH + work->tiles_per_item * work->kernel->rows);
    const int64_t x_floats = work->tiles * work->depth_blocks * work->kernel->rows * CPU_X_STRIDE;
    work->thread_bytes = (size_t)floats * sizeof(float);
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_SHARED, (size_t)x_floats * sizeof(float), &shared, err));
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_THREADS, device->threads * work->thread_bytes, &threads, err));
    work->x = shared;
    work->threads = threads;
    return GOD_OK;
}

/* Panels alone are too few items for many threads and a narrow matrix; then the tiles are split as well. */
static int64_t split_tiles(const gnn_device *device, const matmul_work *work)
{
    int64_t wanted = (int64_t)device->threads * items_per_thread;
    int64_t groups = (wanted + work->panels - 1) / work->panels;
    groups = groups < work->tiles ? groups : work->tiles;
    int64_t tiles = (work->tiles + groups - 1) / groups;
    return tiles < tiles_per_item_max ? tiles : tiles_per_item_max;
}

god_status cpu_matmul(gnn_device *device, const gnn_matmul_args *args, god_error *err)
{
    matmul_work work = {.args = args, .kernel = device->kernel, .dtype = device->dtype};
    if (args->rows <= 0 || args->last <= args->first) {
        return GOD_OK;
    }
    if (args->first % CPU_PANEL != 0) {
        return god_fail(err, GOD_E_INVALID, "output %lld does not start a panel of %d", (long long)args->first,
                        (int)CPU_PANEL);
    }
    work.depth_blocks = cpu_depth_blocks(args->matrix->cols);
    work.tiles = (args->rows + work.kernel->rows - 1) / work.kernel->rows;
    work.first_panel = args->first / CPU_PANEL;
    work.panels = (args->last + CPU_PANEL - 1) / CPU_PANEL - work.first_panel;
    work.tiles_per_item = split_tiles(device, &work);
    GOD_TRY(get_room(device, &work, err));
    cpu_pool_run(device->pool, work.tiles, widen_item, &work);
    int64_t groups = (work.tiles + work.tiles_per_item - 1) / work.tiles_per_item;
    cpu_pool_run(device->pool, work.panels * groups, matmul_item, &work);
    return GOD_OK;
}
