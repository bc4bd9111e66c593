/* The exponentials of attention (sdk/nn/cpu/softmax.h) against exp2 in f64, and against each other bit by bit. */
#include "softmax.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PANELS = 3, STRIDE = CPU_PANEL + 5, COUNT = PANELS * CPU_PANEL };

static float scores[(PANELS - 1) * STRIDE + CPU_PANEL];

static float score_of(int64_t i)
{
    return scores[i / CPU_PANEL * STRIDE + i % CPU_PANEL];
}

static void fill(float spread)
{
    uint64_t random = 11;
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        scores[i] = spread * (float)((double)(random >> 40) / 8388608.0 - 1.0);
    }
}

START_TEST(test_kernels_softmax__agrees_with_exp2_in_f64)
{
    static const float spreads[] = {0.01f, 3.0f, 60.0f, 2000.0f};
    for (uint32_t k = 0; cpu_softmax_kernel_at(k) != NULL; k++) {
        const cpu_softmax_kernel *kernel = cpu_softmax_kernel_at(k);
        for (size_t s = 0; s < sizeof spreads / sizeof spreads[0]; s++) {
            float weights[COUNT], top = -INFINITY;
            double sum = 0.0;
            fill(spreads[s]);
            for (int64_t i = 0; i < COUNT; i++) {
                top = score_of(i) > top ? score_of(i) : top;
            }
            ck_assert(kernel->highest(scores, STRIDE, PANELS) == top);
            const float shift = 0.25f * top;
            const double total = (double)kernel->weigh(scores, STRIDE, PANELS, 0.25f, shift, weights);
            for (int64_t i = 0; i < COUNT; i++) { /* the factor is a power of two: the exponent is rounded once */
                const float x = 0.25f * score_of(i) - shift;
                const double wanted = x < -126.0f ? 0.0 : exp2((double)x);
                ck_assert_msg(fabs((double)weights[i] - wanted) <= wanted * 0x1p-22, "%s: 2^%.9g is %.9g, not %.9g",
                              kernel->name, (double)x, (double)weights[i], wanted);
                ck_assert(weights[i] == kernel->power(x));
                sum += wanted;
            }
            ck_assert_double_eq_tol(total, sum, sum * 0x1p-20);
        }
    }
}
END_TEST

START_TEST(test_kernels_softmax__vector_width_changes_no_bit)
{
    float first[COUNT], other[COUNT];
    fill(40.0f);
    for (uint32_t k = 1; cpu_softmax_kernel_at(k) != NULL; k++) {
        if (strcmp(cpu_softmax_kernel_at(k)->name, "plain") == 0) {
            continue; /* without a fused multiply-add in its instruction set it rounds twice */
        }
        float one = cpu_softmax_kernel_at(0)->weigh(scores, STRIDE, PANELS, 0.3f, 11.7f, first);
        float two = cpu_softmax_kernel_at(k)->weigh(scores, STRIDE, PANELS, 0.3f, 11.7f, other);
        ck_assert(one == two);
        ck_assert_mem_eq(first, other, sizeof first);
    }
}
END_TEST

START_TEST(test_kernels_softmax__keeps_its_ends)
{
    for (uint32_t k = 0; cpu_softmax_kernel_at(k) != NULL; k++) {
        const cpu_softmax_kernel *kernel = cpu_softmax_kernel_at(k);
        float weights[COUNT];
        fill(1.0f);
        scores[0] = -INFINITY;
        scores[STRIDE + 7] = NAN;
        ck_assert(!isnan(kernel->highest(scores, STRIDE, PANELS)));
        ck_assert(isnan(kernel->weigh(scores, STRIDE, PANELS, 1.0f, 1.0f, weights)));
        ck_assert(weights[0] == 0.0f);
        ck_assert(isnan(weights[CPU_PANEL + 7]));
        ck_assert(isfinite(weights[1]));
        ck_assert(kernel->power(0.0f) == 1.0f);
        ck_assert(kernel->power(-126.0f) == 0x1p-126f);
        ck_assert(kernel->power(-1000.0f) == 0.0f);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels_softmax");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, test_kernels_softmax__agrees_with_exp2_in_f64);
    tcase_add_test(cases, test_kernels_softmax__vector_width_changes_no_bit);
    tcase_add_test(cases, test_kernels_softmax__keeps_its_ends);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
