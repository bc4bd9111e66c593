/* Every operation of a device against its plain reference, over odd, single and large shapes. */
#include <math.h>
#include <stdlib.h>

#include "check.h"

static god_error err = GOD_ERROR_INIT;

/* Runs one operation on both sides; `args` is changed between them by `point_at_host`. */
#define RUN_BOTH(c, op, args, point_at_host)                                      \
    do {                                                                          \
        check_need((c)->ops->op((c)->device, &(args), &err), &err);               \
        point_at_host;                                                            \
        check_need(gnn_device_reference.op((c)->reference, &(args), &err), &err); \
    } while (0)

/* ---- products ---- */

typedef struct product {
    int64_t rows, cols, outputs, first, last, x_more, y_more;
    int bias;
} product;

static const product products[] = {
    {1, 1, 1, 0, 1, 3, 5, 0},       {1, 7, 3, 0, 3, 0, 0, 1},           {3, 64, 64, 0, 64, 0, 0, 0},
    {127, 33, 65, 0, 65, 3, 5, 1},  {128, 16, 130, 64, 130, 8, 6, 0},   {129, 104, 200, 128, 192, 0, 8, 1},
    {300, 257, 31, 0, 31, 3, 5, 0}, {5, 1000, 640, 64, 640, 8, 0, 1},   {64, 256, 16, 0, 16, 0, 0, 0},
    {64, 16, 256, 0, 256, 0, 0, 0}, {200, 512, 384, 0, 384, 0, 384, 0}, {33, 128, 160, 64, 160, 0, 0, 1},
};

static void run_product(check *c, const product *shape)
{
    const int64_t x_stride = shape->cols + shape->x_more, outputs = shape->last - shape->first;
    const int64_t y_stride = outputs + shape->y_more;
    pair x = pair_new(c, shape->rows * x_stride, 1.0), y = pair_new(c, shape->rows * y_stride, 1.0);
    pair w = pair_new(c, shape->outputs * shape->cols, 1.0);
    vector bias = vector_new(c, shape->outputs, 0.0, 1.0);
    gnn_matrix *tested = matrix_on(c, c->ops, c->device, shape->outputs, shape->cols, w.host);
    gnn_matrix *plain = matrix_on(c, &gnn_device_reference, c->reference, shape->outputs, shape->cols, w.host);
    gnn_matmul_args args = {.y = y.tested,
                            .x = x.tested,
                            .matrix = tested,
                            .bias = shape->bias ? bias.device : NULL,
                            .rows = shape->rows,
                            .x_stride = x_stride,
                            .y_stride = y_stride,
                            .first = shape->first,
                            .last = shape->last};
    for (int turn = 0; turn < 2; turn++) { /* the second one finds the choice that the first one made */
        check_need(c->ops->matmul(c->device, &args, &err), &err);
    }
    args.y = y.host;
    args.x = x.host;
    args.matrix = plain;
    args.bias = shape->bias ? bias.host : NULL;
    check_need(gnn_device_reference.matmul(c->reference, &args, &err), &err);
    check_pair(c, &y, 1.0, check_sum_bound(c, shape->cols, 1.0), "%lld x %lld x %lld", (long long)shape->rows,
               (long long)shape->cols, (long long)shape->outputs);
    c->ops->matrix_free(c->device, tested);
    gnn_device_reference.matrix_free(c->reference, plain);
    vector_free(c, &bias);
    pair_free(c, &x);
    pair_free(c, &y);
    pair_free(c, &w);
}

static void check_products(check *c)
{
    check_begin(c, "matmul");
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
        run_product(c, &products[i]);
    }
    check_end(c);
}

/* The bits of one row, computed among `rows` rows at place `place`; freed with free(). */
static void *row_bits(check *c, gnn_matrix *matrix, const void *row, int64_t cols, int64_t outputs, int64_t rows,
                      int64_t place)
{
    const size_t bytes = gnn_dtype_bytes(c->dtype);
    void *values = check_room((size_t)(rows * cols) * bytes), *bits = check_room((size_t)outputs * bytes);
    memcpy(gnn_at(values, c->dtype, place * cols), row, (size_t)cols * bytes);
    pair x = pair_of(c, values, rows * cols), y = pair_new(c, rows * outputs, 1.0);
    gnn_matmul_args args = {y.tested, x.tested, matrix, NULL, rows, cols, outputs, 0, outputs};
    check_need(c->ops->matmul(c->device, &args, &err), &err);
    void *all = pair_download(c, &y);
    memcpy(bits, gnn_at(all, c->dtype, place * outputs), (size_t)outputs * bytes);
    free(all);
    free(values);
    pair_free(c, &x);
    pair_free(c, &y);
    return bits;
}

static void check_rows_of_products(check *c)
{
    enum { cols = 512, outputs = 160 };
    static const int64_t counts[] = {1, 2, 15, 16, 17, 127, 128, 129, 255, 400};
    pair row = pair_new(c, cols, 1.0), w = pair_new(c, outputs * cols, 1.0);
    gnn_matrix *matrix = matrix_on(c, c->ops, c->device, outputs, cols, w.host);
    void *first = row_bits(c, matrix, row.host, cols, outputs, 1, 0);
    check_begin(c, "matmul, a row alone and among others");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        void *other = row_bits(c, matrix, row.host, cols, outputs, counts[i], counts[i] / 2);
        check_bits(c, first, other, outputs * gnn_dtype_bytes(c->dtype), "row %lld of %lld: other bits",
                   (long long)counts[i] / 2, (long long)counts[i]);
        free(other);
    }
    check_end(c);
    free(first);
    c->ops->matrix_free(c->device, matrix);
    pair_free(c, &row);
    pair_free(c, &w);
}

static void check_embed(check *c)
{
    static const int64_t cols[] = {37, 64}, strides[] = {40, 64};
    static const int32_t ids[] = {0, 130, 63, 64, 7, 7, 128};
    enum { outputs = 131, count = 7 };
    check_begin(c, "embed");
    for (int i = 0; i < 2; i++) {
        pair w = pair_new(c, outputs * cols[i], 3.0), y = pair_new(c, count * strides[i], 1.0);
        gnn_matrix *tested = matrix_on(c, c->ops, c->device, outputs, cols[i], w.host);
        gnn_embed_args args = {y.tested, tested, ids, count, strides[i]};
        check_need(c->ops->embed(c->device, &args, &err), &err);
        args.y = y.host;
        gnn_embed_reference(&args, w.host, cols[i], c->dtype);
        check_pair(c, &y, 0.0, 1e-30, "%lld columns", (long long)cols[i]);
        c->ops->matrix_free(c->device, tested);
        pair_free(c, &w);
        pair_free(c, &y);
    }
    check_end(c);
}

/* ---- norms, rotary embedding ---- */

static void run_norm(check *c, uint32_t kind, int64_t rows, int64_t groups, int64_t cols, uint32_t per_group,
                     int64_t more, int in_place)
{
    const int64_t group_stride = cols + more, row_stride = groups * group_stride + 4 * more;
    pair x = pair_new(c, rows * row_stride, 4.0), y = pair_new(c, rows * row_stride, 1.0);
    vector weight = vector_new(c, groups * cols, 1.0, 0.5), bias = vector_new(c, groups * cols, 0.0, 0.5);
    pair *out = in_place ? &x : &y;
    gnn_norm_args args = {.y = out->tested,
                          .x = x.tested,
                          .weight = weight.device,
                          .bias = kind == GNN_NORM_LAYER ? bias.device : NULL,
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
    RUN_BOTH(c, norm, args, {
        args.y = out->host;
        args.x = x.host;
        args.weight = weight.host;
        args.bias = kind == GNN_NORM_LAYER ? bias.host : NULL;
    });
    const double roundings = kind == GNN_NORM_RMS ? 2.0 : 1.0;
    check_pair(c, out, 1.0, 2.0 * roundings * check_step(c) + 8.0 * sqrt((double)cols) * 0x1p-24,
               "kind %u, %lld x %lld x %lld", kind, (long long)rows, (long long)groups, (long long)cols);
    vector_free(c, &weight);
    vector_free(c, &bias);
    pair_free(c, &x);
    pair_free(c, &y);
}

static void check_norms(check *c)
{
    static const int64_t cols[] = {1, 7, 8, 64, 129, 1024, 1032, 2053, 4096};
    check_begin(c, "norm");
    for (uint32_t kind = GNN_NORM_RMS; kind <= GNN_NORM_LAYER; kind++) {
        for (size_t i = 0; i < sizeof cols / sizeof cols[0]; i++) {
            run_norm(c, kind, 1, 1, cols[i], 0, 1, 0);
            run_norm(c, kind, 9, 3, cols[i], (uint32_t)(i % 2), i % 3 == 0 ? 2 : 8, i % 2 == 0);
        }
    }
    check_end(c);
}

static void check_rope(check *c)
{
    static const int64_t rotaries[] = {2, 8, 16, 20, 64, 128}, more[] = {6, 8, 0, 1, 64, 0};
    static const int32_t position[] = {0, 1, 2, 0, 31, 5, 6};
    enum { rows = 7, heads = 3 };
    void *positions = NULL;
    check_need(c->ops->alloc(c->device, sizeof position, &positions, &err), &err);
    check_need(c->ops->upload(c->device, positions, position, sizeof position, &err), &err);
    check_begin(c, "rope");
    for (size_t i = 0; i < sizeof rotaries / sizeof rotaries[0]; i++) {
        const int64_t rotary = rotaries[i], head = rotary + more[i], stride = heads * head + 8 * more[i];
        pair x = pair_new(c, rows * stride, 2.0);
        vector cosine = vector_new(c, 32 * rotary / 2, 0.0, 1.0), sine = vector_new(c, 32 * rotary / 2, 0.0, 1.0);
        gnn_rope_args args = {x.tested, cosine.device, sine.device, positions, rows, heads, rotary, stride, head};
        RUN_BOTH(c, rope, args, {
            args.x = x.host;
            args.cos = cosine.host;
            args.sin = sine.host;
            args.position = position;
        });
        check_pair(c, &x, 0.0, 1e-30, "%lld of %lld elements", (long long)rotary, (long long)head);
        vector_free(c, &cosine);
        vector_free(c, &sine);
        pair_free(c, &x);
    }
    check_end(c);
    c->ops->free(c->device, positions);
}

/* ---- attention ---- */

enum { attention_sequences_max = 48 };

typedef struct attention_case {
    int64_t starts[attention_sequences_max + 1], prefixes[attention_sequences_max];
    int64_t sequences, heads, kv_heads, dim, window;
    float softcap;
    int with_prefixes, with_bias;
} attention_case;

static const attention_case attention_cases[] = {
    {{0, 1}, {-1}, 1, 1, 1, 8, 0, 0.0f, 0, 0},
    {{0, 5, 6, 70, 135}, {-1, -1, -1, -1}, 4, 4, 2, 64, 0, 0.0f, 0, 0},
    {{0, 150}, {-1}, 1, 2, 1, 128, 0, 0.0f, 0, 0},
    {{0, 130, 200}, {-1, -1}, 2, 4, 2, 64, 50, 0.0f, 0, 0},
    {{0, 90, 91}, {-1, -1}, 2, 2, 2, 80, 7, 30.0f, 0, 0},
    {{0, 70}, {-1}, 1, 2, 1, 256, 0, 50.0f, 0, 0},
    {{0, 40, 130}, {-1, -1}, 2, 3, 3, 24, 0, 0.0f, 0, 1},
    {{0, 33, 40}, {-1, -1}, 2, 2, 1, 12, 9, 5.0f, 0, 1}, /* no multiple of 8: the other kernel */
    {{0, 70, 100, 230}, {-1, 0, 0}, 3, 2, 1, 64, 0, 0.0f, 1, 0},
    {{0, 100, 101, 140}, {-1, 0, -1}, 3, 2, 2, 128, 60, 20.0f, 1, 1},
    {{0, 300, 330}, {-1, 0}, 2, 1, 1, 20, 0, 0.0f, 1, 0},
    {{0, 40, 70}, {-1, 0}, 2, 2, 1, 136, 0, 0.0f, 1, 0},
};

/* Too long to be played thread by thread. */
static const attention_case long_attention_cases[] = {
    {{0, 1030, 1031, 1100}, {-1, -1, -1}, 3, 8, 2, 64, 0, 0.0f, 0, 0},
    {{0, 1000, 1100, 1130}, {-1, 0, 0}, 3, 4, 1, 128, 100, 0.0f, 1, 0},
};

static gnn_attention_args attention_args(const check *c, const attention_case *t, const void *qkv, void *y,
                                         const float *bias, int64_t bias_stride)
{
    const int64_t k_at = t->heads * t->dim, v_at = k_at + t->kv_heads * t->dim;
    return (gnn_attention_args){.y = y,
                                .q = qkv,
                                .k = gnn_at_const(qkv, c->dtype, k_at),
                                .v = gnn_at_const(qkv, c->dtype, v_at),
                                .starts = t->starts,
                                .prefixes = t->with_prefixes ? t->prefixes : NULL,
                                .sequences = t->sequences,
                                .heads = t->heads,
                                .kv_heads = t->kv_heads,
                                .dim = t->dim,
                                .stride = v_at + t->kv_heads * t->dim,
                                .y_stride = t->heads * t->dim,
                                .window = t->window,
                                .scale = 1.0f / sqrtf((float)t->dim),
                                .softcap = t->softcap,
                                .key_bias = t->with_bias ? bias : NULL,
                                .key_bias_stride = bias_stride};
}

static int64_t row_elements(const attention_case *t)
{
    return (t->heads + 2 * t->kv_heads) * t->dim;
}

static int is_emulated(const check *c)
{
    return strstr(c->ops->describe(c->device), "emulated") != NULL;
}

static void run_attention(check *c, const attention_case *t, const char *which, size_t number)
{
    const int64_t rows = t->starts[t->sequences];
    pair qkv = pair_new(c, rows * row_elements(t), 2.0), y = pair_new(c, rows * t->heads * t->dim, 1.0);
    vector bias = vector_new(c, t->heads * rows, -1.0, 1.0);
    gnn_attention_args args = attention_args(c, t, qkv.tested, y.tested, bias.device, rows);
    RUN_BOTH(c, attention, args, args = attention_args(c, t, qkv.host, y.host, bias.host, rows));
    /* Values are up to 2, and weights that were rounded to bf16 move their mean by half a step of that; a score of
     * size 4 sqrt(dim) carries an error of its own into a weight. */
    check_pair(c, &y, 1.0, 2.0 * check_step(c) + 64.0 * sqrt((double)t->dim) * 0x1p-24, "%s %zu", which, number);
    vector_free(c, &bias);
    pair_free(c, &qkv);
    pair_free(c, &y);
}

/* More sequences than one run of a fused kernel takes; every third one goes on where the one before it ends. */
static attention_case many_sequences(void)
{
    attention_case t = {.sequences = attention_sequences_max, .heads = 2, .kv_heads = 1, .dim = 16, .with_prefixes = 1};
    for (int64_t s = 0; s < attention_sequences_max; s++) {
        t.starts[s + 1] = t.starts[s] + 1 + s % 7;
        t.prefixes[s] = s % 3 == 1 ? s - 1 : -1;
    }
    return t;
}

/* More shapes than a device keeps plans for, twice. */
static void run_many_shapes(check *c)
{
    enum { shapes = 20, kinds_of_heads = 5 };
    for (size_t i = 0; i < (size_t)2 * shapes; i++) {
        const int64_t heads = 1 + (int64_t)(i % kinds_of_heads), dim = 8 + 8 * (int64_t)(i % shapes / kinds_of_heads);
        const attention_case t = {{0, 3, 5}, {-1, -1}, 2, heads, 1, dim, 0, 0.0f, 0, 0};
        run_attention(c, &t, "of many shapes, number", i);
    }
}

static void check_attention(check *c)
{
    const attention_case many = many_sequences();
    check_begin(c, "attention");
    for (size_t i = 0; i < sizeof attention_cases / sizeof attention_cases[0]; i++) {
        run_attention(c, &attention_cases[i], "case", i);
    }
    run_attention(c, &many, "many sequences", 0);
    run_many_shapes(c);
    check_end(c);
    if (is_emulated(c) && strstr(c->ops->describe(c->device), "cuDNN") == NULL) {
        return;
    }
    check_begin(c, "attention, long sequences");
    for (size_t i = 0; i < sizeof long_attention_cases / sizeof long_attention_cases[0]; i++) {
        attention_case t = long_attention_cases[i];
        if (is_emulated(c)) { /* slow, and it is the places that matter */
            t.heads = t.kv_heads = 1;
            t.dim = 8;
        }
        run_attention(c, &t, "case", i);
    }
    check_end(c);
}

/* The bits of the rows of sequence 0 of `alone`, and of the same rows elsewhere in another pack. */
static void compare_packs(check *c, const attention_case *alone, const attention_case *pack, int64_t row,
                          const char *what)
{
    const int64_t rows = alone->starts[1], all = pack->starts[pack->sequences], cols = row_elements(alone);
    const int64_t y_cols = alone->heads * alone->dim;
    const size_t bytes = gnn_dtype_bytes(c->dtype);
    void *values = check_room((size_t)(all * cols) * bytes);
    pair qkv = pair_new(c, rows * cols, 2.0), y = pair_new(c, rows * y_cols, 1.0),
         pack_y = pair_new(c, all * y_cols, 1.0);
    for (int64_t i = 0; i < all * cols; i++) {
        gnn_store(values, c->dtype, i, (float)(2.0 * check_random(c)));
    }
    memcpy(gnn_at(values, c->dtype, row * cols), qkv.host, (size_t)(rows * cols) * bytes);
    pair pack_qkv = pair_of(c, values, all * cols);
    gnn_attention_args args = attention_args(c, alone, qkv.tested, y.tested, NULL, 0);
    check_need(c->ops->attention(c->device, &args, &err), &err);
    args = attention_args(c, pack, pack_qkv.tested, pack_y.tested, NULL, 0);
    check_need(c->ops->attention(c->device, &args, &err), &err);
    void *a = pair_download(c, &y), *b = pair_download(c, &pack_y);
    check_bits(c, a, gnn_at(b, c->dtype, row * y_cols), (size_t)(rows * y_cols) * bytes, "%s: other bits", what);
    free(a);
    free(b);
    free(values);
    pair_free(c, &qkv);
    pair_free(c, &y);
    pair_free(c, &pack_qkv);
    pair_free(c, &pack_y);
}

/* A sequence of `rows` rows alone, between two others, and in two pieces of which one is the other's prefix. */
static void compare_places(check *c, int64_t rows, int64_t dim)
{
    const attention_case alone = {{0, rows}, {-1}, 1, 2, 1, dim, 40, 0.0f, 0, 0};
    const attention_case between = {{0, 77, 77 + rows, 110 + rows}, {-1, -1, -1}, 3, 2, 1, dim, 40, 0.0f, 0, 0};
    const attention_case shared = {{0, rows / 2 - 5, rows}, {-1, 0}, 2, 2, 1, dim, 40, 0.0f, 1, 0};
    compare_packs(c, &alone, &between, 77, "between others");
    compare_packs(c, &alone, &shared, 0, "as a prefix and its own rows");
}

/* dim 12 is none of the tiles', and 136 one that a fused kernel may leave to them */
static void check_packs_of_attention(check *c)
{
    static const int64_t dims[] = {12, 64, 128, 136};
    check_begin(c, "attention, a sequence alone and in a pack");
    for (size_t i = 0; i < sizeof dims / sizeof dims[0]; i++) {
        compare_places(c, 150, dims[i]);
        if (!is_emulated(c)) {
            compare_places(c, 1100, dims[i]);
        }
    }
    check_end(c);
}

/* ---- element by element ---- */

static void check_activations(check *c)
{
    static const int64_t shapes[][4] = {{1, 1, 1, 4}, {33, 77, 1, 4}, {5, 1000, 0, 0}, {3, 2056, 8, 8}};
    check_begin(c, "activation");
    for (uint32_t i = 0; i < 4 * 5 * 2; i++) {
        const uint32_t kind = GNN_ACT_SILU + i / 2 % 5, gated = i % 2;
        const int64_t *shape = shapes[i / 10];
        const int64_t rows = shape[0], cols = shape[1], x_stride = 2 * cols + shape[2], y_stride = cols + shape[3];
        pair x = pair_new(c, rows * x_stride, 12.0), y = pair_new(c, rows * y_stride, 1.0);
        gnn_activation_args args = {y.tested, x.tested, rows, cols, x_stride, y_stride, kind, gated};
        RUN_BOTH(c, activation, args, {
            args.y = y.host;
            args.x = x.host;
        });
        /* exp and erf are good to a few units of f32; the product with up to 12 scales that, a gate rounds twice */
        check_pair(c, &y, 1.0, 2.0 * check_step(c) + 64.0 * 0x1p-24, "kind %u, gated %u, %lld x %lld", kind, gated,
                   (long long)rows, (long long)cols);
        pair_free(c, &x);
        pair_free(c, &y);
    }
    check_end(c);
}

typedef god_status (*rows_op)(gnn_device *device, const gnn_rows_args *args, god_error *err);

static void run_rows(check *c, const char *name, rows_op tested, rows_op plain, float scale, double bound)
{
    static const int64_t shapes[][4] = {{1, 1, 2, 5}, {3, 17, 2, 5}, {40, 129, 2, 5}, {7, 2064, 8, 16}, {300, 8, 0, 0}};
    check_begin(c, name);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const int64_t rows = shapes[i][0], cols = shapes[i][1], y_stride = cols + shapes[i][2];
        const int64_t x_stride = cols + shapes[i][3];
        pair y = pair_new(c, rows * y_stride, 20.0), x = pair_new(c, rows * x_stride, 20.0);
        gnn_rows_args args = {.y = y.tested,
                              .x = x.tested,
                              .rows = rows,
                              .cols = cols,
                              .y_stride = y_stride,
                              .x_stride = x_stride,
                              .scale = scale};
        check_need(tested(c->device, &args, &err), &err);
        args.y = y.host;
        args.x = x.host;
        check_need(plain(c->reference, &args, &err), &err);
        check_pair(c, &y, 1.0, bound, "%lld x %lld", (long long)rows, (long long)cols);
        pair_free(c, &x);
        pair_free(c, &y);
    }
    check_end(c);
}

static void check_rows(check *c)
{
    const gnn_device_table *ops = c->ops, *plain = &gnn_device_reference;
    run_rows(c, "add", ops->add, plain->add, 1.0f, 1e-30);
    run_rows(c, "add, scaled", ops->add, plain->add, 0.3f, 1e-30);
    run_rows(c, "scale", ops->scale, plain->scale, 11.3125f, 1e-30);
    run_rows(c, "softcap", ops->softcap, plain->softcap, 15.0f, 2.0 * check_step(c) + 32.0 * 0x1p-24);
}

static void check_indexed(check *c)
{
    static const int64_t index[] = {4, 0, 9, 9}, places[] = {0, 4, 9}, cols[] = {33, 64};
    check_begin(c, "gather and scatter");
    for (int i = 0; i < 2; i++) {
        const int64_t x_stride = cols[i] + 3 * (1 - i), y_stride = cols[i] + 2 * (1 - i);
        pair x = pair_new(c, 10 * x_stride, 1.0), y = pair_new(c, 10 * y_stride, 1.0);
        vector weight = vector_new(c, 3, 0.0, 1.0);
        gnn_rows_args args = {.y = y.tested,
                              .x = x.tested,
                              .index = index,
                              .rows = 4,
                              .cols = cols[i],
                              .y_stride = y_stride,
                              .x_stride = x_stride};
        RUN_BOTH(c, gather, args, {
            args.y = y.host;
            args.x = x.host;
        });
        check_pair(c, &y, 0.0, 1e-30, "gather of %lld columns", (long long)cols[i]);
        args = (gnn_rows_args){.y = y.tested,
                               .x = x.tested,
                               .index = places,
                               .rows = 3,
                               .cols = cols[i],
                               .y_stride = y_stride,
                               .x_stride = x_stride,
                               .weight = weight.device};
        RUN_BOTH(c, scatter, args, {
            args.y = y.host;
            args.x = x.host;
            args.weight = weight.host;
        });
        check_pair(c, &y, 0.0, 1e-30, "scatter of %lld columns", (long long)cols[i]);
        vector_free(c, &weight);
        pair_free(c, &x);
        pair_free(c, &y);
    }
    check_end(c);
}

static void check_dora(check *c)
{
    static const int64_t cols[] = {67, 72};
    check_begin(c, "dora");
    for (int i = 0; i < 4; i++) {
        const int64_t n = cols[i % 2], x_stride = 80, y_stride = 88;
        pair x = pair_new(c, 21 * x_stride, 2.0), y = pair_new(c, 21 * y_stride, 2.0);
        vector magnitude = vector_new(c, n, 1.0, 0.5), bias = vector_new(c, n, 0.0, 1.0);
        gnn_dora_args args = {.y = y.tested,
                              .x = x.tested,
                              .magnitude = magnitude.device,
                              .bias = i < 2 ? bias.device : NULL,
                              .rows = 21,
                              .cols = n,
                              .y_stride = y_stride,
                              .x_stride = x_stride,
                              .scale = 0.75f};
        RUN_BOTH(c, dora, args, {
            args.y = y.host;
            args.x = x.host;
            args.magnitude = magnitude.host;
            args.bias = i < 2 ? bias.host : NULL;
        });
        check_pair(c, &y, 0.0, 1e-30, "%lld columns", (long long)n);
        vector_free(c, &magnitude);
        vector_free(c, &bias);
        pair_free(c, &x);
        pair_free(c, &y);
    }
    check_end(c);
}

/* ---- head ---- */

enum { head_rows = 19, head_vocab = 1016, head_tile = 256 };

/* One tile of both kinds of sums on either side; device pointers in `device_sums` and `targets`. */
static void add_tiles(check *c, const pair *p, const pair *q, int64_t tile, const int32_t *targets,
                      const void *device_targets, gnn_nll_row *nll, void *device_nll, gnn_kl_row *kl, void *device_kl)
{
    for (int64_t first = 0; first < head_vocab; first += tile) {
        gnn_head_args args = {.z = gnn_at_const(p->tested, c->dtype, first),
                              .reference_z = gnn_at_const(q->tested, c->dtype, first),
                              .targets = device_targets,
                              .nll = device_nll,
                              .rows = head_rows,
                              .cols = head_vocab - first < tile ? head_vocab - first : tile,
                              .z_stride = head_vocab,
                              .first = first};
        check_need(c->ops->nll(c->device, &args, &err), &err);
        args.nll = NULL;
        args.kl = device_kl;
        check_need(c->ops->kl(c->device, &args, &err), &err);
        args.z = gnn_at_const(p->host, c->dtype, first);
        args.reference_z = gnn_at_const(q->host, c->dtype, first);
        args.targets = targets;
        args.kl = kl;
        gnn_kl_reference(&args, c->dtype);
        args.kl = NULL;
        args.nll = nll;
        gnn_nll_reference(&args, c->dtype);
    }
}

static void *sums_on_device(check *c, const void *from, size_t bytes)
{
    void *sums = NULL;
    check_need(c->ops->alloc(c->device, bytes, &sums, &err), &err);
    check_need(c->ops->upload(c->device, sums, from, bytes, &err), &err);
    return sums;
}

static void run_head(check *c, int64_t tile, int with_nan, int equal)
{
    gnn_nll_row nll[2][head_rows];
    gnn_kl_row kl[2][head_rows];
    int32_t targets[head_rows];
    pair p = pair_new(c, head_rows * head_vocab, 25.0), q = pair_new(c, head_rows * head_vocab, 25.0);
    if (with_nan) {
        gnn_store(p.host, c->dtype, 7 * head_vocab + 500, NAN);
    }
    pair z = pair_of(c, p.host, p.count), other = pair_of(c, equal ? p.host : q.host, p.count);
    for (int r = 0; r < head_rows; r++) {
        targets[r] = r == 3 ? -1 : (r * 97) % head_vocab;
    }
    gnn_nll_begin(nll[0], head_rows);
    gnn_nll_begin(nll[1], head_rows);
    gnn_kl_begin(kl[0], head_rows);
    gnn_kl_begin(kl[1], head_rows);
    void *device_nll = sums_on_device(c, nll[1], sizeof nll[1]), *device_kl = sums_on_device(c, kl[1], sizeof kl[1]);
    void *device_targets = sums_on_device(c, targets, sizeof targets);
    add_tiles(c, &z, &other, tile, targets, device_targets, nll[0], device_nll, kl[0], device_kl);
    check_need(c->ops->download(c->device, nll[1], device_nll, sizeof nll[1], &err), &err);
    check_need(c->ops->download(c->device, kl[1], device_kl, sizeof kl[1], &err), &err);
    /* An exponential in f32 is within 2 ulp and a run of eight is summed in f32, so each sum is within 2^-21 of itself;
     * a divergence adds differences of up to 50 that are weighed with them, and is exactly 0 between equals. */
    for (int r = 0; r < head_rows; r++) {
        if (targets[r] >= 0) {
            check_value(c, gnn_nll_end(&nll[1][r]), gnn_nll_end(&nll[0][r]), 0x1p-21, "loss of row %d", r);
        }
        check_value(c, gnn_kl_end(&kl[1][r]), equal && r != 7 ? 0.0 : gnn_kl_end(&kl[0][r]),
                    equal ? 1e-30 : 50.0 * 0x1p-21, "divergence of row %d", r);
    }
    c->ops->free(c->device, device_nll);
    c->ops->free(c->device, device_kl);
    c->ops->free(c->device, device_targets);
    pair_free(c, &p);
    pair_free(c, &q);
    pair_free(c, &z);
    pair_free(c, &other);
}

static void check_heads(check *c)
{
    check_begin(c, "loss and divergence of tiles");
    run_head(c, head_tile, 0, 0);
    run_head(c, 250, 0, 0); /* no multiple of 8 */
    run_head(c, head_vocab, 0, 0);
    run_head(c, head_tile, 1, 0);
    run_head(c, head_tile, 0, 1);
    check_end(c);
}

void check_attentions(check *c)
{
    check_attention(c);
    check_packs_of_attention(c);
}

void check_kernels(check *c)
{
    check_products(c);
    check_rows_of_products(c);
    check_embed(c);
    check_norms(c);
    check_rope(c);
    check_attentions(c);
    check_activations(c);
    check_rows(c);
    check_indexed(c);
    check_dora(c);
    check_heads(c);
}
