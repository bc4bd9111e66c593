/* Worked examples of losses, divergences and LoRA rounding (vectors.jsonl) through the engine's own operations. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "god/helpers/json.h"
#include "lm/model.h"

#define VECTORS GOD_SOURCE_DIR "/tests/unit/nn/vectors.jsonl"

enum { rows_max = 16, vocab_max = 8 };

typedef struct logits {
    float z[rows_max * vocab_max];
    int64_t rows, vocab;
} logits;

static json_t *vectors; /* object: id -> vector */

static void read_vectors(void)
{
    char line[4096];
    FILE *file = fopen(VECTORS, "r");
    ck_assert_ptr_nonnull(file);
    vectors = json_object();
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *vector = json_loads(line, 0, NULL);
        ck_assert_ptr_nonnull(vector);
        ck_assert_int_eq(json_object_set_new(vectors, json_string_value(json_object_get(vector, "id")), vector), 0);
    }
    (void)fclose(file);
}

static void free_vectors(void)
{
    json_decref(vectors);
}

/* "T01/inputs/logits" */
static const json_t *at(const char *path)
{
    char copy[200], *rest = copy;
    (void)snprintf(copy, sizeof copy, "%s", path);
    const json_t *value = vectors;
    for (char *part = strtok_r(copy, "/", &rest); part != NULL; part = strtok_r(NULL, "/", &rest)) {
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(part)) : json_object_get(value, part);
    }
    ck_assert_msg(value != NULL, "%s is missing", path);
    return value;
}

static logits read_logits(const char *path)
{
    const json_t *matrix = at(path);
    logits result = {.rows = (int64_t)json_array_size(matrix)};
    for (int64_t r = 0; r < result.rows; r++) {
        const json_t *row = json_array_get(matrix, (size_t)r);
        result.vocab = (int64_t)json_array_size(row);
        for (int64_t v = 0; v < result.vocab; v++) {
            result.z[r * result.vocab + v] = (float)json_number_value(json_array_get(row, (size_t)v));
        }
    }
    return result;
}

/* -log softmax(z of row t - 1)[label of t] for every labelled t from 1 on; returns their sum over `divisor`. */
static double sample_loss(const logits *l, const json_t *labels, int64_t tile, double divisor, const json_t *per_target)
{
    gnn_nll_row sums[rows_max];
    int32_t targets[rows_max];
    double total = 0.0;
    size_t seen = 0;
    for (int64_t r = 0; r < l->rows; r++) {
        json_int_t label = r + 1 < l->rows ? json_integer_value(json_array_get(labels, (size_t)r + 1)) : -100;
        targets[r] = label == -100 ? -1 : (int32_t)label;
    }
    gnn_nll_begin(sums, l->rows);
    for (int64_t first = 0; first < l->vocab; first += tile) {
        int64_t cols = l->vocab - first < tile ? l->vocab - first : tile;
        gnn_head_args args = {.z = l->z + first,
                              .targets = targets,
                              .nll = sums,
                              .rows = l->rows,
                              .cols = cols,
                              .z_stride = l->vocab,
                              .first = first};
        gnn_nll_reference(&args, GNN_F32);
    }
    for (int64_t r = 0; r < l->rows; r++) {
        if (targets[r] >= 0) {
            total += gnn_nll_end(&sums[r]);
            if (per_target != NULL) {
                ck_assert_double_eq_tol(gnn_nll_end(&sums[r]), json_number_value(json_array_get(per_target, seen++)),
                                        1e-6);
            }
        }
    }
    return total / divisor;
}

static double kl_of(const logits *p, const logits *q, int64_t tile, double ret_kl[rows_max])
{
    gnn_kl_row sums[rows_max];
    double total = 0.0;
    gnn_kl_begin(sums, p->rows);
    for (int64_t first = 0; first < p->vocab; first += tile) {
        int64_t cols = p->vocab - first < tile ? p->vocab - first : tile;
        gnn_head_args args = {.z = p->z + first,
                              .reference_z = q->z + first,
                              .kl = sums,
                              .rows = p->rows,
                              .cols = cols,
                              .z_stride = p->vocab};
        gnn_kl_reference(&args, GNN_F32);
    }
    for (int64_t r = 0; r < p->rows; r++) {
        ret_kl[r] = gnn_kl_end(&sums[r]);
        total += ret_kl[r];
    }
    return total;
}

static void expect(const char *path, double value)
{
    ck_assert_double_eq_tol(value, json_number_value(at(path)), 1e-6);
}

START_TEST(test_nn_vectors__losses_of_T01_T02_T03)
{
    logits a = read_logits("T01/inputs/logits"), b = read_logits("T02/inputs/sample_B/logits");
    logits empty_prompt = read_logits("T03/inputs/logits");
    for (int64_t tile = 1; tile <= 4; tile++) { /* the width of the tiles does not show in eight decimals */
        double loss_a = sample_loss(&a, at("T01/inputs/labels"), tile, 3.0, at("T01/expected/per_target"));
        double loss_b = sample_loss(&b, at("T02/inputs/sample_B/labels"), tile, 1.0, NULL);
        expect("T01/expected/sample_loss", loss_a);
        expect("T02/expected/loss_A", loss_a);
        expect("T02/expected/loss_B", loss_b);
        expect("T02/expected/eval_loss", (loss_a + loss_b) / 2.0);
        expect("T03/expected/loss_P1",
               sample_loss(&empty_prompt, at("T03/inputs/labels"), tile, 3.0, at("T03/expected/per_target")));
        expect("T03/expected/loss_dec2025", sample_loss(&empty_prompt, at("T03/inputs/labels"), tile, 2.0, NULL));
    }
}
END_TEST

START_TEST(test_nn_vectors__divergences_of_T04_T05)
{
    logits ft = read_logits("T01/inputs/logits"), base = read_logits("T04/inputs/base_logits");
    logits ft_b = read_logits("T05/inputs/sample_B/ft"), base_b = read_logits("T05/inputs/sample_B/base");
    double kl[rows_max], kl_b[rows_max];
    for (int64_t tile = 1; tile <= 4; tile++) {
        (void)kl_of(&ft, &base, tile, kl);
        (void)kl_of(&ft_b, &base_b, tile, kl_b);
        for (size_t i = 0; i < 6; i++) {
            ck_assert_double_eq_tol(kl[i], json_number_value(json_array_get(at("T04/expected/kl_per_position"), i)),
                                    1e-6);
        }
        expect("T04/expected/kl", (kl[3] + kl[4] + kl[5]) / 3.0);
        expect("T05/expected/kl_divergence", (kl[3] + kl[4] + kl[5] + kl_b[2]) / 4.0);
    }
}
END_TEST

START_TEST(test_nn_vectors__divergence_of_T06_runs_the_other_way)
{
    logits base_1 = read_logits("T06/inputs/sample_1/base"), ft_1 = read_logits("T06/inputs/sample_1/ft");
    logits base_2 = read_logits("T06/inputs/sample_2/base"), ft_2 = read_logits("T06/inputs/sample_2/ft");
    double kl[rows_max];
    double first = kl_of(&base_1, &ft_1, 2, kl) / 2.0, second = kl_of(&base_2, &ft_2, 2, kl);
    expect("T06/expected/sample_kl/0", first);
    expect("T06/expected/sample_kl/1", second);
    expect("T06/expected/kl_divergence", (first + second) / 2.0);
}
END_TEST

START_TEST(test_nn_vectors__divergence_of_equal_logits_is_zero)
{
    logits a = read_logits("T01/inputs/logits");
    double kl[rows_max];
    (void)kl_of(&a, &a, 3, kl);
    for (int64_t r = 0; r < a.rows; r++) {
        ck_assert_double_eq(kl[r], 0.0);
    }
}
END_TEST

static gnn_matrix *matrix_of(god_nn_engine *engine, const char *path, int64_t outputs, int64_t cols)
{
    god_error err = GOD_ERROR_INIT;
    uint16_t values[rows_max];
    gnn_matrix *matrix = NULL;
    for (int64_t i = 0; i < outputs * cols; i++) {
        const json_t *first = json_array_get(at(path), 0); /* a single row or column is written without brackets */
        const json_t *value = json_is_number(first)
                                  ? json_array_get(at(path), (size_t)i)
                                  : json_array_get(json_array_get(at(path), (size_t)(i / cols)), (size_t)(i % cols));
        values[i] = gnn_bf16_narrow((float)json_number_value(value));
    }
    ck_assert_int_eq(engine->ops->matrix_new(engine->device, outputs, cols, &matrix, &err), GOD_OK);
    ck_assert_int_eq(engine->ops->matrix_put(engine->device, matrix, 0, outputs, values, &err), GOD_OK);
    return matrix;
}

/* _i: 1 on the plain reference, 0 on god-nn-cpu.so */
START_TEST(test_nn_vectors__lora_rounds_as_T60_says)
{
    god_error err = GOD_ERROR_INIT;
    god_nn_engine *engine = NULL;
    god_nn_engine_options options = {.size = sizeof options,
                                     .device = GOD_DEV_CPU,
                                     .precision = GOD_PRECISION_BF16,
                                     .threads = 1,
                                     .reference = (uint32_t)_i,
                                     .module_dir = GOD_BUILD_DIR "/lib/god/nn"};
    ck_assert_int_eq(god_nn_engine_open(&options, &engine, &err), GOD_OK);
    gnn_matrix *w = matrix_of(engine, "T60/inputs/W", 2, 2), *a = matrix_of(engine, "T60/inputs/A", 1, 2);
    gnn_matrix *b = matrix_of(engine, "T60/inputs/B", 2, 1);
    gnn_linear linear = {.matrix = w, .outputs = 2, .cols = 2, .rank = 1, .lora_scale = 2.0f};
    uint16_t x[2], y[2];
    for (size_t i = 0; i < 2; i++) {
        x[i] = gnn_bf16_narrow((float)json_number_value(json_array_get(at("T60/inputs/x"), i)));
    }
    ck_assert_int_eq(gnn_linear_apply(engine, &linear, x, 2, y, 2, 1, 0, 2, &err), GOD_OK);
    expect("T60/expected/base/0", (double)gnn_bf16_widen(y[0]));
    expect("T60/expected/base/1", (double)gnn_bf16_widen(y[1]));
    linear.lora_a = a;
    linear.lora_b = b;
    ck_assert_int_eq(gnn_linear_apply(engine, &linear, x, 2, y, 2, 1, 0, 2, &err), GOD_OK);
    expect("T60/expected/autocast/0", (double)gnn_bf16_widen(y[0]));
    expect("T60/expected/autocast/1", (double)gnn_bf16_widen(y[1]));
    engine->ops->matrix_free(engine->device, w);
    engine->ops->matrix_free(engine->device, a);
    engine->ops->matrix_free(engine->device, b);
    god_nn_engine_close(engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn_vectors");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, read_vectors, free_vectors);
    tcase_add_test(tests, test_nn_vectors__losses_of_T01_T02_T03);
    tcase_add_test(tests, test_nn_vectors__divergences_of_T04_T05);
    tcase_add_test(tests, test_nn_vectors__divergence_of_T06_runs_the_other_way);
    tcase_add_test(tests, test_nn_vectors__divergence_of_equal_logits_is_zero);
    tcase_add_loop_test(tests, test_nn_vectors__lora_rounds_as_T60_says, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
