/* tests/bench/bench_kernels.c: operations of the CPU device beside a matrix product of oneDNN, in turns on one thread.
 *
 *     GOD_NN_DIR=build/lib/god/nn build/tests/bench-kernels [WORD]
 *
 * Prints Markdown; with WORD, of those operations alone that have it in their name. Every operation takes turns with an
 * f32 product of two 1024 x 1024 matrices (dnnl_sgemm), so whatever slows the machine down slows both, and the share is
 * that of what the machine gives at that moment. Times are processor time, means of the turns. Shapes are those of a
 * Llama of 1B parameters. The square product is f32 because only the newest processors multiply bf16; the CPU device
 * widens bf16 to f32. */
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tensor/device.h"

/* oneDNN's OpenMP runtime, when it has one. */
extern void omp_set_num_threads(int threads) __attribute__((weak));

enum { repetitions = 5, rows_of_chunk = 1024, hidden = 2048, inner = 5632, head_dim = 64, heads = 32, kv_heads = 8 };

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double now_s(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static void *room_of(size_t bytes)
{
    char *memory = aligned_alloc(64, (bytes / 64 + 1) * 64);
    if (memory == NULL) {
        fprintf(stderr, "bench-kernels: out of memory\n");
        exit(1);
    }
    for (size_t i = 0; i + 1 < bytes; i += 2) {
        memory[i] = (char)(i * 37 % 251); /* bf16 and f32 between 2^-1 and 2, and neither NaN nor tiny */
        memory[i + 1] = 0x3f;
    }
    return memory;
}

/* The product that everything is compared with: square, f32, by oneDNN on one thread. */
enum { square_side = 1024 };

typedef struct squares {
    float *a, *b, *c;
} squares;

static void multiply_squares(const squares *s)
{
    const dnnl_dim_t n = square_side;
    if (dnnl_sgemm('N', 'N', n, n, n, 1.0f, s->a, n, s->b, n, 0.0f, s->c, n) != dnnl_success) {
        fprintf(stderr, "bench-kernels: oneDNN could not multiply\n");
        exit(1);
    }
}

/* Seconds of processor time. */
typedef struct taken {
    double call_s, square_s;
} taken;

typedef struct bench {
    const gnn_device_table *ops;
    gnn_device *device;
    uint32_t dtype;
    const char *only; /* operations whose line holds this */
    squares squares;
} bench;

static uint32_t is_wanted(const bench *b, const char *name)
{
    return b->only == NULL || strstr(name, b->only) != NULL;
}

static void need(god_status status, const god_error *err)
{
    if (status != GOD_OK) {
        fprintf(stderr, "bench-kernels: %s\n", err->message);
        exit(1);
    }
}

static void show(const bench *b, const char *name, taken took, double flops)
{
    const double rate = flops * repetitions / took.call_s;
    const double square = 2.0 * square_side * square_side * square_side * repetitions / took.square_s;
    printf("| %s, %s | %.2f ms | %.1f | %.0f %% |\n", name, b->dtype == GNN_BF16 ? "bf16" : "f32",
           1e3 * took.call_s / repetitions, rate * 1e-9, 100.0 * rate / square);
}

/* Runs `call` and a square product in turns; what both took together stays in `taken`. */
#define IN_TURNS(taken, call)                      \
    do {                                           \
        need(call, &err); /* warms up */           \
        for (int r_ = 0; r_ < repetitions; r_++) { \
            double begin_ = now_s();               \
            need(call, &err);                      \
            double between_ = now_s();             \
            multiply_squares(&b->squares);         \
            taken.call_s += between_ - begin_;     \
            taken.square_s += now_s() - between_;  \
        }                                          \
    } while (0)

static void run_matmul(const bench *b, const char *name, int64_t rows, int64_t outputs, int64_t cols)
{
    god_error err = GOD_ERROR_INIT;
    if (!is_wanted(b, name)) {
        return;
    }
    size_t bytes = gnn_dtype_bytes(b->dtype);
    gnn_matrix *matrix = NULL;
    void *weights = room_of((size_t)(outputs * cols) * bytes), *x = room_of((size_t)(rows * cols) * bytes);
    void *y = room_of((size_t)(rows * outputs) * bytes);
    taken took = {0.0, 0.0};
    need(b->ops->matrix_new(b->device, outputs, cols, &matrix, &err), &err);
    need(b->ops->matrix_put(b->device, matrix, 0, outputs, weights, &err), &err);
    const gnn_matmul_args args = {y, x, matrix, NULL, rows, cols, outputs, 0, outputs};
    IN_TURNS(took, b->ops->matmul(b->device, &args, &err));
    show(b, name, took, 2.0 * (double)rows * (double)outputs * (double)cols);
    b->ops->matrix_free(b->device, matrix);
    free(weights);
    free(x);
    free(y);
}

static void run_attention(const bench *b, const char *name, int64_t sequences, int64_t length)
{
    god_error err = GOD_ERROR_INIT;
    if (!is_wanted(b, name)) {
        return;
    }
    const int64_t rows = sequences * length, stride = (heads + 2 * kv_heads) * head_dim;
    int64_t *starts = calloc((size_t)sequences + 1, sizeof *starts);
    void *qkv = room_of((size_t)(rows * stride) * gnn_dtype_bytes(b->dtype));
    void *y = room_of((size_t)(rows * heads * head_dim) * gnn_dtype_bytes(b->dtype));
    taken took = {0.0, 0.0};
    for (int64_t s = 0; starts != NULL && s <= sequences; s++) {
        starts[s] = s * length;
    }
    const gnn_attention_args args = {.y = y,
                                     .q = qkv,
                                     .k = gnn_at(qkv, b->dtype, heads * head_dim),
                                     .v = gnn_at(qkv, b->dtype, (heads + kv_heads) * head_dim),
                                     .starts = starts,
                                     .sequences = sequences,
                                     .heads = heads,
                                     .kv_heads = kv_heads,
                                     .dim = head_dim,
                                     .stride = stride,
                                     .y_stride = heads * head_dim,
                                     .scale = 0.125f};
    IN_TURNS(took, b->ops->attention(b->device, &args, &err));
    show(b, name, took, 2.0 * (double)rows * (double)(length + 1) * heads * head_dim); /* half of the square */
    free(starts);
    free(qkv);
    free(y);
}

static void run_rows(const bench *b)
{
    god_error err = GOD_ERROR_INIT;
    size_t bytes = gnn_dtype_bytes(b->dtype);
    void *x = room_of((size_t)rows_of_chunk * 2 * inner * bytes),
         *y = room_of((size_t)rows_of_chunk * 2 * inner * bytes);
    float *weight = room_of(inner * sizeof *weight);
    taken norm_took = {0.0, 0.0}, act_took = {0.0, 0.0}, add_took = {0.0, 0.0};
    const gnn_norm_args norm = {.y = y,
                                .x = x,
                                .weight = weight,
                                .rows = rows_of_chunk,
                                .groups = 1,
                                .cols = hidden,
                                .x_row_stride = hidden,
                                .y_row_stride = hidden,
                                .kind = GNN_NORM_RMS,
                                .eps = 1e-5f};
    const gnn_activation_args act = {y, x, rows_of_chunk, inner, 2 * inner, inner, GNN_ACT_SILU, 1};
    const gnn_rows_args add = {
        .y = y, .x = x, .rows = rows_of_chunk, .cols = hidden, .y_stride = hidden, .x_stride = hidden, .scale = 1.0f};
    IN_TURNS(norm_took, b->ops->norm(b->device, &norm, &err));
    IN_TURNS(act_took, b->ops->activation(b->device, &act, &err));
    IN_TURNS(add_took, b->ops->add(b->device, &add, &err));
    show(b, "norm, 1024 x 2048", norm_took, 4.0 * rows_of_chunk * hidden);
    show(b, "silu and product, 1024 x 5632", act_took, 8.0 * rows_of_chunk * inner);
    show(b, "sum, 1024 x 2048", add_took, 1.0 * rows_of_chunk * hidden);
    free(x);
    free(y);
    free(weight);
}

static void run_head(const bench *b)
{
    enum { tile_rows = 512, tile_cols = 4096 };
    god_error err = GOD_ERROR_INIT;
    const size_t bytes = (size_t)tile_rows * tile_cols * gnn_dtype_bytes(b->dtype);
    void *z = room_of(bytes), *other = room_of(bytes);
    static gnn_nll_row nll_rows[tile_rows];
    static gnn_kl_row kl_rows[tile_rows];
    static int32_t targets[tile_rows];
    taken nll_took = {0.0, 0.0}, kl_took = {0.0, 0.0};
    gnn_nll_begin(nll_rows, tile_rows);
    gnn_kl_begin(kl_rows, tile_rows);
    const gnn_head_args nll = {
        .z = z, .targets = targets, .nll = nll_rows, .rows = tile_rows, .cols = tile_cols, .z_stride = tile_cols};
    const gnn_head_args kl = {
        .z = z, .reference_z = other, .kl = kl_rows, .rows = tile_rows, .cols = tile_cols, .z_stride = tile_cols};
    IN_TURNS(nll_took, b->ops->nll(b->device, &nll, &err));
    IN_TURNS(kl_took, b->ops->kl(b->device, &kl, &err));
    show(b, "loss of a tile, 512 x 4096", nll_took, 40.0 * tile_rows * tile_cols);
    show(b, "divergence of a tile, 512 x 4096", kl_took, 80.0 * tile_rows * tile_cols);
    free(z);
    free(other);
}

static void run_all(const bench *b)
{
    run_matmul(b, "product, 1024 x 2048 x 2048", rows_of_chunk, hidden, hidden);
    run_matmul(b, "product, 1024 x 5632 x 2048", rows_of_chunk, inner, hidden);
    run_matmul(b, "product, 1024 x 2048 x 5632", rows_of_chunk, hidden, inner);
    run_matmul(b, "product of the head, 512 x 4096 x 2048", 512, 4096, hidden);
    run_matmul(b, "adapter A, 1024 x 16 x 2048", rows_of_chunk, 16, hidden);
    run_matmul(b, "adapter B, 1024 x 2048 x 16", rows_of_chunk, hidden, 16);
    run_matmul(b, "product of a few, 16 x 2048 x 2048", 16, hidden, hidden);
    run_attention(b, "attention, 8 x 128", 8, 128);
    run_attention(b, "attention, 1 x 1024", 1, 1024);
    run_attention(b, "attention, 1 x 4096", 1, 4096);
    if (is_wanted(b, "rows")) {
        run_rows(b);
    }
    if (is_wanted(b, "head")) {
        run_head(b);
    }
}

int main(int argc, char **argv)
{
    const size_t bytes = (size_t)square_side * square_side * sizeof(float);
    god_error err = GOD_ERROR_INIT;
    bench b = {.only = argc > 1 ? argv[1] : NULL, .squares = {room_of(bytes), room_of(bytes), room_of(bytes)}};
    if (omp_set_num_threads != NULL) {
        omp_set_num_threads(1);
    }
    need(gnn_device_find("cpu", NULL, &b.ops, &err), &err);
    for (b.dtype = GNN_BF16; b.dtype <= GNN_F32; b.dtype++) {
        const gnn_device_options options = {sizeof options, 0, b.dtype, 1};
        need(b.ops->open(&options, &b.device, &err), &err);
        if (b.dtype == GNN_BF16) {
            printf("%s, one thread\n\n| operation | time | GFLOP/s | of the square product |\n|---|---|---|---|\n",
                   b.ops->describe(b.device));
        }
        run_all(&b);
        b.ops->close(b.device);
    }
    free(b.squares.a);
    free(b.squares.b);
    free(b.squares.c);
    return 0;
}
