#include "suites.h"

#include <math.h>
#include <stdlib.h>

#include "common/float_text.h"

static void expect_text(double value, const char *wanted)
{
    char text[GTX_FLOAT_TEXT_BYTES];
    gtx_float_text(value, text);
    ck_assert_str_eq(text, wanted);
}

START_TEST(test_instruct_float_text__hours_of_the_training_rules)
{
    expect_text(0.0001, "0.0001");
    expect_text(0.0, "0.0");
    expect_text(0.5, "0.5");
    expect_text(1.0 / 3.0, "0.3333333333333333");
    expect_text(1.5, "1.5");
    expect_text(2.75, "2.75");
    expect_text(6.0, "6.0");
    expect_text(0.1, "0.1");
}
END_TEST

START_TEST(test_instruct_float_text__exponent_below_1e_minus_4_and_from_1e16)
{
    expect_text(0.00001, "1e-05");
    expect_text(0.000012345, "1.2345e-05");
    expect_text(0.00012345, "0.00012345");
    expect_text(9999999999999998.0, "9999999999999998.0");
    expect_text(1e15, "1000000000000000.0");
    expect_text(1e16, "1e+16");
    expect_text(1.5e16, "1.5e+16");
    expect_text(1e22, "1e+22");
    expect_text(1.7976931348623157e308, "1.7976931348623157e+308");
    expect_text(5e-324, "5e-324");
    expect_text(2.2250738585072014e-308, "2.2250738585072014e-308");
    expect_text(123456.789, "123456.789");
    expect_text(100.0, "100.0");
}
END_TEST

START_TEST(test_instruct_float_text__signs_and_values_that_are_not_finite)
{
    expect_text(-0.0, "-0.0");
    expect_text(-2.5, "-2.5");
    expect_text(-1e-7, "-1e-07");
    expect_text((double)NAN, "nan");
    expect_text((double)INFINITY, "inf");
    expect_text(-(double)INFINITY, "-inf");
}
END_TEST

/* Powers of two have unequal gaps on both sides: the shortest text is not always the rounded one. */
START_TEST(test_instruct_float_text__powers_of_two_are_shortest)
{
    expect_text(ldexp(1.0, -44), "5.684341886080802e-14");
    expect_text(ldexp(1.0, 89), "6.189700196426902e+26");
    expect_text(9007199254740992.0, "9007199254740992.0");
}
END_TEST

START_TEST(test_instruct_float_text__reads_back_as_the_same_double)
{
    uint64_t bits = 0x9e3779b97f4a7c15u;
    for (int i = 0; i < 20000; i++) {
        char text[GTX_FLOAT_TEXT_BYTES];
        double value;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) {
            continue;
        }
        gtx_float_text(value, text);
        double back = strtod(text, NULL);
        ck_assert_msg(memcmp(&back, &value, sizeof value) == 0, "%a became %s", value, text);
    }
}
END_TEST

Suite *instruct_float_text_suite(void)
{
    const TTest *const tests[] = {test_instruct_float_text__hours_of_the_training_rules,
                                  test_instruct_float_text__exponent_below_1e_minus_4_and_from_1e16,
                                  test_instruct_float_text__signs_and_values_that_are_not_finite,
                                  test_instruct_float_text__powers_of_two_are_shortest,
                                  test_instruct_float_text__reads_back_as_the_same_double,
                                  NULL};
    return suite_of("float_text", tests);
}
