/* tests/bench/bench_kernels.c: operations of the CPU device beside the matrix product that oneDNN reaches on this
 * machine at its best, measured in the same run.
 *
 *     GOD_NN_DIR=build/lib/god/nn build/tests/bench-kernels [THREADS]
 *
 * Rates are per second of processor time times the number of threads, so that other work on the machine, which takes
 * turns with ours, changes them little; of several repetitions the fastest counts. Shapes are those of a Llama of 1B
 * parameters. The ceiling is the fastest square f32 product of dnnl_sgemm: the CPU device widens bf16 to f32, because
 * only the newest processors multiply bf16. Every thread runs one, as every thread works for the
 * device. */
#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

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

/* One thread's square products; what it returns is read after its end. */
typedef struct square {
    pthread_t id;
    double best; /* flops per second of the thread's processor time */
} square;

static void *run_squares(void *argument)
{
    static const dnnl_dim_t sizes[] = {512, 1024};
    square *self = argument;
    if (omp_set_num_threads != NULL) {
        omp_set_num_threads(1);
    }
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const dnnl_dim_t n = sizes[s];
        float *a = room_of((size_t)(n * n) * 4), *b = room_of((size_t)(n * n) * 4), *c = room_of((size_t)(n * n) * 4);
        for (int r = 0; r < 4 * repetitions; r++) {
            double begin = seconds_of(CLOCK_THREAD_CPUTIME_ID);
            if (dnnl_sgemm('N', 'N', n, n, n, 1.0f, a, n, b, n, 0.0f, c, n) != dnnl_success) {
                fprintf(stderr, "bench-kernels: oneDNN could not multiply\n");
                exit(1);
            }
            double rate = 2.0 * (double)(n * n * n) / (seconds_of(CLOCK_THREAD_CPUTIME_ID) - begin);
            self->best = rate > self->best ? rate : self->best;
        }
        free(a);
        free(b);
        free(c);
    }
    return NULL;
}

/* Flops per second and thread of the fastest square product while every thread runs such products. */
static double ceiling(uint32_t threads)
{
    square *squares = calloc(threads, sizeof *squares);
    double sum = 0.0;
    for (uint32_t t = 0; squares != NULL && t < threads; t++) {
        if (pthread_create(&squares[t].id, NULL, run_squares, &squares[t]) != 0) {
            fprintf(stderr, "bench-kernels: cannot start a thread\n");
            exit(1);
        }
    }
    for (uint32_t t = 0; squares != NULL && t < threads; t++) {
        (void)pthread_join(squares[t].id, NULL);
        sum += squares[t].best;
    }
    free(squares);
    return sum / (double)threads;
}

typedef struct bench {
    const gnn_device_table *ops;
    gnn_device *device;
    uint32_t dtype, threads;
    double ceiling;
} bench;

static void need(god_status status, const god_error *err)
{
    if (status != GOD_OK) {
        fprintf(stderr, "bench-kernels: %s\n", err->message);
        exit(1);
    }
}

static void show(const bench *b, const char *name, double seconds, double flops)
{
    double rate = flops / seconds;
    printf("%-5s %-34s %9.2f ms %9.1f GFLOP/s %5.0f %%\n", b->dtype == GNN_BF16 ? "bf16" : "f32", name,
           1e3 * seconds / (double)b->threads, rate * 1e-9 * (double)b->threads, 100.0 * rate / b->ceiling);
}

#define FASTEST(seconds, call)                             \
    do {                                                   \
        for (int r_ = 0; r_ < repetitions; r_++) {         \
            double begin_ = now_s();                       \
            need(call, &err);                              \
            double taken_ = now_s() - begin_;              \
            seconds = taken_ < seconds ? taken_ : seconds; \
        }                                                  \
    } while (0)

static void run_matmul(const bench *b, const char *name, int64_t rows, int64_t outputs, int64_t cols)
{
    god_error err = GOD_ERROR_INIT;
    size_t bytes = gnn_dtype_bytes(b->dtype);
    gnn_matrix *matrix = NULL;
    void *weights = room_of((size_t)(outputs * cols) * bytes), *x = room_of((size_t)(rows * cols) * bytes);
    void *y = room_of((size_t)(rows * outputs) * bytes);
    double seconds = 1e9;
    need(b->ops->matrix_new(b->device, outputs, cols, &matrix, &err), &err);
    need(b->ops->matrix_put(b->device, matrix, 0, outputs, weights, &err), &err);
    const gnn_matmul_args args = {y, x, matrix, NULL, rows, cols, outputs, 0, outputs};
    FASTEST(seconds, b->ops->matmul(b->device, &args, &err));
    show(b, name, seconds, 2.0 * (double)rows * (double)outputs * (double)cols);
    b->ops->matrix_free(b->device, matrix);
    free(weights);
    free(x);
    free(y);
}

static void run_attention(const bench *b, const char *name, int64_t sequences, int64_t length)
{
    god_error err = GOD_ERROR_INIT;
    const int64_t rows = sequences * length, stride = (heads + 2 * kv_heads) * head_dim;
    int64_t *starts = calloc((size_t)sequences + 1, sizeof *starts);
    void *qkv = room_of((size_t)(rows * stride) * gnn_dtype_bytes(b->dtype));
    void *y = room_of((size_t)(rows * heads * head_dim) * gnn_dtype_bytes(b->dtype));
    double seconds = 1e9;
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
    FASTEST(seconds, b->ops->attention(b->device, &args, &err));
    show(b, name, seconds, 2.0 * (double)rows * (double)(length + 1) * heads * head_dim); /* half of the square */
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
    double norm_s = 1e9, act_s = 1e9, add_s = 1e9;
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
    FASTEST(norm_s, b->ops->norm(b->device, &norm, &err));
    FASTEST(act_s, b->ops->activation(b->device, &act, &err));
    FASTEST(add_s, b->ops->add(b->device, &add, &err));
    show(b, "norm, 1024 x 2048", norm_s, 4.0 * rows_of_chunk * hidden);
    show(b, "silu and product, 1024 x 5632", act_s, 8.0 * rows_of_chunk * inner);
    show(b, "sum, 1024 x 2048", add_s, 1.0 * rows_of_chunk * hidden);
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
    double nll_s = 1e9, kl_s = 1e9;
    gnn_nll_begin(nll_rows, tile_rows);
    gnn_kl_begin(kl_rows, tile_rows);
    const gnn_head_args nll = {
        .z = z, .targets = targets, .nll = nll_rows, .rows = tile_rows, .cols = tile_cols, .z_stride = tile_cols};
    const gnn_head_args kl = {
        .z = z, .reference_z = other, .kl = kl_rows, .rows = tile_rows, .cols = tile_cols, .z_stride = tile_cols};
    FASTEST(nll_s, b->ops->nll(b->device, &nll, &err));
    FASTEST(kl_s, b->ops->kl(b->device, &kl, &err));
    show(b, "loss of a tile, 512 x 4096", nll_s, 40.0 * tile_rows * tile_cols);
    show(b, "divergence of a tile, 512 x 4096", kl_s, 80.0 * tile_rows * tile_cols);
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
    run_rows(b);
    run_head(b);
}

int main(int argc, char **argv)
{
    god_error err = GOD_ERROR_INIT;
    bench b = {.threads = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : (uint32_t)sysconf(_SC_NPROCESSORS_ONLN)};
    b.ceiling = ceiling(b.threads);
    need(gnn_device_find("cpu", NULL, &b.ops, &err), &err);
    printf("ceiling: %.1f GFLOP/s a thread (square f32 products of oneDNN), %u threads\n", b.ceiling * 1e-9, b.threads);
    for (b.dtype = GNN_BF16; b.dtype <= GNN_F32; b.dtype++) {
        const gnn_device_options options = {sizeof options, 0, b.dtype, b.threads};
        need(b.ops->open(&options, &b.device, &err), &err);
        printf("%s\n", b.ops->describe(b.device));
        run_all(&b);
        b.ops->close(b.device);
    }
    return 0;
}
