#include "suites.h"

#include <stdlib.h>

#include "common/pack.h"

static god_error err = GOD_ERROR_INIT;

/* Examples of the given lengths; the last `labelled` positions of each have labels 10, 11 ... */
static gtx_samples samples_of(const uint32_t *lengths, size_t count, uint32_t labelled)
{
    gtx_samples samples;
    gtx_samples_init(&samples, 4096);
    for (size_t i = 0; i < count; i++) {
        int32_t ids[64], labels[64];
        gtx_sample about = {.row = i + 1};
        for (uint32_t t = 0; t < lengths[i]; t++) {
            ids[t] = (int32_t)(100 * i + t);
            labels[t] = t + labelled >= lengths[i] ? (int32_t)(10 + t) : GTX_IGNORE;
        }
        expect_ok(gtx_samples_add(&samples, &about, ids, labels, lengths[i], &err), &err);
    }
    expect_ok(gtx_samples_finish(&samples, &err), &err);
    return samples;
}

START_TEST(test_instruct_pack__every_example_once_and_within_the_limit)
{
    const uint32_t lengths[] = {7, 3, 20, 3, 5, 9, 4};
    gtx_samples samples = samples_of(lengths, 7, 2);
    for (uint64_t limit = 1; limit <= 60; limit++) {
        gtx_pack *packs = NULL;
        size_t count = 0, next = 0;
        expect_ok(gtx_packs_plan(&samples, limit, &packs, &count, &err), &err);
        for (size_t i = 0; i < count; i++) {
            ck_assert_uint_eq(packs[i].first, next);
            ck_assert_uint_gt(packs[i].count, 0);
            ck_assert(packs[i].tokens <= limit || packs[i].count == 1);
            next += packs[i].count;
        }
        ck_assert_uint_eq(next, 7);
        free(packs);
    }
    gtx_samples_free(&samples);
}
END_TEST

START_TEST(test_instruct_pack__order_is_ascending_and_stable)
{
    const uint32_t lengths[] = {7, 3, 20, 3, 5, 9, 4};
    const size_t wanted[] = {1, 3, 6, 4, 0, 5, 2};
    gtx_samples samples = samples_of(lengths, 7, 2);
    ck_assert_uint_eq(samples.kept, 7);
    for (size_t i = 0; i < 7; i++) {
        ck_assert_uint_eq(samples.order[i], wanted[i]);
    }
    gtx_samples_free(&samples);
}
END_TEST

START_TEST(test_instruct_pack__rows_predict_and_kl_rows_do_not_shift)
{
    const uint32_t lengths[] = {4, 5};
    gtx_samples samples = samples_of(lengths, 2, 2); /* labels at 2, 3 and at 3, 4 */
    gtx_pack *packs = NULL;
    size_t count = 0;
    gtx_pack_rows rows = {0};
    expect_ok(gtx_packs_plan(&samples, 100, &packs, &count, &err), &err);
    ck_assert_uint_eq(count, 1);

    expect_ok(gtx_pack_fill(&samples, &packs[0], 0, &rows, &err), &err);
    const int64_t loss_rows[] = {1, 2, 4 + 2, 4 + 3};
    const int32_t targets[] = {12, 13, 13, 14};
    ck_assert_int_eq(rows.row_count, 4);
    ck_assert_mem_eq(rows.rows, loss_rows, sizeof loss_rows);
    ck_assert_mem_eq(rows.targets, targets, sizeof targets);
    ck_assert_int_eq(rows.pack.sequence_count, 2);
    ck_assert_int_eq(rows.pack.starts[1], 4);
    ck_assert_int_eq(rows.pack.starts[2], 9);
    ck_assert_int_eq(rows.pack.ids[4], 100);

    expect_ok(gtx_pack_fill(&samples, &packs[0], 1, &rows, &err), &err);
    const int64_t all_rows[] = {1, 2, 3, 6, 7, 8};
    const int32_t all_targets[] = {12, 13, -1, 13, 14, -1};
    const uint8_t mask[] = {0, 1, 1, 0, 1, 1};
    const size_t owners[] = {0, 0, 0, 1, 1, 1};
    ck_assert_int_eq(rows.row_count, 6);
    ck_assert_mem_eq(rows.rows, all_rows, sizeof all_rows);
    ck_assert_mem_eq(rows.targets, all_targets, sizeof all_targets);
    ck_assert_mem_eq(rows.kl_mask, mask, sizeof mask);
    ck_assert_mem_eq(rows.samples, owners, sizeof owners);
    gtx_pack_rows_free(&rows);
    free(packs);
    gtx_samples_free(&samples);
}
END_TEST

START_TEST(test_instruct_pack__filter_counts_every_reason)
{
    gtx_samples samples;
    const int32_t ids[] = {1, 2, 3, 4}, labels[] = {GTX_IGNORE, 2, 3, 4};
    const int32_t none[] = {GTX_IGNORE, GTX_IGNORE, GTX_IGNORE, GTX_IGNORE};
    const gtx_sample about = {.row = 1};
    gtx_samples_init(&samples, 3);
    expect_ok(gtx_samples_add(&samples, &about, ids, labels, 4, &err), &err);
    expect_ok(gtx_samples_add(&samples, &about, ids, labels, 3, &err), &err);
    expect_ok(gtx_samples_add(&samples, &about, ids, labels, 2, &err), &err);
    expect_ok(gtx_samples_add(&samples, &about, ids, labels + 1, 1, &err), &err);
    expect_ok(gtx_samples_add(&samples, &about, ids, none, 3, &err), &err);
    expect_ok(gtx_samples_add(&samples, &about, NULL, NULL, 0, &err), &err);
    expect_ok(gtx_samples_finish(&samples, &err), &err);
    ck_assert_uint_eq(samples.states[GTX_KEPT], 2);
    ck_assert_uint_eq(samples.states[GTX_TOO_LONG], 1);
    ck_assert_uint_eq(samples.states[GTX_TOO_SHORT], 2);
    ck_assert_uint_eq(samples.states[GTX_NO_LABELS], 1);
    ck_assert_str_eq(gtx_sample_state_name(GTX_TOO_LONG), "too_long");
    gtx_samples_free(&samples);
}
END_TEST

Suite *instruct_pack_suite(void)
{
    const TTest *const tests[] = {test_instruct_pack__every_example_once_and_within_the_limit,
                                  test_instruct_pack__order_is_ascending_and_stable,
                                  test_instruct_pack__rows_predict_and_kl_rows_do_not_shift,
                                  test_instruct_pack__filter_counts_every_reason, NULL};
    return suite_of("pack", tests);
}
