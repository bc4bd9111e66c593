/* Operations that treat each row by itself. A row is widened into the thread's scratch, worked on in f32, and stored.
 * Rounding points are those of the references in ops/. */
#include <math.h>

#include "cpu.h"
#include "vector.h"

enum { lanes = 8 };

typedef struct row_work {
    const void *args;
    char *threads;
    size_t thread_bytes;
    uint32_t dtype;
} row_work;

static float *room_of(const row_work *work, uint32_t thread)
{
    return (float *)(void *)(work->threads + thread * work->thread_bytes);
}

/* Runs `run` over blocks of `rows` rows, with room for `floats` numbers per thread. */
static god_status run_rows(gnn_device *device, const void *args, int64_t rows, int64_t floats, cpu_item run,
                           god_error *err)
{
    row_work work = {.args = args, .thread_bytes = (size_t)floats * sizeof(float), .dtype = device->dtype};
    void *threads = NULL;
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_THREADS, device->threads * work.thread_bytes, &threads, err));
    work.threads = threads;
    cpu_pool_run(device->pool, cpu_blocks(rows), run, &work);
    return GOD_OK;
}

static inline double sum_lanes(const double lane[lanes])
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* sum over (x - shift)^power, power 1 or 2 */
static inline double row_sum(const float *x, int64_t count, double shift, int power)
{
    double lane[lanes] = {0.0};
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        for (int l = 0; l < lanes; l++) {
            double d = (double)x[i + l] - shift;
            lane[l] += power == 2 ? d * d : d;
        }
    }
    for (int l = 0; i < count; i++, l++) {
        double d = (double)x[i] - shift;
        lane[l] += power == 2 ? d * d : d;
    }
    return sum_lanes(lane);
}

CPU_CLONES static void norm_vector(const gnn_norm_args *args, int64_t x_at, int64_t y_at, int64_t group, float *x,
                                   uint32_t dtype)
{
    int64_t cols = args->cols, weight_at = args->weight_per_group ? group * cols : 0;
    const float *weight = args->weight + weight_at;
    const float *bias = args->bias != NULL ? args->bias + weight_at : NULL;
    double mean = 0.0;
    cpu_load(x, gnn_at_const(args->x, dtype, x_at), dtype, cols);
    if (args->kind == GNN_NORM_LAYER) {
        mean = row_sum(x, cols, 0.0, 1) / (double)cols;
    }
    double scale = 1.0 / sqrt(row_sum(x, cols, mean, 2) / (double)cols + (double)args->eps);
    for (int64_t c = 0; c < cols; c++) {
        x[c] = (float)(((double)x[c] - mean) * scale);
    }
    if (args->kind == GNN_NORM_RMS) {
        cpu_round(x, dtype, cols);
    }
    float offset = args->kind == GNN_NORM_RMS_PLUS1 ? 1.0f : 0.0f;
    for (int64_t c = 0; c < cols; c++) {
        x[c] *= weight[c] + offset;
    }
    for (int64_t c = 0; bias != NULL && c < cols; c++) {
        x[c] += bias[c];
    }
    cpu_store(gnn_at(args->y, dtype, y_at), dtype, x, cols);
}

static void norm_item(void *ctx, int64_t item, uint32_t thread)
{
    const row_work *work = ctx;
    const gnn_norm_args *args = work->args;
    for (int64_t r = item * CPU_BLOCK_ROWS; r < cpu_block_end(item, args->rows); r++) {
        for (int64_t g = 0; g < args->groups; g++) {
            norm_vector(args, r * args->x_row_stride + g * args->x_group_stride,
                        r * args->y_row_stride + g * args->y_group_stride, g, room_of(work, thread), work->dtype);
        }
    }
}

god_status cpu_norm(gnn_device *device, const gnn_norm_args *args, god_error *err)
{
    return run_rows(device, args, args->rows, args->cols, norm_item, err);
}

CPU_CLONES static void rope_vector(const gnn_rope_args *args, int64_t at, const float *cosine, const float *sine,
                                   float *x, uint32_t dtype)
{
    int64_t half = args->rotary / 2;
    float *low = x, *high = x + half, *product = x + args->rotary;
    cpu_load(x, gnn_at_const(args->x, dtype, at), dtype, args->rotary);
    for (int64_t d = 0; d < half; d++) {
        product[d] = low[d] * cosine[d];
        product[half + d] = -high[d] * sine[d];
        product[2 * half + d] = high[d] * cosine[d];
        product[3 * half + d] = low[d] * sine[d];
    }
    cpu_round(product, dtype, 4 * half);
    for (int64_t d = 0; d < half; d++) {
        low[d] = product[d] + product[half + d];
        high[d] = product[2 * half + d] + product[3 * half + d];
    }
    cpu_store(gnn_at(args->x, dtype, at), dtype, x, args->rotary);
}

static void rope_item(void *ctx, int64_t item, uint32_t thread)
{
    const row_work *work = ctx;
    const gnn_rope_args *args = work->args;
    for (int64_t r = item * CPU_BLOCK_ROWS; r < cpu_block_end(item, args->rows); r++) {
        int64_t table_at = args->position[r] * (args->rotary / 2);
        for (int64_t h = 0; h < args->heads; h++) {
            rope_vector(args, r * args->row_stride + h * args->head_stride, args->cos + table_at, args->sin + table_at,
                        room_of(work, thread), work->dtype);
        }
    }
}

god_status cpu_rope(gnn_device *device, const gnn_rope_args *args, god_error *err)
{
    return run_rows(device, args, args->rows, 3 * args->rotary, rope_item, err);
}

static inline __attribute__((always_inline)) void activate(float *x, int64_t count, uint32_t kind)
{
    const float sqrt_2_over_pi = 0.797884560802865356f;
    if (kind == GNN_ACT_SILU) {
        for (int64_t i = 0; i < count; i++) {
            x[i] = x[i] * cpu_sigmoid(x[i]);
        }
    } else if (kind == GNN_ACT_GELU) {
        for (int64_t i = 0; i < count; i++) {
            x[i] = x[i] * cpu_normal(x[i]);
        }
    } else if (kind == GNN_ACT_GELU_TANH) { /* (1 + tanh u) / 2 is the sigmoid of 2 u */
        for (int64_t i = 0; i < count; i++) {
            x[i] = x[i] * cpu_sigmoid(2.0f * sqrt_2_over_pi * (x[i] + 0.044715f * x[i] * x[i] * x[i]));
        }
    } else if (kind == GNN_ACT_GELU_QUICK) {
        for (int64_t i = 0; i < count; i++) {
            x[i] = x[i] * cpu_sigmoid(1.702f * x[i]);
        }
    } else {
        for (int64_t i = 0; i < count; i++) {
            x[i] = x[i] < 0.0f ? 0.0f : x[i];
        }
    }
}

CPU_CLONES static void activation_vector(const gnn_activation_args *args, int64_t row, float *room, uint32_t dtype)
{
    float *x = room, *up = room + args->cols;
    cpu_load(room, gnn_at_const(args->x, dtype, row * args->x_stride), dtype, (args->gated ? 2 : 1) * args->cols);
    activate(x, args->cols, args->kind);
    if (args->gated) {
        cpu_round(x, dtype, args->cols);
        for (int64_t c = 0; c < args->cols; c++) {
            x[c] *= up[c];
        }
    }
    cpu_store(gnn_at(args->y, dtype, row * args->y_stride), dtype, x, args->cols);
}

static void activation_item(void *ctx, int64_t item, uint32_t thread)
{
    const row_work *work = ctx;
    const gnn_activation_args *args = work->args;
    for (int64_t r = item * CPU_BLOCK_ROWS; r < cpu_block_end(item, args->rows); r++) {
        activation_vector(args, r, room_of(work, thread), work->dtype);
    }
}

god_status cpu_activation(gnn_device *device, const gnn_activation_args *args, god_error *err)
{
    return run_rows(device, args, args->rows, 2 * args->cols, activation_item, err);
}

/* Row y_row of y = that row + round(scale * row x_row of x), rounded. */
CPU_CLONES static void add_vector(const gnn_rows_args *args, int64_t y_row, int64_t x_row, float scale, float *room,
                                  uint32_t dtype)
{
    float *y = room, *x = room + args->cols;
    void *y_at = gnn_at(args->y, dtype, y_row * args->y_stride);
    cpu_load(y, y_at, dtype, args->cols);
    cpu_load(x, gnn_at_const(args->x, dtype, x_row * args->x_stride), dtype, args->cols);
    for (int64_t c = 0; c < args->cols; c++) {
        x[c] *= scale;
    }
    cpu_round(x, dtype, args->cols);
    for (int64_t c = 0; c < args->cols; c++) {
        y[c] += x[c];
    }
    cpu_store(y_at, dtype, y, args->cols);
}

static void add_item(void *ctx, int64_t item, uint32_t thread)
{
    const row_work *work = ctx;
    const gnn_rows_args *args = work->args;
    for (int64_t r = item * CPU_BLOCK_ROWS; r < cpu_block_end(item, args->rows); r++) {
        add_vector(args, r, r, args->scale, room_of(work, thread), work->dtype);
    }
}

god_status cpu_add(gnn_device *device, const gnn_rows_args *args, god_error *err)
{
    return run_rows(device, args, args->rows, 2 * args->cols, add_item, err);
}

static void scatter_item(void *ctx, int64_t item, uint32_t thread)
{
    const row_work *work = ctx;
    const gnn_rows_args *args = work->args;
    for (int64_t r = item * CPU_BLOCK_ROWS; r < cpu_block_end(item, args->rows); r++) {
        add_vector(args, args->index[r], r, args->weight[r], room_of(work, thread), work->dtype);
    }
}

god_status cpu_scatter(gnn_device *device, const gnn_rows_args *args, god_error *err)
{
    return run_rows(device, args, args->rows, 2 * args->cols, scatter_item, err);
}

CPU_CLONES static void dora_vector(const gnn_dora_args *args, int64_t row, float *room, uint32_t dtype)
{
    float *y = room, *x = y + args->cols, *u = x + args->cols;
    void *y_at = gnn_at(args->y, dtype, row * args->y_stride);
    const float *magnitude = args->magnitude;
    cpu_load(y, y_at, dtype, args->cols);
    cpu_load(u, y_at, dtype, args->cols);
    cpu_load(x, gnn_at_const(args->x, dtype, row * args->x_stride), dtype, args->cols);
    for (int64_t c = 0; args->bias != NULL && c < args->cols; c++) {
        u[c] -= args->bias[c];
    }
    cpu_round(u, dtype, args->cols);
    for (int64_t c = 0; c < args->cols; c++) {
        y[c] += (magnitude[c] - 1.0f) * u[c] + magnitude[c] * x[c] * args->scale;
    }
    cpu_store(y_at, dtype, y, args->cols);
}

static void dora_item(void *ctx, int64_t item, uint32_t thread)
{
    const row_work *work = ctx;
    const gnn_dora_args *args = work->args;
    for (int64_t r = item * CPU_BLOCK_ROWS; r < cpu_block_end(item, args->rows); r++) {
        dora_vector(args, r, room_of(work, thread), work->dtype);
    }
}

god_status cpu_dora(gnn_device *device, const gnn_dora_args *args, god_error *err)
{
    return run_rows(device, args, args->rows, 3 * args->cols, dora_item, err);
}

CPU_CLONES static void scale_vector(const gnn_rows_args *args, int64_t row, float *y, uint32_t dtype)
{
    void *at = gnn_at(args->y, dtype, row * args->y_stride);
    cpu_load(y, at, dtype, args->cols);
    for (int64_t c = 0; c < args->cols; c++) {
        y[c] *= args->scale;
    }
    cpu_store(at, dtype, y, args->cols);
}

static void scale_item(void *ctx, int64_t item, uint32_t thread)
{
    const row_work *work = ctx;
    const gnn_rows_args *args = work->args;
    for (int64_t r = item * CPU_BLOCK_ROWS; r < cpu_block_end(item, args->rows); r++) {
        scale_vector(args, r, room_of(work, thread), work->dtype);
    }
}

god_status cpu_scale(gnn_device *device, const gnn_rows_args *args, god_error *err)
{
    return run_rows(device, args, args->rows, args->cols, scale_item, err);
}

CPU_CLONES static void softcap_vector(const gnn_rows_args *args, int64_t row, float *y, uint32_t dtype)
{
    void *at = gnn_at(args->y, dtype, row * args->y_stride);
    cpu_load(y, at, dtype, args->cols);
    for (int64_t c = 0; c < args->cols; c++) {
        y[c] /= args->scale;
    }
    cpu_round(y, dtype, args->cols);
    for (int64_t c = 0; c < args->cols; c++) {
        y[c] = cpu_tanh(y[c]);
    }
    cpu_round(y, dtype, args->cols);
    for (int64_t c = 0; c < args->cols; c++) {
        y[c] *= args->scale;
    }
    cpu_store(at, dtype, y, args->cols);
}

static void softcap_item(void *ctx, int64_t item, uint32_t thread)
{
    const row_work *work = ctx;
    const gnn_rows_args *args = work->args;
    for (int64_t r = item * CPU_BLOCK_ROWS; r < cpu_block_end(item, args->rows); r++) {
        softcap_vector(args, r, room_of(work, thread), work->dtype);
    }
}

god_status cpu_softcap(gnn_device *device, const gnn_rows_args *args, god_error *err)
{
    return run_rows(device, args, args->rows, args->cols, softcap_item, err);
}

god_status cpu_gather(gnn_device *device, const gnn_rows_args *args, god_error *err)
{
    (void)err;
    for (int64_t r = 0; r < args->rows; r++) {
        memcpy(gnn_at(args->y, device->dtype, r * args->y_stride),
               gnn_at_const(args->x, device->dtype, args->index[r] * args->x_stride),
               (size_t)args->cols * gnn_dtype_bytes(device->dtype));
    }
    return GOD_OK;
}
