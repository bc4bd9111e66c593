/* Every operation of god-nn-cpu.so against its plain reference, over odd, single and large shapes, in both types.
 *
 * Bounds. An operation that rounds once may differ by one step of its type: both round nearly the same number, and a
 * number next to a tie may go either way. One that rounds k times in a row may differ by k steps. In f32 the error of
 * sums comes first: with n terms of size up to t it is below n t 2^-24 and in practice near sqrt(n) t 2^-24; we allow
 * 8 sqrt(n) t 2^-24. Each loop runs for bf16 (_i = 0) and f32 (_i = 1). */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "sweep.h"

static god_error err = GOD_ERROR_INIT;

static uint32_t dtype_of(int i)
{
    return i == 0 ? GNN_BF16 : GNN_F32;
}

#define CHECK_BOUND(found, bound, ...)                                                                  \
    do {                                                                                                \
        char what_[200];                                                                                \
        (void)snprintf(what_, sizeof what_, __VA_ARGS__);                                               \
        ck_assert_msg((found) <= (bound), "%s: %.3g is above the bound %.3g", what_, (found), (bound)); \
    } while (0)

static double sum_bound(const sweep *s, int64_t terms, double term)
{
    double sums = 8.0 * sqrt((double)terms) * term * 0x1p-24;
    return sums + sweep_step(s);
}

/* ---- products ---- */

typedef struct product {
    int64_t rows, cols, outputs, first, last;
    int bias;
} product;

static const product products[] = {
    {1, 1, 1, 0, 1, 0},         {1, 7, 3, 0, 3, 1},           {3, 64, 64, 0, 64, 0},    {127, 33, 65, 0, 65, 1},
    {128, 16, 130, 64, 130, 0}, {129, 100, 200, 128, 192, 1}, {300, 257, 31, 0, 31, 0}, {5, 1000, 640, 64, 640, 1},
};

static void run_product(sweep *s, const product *shape)
{
    int64_t x_stride = shape->cols + 3, y_stride = shape->last - shape->first + 5;
    pair x = pair_new(s, shape->rows * x_stride, 1.0), y = pair_new(s, shape->rows * y_stride, 1.0);
    pair w = pair_new(s, shape->outputs * shape->cols, 1.0);
    float *bias = vector_new(s, shape->outputs, 0.0, 1.0);
    gnn_matrix *tested = matrix_on(s->ops, s->device, shape->outputs, shape->cols, w.host);
    gnn_matrix *reference = matrix_on(&gnn_device_reference, s->reference, shape->outputs, shape->cols, w.host);
    gnn_matmul_args args = {y.tested, x.tested,     tested,     shape->bias ? bias : NULL, shape->rows, x_stride,
                            y_stride, shape->first, shape->last};
    ck_assert_msg(s->ops->matmul(s->device, &args, &err) == GOD_OK, "%s", err.message);
    args.y = y.reference;
    args.x = x.reference;
    args.matrix = reference;
    ck_assert_int_eq(gnn_device_reference.matmul(s->reference, &args, &err), GOD_OK);
    CHECK_BOUND(pair_difference(s, &y, 1.0), sum_bound(s, shape->cols, 1.0), "matmul %lld x %lld x %lld",
                (long long)shape->rows, (long long)shape->cols, (long long)shape->outputs);
    s->ops->matrix_free(s->device, tested);
    gnn_device_reference.matrix_free(s->reference, reference);
    free(bias);
    pair_free(s, &x);
    pair_free(s, &y);
    pair_free(s, &w);
}

START_TEST(test_kernels_matmul__agrees_with_the_reference)
{
    sweep *s = sweep_open(dtype_of(_i), 2);
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
        run_product(s, &products[i]);
    }
    sweep_close(s);
}
END_TEST

/* The bits of one row of a product, computed among `rows` rows at place `place`. */
static void row_bits(sweep *s, gnn_matrix *matrix, const void *row, int64_t cols, int64_t outputs, int64_t rows,
                     int64_t place, uint8_t *ret_bits)
{
    pair x = pair_new(s, rows * cols, 1.0), y = pair_new(s, rows * outputs, 1.0);
    size_t bytes = gnn_dtype_bytes(s->dtype);
    memcpy(gnn_at(x.tested, s->dtype, place * cols), row, (size_t)cols * bytes);
    gnn_matmul_args args = {y.tested, x.tested, matrix, NULL, rows, cols, outputs, 0, outputs};
    ck_assert_int_eq(s->ops->matmul(s->device, &args, &err), GOD_OK);
    memcpy(ret_bits, gnn_at(y.tested, s->dtype, place * outputs), (size_t)outputs * bytes);
    pair_free(s, &x);
    pair_free(s, &y);
}

START_TEST(test_kernels_matmul__a_row_has_the_same_digits_wherever_it_stands)
{
    enum { cols = 515, outputs = 150 };
    static const int64_t counts[] = {1, 2, 15, 16, 17, 127, 128, 129, 255, 400};
    uint8_t first[outputs * 4], other[outputs * 4];
    uint32_t dtype = dtype_of(_i);
    for (uint32_t threads = 1; threads <= 3; threads++) {
        sweep *s = sweep_open(dtype, threads);
        pair row = pair_new(s, cols, 1.0), w = pair_new(s, outputs * cols, 1.0);
        gnn_matrix *matrix = matrix_on(s->ops, s->device, outputs, cols, w.host);
        if (threads == 1) {
            row_bits(s, matrix, row.host, cols, outputs, 1, 0, first);
        }
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            row_bits(s, matrix, row.host, cols, outputs, counts[i], counts[i] / 2, other);
            ck_assert_msg(memcmp(first, other, outputs * gnn_dtype_bytes(dtype)) == 0,
                          "%u threads, row %lld of %lld: other digits", threads, (long long)counts[i] / 2,
                          (long long)counts[i]);
        }
        s->ops->matrix_free(s->device, matrix);
        pair_free(s, &row);
        pair_free(s, &w);
        sweep_close(s);
    }
}
END_TEST

START_TEST(test_kernels_matmul__refuses_a_range_inside_a_panel)
{
    sweep *s = sweep_open(dtype_of(_i), 1);
    pair x = pair_new(s, 200, 1.0);
    gnn_matrix *matrix = matrix_on(s->ops, s->device, 100, 2, x.host);
    gnn_matmul_args args = {x.tested, x.tested, matrix, NULL, 1, 2, 100, 1, 100};
    ck_assert_int_eq(s->ops->matmul(s->device, &args, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "output 1 does not start a panel of 64");
    s->ops->matrix_free(s->device, matrix);
    pair_free(s, &x);
    sweep_close(s);
}
END_TEST

START_TEST(test_kernels_embed__takes_rows_exactly)
{
    enum { outputs = 131, cols = 37 };
    static const int32_t ids[] = {0, 130, 63, 64, 7, 7, 128};
    sweep *s = sweep_open(dtype_of(_i), 2);
    pair w = pair_new(s, outputs * cols, 3.0), y = pair_new(s, 7 * 40, 1.0);
    gnn_matrix *tested = matrix_on(s->ops, s->device, outputs, cols, w.host);
    gnn_embed_args args = {y.tested, tested, ids, 7, 40};
    ck_assert_int_eq(s->ops->embed(s->device, &args, &err), GOD_OK);
    args.y = y.reference;
    gnn_embed_reference(&args, w.host, cols, s->dtype);
    ck_assert_double_eq(pair_difference(s, &y, 0.0), 0.0);
    s->ops->matrix_free(s->device, tested);
    pair_free(s, &w);
    pair_free(s, &y);
    sweep_close(s);
}
END_TEST

/* ---- norms ---- */

static void run_norm(sweep *s, uint32_t kind, int64_t rows, int64_t groups, int64_t cols, uint32_t per_group)
{
    int64_t group_stride = cols + 2, row_stride = groups * group_stride + 3;
    pair x = pair_new(s, rows * row_stride, 4.0), y = pair_new(s, rows * row_stride, 1.0);
    float *weight = vector_new(s, groups * cols, 1.0, 0.5), *bias = vector_new(s, groups * cols, 0.0, 0.5);
    gnn_norm_args args = {.y = y.tested,
                          .x = x.tested,
                          .weight = weight,
                          .bias = kind == GNN_NORM_LAYER ? bias : NULL,
                          .rows = rows,
                          .groups = groups,
                          .cols = cols,
                          .x_row_stride = row_stride,
                          .x_group_stride = group_stride,
                          .y_row_stride = row_stride,
                          .y_group_stride = group_stride,
                          .kind = kind,
                          .weight_per_group = per_group,
                          .eps = 1e-5f};
    ck_assert_int_eq(s->ops->norm(s->device, &args, &err), GOD_OK);
    args.y = y.reference;
    args.x = x.reference;
    gnn_norm_reference(&args, s->dtype);
    double roundings = kind == GNN_NORM_RMS ? 2.0 : 1.0;
    CHECK_BOUND(pair_difference(s, &y, 1.0), 2.0 * roundings * sweep_step(s), "norm %u of %lld x %lld x %lld", kind,
                (long long)rows, (long long)groups, (long long)cols);
    free(weight);
    free(bias);
    pair_free(s, &x);
    pair_free(s, &y);
}

START_TEST(test_kernels_norm__agrees_with_the_reference)
{
    static const int64_t cols[] = {1, 7, 8, 64, 129, 1024};
    sweep *s = sweep_open(dtype_of(_i), 2);
    for (uint32_t kind = GNN_NORM_RMS; kind <= GNN_NORM_LAYER; kind++) {
        for (size_t i = 0; i < sizeof cols / sizeof cols[0]; i++) {
            run_norm(s, kind, 1, 1, cols[i], 0);
            run_norm(s, kind, 35, 3, cols[i], (uint32_t)(i % 2));
        }
    }
    sweep_close(s);
}
END_TEST

/* ---- rotary embedding ---- */

START_TEST(test_kernels_rope__agrees_with_the_reference)
{
    static const int64_t rotaries[] = {2, 8, 20, 64, 128};
    static const int32_t position[] = {0, 1, 2, 0, 31, 5, 6};
    sweep *s = sweep_open(dtype_of(_i), 2);
    for (size_t i = 0; i < sizeof rotaries / sizeof rotaries[0]; i++) {
        int64_t rotary = rotaries[i], head = rotary + 6, stride = 3 * head + 1;
        pair x = pair_new(s, 7 * stride, 2.0);
        float *cosine = vector_new(s, 32 * rotary / 2, 0.0, 1.0), *sine = vector_new(s, 32 * rotary / 2, 0.0, 1.0);
        gnn_rope_args args = {x.tested, cosine, sine, position, 7, 3, rotary, stride, head};
        ck_assert_int_eq(s->ops->rope(s->device, &args, &err), GOD_OK);
        args.x = x.reference;
        gnn_rope_reference(&args, s->dtype);
        ck_assert_msg(pair_difference(s, &x, 0.0) == 0.0, "rope over %lld elements: other bits", (long long)rotary);
        free(cosine);
        free(sine);
        pair_free(s, &x);
    }
    sweep_close(s);
}
END_TEST

/* ---- attention ---- */

typedef struct attention_case {
    int64_t starts[5];
    int64_t sequences, heads, kv_heads, dim, window;
    float softcap;
    int biased; /* a term per head and key */
} attention_case;

static const attention_case attention_cases[] = {
    {{0, 1}, 1, 1, 1, 4, 0, 0.0f, 0},
    {{0, 5, 6, 70}, 3, 4, 2, 8, 0, 0.0f, 0},
    {{0, 63, 127, 192, 257}, 4, 2, 2, 16, 0, 0.0f, 0},
    {{0, 200}, 1, 6, 2, 20, 0, 0.0f, 0},
    {{0, 150, 300}, 2, 4, 1, 32, 17, 0.0f, 0},
    {{0, 200}, 1, 2, 1, 64, 64, 30.0f, 0},
    {{0, 100}, 1, 2, 2, 128, 1, 5.0f, 0},
    {{0, 70, 75, 139}, 3, 3, 3, 16, 0, 0.0f, 1},
    {{0, 40, 600}, 2, 6, 1, 24, 0, 0.0f, 0}, /* several blocks of keys, heads in two parts */
    {{0, 620}, 1, 2, 1, 72, 290, 0.0f, 0},   /* a window over blocks, two panels of values */
    {{0, 40}, 1, 2, 1, 520, 0, 0.0f, 0},     /* a head that is deeper than one piece */
};

static gnn_attention_args attention_args(const attention_case *c, pair *qkv, pair *y, int64_t stride)
{
    (void)y;
    return (gnn_attention_args){.q = qkv->tested,
                                .starts = c->starts,
                                .sequences = c->sequences,
                                .heads = c->heads,
                                .kv_heads = c->kv_heads,
                                .dim = c->dim,
                                .stride = stride,
                                .y_stride = c->heads * c->dim,
                                .window = c->window,
                                .scale = (float)(1.0 / sqrt((double)c->dim)),
                                .softcap = c->softcap};
}

static void point_at(gnn_attention_args *args, const attention_case *c, void *qkv, void *y, uint32_t dtype)
{
    args->y = y;
    args->q = qkv;
    args->k = gnn_at_const(qkv, dtype, c->heads * c->dim);
    args->v = gnn_at_const(qkv, dtype, (c->heads + c->kv_heads) * c->dim);
}

START_TEST(test_kernels_attention__agrees_with_the_reference)
{
    sweep *s = sweep_open(dtype_of(_i), 2);
    for (size_t i = 0; i < sizeof attention_cases / sizeof attention_cases[0]; i++) {
        const attention_case *c = &attention_cases[i];
        int64_t rows = c->starts[c->sequences], stride = (c->heads + 2 * c->kv_heads) * c->dim;
        pair qkv = pair_new(s, rows * stride, 2.0), y = pair_new(s, rows * c->heads * c->dim, 1.0);
        float *bias = vector_new(s, c->heads * rows, 0.0, 3.0);
        gnn_attention_args args = attention_args(c, &qkv, &y, stride);
        args.key_bias = c->biased ? bias : NULL;
        args.key_bias_stride = rows;
        point_at(&args, c, qkv.tested, y.tested, s->dtype);
        ck_assert_msg(s->ops->attention(s->device, &args, &err) == GOD_OK, "%s", err.message);
        point_at(&args, c, qkv.reference, y.reference, s->dtype);
        ck_assert_int_eq(gnn_attention_reference(&args, s->dtype, &err), GOD_OK);
        /* a weighted mean of values up to 2; a score of size 4 sqrt(dim) carries an error into its weight */
        double bound = sweep_step(s) + 64.0 * sqrt((double)c->dim) * 0x1p-24;
        CHECK_BOUND(pair_difference(s, &y, 1.0), bound, "attention case %zu", i);
        free(bias);
        pair_free(s, &qkv);
        pair_free(s, &y);
    }
    sweep_close(s);
}
END_TEST

/* Tiles, blocks and windows begin elsewhere when more tokens follow; the rows in front keep their digits. */
START_TEST(test_kernels_attention__a_row_is_the_same_in_a_longer_sequence)
{
    static const int64_t windows[] = {0, 100, 290}, ends[] = {300, 257, 64};
    enum { heads = 3, dim = 24, longest = 620, stride = 5 * dim };
    sweep *s = sweep_open(dtype_of(_i), 2);
    pair qkv = pair_new(s, longest * stride, 2.0), y = pair_new(s, longest * heads * dim, 1.0);
    const size_t row_bytes = heads * dim * gnn_dtype_bytes(s->dtype);
    char *whole = malloc(longest * row_bytes);
    ck_assert_ptr_nonnull(whole);
    for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++) {
        for (size_t e = 0; e < sizeof ends / sizeof ends[0]; e++) {
            const attention_case c = {{0, longest}, 1, heads, 1, dim, windows[w], 0.0f, 0};
            const int64_t shorter[] = {0, ends[e]};
            gnn_attention_args args = attention_args(&c, &qkv, &y, stride);
            point_at(&args, &c, qkv.tested, y.tested, s->dtype);
            ck_assert_int_eq(s->ops->attention(s->device, &args, &err), GOD_OK);
            memcpy(whole, y.tested, longest * row_bytes);
            args.starts = shorter;
            ck_assert_int_eq(s->ops->attention(s->device, &args, &err), GOD_OK);
            ck_assert_mem_eq(whole, y.tested, (size_t)ends[e] * row_bytes);
        }
    }
    free(whole);
    pair_free(s, &qkv);
    pair_free(s, &y);
    sweep_close(s);
}
END_TEST

START_TEST(test_kernels_attention__a_row_does_not_see_the_pack_nor_what_follows)
{
    const attention_case *c = &attention_cases[3];
    static const int64_t alone[] = {0, 150}, between[] = {0, 77, 277, 300};
    sweep *s = sweep_open(dtype_of(_i), 2);
    int64_t stride = (c->heads + 2 * c->kv_heads) * c->dim, y_cols = c->heads * c->dim;
    pair short_qkv = pair_new(s, 150 * stride, 2.0), short_y = pair_new(s, 150 * y_cols, 1.0);
    pair long_qkv = pair_new(s, 300 * stride, 2.0), long_y = pair_new(s, 300 * y_cols, 1.0);
    size_t bytes = gnn_dtype_bytes(s->dtype);
    memcpy(gnn_at(long_qkv.tested, s->dtype, 77 * stride), short_qkv.tested, (size_t)(150 * stride) * bytes);
    gnn_store(long_qkv.tested, s->dtype, 280 * stride, NAN); /* a broken neighbour stays alone with it */
    gnn_attention_args args = attention_args(c, &short_qkv, &short_y, stride);
    args.starts = alone;
    point_at(&args, c, short_qkv.tested, short_y.tested, s->dtype);
    ck_assert_int_eq(s->ops->attention(s->device, &args, &err), GOD_OK);
    args.starts = between;
    args.sequences = 3;
    point_at(&args, c, long_qkv.tested, long_y.tested, s->dtype);
    ck_assert_int_eq(s->ops->attention(s->device, &args, &err), GOD_OK);
    ck_assert_int_eq(
        memcmp(short_y.tested, gnn_at(long_y.tested, s->dtype, 77 * y_cols), (size_t)(150 * y_cols) * bytes), 0);
    pair_free(s, &short_qkv);
    pair_free(s, &short_y);
    pair_free(s, &long_qkv);
    pair_free(s, &long_y);
    sweep_close(s);
}
END_TEST

/* ---- element by element ---- */

static void run_activation(sweep *s, uint32_t kind, uint32_t gated, int64_t rows, int64_t cols)
{
    int64_t x_stride = 2 * cols + 1, y_stride = cols + 4;
    pair x = pair_new(s, rows * x_stride, 12.0), y = pair_new(s, rows * y_stride, 1.0);
    gnn_activation_args args = {y.tested, x.tested, rows, cols, x_stride, y_stride, kind, gated};
    ck_assert_int_eq(s->ops->activation(s->device, &args, &err), GOD_OK);
    args.y = y.reference;
    args.x = x.reference;
    gnn_activation_reference(&args, s->dtype);
    /* exp and erf are good to a few units of f32; the product with up to 12 scales that, a gate rounds twice */
    CHECK_BOUND(pair_difference(s, &y, 1.0), 2.0 * sweep_step(s) + 64.0 * 0x1p-24, "activation %u, gated %u", kind,
                gated);
    pair_free(s, &x);
    pair_free(s, &y);
}

START_TEST(test_kernels_activation__agrees_with_the_reference)
{
    sweep *s = sweep_open(dtype_of(_i), 2);
    for (uint32_t kind = GNN_ACT_SILU; kind <= GNN_ACT_GELU_QUICK; kind++) {
        run_activation(s, kind, 0, 1, 1);
        run_activation(s, kind, 1, 33, 77);
        run_activation(s, kind, 0, 5, 1000);
    }
    sweep_close(s);
}
END_TEST

START_TEST(test_kernels_activation__keeps_its_ends)
{
    static const float ends[] = {-INFINITY, -200.0f, -100.0f, 0.0f, 100.0f, 200.0f, INFINITY, NAN};
    sweep *s = sweep_open(dtype_of(_i), 1);
    for (uint32_t kind = GNN_ACT_SILU; kind <= GNN_ACT_RELU; kind++) {
        pair x = pair_new(s, 8, 1.0), y = pair_new(s, 8, 1.0);
        for (int64_t i = 0; i < 8; i++) {
            gnn_store(x.tested, s->dtype, i, ends[i]);
        }
        gnn_activation_args args = {y.tested, x.tested, 1, 8, 8, 8, kind, 0};
        ck_assert_int_eq(s->ops->activation(s->device, &args, &err), GOD_OK);
        for (int64_t i = 1; i < 6; i++) {
            float value = gnn_load(y.tested, s->dtype, i);
            float wanted = gnn_round(ends[i] > 0.0f ? ends[i] : 0.0f, s->dtype);
            ck_assert_msg(fabsf(value - wanted) < 1e-30f, "activation %u of %g is %g", kind, (double)ends[i],
                          (double)value);
        }
        ck_assert(isinf(gnn_load(y.tested, s->dtype, 6)));
        ck_assert(isnan(gnn_load(y.tested, s->dtype, 7)));
        pair_free(s, &x);
        pair_free(s, &y);
    }
    sweep_close(s);
}
END_TEST

typedef god_status (*rows_op)(gnn_device *, const gnn_rows_args *, god_error *);

static void run_rows(sweep *s, rows_op tested, void (*reference)(const gnn_rows_args *, uint32_t), float scale,
                     double bound, const char *name)
{
    static const int64_t shapes[][2] = {{1, 1}, {3, 17}, {40, 129}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        int64_t rows = shapes[i][0], cols = shapes[i][1];
        pair y = pair_new(s, rows * (cols + 2), 20.0), x = pair_new(s, rows * (cols + 5), 20.0);
        gnn_rows_args args = {.y = y.tested,
                              .x = x.tested,
                              .rows = rows,
                              .cols = cols,
                              .y_stride = cols + 2,
                              .x_stride = cols + 5,
                              .scale = scale};
        ck_assert_int_eq(tested(s->device, &args, &err), GOD_OK);
        args.y = y.reference;
        args.x = x.reference;
        reference(&args, s->dtype);
        CHECK_BOUND(pair_difference(s, &y, 1.0), bound, "%s of %lld x %lld", name, (long long)rows, (long long)cols);
        pair_free(s, &x);
        pair_free(s, &y);
    }
}

START_TEST(test_kernels_rows__agree_with_the_reference)
{
    sweep *s = sweep_open(dtype_of(_i), 2);
    run_rows(s, s->ops->add, gnn_add_reference, 1.0f, 0.0, "add");
    run_rows(s, s->ops->add, gnn_add_reference, 0.3f, 0.0, "add scaled");
    run_rows(s, s->ops->scale, gnn_scale_reference, 11.3125f, 0.0, "scale");
    run_rows(s, s->ops->softcap, gnn_softcap_reference, 15.0f, 2.0 * sweep_step(s) + 32.0 * 0x1p-24, "softcap");
    sweep_close(s);
}
END_TEST

START_TEST(test_kernels_gather__takes_rows_exactly)
{
    static const int64_t index[] = {4, 0, 9, 9};
    sweep *s = sweep_open(dtype_of(_i), 2);
    pair x = pair_new(s, 10 * 33, 1.0), y = pair_new(s, 4 * 35, 1.0);
    gnn_rows_args args = {
        .y = y.tested, .x = x.tested, .index = index, .rows = 4, .cols = 33, .y_stride = 35, .x_stride = 33};
    ck_assert_int_eq(s->ops->gather(s->device, &args, &err), GOD_OK);
    args.y = y.reference;
    gnn_gather_reference(&args, s->dtype);
    ck_assert_double_eq(pair_difference(s, &y, 0.0), 0.0);
    pair_free(s, &x);
    pair_free(s, &y);
    sweep_close(s);
}
END_TEST

START_TEST(test_kernels_scatter__adds_weighted_rows_where_they_belong)
{
    static const int64_t index[] = {0, 4, 9};
    sweep *s = sweep_open(dtype_of(_i), 2);
    pair x = pair_new(s, 3 * 33, 1.0), y = pair_new(s, 10 * 35, 1.0);
    float *weight = vector_new(s, 3, 0.0, 1.0);
    gnn_rows_args args = {.y = y.tested,
                          .x = x.tested,
                          .index = index,
                          .rows = 3,
                          .cols = 33,
                          .y_stride = 35,
                          .x_stride = 33,
                          .weight = weight};
    ck_assert_int_eq(s->ops->scatter(s->device, &args, &err), GOD_OK);
    args.y = y.reference;
    gnn_scatter_reference(&args, s->dtype);
    ck_assert_double_eq(pair_difference(s, &y, 0.0), 0.0);
    ck_assert_int_ne(memcmp(y.tested, y.host, 35 * gnn_dtype_bytes(s->dtype)), 0);
    free(weight);
    pair_free(s, &x);
    pair_free(s, &y);
    sweep_close(s);
}
END_TEST

START_TEST(test_kernels_dora__agrees_with_the_reference)
{
    sweep *s = sweep_open(dtype_of(_i), 2);
    for (int with_bias = 0; with_bias < 2; with_bias++) {
        pair x = pair_new(s, 21 * 70, 2.0), y = pair_new(s, 21 * 75, 2.0);
        float *magnitude = vector_new(s, 67, 1.0, 0.5), *bias = vector_new(s, 67, 0.0, 1.0);
        gnn_dora_args args = {y.tested, x.tested, magnitude, with_bias ? bias : NULL, 21, 67, 75, 70, 0.75f};
        ck_assert_int_eq(s->ops->dora(s->device, &args, &err), GOD_OK);
        args.y = y.reference;
        args.x = x.reference;
        gnn_dora_reference(&args, s->dtype);
        ck_assert_double_eq(pair_difference(s, &y, 0.0), 0.0);
        free(magnitude);
        free(bias);
        pair_free(s, &x);
        pair_free(s, &y);
    }
    sweep_close(s);
}
END_TEST

/* ---- head ---- */

START_TEST(test_kernels_head__agrees_with_the_reference)
{
    enum { rows = 19, vocab = 1013, tile = 256 };
    sweep *s = sweep_open(dtype_of(_i), 2);
    pair p = pair_new(s, rows * vocab, 25.0), q = pair_new(s, rows * vocab, 25.0);
    gnn_nll_row nll[2][rows];
    gnn_kl_row kl[2][rows];
    int32_t targets[rows];
    for (int r = 0; r < rows; r++) {
        targets[r] = r == 3 ? -1 : (r * 97) % vocab;
    }
    for (int side = 0; side < 2; side++) {
        gnn_nll_begin(nll[side], rows);
        gnn_kl_begin(kl[side], rows);
    }
    for (int64_t first = 0; first < vocab; first += tile) {
        int64_t cols = vocab - first < tile ? vocab - first : tile;
        gnn_head_args args = {.z = gnn_at_const(p.tested, s->dtype, first),
                              .reference_z = gnn_at_const(q.tested, s->dtype, first),
                              .targets = targets,
                              .rows = rows,
                              .cols = cols,
                              .z_stride = vocab,
                              .first = first};
        args.nll = nll[0];
        gnn_nll_reference(&args, s->dtype);
        args.nll = nll[1];
        ck_assert_int_eq(s->ops->nll(s->device, &args, &err), GOD_OK);
        args.nll = NULL;
        args.kl = kl[0];
        gnn_kl_reference(&args, s->dtype);
        args.kl = kl[1];
        ck_assert_int_eq(s->ops->kl(s->device, &args, &err), GOD_OK);
    }
    /* An exponential in f32 is within 2 ulp, so each sum is within 2^-22 of itself; a divergence adds differences of up
     * to 50 that are weighed with them. */
    for (int r = 0; r < rows; r++) {
        if (targets[r] >= 0) {
            ck_assert_double_eq_tol(gnn_nll_end(&nll[1][r]), gnn_nll_end(&nll[0][r]), 0x1p-22);
        }
        ck_assert_double_eq_tol(gnn_kl_end(&kl[1][r]), gnn_kl_end(&kl[0][r]), 50.0 * 0x1p-22);
    }
    pair_free(s, &p);
    pair_free(s, &q);
    sweep_close(s);
}
END_TEST

START_TEST(test_kernels_head__hands_on_nan)
{
    sweep *s = sweep_open(dtype_of(_i), 1);
    pair p = pair_new(s, 24, 2.0);
    gnn_nll_row nll;
    int32_t target = 1;
    gnn_store(p.tested, s->dtype, 20, NAN);
    gnn_nll_begin(&nll, 1);
    gnn_head_args args = {.z = p.tested, .targets = &target, .nll = &nll, .rows = 1, .cols = 24, .z_stride = 24};
    ck_assert_int_eq(s->ops->nll(s->device, &args, &err), GOD_OK);
    ck_assert(isnan(gnn_nll_end(&nll)));
    pair_free(s, &p);
    sweep_close(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, test_kernels_matmul__agrees_with_the_reference, 0, 2);
    tcase_add_loop_test(tests, test_kernels_matmul__a_row_has_the_same_digits_wherever_it_stands, 0, 2);
    tcase_add_loop_test(tests, test_kernels_matmul__refuses_a_range_inside_a_panel, 0, 2);
    tcase_add_loop_test(tests, test_kernels_embed__takes_rows_exactly, 0, 2);
    tcase_add_loop_test(tests, test_kernels_norm__agrees_with_the_reference, 0, 2);
    tcase_add_loop_test(tests, test_kernels_rope__agrees_with_the_reference, 0, 2);
    tcase_add_loop_test(tests, test_kernels_attention__agrees_with_the_reference, 0, 2);
    tcase_add_loop_test(tests, test_kernels_attention__a_row_is_the_same_in_a_longer_sequence, 0, 2);
    tcase_add_loop_test(tests, test_kernels_attention__a_row_does_not_see_the_pack_nor_what_follows, 0, 2);
    tcase_add_loop_test(tests, test_kernels_activation__agrees_with_the_reference, 0, 2);
    tcase_add_loop_test(tests, test_kernels_activation__keeps_its_ends, 0, 2);
    tcase_add_loop_test(tests, test_kernels_rows__agree_with_the_reference, 0, 2);
    tcase_add_loop_test(tests, test_kernels_gather__takes_rows_exactly, 0, 2);
    tcase_add_loop_test(tests, test_kernels_scatter__adds_weighted_rows_where_they_belong, 0, 2);
    tcase_add_loop_test(tests, test_kernels_dora__agrees_with_the_reference, 0, 2);
    tcase_add_loop_test(tests, test_kernels_head__agrees_with_the_reference, 0, 2);
    tcase_add_loop_test(tests, test_kernels_head__hands_on_nan, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
