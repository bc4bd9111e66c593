/* Ids and labels of whole records with the demo's tokenizer, against tests/golden/instruct_tokens.json. */
#include "suites.h"

#include <stdlib.h>

#include "common/task_spec.h"
#include "god/helpers/file.h"
#include "instruct/prepare.h"

static god_error err = GOD_ERROR_INIT;

/* Prepares the rows of a case and builds its examples. *samples is the caller's on success. */
static god_status samples_of_case(const json_t *one, const gtx_tokenizer *tokenizer, gtx_samples *samples)
{
    instruct_record record;
    gtx_prepared prepared = {0};
    gtx_prepared_writer writer = {.header = {.bos = tokenizer->encoder.bos, .eos = tokenizer->encoder.eos}};
    json_t *complete = NULL;
    gtx_rows rows = rows_of(json_object_get(one, "rows"));
    god_status status = gtx_record_complete(GTX_KIND_INSTRUCT, json_object_get(one, "dataset_type"), &complete, &err);
    if (status == GOD_OK) {
        status = instruct_record_read(complete, &record, &err);
    }
    if (status == GOD_OK) {
        status = instruct_prepare(&record, &rows, &tokenizer->encoder, &writer, &err);
    }
    if (status == GOD_OK) {
        expect_ok(god_dir_make("tokens", &err), &err);
        expect_ok(gtx_prepared_write(&writer, "tokens", &err), &err);
        expect_ok(gtx_prepared_open("tokens", &prepared, &err), &err);
        gtx_samples_init(samples, json_integer_value(json_object_get(one, "sequence_len")));
        status = instruct_samples(&prepared, &tokenizer->encoder, samples, &err);
        gtx_prepared_close(&prepared);
    }
    gtx_prepared_writer_free(&writer);
    gtx_rows_free(&rows);
    json_decref(complete);
    return status;
}

static void expect_sample(const char *name, const gtx_samples *samples, const gtx_sample *sample, const json_t *wanted)
{
    const json_t *ids = json_object_get(wanted, "ids");
    json_int_t ignored = json_integer_value(json_object_get(wanted, "ignored"));
    ck_assert_int_eq((json_int_t)sample->row, json_integer_value(json_object_get(wanted, "row")) + 1);
    ck_assert_msg(sample->count == json_array_size(ids), "%s, row %llu: %u ids, wanted are %zu", name,
                  (unsigned long long)sample->row, sample->count, json_array_size(ids));
    for (uint32_t t = 0; t < sample->count; t++) {
        int32_t id = gtx_sample_ids(samples, sample)[t], label = gtx_sample_labels(samples, sample)[t];
        ck_assert_msg(id == json_integer_value(json_array_get(ids, t)), "%s, row %llu, position %u", name,
                      (unsigned long long)sample->row, t);
        ck_assert_int_eq(label, (json_int_t)t < ignored ? GTX_IGNORE : id);
    }
    ck_assert_msg((sample->state == GTX_KEPT) == json_is_true(json_object_get(wanted, "kept")), "%s, row %llu is %s",
                  name, (unsigned long long)sample->row, gtx_sample_state_name(sample->state));
}

/* Rows that become nothing have a line of their own here and none in the golden file. */
static uint32_t is_bookkeeping(const gtx_sample *sample, const json_t *wanted)
{
    return sample->count == 0 &&
           (wanted == NULL || (json_int_t)sample->row != json_integer_value(json_object_get(wanted, "row")) + 1);
}

static void expect_case(const json_t *one, const gtx_tokenizer *tokenizer)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    const json_t *wanted = json_object_get(one, "samples"), *order = json_object_get(one, "order");
    gtx_samples samples = {0};
    god_status status = samples_of_case(one, tokenizer, &samples);
    if (json_is_true(json_object_get(one, "error"))) {
        ck_assert_msg(status == GOD_E_DATA || status == GOD_E_INVALID, "%s was accepted", name);
        gtx_samples_free(&samples);
        return;
    }
    ck_assert_msg(status == GOD_OK, "%s: %s", name, err.message);
    size_t *index_of = calloc(samples.count + 1, sizeof *index_of); /* golden index of each example */
    size_t seen = 0;
    for (size_t i = 0; i < samples.count; i++) {
        const json_t *next = json_array_get(wanted, seen);
        index_of[i] = seen;
        if (!is_bookkeeping(&samples.items[i], next)) {
            expect_sample(name, &samples, &samples.items[i], next);
            seen++;
        }
    }
    ck_assert_uint_eq(seen, json_array_size(wanted));
    ck_assert_uint_eq(samples.kept, json_array_size(order));
    for (size_t i = 0; i < samples.kept; i++) {
        ck_assert_int_eq((json_int_t)index_of[samples.order[i]], json_integer_value(json_array_get(order, i)));
    }
    free(index_of);
    gtx_samples_free(&samples);
}

START_TEST(test_instruct_tokens__golden_records_and_rows)
{
    json_error_t problem;
    gtx_tokenizer tokenizer = {.scratch = GOD_TOKENS_INIT};
    char dir[GOD_PATH_MAX];
    json_t *golden = json_load_file(GOD_SOURCE_DIR "/tests/golden/instruct_tokens.json", JSON_ALLOW_NUL, &problem);
    ck_assert_msg(golden != NULL, "%s", problem.text);
    const json_t *cases = json_object_get(golden, "cases");
    expect_ok(god_path_join(GOD_SOURCE_DIR, json_string_value(json_object_get(golden, "tokenizer")), dir, &err), &err);
    expect_ok(gtx_tokenizer_open(dir, &tokenizer, &err), &err);
    ck_assert_uint_ge(json_array_size(cases), 30);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        expect_case(json_array_get(cases, i), &tokenizer);
    }
    gtx_tokenizer_close(&tokenizer);
    json_decref(golden);
}
END_TEST

Suite *instruct_tokens_suite(void)
{
    const TTest *const tests[] = {test_instruct_tokens__golden_records_and_rows, NULL};
    return suite_of("tokens", tests);
}
