#include "suites.h"

#include <stdlib.h>

#include "instruct/example.h"

static god_error err = GOD_ERROR_INIT;

static instruct_text encoded(const gtx_encoder *encoder, const json_t *text, gtx_ids *ids)
{
    const char *bytes = json_string_value(text);
    size_t count = json_string_length(text);
    expect_ok(instruct_encode(encoder, bytes, count, ids, &err), &err);
    return (instruct_text){bytes, count, ids->items, ids->count};
}

static void add(const gtx_encoder *encoder, const json_t *prompt, const json_t *answer, gtx_samples *samples)
{
    gtx_ids prompt_ids = GTX_IDS_INIT, answer_ids = GTX_IDS_INIT;
    const instruct_text p = encoded(encoder, prompt, &prompt_ids);
    const instruct_text a = encoded(encoder, answer, &answer_ids);
    expect_ok(instruct_add_example(encoder, 1, &p, &a, samples, &err), &err);
    gtx_ids_free(&prompt_ids);
    gtx_ids_free(&answer_ids);
}

static void expect_numbers(const int32_t *numbers, size_t count, const json_t *wanted)
{
    ck_assert_uint_eq(count, json_array_size(wanted));
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(numbers[i], json_integer_value(json_array_get(wanted, i)));
    }
}

START_TEST(test_instruct_example__ids_and_labels_of_vector_T13)
{
    json_t *vector = vector_named("T13");
    const json_t *cases = json_object_get(json_object_get(vector, "inputs"), "cases");
    const json_t *wanted = json_object_get(json_object_get(vector, "expected"), "rows");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i), *row = json_array_get(wanted, i);
        toy about = {.bos = 1, .eos = 2, .adds_bos = json_is_true(json_array_get(one, 2))};
        gtx_encoder encoder = toy_encoder(&about);
        gtx_samples samples;
        gtx_samples_init(&samples, json_integer_value(json_array_get(one, 3)));
        add(&encoder, json_array_get(one, 0), json_array_get(one, 1), &samples);
        expect_ok(gtx_samples_finish(&samples, &err), &err);
        expect_numbers(samples.ids.items, samples.ids.count, json_object_get(row, "input_ids"));
        expect_numbers(samples.labels.items, samples.labels.count, json_object_get(row, "labels"));
        ck_assert_int_eq(samples.items[0].state == GTX_KEPT, json_is_true(json_object_get(row, "kept")));
        gtx_samples_free(&samples);
    }
    ck_assert_uint_eq(json_array_size(cases), 7);
    json_decref(vector);
}
END_TEST

START_TEST(test_instruct_example__edges_of_vector_T50)
{
    json_t *vector = vector_named("T50");
    const json_t *cases = json_object_get(json_object_get(vector, "inputs"), "cases");
    const json_t *wanted = json_object_get(json_object_get(vector, "expected"), "rows");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i), *row = json_array_get(wanted, i);
        const char *options = json_string_value(json_array_get(one, 2));
        const char *length = strstr(options, "L=");
        uint32_t same = strstr(options, "bos=eos") != NULL;
        toy about = {.bos = same ? 2 : 1,
                     .eos = 2,
                     .adds_bos = strncmp(options, "bos", 3) == 0 && strncmp(options, "bos=", 4) != 0,
                     .adds_eos = strstr(options, "bos,eos") != NULL,
                     .cuts_left = strstr(options, "left") != NULL};
        gtx_encoder encoder = toy_encoder(&about);
        gtx_samples samples;
        gtx_samples_init(&samples, length != NULL ? atoi(length + 2) : 16);
        add(&encoder, json_array_get(one, 0), json_array_get(one, 1), &samples);
        expect_ok(gtx_samples_finish(&samples, &err), &err);
        expect_numbers(samples.ids.items, samples.ids.count, json_array_get(row, 0));
        json_int_t ignored = json_integer_value(json_array_get(row, 1));
        for (size_t t = 0; t < samples.labels.count; t++) {
            ck_assert_int_eq(samples.labels.items[t], (json_int_t)t < ignored ? GTX_IGNORE : samples.ids.items[t]);
        }
        ck_assert_int_eq(samples.items[0].state == GTX_KEPT, json_is_true(json_array_get(row, 2)));
        gtx_samples_free(&samples);
    }
    ck_assert_uint_eq(json_array_size(cases), 13);
    json_decref(vector);
}
END_TEST

START_TEST(test_instruct_example__completion_pieces_of_vector_T52)
{
    json_t *vector = vector_named("T52");
    const json_t *texts = json_object_get(json_object_get(vector, "inputs"), "texts");
    const json_t *pieces = json_object_get(json_object_get(vector, "expected"), "pieces");
    const json_t *kept = json_object_get(json_object_get(vector, "expected"), "kept");
    toy about = {.bos = 1, .eos = 2, .adds_bos = 1};
    gtx_encoder encoder = toy_encoder(&about);
    gtx_samples samples;
    gtx_samples_init(&samples, 4);
    for (size_t i = 0; i < json_array_size(texts); i++) {
        gtx_ids ids = GTX_IDS_INIT;
        const instruct_text text = encoded(&encoder, json_array_get(texts, i), &ids);
        expect_ok(instruct_add_completion(&encoder, i + 1, &text, &samples, &err), &err);
        gtx_ids_free(&ids);
    }
    expect_ok(gtx_samples_finish(&samples, &err), &err);
    size_t seen = 0;
    for (size_t i = 0; i < samples.count; i++) {
        const gtx_sample *sample = &samples.items[i];
        if (sample->count == 0) { /* our own line for a row without pieces */
            ck_assert_uint_eq(sample->row, 2);
            continue;
        }
        expect_numbers(gtx_sample_ids(&samples, sample), sample->count, json_array_get(pieces, seen));
        expect_numbers(gtx_sample_labels(&samples, sample), sample->count, json_array_get(pieces, seen));
        ck_assert_int_eq(sample->state == GTX_KEPT, json_is_true(json_array_get(kept, seen)));
        seen++;
    }
    ck_assert_uint_eq(seen, json_array_size(pieces));
    gtx_samples_free(&samples);
    json_decref(vector);
}
END_TEST

START_TEST(test_instruct_example__completion_stops_after_64_pieces)
{
    toy about = {.bos = 1, .eos = 2, .adds_bos = 1};
    gtx_encoder encoder = toy_encoder(&about);
    gtx_ids ids = GTX_IDS_INIT;
    gtx_samples samples;
    char letters[301];
    memset(letters, 'a', sizeof letters - 1);
    letters[sizeof letters - 1] = '\0';
    expect_ok(instruct_encode(&encoder, letters, sizeof letters - 1, &ids, &err), &err);
    const instruct_text text = {letters, sizeof letters - 1, ids.items, ids.count};
    gtx_samples_init(&samples, 2);
    expect_ok(instruct_add_completion(&encoder, 1, &text, &samples, &err), &err);
    ck_assert_uint_eq(samples.count, 64);
    ck_assert_uint_eq(samples.ids.count, 128);
    ck_assert_int_eq(samples.ids.items[127], 'a'); /* the limit leaves no room for EOS */
    ck_assert_uint_eq(samples.items[0].uncut, 301);
    gtx_samples_free(&samples);
    gtx_ids_free(&ids);
}
END_TEST

START_TEST(test_instruct_example__ready_rows_are_taken_as_they_are)
{
    const int32_t ids[] = {5, 6, 7, 0, 0}, mask[] = {1, 1, 1, 0, 0};
    const int32_t labels[] = {GTX_IGNORE, 6, 9, GTX_IGNORE, GTX_IGNORE};
    gtx_samples samples;
    gtx_samples_init(&samples, 5);
    expect_ok(instruct_add_ready(1, ids, mask, labels, 5, &samples, &err), &err);
    expect_ok(gtx_samples_finish(&samples, &err), &err);
    ck_assert_uint_eq(samples.items[0].count, 3);
    ck_assert_uint_eq(samples.items[0].length, 5); /* padding counts for the filter */
    ck_assert_uint_eq(samples.items[0].state, GTX_KEPT);
    ck_assert_uint_eq(samples.items[0].label_count, 2);
    ck_assert_int_eq(samples.id_highest, 9); /* a label may be higher than any id */
    gtx_samples_free(&samples);
}
END_TEST

START_TEST(test_instruct_example__ready_rows_with_holes_or_negative_ids_are_refused)
{
    const int32_t ids[] = {5, 6, 7}, holes[] = {1, 0, 1}, ones[] = {1, 1, 1}, padded[] = {1, 1, 0};
    const int32_t labels[] = {GTX_IGNORE, 6, 7}, negative_ids[] = {5, -1, 7}, negative_labels[] = {5, 6, -7};
    gtx_samples samples;
    gtx_samples_init(&samples, 5);
    expect_refused(instruct_add_ready(4, ids, holes, labels, 3, &samples, &err), GOD_E_DATA, &err, "row 4: ");
    expect_refused(instruct_add_ready(4, ids, padded, labels, 3, &samples, &err), GOD_E_DATA, &err, "position 2");
    expect_refused(instruct_add_ready(4, negative_ids, ones, labels, 3, &samples, &err), GOD_E_DATA, &err, "id -1");
    expect_refused(instruct_add_ready(4, ids, ones, negative_labels, 3, &samples, &err), GOD_E_DATA, &err, "label -7");
    ck_assert_uint_eq(samples.count, 0);
    gtx_samples_free(&samples);
}
END_TEST

Suite *instruct_example_suite(void)
{
    const TTest *const tests[] = {test_instruct_example__ids_and_labels_of_vector_T13,
                                  test_instruct_example__edges_of_vector_T50,
                                  test_instruct_example__completion_pieces_of_vector_T52,
                                  test_instruct_example__completion_stops_after_64_pieces,
                                  test_instruct_example__ready_rows_are_taken_as_they_are,
                                  test_instruct_example__ready_rows_with_holes_or_negative_ids_are_refused,
                                  NULL};
    return suite_of("example", tests);
}
