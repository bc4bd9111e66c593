#include "suites.h"

#include "dpo/pair.h"

enum { EOS = 2 };

static god_error err = GOD_ERROR_INIT;

/* Ids of two JSON lists, one behind the other. */
static gtx_ids ids_of(const json_t *first, const json_t *second, size_t drop_last)
{
    gtx_ids ids = GTX_IDS_INIT;
    const json_t *const lists[] = {first, second};
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < json_array_size(lists[l]); i++) {
            expect_ok(gtx_ids_append_same(&ids, (int32_t)json_integer_value(json_array_get(lists[l], i)), 1, &err),
                      &err);
        }
    }
    ids.count -= drop_last;
    return ids;
}

static dpo_ids view(const gtx_ids *ids)
{
    return (dpo_ids){ids->items, ids->count};
}

/* The rows of a vector's pair (its answers carry their EOS). The caller frees. */
static gtx_samples rows_of_pair(const json_t *inputs, uint32_t profile)
{
    gtx_samples samples;
    const json_t *prompt_list = json_object_get(inputs, "prompt_ids");
    const json_t *before = profile == DPO_P2 ? prompt_list : NULL; /* P2 tokenises prompt and answer together */
    const size_t drop = profile == DPO_P1;                         /* P1 appends EOS itself */
    gtx_ids prompt = ids_of(prompt_list, NULL, 0);
    gtx_ids chosen = ids_of(before, json_object_get(inputs, "chosen_ids"), drop);
    gtx_ids rejected = ids_of(before, json_object_get(inputs, "rejected_ids"), drop);
    const dpo_pair pair = {1, profile, EOS, view(&prompt), view(&chosen), view(&rejected)};
    gtx_samples_init(&samples, json_integer_value(json_object_get(inputs, "max_length")));
    expect_ok(dpo_add_pair(&pair, &samples, &err), &err);
    expect_ok(gtx_samples_finish_unfiltered(&samples, &err), &err);
    ck_assert_uint_eq(samples.kept, 2);
    gtx_ids_free(&prompt);
    gtx_ids_free(&chosen);
    gtx_ids_free(&rejected);
    return samples;
}

static void expect_ids(const gtx_samples *samples, size_t index, const json_t *wanted)
{
    const gtx_sample *sample = &samples->items[index];
    ck_assert_uint_eq(sample->count, json_array_size(wanted));
    for (uint32_t t = 0; t < sample->count; t++) {
        ck_assert_int_eq(gtx_sample_ids(samples, sample)[t], json_integer_value(json_array_get(wanted, t)));
    }
}

static void expect_mask(const gtx_samples *samples, size_t index, const json_t *wanted)
{
    const gtx_sample *sample = &samples->items[index];
    const int32_t *labels = gtx_sample_labels(samples, sample);
    for (uint32_t t = 0; t < sample->count; t++) {
        ck_assert_int_eq(labels[t] != GTX_IGNORE, json_integer_value(json_array_get(wanted, t)));
    }
}

START_TEST(test_dpo_pair__cut_of_vector_T11)
{
    json_t *vector = vector_named("T11");
    const json_t *inputs = json_object_get(vector, "inputs"), *expected = json_object_get(vector, "expected");
    gtx_samples p1 = rows_of_pair(inputs, DPO_P1), p2 = rows_of_pair(inputs, DPO_P2);
    expect_ids(&p1, 0, json_object_get(expected, "P1_chosen_ids"));
    expect_mask(&p1, 0, json_object_get(expected, "P1_chosen_mask"));
    expect_ids(&p1, 1, json_object_get(expected, "P1_rejected_ids"));
    expect_mask(&p1, 1, json_object_get(expected, "P1_rejected_mask"));
    expect_ids(&p2, 0, json_object_get(expected, "P2_chosen_ids"));
    expect_mask(&p2, 0, json_object_get(expected, "P2_chosen_mask"));
    expect_ids(&p2, 1, json_object_get(expected, "P2_rejected_ids"));
    expect_mask(&p2, 1, json_object_get(expected, "P2_rejected_mask"));
    ck_assert_uint_eq(p1.items[0].uncut, 10);
    gtx_samples_free(&p1);
    gtx_samples_free(&p2);
    json_decref(vector);
}
END_TEST

/* The positions that a row's numbers are taken for. */
static void expect_scored(const gtx_samples *samples, size_t index, const json_t *wanted)
{
    const gtx_sample *sample = &samples->items[index];
    size_t seen = 0;
    for (uint32_t t = 1; t < sample->count; t++) {
        if (gtx_sample_labels(samples, sample)[t] != GTX_IGNORE) {
            ck_assert_int_eq(t, json_integer_value(json_array_get(wanted, seen)));
            seen++;
        }
    }
    ck_assert_uint_eq(seen, json_array_size(wanted));
}

START_TEST(test_dpo_pair__answer_longer_than_the_limit_of_vector_T57)
{
    json_t *vector = vector_named("T57");
    const json_t *expected = json_object_get(vector, "expected");
    gtx_samples rows = rows_of_pair(json_object_get(vector, "inputs"), DPO_P1);
    expect_ids(&rows, 0, json_object_get(expected, "chosen_ids"));
    expect_scored(&rows, 0, json_object_get(expected, "chosen_scored_positions"));
    expect_ids(&rows, 1, json_object_get(expected, "rejected_ids"));
    expect_scored(&rows, 1, json_object_get(expected, "rejected_scored_positions"));
    gtx_samples_free(&rows);
    json_decref(vector);
}
END_TEST

START_TEST(test_dpo_pair__length_is_that_of_the_longer_row)
{
    const int32_t ids[600] = {0};
    const dpo_pair p1 = {1, DPO_P1, EOS, {ids, 600}, {ids, 7}, {ids, 3}};
    const dpo_pair p2 = {1, DPO_P2, EOS, {ids, 10}, {ids, 12}, {ids, 600}};
    const dpo_pair shorter = {1, DPO_P2, EOS, {ids, 10}, {ids, 8}, {ids, 9}};
    ck_assert_uint_eq(dpo_pair_length(&p1), 512 + 7 + 1);
    ck_assert_uint_eq(dpo_pair_length(&p2), 600);
    ck_assert_uint_eq(dpo_pair_length(&shorter), 10); /* a prefix that grew shorter leaves an empty answer */
}
END_TEST

Suite *dpo_pair_suite(void)
{
    const TTest *const tests[] = {test_dpo_pair__cut_of_vector_T11,
                                  test_dpo_pair__answer_longer_than_the_limit_of_vector_T57,
                                  test_dpo_pair__length_is_that_of_the_longer_row, NULL};
    return suite_of("pair", tests);
}
