#include "suites.h"

#include <math.h>
#include <stdlib.h>

#include "common/lm_score.h"
#include "common/per_example.h"

enum { EXAMPLES_MAX = 2, VOCABULARY = 4 };

static god_error err = GOD_ERROR_INIT;

/* Vectors with logits by position; everything is borrowed from the vector's JSON. */
typedef struct scene {
    const json_t *logits[EXAMPLES_MAX], *base[EXAMPLES_MAX], *labels[EXAMPLES_MAX];
    size_t count;
} scene;

static double log_softmax(const json_t *row, json_int_t v)
{
    double sum = 0.0;
    for (size_t i = 0; i < VOCABULARY; i++) {
        sum += exp(json_number_value(json_array_get(row, i)));
    }
    return json_number_value(json_array_get(row, (size_t)v)) - log(sum);
}

static double kl_of(const json_t *row, const json_t *base_row)
{
    double sum = 0.0;
    for (json_int_t v = 0; v < VOCABULARY; v++) {
        double p = log_softmax(row, v);
        sum += exp(p) * (p - log_softmax(base_row, v));
    }
    return sum;
}

static gtx_samples samples_of(const scene *about)
{
    gtx_samples samples;
    gtx_samples_init(&samples, 4096);
    for (size_t i = 0; i < about->count; i++) {
        int32_t ids[16], labels[16];
        size_t length = json_array_size(about->labels[i]);
        const gtx_sample sample = {.row = i + 1};
        for (size_t t = 0; t < length; t++) {
            labels[t] = (int32_t)json_integer_value(json_array_get(about->labels[i], t));
            ids[t] = labels[t] == GTX_IGNORE ? 0 : labels[t];
        }
        expect_ok(gtx_samples_add(&samples, &sample, ids, labels, length, &err), &err);
    }
    expect_ok(gtx_samples_finish(&samples, &err), &err);
    return samples;
}

/* Plays the engine: numbers per row from the logits of the scene. */
static gtx_lm_totals totals_of(const scene *about, double kl_coef, god_text *lines)
{
    gtx_samples samples = samples_of(about);
    gtx_pack *packs = NULL;
    gtx_pack_rows rows = {0};
    gtx_lm_sums sums;
    double nll[32], kl[32];
    size_t pack_count = 0;
    uint32_t with_kl = kl_coef != 0.0;
    expect_ok(gtx_packs_plan(&samples, 100, &packs, &pack_count, &err), &err);
    expect_ok(gtx_pack_fill(&samples, &packs[0], with_kl, &rows, &err), &err);
    for (int64_t r = 0; r < rows.row_count; r++) {
        size_t example = rows.samples[r], place = 0;
        while (samples.order[place] != example) {
            place++;
        }
        size_t t = (size_t)(rows.rows[r] - rows.starts[place]);
        const json_t *row = json_array_get(about->logits[example], t);
        nll[r] = rows.targets[r] < 0 ? 0.0 : -log_softmax(row, rows.targets[r]);
        kl[r] = rows.kl_mask[r] ? kl_of(row, json_array_get(about->base[example], t)) : 0.0;
    }
    expect_ok(gtx_lm_sums_init(&sums, samples.count, &err), &err);
    expect_ok(gtx_lm_sums_add(&sums, &samples, &rows, nll, with_kl ? kl : NULL, &err), &err);
    gtx_lm_totals totals = gtx_lm_total(&sums, &samples, kl_coef);
    if (lines != NULL) {
        expect_ok(gtx_per_example(&samples, &sums, with_kl, NULL, NULL, lines, &err), &err);
    }
    gtx_lm_sums_free(&sums);
    gtx_pack_rows_free(&rows);
    free(packs);
    gtx_samples_free(&samples);
    return totals;
}

static double expected(const json_t *vector, const char *name)
{
    const json_t *value = json_object_get(json_object_get(vector, "expected"), name);
    ck_assert(json_is_number(value));
    return json_number_value(value);
}

static const json_t *input(const json_t *vector, const char *name)
{
    return json_object_get(json_object_get(vector, "inputs"), name);
}

START_TEST(test_instruct_lm_score__sample_mean_of_vectors_T01_and_T02)
{
    json_t *t01 = vector_named("T01"), *t02 = vector_named("T02");
    const json_t *b = input(t02, "sample_B");
    scene one = {.logits = {input(t01, "logits")}, .labels = {input(t01, "labels")}, .count = 1};
    ck_assert_double_eq_tol(totals_of(&one, 0.0, NULL).eval_loss, expected(t01, "sample_loss"), 1e-6);
    scene two = {.logits = {one.logits[0], json_object_get(b, "logits")},
                 .labels = {one.labels[0], json_object_get(b, "labels")},
                 .count = 2};
    gtx_lm_totals totals = totals_of(&two, 0.0, NULL);
    ck_assert_double_eq_tol(totals.eval_loss, expected(t02, "eval_loss"), 1e-6);
    ck_assert_uint_eq(totals.samples, 2);
    ck_assert_uint_eq(totals.label_tokens, 4);
    json_decref(t01);
    json_decref(t02);
}
END_TEST

START_TEST(test_instruct_lm_score__divisor_counts_position_0_as_in_vector_T03)
{
    json_t *t03 = vector_named("T03");
    scene about = {.logits = {input(t03, "logits")}, .labels = {input(t03, "labels")}, .count = 1};
    ck_assert_double_eq_tol(totals_of(&about, 0.0, NULL).eval_loss, expected(t03, "loss_P1"), 1e-6);
    json_decref(t03);
}
END_TEST

START_TEST(test_instruct_lm_score__kl_is_unshifted_and_pooled_as_in_vectors_T04_and_T05)
{
    json_t *t01 = vector_named("T01"), *t04 = vector_named("T04"), *t05 = vector_named("T05");
    const json_t *b = input(t05, "sample_B");
    scene one = {.logits = {input(t01, "logits")},
                 .base = {input(t04, "base_logits")},
                 .labels = {input(t04, "labels")},
                 .count = 1};
    ck_assert_double_eq_tol(totals_of(&one, 1.0, NULL).kl, expected(t04, "kl"), 1e-6);
    scene two = {.logits = {one.logits[0], json_object_get(b, "ft")},
                 .base = {one.base[0], json_object_get(b, "base")},
                 .labels = {one.labels[0], json_object_get(b, "labels")},
                 .count = 2};
    gtx_lm_totals totals = totals_of(&two, 0.1, NULL);
    ck_assert_double_eq_tol(totals.raw, expected(t05, "eval_loss_raw"), 1e-6);
    ck_assert_double_eq_tol(totals.kl, expected(t05, "kl_divergence"), 1e-6);
    ck_assert_double_eq_tol(totals.eval_loss, expected(t05, "eval_loss"), 1e-6);
    ck_assert_double_eq_tol(totals_of(&two, 0.0, NULL).eval_loss, expected(t05, "eval_loss_if_KL_COEF_0"), 1e-6);
    json_decref(t01);
    json_decref(t04);
    json_decref(t05);
}
END_TEST

/* Anybody must be able to recompute the score from the lines alone. */
START_TEST(test_instruct_lm_score__lines_give_the_score_back)
{
    json_t *t01 = vector_named("T01"), *t04 = vector_named("T04"), *t05 = vector_named("T05");
    const json_t *b = input(t05, "sample_B");
    scene two = {.logits = {input(t01, "logits"), json_object_get(b, "ft")},
                 .base = {input(t04, "base_logits"), json_object_get(b, "base")},
                 .labels = {input(t04, "labels"), json_object_get(b, "labels")},
                 .count = 2};
    god_text lines = GOD_TEXT_INIT;
    gtx_rows rows;
    double loss = 0.0, kl_sum = 0.0, kl_count = 0.0;
    gtx_lm_totals totals = totals_of(&two, 0.1, &lines);
    expect_ok(gtx_rows_parse(lines.data, lines.bytes, &rows, &err), &err);
    ck_assert_uint_eq(gtx_rows_count(&rows), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *line = gtx_rows_at(&rows, i);
        double one = json_number_value(json_object_get(line, "loss"));
        uint64_t bits = strtoull(json_string_value(json_object_get(line, "loss_bits")), NULL, 16);
        double from_bits;
        memcpy(&from_bits, &bits, sizeof from_bits);
        ck_assert_double_eq(one, from_bits);
        ck_assert_uint_eq((uint64_t)json_integer_value(json_object_get(line, "row")), i + 1);
        ck_assert_str_eq(json_string_value(json_object_get(line, "status")), "kept");
        loss += one;
        kl_sum += json_number_value(json_object_get(line, "kl_sum"));
        kl_count += json_number_value(json_object_get(line, "kl_count"));
    }
    ck_assert_double_eq_tol(loss / 2.0 + 0.1 * kl_sum / kl_count, totals.eval_loss, 1e-15);
    gtx_rows_free(&rows);
    god_text_free(&lines);
    json_decref(t01);
    json_decref(t04);
    json_decref(t05);
}
END_TEST

START_TEST(test_instruct_lm_score__numbers_that_are_not_finite_name_their_row)
{
    json_t *t01 = vector_named("T01");
    scene one = {.logits = {input(t01, "logits")}, .labels = {input(t01, "labels")}, .count = 1};
    gtx_samples samples = samples_of(&one);
    gtx_pack *packs = NULL;
    gtx_pack_rows rows = {0};
    gtx_lm_sums sums;
    size_t count = 0;
    const double good[8] = {0}, nan_at_3[8] = {0, 0, (double)NAN}, inf_at_3[8] = {0, 0, (double)INFINITY};
    expect_ok(gtx_packs_plan(&samples, 100, &packs, &count, &err), &err);
    expect_ok(gtx_pack_fill(&samples, &packs[0], 1, &rows, &err), &err);
    expect_ok(gtx_lm_sums_init(&sums, samples.count, &err), &err);
    expect_refused(gtx_lm_sums_add(&sums, &samples, &rows, nan_at_3, good, &err), GOD_E_DATA, &err,
                   "row 1: the loss is not finite (NaN)");
    expect_refused(gtx_lm_sums_add(&sums, &samples, &rows, inf_at_3, good, &err), GOD_E_DATA, &err, "(infinite)");
    expect_refused(gtx_lm_sums_add(&sums, &samples, &rows, good, nan_at_3, &err), GOD_E_DATA, &err,
                   "row 1: the divergence from the base model is not finite");
    gtx_lm_sums_free(&sums);
    gtx_pack_rows_free(&rows);
    free(packs);
    gtx_samples_free(&samples);
    json_decref(t01);
}
END_TEST

Suite *instruct_lm_score_suite(void)
{
    const TTest *const tests[] = {test_instruct_lm_score__sample_mean_of_vectors_T01_and_T02,
                                  test_instruct_lm_score__divisor_counts_position_0_as_in_vector_T03,
                                  test_instruct_lm_score__kl_is_unshifted_and_pooled_as_in_vectors_T04_and_T05,
                                  test_instruct_lm_score__lines_give_the_score_back,
                                  test_instruct_lm_score__numbers_that_are_not_finite_name_their_row,
                                  NULL};
    return suite_of("lm_score", tests);
}
