#include "suites.h"

#include "common/context.h"

START_TEST(test_instruct_context__candidates_of_vector_T14)
{
    json_t *vector = vector_named("T14");
    const json_t *cases = json_object_get(json_object_get(vector, "inputs"), "cases");
    const json_t *lists = json_object_get(json_object_get(vector, "expected"), "lists");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i), *wanted = json_array_get(lists, i);
        int64_t lengths[GTX_CANDIDATES_MAX];
        uint32_t count = gtx_context_candidates(json_integer_value(json_array_get(one, 0)),
                                                json_integer_value(json_array_get(one, 1)), lengths);
        ck_assert_uint_eq(count, json_array_size(wanted));
        for (uint32_t c = 0; c < count; c++) {
            ck_assert_int_eq(lengths[c], json_integer_value(json_array_get(wanted, c)));
        }
    }
    ck_assert_uint_eq(json_array_size(cases), 7);
    json_decref(vector);
}
END_TEST

START_TEST(test_instruct_context__start_is_half_of_a_short_context)
{
    ck_assert_int_eq(gtx_context_start(0), 4096);
    ck_assert_int_eq(gtx_context_start(-1), 4096);
    ck_assert_int_eq(gtx_context_start(8192), 4096);
    ck_assert_int_eq(gtx_context_start(8191), 4096);
    ck_assert_int_eq(gtx_context_start(8190), 4095);
    ck_assert_int_eq(gtx_context_start(2048), 1024);
    ck_assert_int_eq(gtx_context_start(1023), 512);
    ck_assert_int_eq(gtx_context_start(1), 1);
}
END_TEST

START_TEST(test_instruct_context__cap_believes_only_a_plausible_tokenizer)
{
    ck_assert_int_eq(gtx_context_cap(0, 0), 131072);
    ck_assert_int_eq(gtx_context_cap(-5, 0), 131072);
    ck_assert_int_eq(gtx_context_cap(32768, 0), 32768);
    ck_assert_int_eq(gtx_context_cap(32768, 2048), 2048);
    ck_assert_int_eq(gtx_context_cap(2048, 32768), 2048);
    ck_assert_int_eq(gtx_context_cap(0, 999999), 131072);
    ck_assert_int_eq(gtx_context_cap(2000000, 1000000), 2000000);
    ck_assert_int_eq(gtx_context_cap(2000000, 999999), 999999);
}
END_TEST

Suite *instruct_context_suite(void)
{
    const TTest *const tests[] = {test_instruct_context__candidates_of_vector_T14,
                                  test_instruct_context__start_is_half_of_a_short_context,
                                  test_instruct_context__cap_believes_only_a_plausible_tokenizer, NULL};
    return suite_of("context", tests);
}
