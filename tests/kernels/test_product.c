/* The kernels of products (sdk/nn/cpu/product.h) against sums in f64, and against each other bit by bit. */
#include "product.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = CPU_PRODUCT_ROWS_MAX };

static float x[ROWS * CPU_X_STRIDE], w[CPU_DEPTH * CPU_PANEL];

static float draw(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (float)((double)(*random >> 40) / 8388608.0 - 1.0);
}

static void fill(void)
{
    uint64_t random = 5;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++) {
        x[i] = draw(&random);
    }
    for (size_t i = 0; i < sizeof w / sizeof w[0]; i++) {
        w[i] = draw(&random);
    }
}

/* All rows in as many calls as the kernel needs; it has no part of a tile, so the last call may repeat rows. */
static void run(const cpu_product_kernel *kernel, int64_t depth, int64_t width, uint32_t first, float *y)
{
    for (int64_t row = 0; row < ROWS; row += kernel->rows) {
        float part[ROWS * CPU_PANEL];
        int64_t from = row + kernel->rows <= ROWS ? row : ROWS - kernel->rows;
        memcpy(part, y + from * CPU_PANEL, (size_t)(kernel->rows * CPU_PANEL) * sizeof *part);
        kernel->run(x + from * CPU_X_STRIDE, w, depth, width, first, part, x);
        for (int64_t r = row - from; r < kernel->rows; r++) {
            memcpy(y + (from + r) * CPU_PANEL, part + r * CPU_PANEL, CPU_PANEL * sizeof *part);
        }
    }
}

static const int64_t depths[] = {1, 2, 16, 63, 64, 511, 512}, widths[] = {1, 16, 17, 33, 64};

START_TEST(test_kernels_product__agrees_with_sums_in_f64)
{
    for (uint32_t k = 0; cpu_product_kernel_at(k) != NULL; k++) {
        const cpu_product_kernel *kernel = cpu_product_kernel_at(k);
        for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
            float y[ROWS * CPU_PANEL];
            run(kernel, depths[d], CPU_PANEL, 1, y);
            for (int64_t i = 0; i < ROWS * CPU_PANEL; i++) {
                double sum = 0.0;
                for (int64_t t = 0; t < depths[d]; t++) {
                    sum += (double)x[i / CPU_PANEL * CPU_X_STRIDE + t] * (double)w[t * CPU_PANEL + i % CPU_PANEL];
                }
                /* products below 1; each of n additions rounds a partial sum of about sqrt(n) / 3 */
                double bound = sqrt((double)depths[d]) * (double)depths[d] * 0x1p-25 + 0x1p-24;
                ck_assert_msg(fabs((double)y[i] - sum) <= bound, "%s, depth %d: %.9g, wanted %.9g", kernel->name,
                              (int)depths[d], (double)y[i], sum);
            }
        }
    }
}
END_TEST

START_TEST(test_kernels_product__vector_width_changes_no_bit)
{
    float first[ROWS * CPU_PANEL], other[ROWS * CPU_PANEL];
    for (uint32_t k = 1; cpu_product_kernel_at(k) != NULL; k++) {
        if (strcmp(cpu_product_kernel_at(k)->name, "plain") == 0) {
            continue; /* without a fused multiply-add in its instruction set it rounds twice */
        }
        for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
            for (uint32_t added = 0; added < 2; added++) {
                memset(first, 0, sizeof first);
                memset(other, 0, sizeof other);
                run(cpu_product_kernel_at(0), depths[d], CPU_PANEL, 1, first);
                run(cpu_product_kernel_at(k), depths[d], CPU_PANEL, 1, other);
                if (added) {
                    run(cpu_product_kernel_at(0), depths[d], CPU_PANEL, 0, first);
                    run(cpu_product_kernel_at(k), depths[d], CPU_PANEL, 0, other);
                }
                ck_assert_mem_eq(first, other, sizeof first);
            }
        }
    }
}
END_TEST

START_TEST(test_kernels_product__narrow_products_are_the_columns_of_wide_ones)
{
    for (uint32_t k = 0; cpu_product_kernel_at(k) != NULL; k++) {
        float wide[ROWS * CPU_PANEL], narrow[ROWS * CPU_PANEL];
        run(cpu_product_kernel_at(k), CPU_DEPTH, CPU_PANEL, 1, wide);
        for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
            memset(narrow, 0, sizeof narrow);
            run(cpu_product_kernel_at(k), CPU_DEPTH, widths[i], 1, narrow);
            for (int64_t r = 0; r < ROWS; r++) {
                ck_assert_mem_eq(wide + r * CPU_PANEL, narrow + r * CPU_PANEL, (size_t)widths[i] * sizeof *wide);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels_product");
    TCase *cases = tcase_create("all");
    fill();
    tcase_add_test(cases, test_kernels_product__agrees_with_sums_in_f64);
    tcase_add_test(cases, test_kernels_product__vector_width_changes_no_bit);
    tcase_add_test(cases, test_kernels_product__narrow_products_are_the_columns_of_wide_ones);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
