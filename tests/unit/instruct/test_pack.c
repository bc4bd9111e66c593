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

/* Two samples that begin 1 2 3 4 and have labels from position 4 on, then one that begins otherwise. */
static gtx_samples pair_and_single(void)
{
    const int32_t first[] = {1, 2, 3, 4, 50, 51}, second[] = {1, 2, 3, 4, 60}, third[] = {9, 2, 3, 70};
    const int32_t *const ids[] = {first, second, third};
    const size_t counts[] = {6, 5, 4}, label_at[] = {4, 4, 3};
    gtx_samples samples;
    gtx_samples_init(&samples, 4096);
    for (size_t i = 0; i < 3; i++) {
        int32_t labels[8];
        for (size_t t = 0; t < counts[i]; t++) {
            labels[t] = t >= label_at[i] ? ids[i][t] : GTX_IGNORE;
        }
        const gtx_sample about = {.row = i + 1, .shared = gtx_samples_shared(&samples, ids[i], labels, counts[i])};
        expect_ok(gtx_samples_add(&samples, &about, ids[i], labels, counts[i], &err), &err);
    }
    expect_ok(gtx_samples_finish_unfiltered(&samples, &err), &err);
    return samples;
}

START_TEST(test_instruct_pack__what_two_examples_begin_with_is_laid_out_once)
{
    gtx_samples samples = pair_and_single();
    gtx_pack *packs = NULL;
    gtx_pack_rows rows = {0};
    size_t count = 0;
    ck_assert_uint_eq(samples.items[0].shared, 0);
    ck_assert_uint_eq(samples.items[1].shared, 3); /* position 3 predicts the first label of both */
    ck_assert_uint_eq(samples.items[2].shared, 0);
    expect_ok(gtx_packs_plan(&samples, 12, &packs, &count, &err), &err);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(packs[0].tokens, 6 + 5 - 3 + 4);

    expect_ok(gtx_pack_fill(&samples, &packs[0], 0, &rows, &err), &err);
    const int32_t ids[] = {1, 2, 3, 4, 50, 51, 4, 60, 9, 2, 3, 70};
    const int64_t starts[] = {0, 3, 6, 8, 12}, prefixes[] = {-1, 0, 0, -1}, wanted[] = {3, 4, 6, 10};
    const int32_t targets[] = {50, 51, 60, 70};
    const size_t owners[] = {0, 0, 1, 2};
    ck_assert_int_eq(rows.pack.sequence_count, 4);
    ck_assert_mem_eq(rows.pack.ids, ids, sizeof ids);
    ck_assert_mem_eq(rows.pack.starts, starts, sizeof starts);
    ck_assert_mem_eq(rows.pack.prefixes, prefixes, sizeof prefixes);
    ck_assert_int_eq(rows.row_count, 4);
    ck_assert_mem_eq(rows.rows, wanted, sizeof wanted);
    ck_assert_mem_eq(rows.targets, targets, sizeof targets);
    ck_assert_mem_eq(rows.samples, owners, sizeof owners);
    gtx_pack_rows_free(&rows);
    free(packs);
    gtx_samples_free(&samples);
}
END_TEST

START_TEST(test_instruct_pack__a_pair_that_does_not_fit_is_run_apart)
{
    gtx_samples samples = pair_and_single();
    gtx_pack *packs = NULL;
    gtx_pack_rows rows = {0};
    size_t count = 0;
    expect_ok(gtx_packs_plan(&samples, 7, &packs, &count, &err), &err); /* the pair takes 8 */
    ck_assert_uint_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        const gtx_sample *sample = &samples.items[i];
        expect_ok(gtx_pack_fill(&samples, &packs[i], 0, &rows, &err), &err);
        ck_assert_uint_eq(packs[i].tokens, sample->count);
        ck_assert_int_eq(rows.pack.sequence_count, 1);
        ck_assert_int_eq(rows.pack.prefixes[0], -1);
        ck_assert_mem_eq(rows.pack.ids, gtx_sample_ids(&samples, sample), sample->count * sizeof *rows.pack.ids);
    }
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
                                  test_instruct_pack__what_two_examples_begin_with_is_laid_out_once,
                                  test_instruct_pack__a_pair_that_does_not_fit_is_run_apart,
                                  test_instruct_pack__filter_counts_every_reason,
                                  NULL};
    return suite_of("pack", tests);
}
