#include "suites.h"

#include "dpo/prepare.h"
#include "god/helpers/file.h"

static god_error err = GOD_ERROR_INIT;

static const dpo_columns columns = {"prompt", "chosen", "rejected"};

/* One row of three texts. Owned by the caller. */
static json_t *row_of(const json_t *texts)
{
    static const char *const names[] = {"prompt", "chosen", "rejected"};
    json_t *row = json_object();
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(json_object_set(row, names[i], json_array_get(texts, i)), 0);
    }
    return row;
}

/* Prepares one row and returns its two samples on success. */
static god_status samples_of(const json_t *row, uint32_t profile, toy *about, gtx_samples *samples)
{
    gtx_encoder encoder = toy_encoder(about);
    gtx_prepared_writer writer = {.header = {.bos = about->bos, .eos = about->eos}};
    gtx_prepared prepared;
    gtx_rows rows = rows_of(row);
    size_t longest = 0;
    god_status status = dpo_prepare(&columns, profile, &rows, &encoder, "\x02", &writer, &err);
    if (status == GOD_OK) {
        expect_ok(god_dir_make("prepared", &err), &err);
        expect_ok(gtx_prepared_write(&writer, "prepared", &err), &err);
        expect_ok(gtx_prepared_open("prepared", &prepared, &err), &err);
        expect_ok(dpo_longest(&prepared, &longest, &err), &err);
        gtx_samples_init(samples, (int64_t)longest);
        expect_ok(dpo_samples(&prepared, samples, &err), &err);
        for (size_t i = 0; i < samples->count; i++) { /* the longest row is a limit that cuts nothing */
            ck_assert_uint_eq(samples->items[i].count, samples->items[i].uncut);
        }
        gtx_prepared_close(&prepared);
    }
    gtx_prepared_writer_free(&writer);
    gtx_rows_free(&rows);
    return status;
}

/* prompt ids without labels, then labelled answer ids. */
static void expect_row(const gtx_samples *samples, size_t index, const json_t *prompt, const json_t *answer)
{
    const gtx_sample *sample = &samples->items[index];
    size_t split = json_array_size(prompt);
    ck_assert_uint_eq(sample->count, split + json_array_size(answer));
    for (uint32_t t = 0; t < sample->count; t++) {
        const json_t *wanted = t < split ? json_array_get(prompt, t) : json_array_get(answer, t - split);
        ck_assert_int_eq(gtx_sample_ids(samples, sample)[t], json_integer_value(wanted));
        ck_assert_int_eq(gtx_sample_labels(samples, sample)[t], t < split ? GTX_IGNORE : json_integer_value(wanted));
    }
}

START_TEST(test_dpo_prepare__rows_of_vector_T56)
{
    json_t *vector = vector_named("T56");
    const json_t *cases = json_object_get(json_object_get(vector, "inputs"), "cases");
    const json_t *wanted = json_object_get(json_object_get(vector, "expected"), "rows");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        toy about = {.bos = 1, .eos = 2, .adds_bos = 1}; /* special tokens are not asked for */
        const json_t *parts = json_array_get(wanted, i);
        json_t *row = row_of(json_array_get(cases, i));
        gtx_samples samples;
        expect_ok(samples_of(row, DPO_P1, &about, &samples), &err);
        expect_row(&samples, 0, json_array_get(parts, 0), json_array_get(parts, 1));
        expect_row(&samples, 1, json_array_get(parts, 0), json_array_get(parts, 2));
        gtx_samples_free(&samples);
        json_decref(row);
    }
    ck_assert_uint_eq(json_array_size(cases), 3);
    json_decref(vector);
}
END_TEST

START_TEST(test_dpo_prepare__long_prompt_and_padded_pair_of_vector_T56)
{
    json_t *vector = vector_named("T56");
    const json_t *inputs = json_object_get(vector, "inputs"), *expected = json_object_get(vector, "expected");
    toy about = {.bos = 1, .eos = 2};
    gtx_samples samples;
    char letters[601];
    memset(letters, 'x', sizeof letters - 1);
    letters[0] = 'y';
    letters[sizeof letters - 1] = '\0';
    ck_assert_int_eq(json_integer_value(json_object_get(inputs, "long_prompt_length")), sizeof letters - 1);
    json_t *long_row = json_pack("{s:s, s:s, s:s}", "prompt", letters, "chosen", "c", "rejected", "r");
    expect_ok(samples_of(long_row, DPO_P1, &about, &samples), &err);
    ck_assert_int_eq(samples.items[0].count - 2, json_integer_value(json_object_get(expected, "long_prompt_ids")));
    ck_assert_int_eq(samples.ids.items[0], 'x'); /* the end of the prompt stays */
    gtx_samples_free(&samples);

    json_t *row = row_of(json_object_get(inputs, "pair"));
    expect_ok(samples_of(row, DPO_P1, &about, &samples), &err);
    for (size_t i = 0; i < 2; i++) {
        const json_t *ids = json_array_get(json_object_get(expected, "pair_ids"), i);
        const json_t *attention = json_array_get(json_object_get(expected, "pair_attention"), i);
        uint32_t real = 0;
        while (real < json_array_size(attention) && json_integer_value(json_array_get(attention, real)) == 1) {
            ck_assert_int_eq(gtx_sample_ids(&samples, &samples.items[i])[real],
                             json_integer_value(json_array_get(ids, real)));
            real++;
        }
        ck_assert_uint_eq(samples.items[i].count, real); /* padding is never run */
    }
    gtx_samples_free(&samples);
    json_decref(row);
    json_decref(long_row);
    json_decref(vector);
}
END_TEST

static void expect_row_refused(const char *row_text, toy about, uint32_t profile, const char *sentence)
{
    gtx_samples samples;
    json_t *row = json_of(row_text);
    expect_refused(samples_of(row, profile, &about, &samples), GOD_E_DATA, &err, sentence);
    json_decref(row);
}

START_TEST(test_dpo_prepare__refuses_by_row_and_field)
{
    const toy plain = {.bos = 1, .eos = 2}, no_eos = {.bos = 1, .eos = -1};
    expect_row_refused("{\"prompt\":\"\",\"chosen\":\"c\",\"rejected\":\"r\"}", plain, DPO_P1,
                       "row 1: field \"prompt\" yields no tokens");
    expect_row_refused("{\"prompt\":\"p\",\"chosen\":\"c\",\"rejected\":\"r\"}", no_eos, DPO_P1, "no EOS token");
    expect_row_refused("{\"prompt\":\"p\",\"chosen\":\"c\"}", plain, DPO_P1, "row 1: field \"rejected\" is missing");
    expect_row_refused("{\"prompt\":\"p\",\"chosen\":null,\"rejected\":\"r\"}", plain, DPO_P1,
                       "row 1: field \"chosen\" is missing");
    expect_row_refused("[{\"prompt\":\"p\",\"chosen\":\"c\",\"rejected\":\"r\"},{\"prompt\":3}]", plain, DPO_P2,
                       "row 2: field \"prompt\" is a number");
}
END_TEST

START_TEST(test_dpo_prepare__p2_takes_whole_strings_with_special_tokens)
{
    toy about = {.bos = 1, .eos = 2, .adds_bos = 1};
    gtx_samples samples;
    json_t *row = json_of("{\"prompt\":\"ab\",\"chosen\":\"cd\",\"rejected\":\"e\\u0002\"}");
    json_t *prompt = json_of("[1,97,98]"), *chosen = json_of("[99,100,2]"), *rejected = json_of("[101,2]");
    expect_ok(samples_of(row, DPO_P2, &about, &samples), &err);
    expect_row(&samples, 0, prompt, chosen);
    expect_row(&samples, 1, prompt, rejected); /* ends with EOS already: none is added */
    ck_assert_uint_eq(samples.items[1].eos, GTX_EOS_PRESENT);
    gtx_samples_free(&samples);
    json_decref(row);
    json_decref(prompt);
    json_decref(chosen);
    json_decref(rejected);
}
END_TEST

START_TEST(test_dpo_prepare__columns_follow_the_record)
{
    json_t *named = json_of("{\"field_prompt\":\"q\",\"field_chosen\":\"good\",\"field_rejected\":null}");
    const dpo_columns found = dpo_columns_of(named);
    ck_assert_str_eq(found.prompt, "q");
    ck_assert_str_eq(found.chosen, "good");
    ck_assert_str_eq(found.rejected, "rejected");
    json_decref(named);
}
END_TEST

Suite *dpo_prepare_suite(void)
{
    const TTest *const tests[] = {
        test_dpo_prepare__rows_of_vector_T56,        test_dpo_prepare__long_prompt_and_padded_pair_of_vector_T56,
        test_dpo_prepare__refuses_by_row_and_field,  test_dpo_prepare__p2_takes_whole_strings_with_special_tokens,
        test_dpo_prepare__columns_follow_the_record, NULL};
    return suite_of("prepare", tests);
}
