/* Conversations as transformers renders and tokenises them on the demo's tokenizer, and the labels that an independent
 * program found: tests/golden/chat/chat_tokens.json. */
#include <stdlib.h>

#include "chat/templates.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/helpers/sha256.h"
#include "support.h"

enum { GOLDEN_BYTES_MAX = 8 << 20 };

/* One case of the file, prepared. */
typedef struct golden {
    const char *name;
    const json_t *samples;
    gtx_prepared_writer writer;
} golden;

static god_status prepare_case(const json_t *item, const gtx_tokenizer *tokenizer, gtx_prepared_writer *writer)
{
    json_t *complete = NULL;
    chat_record record;
    gtx_rows rows = {0};
    json_t *specials = json_pack("{s:s, s:s}", "bos_token", "<|begin_of_text|>", "eos_token", "<|end_of_text|>");
    chat_renderer renderer = {&rendering_host, NULL, specials, &tokenizer->encoder};
    char *text = json_dumps(json_object_get(item, "rows"), JSON_COMPACT | JSON_REAL_PRECISION(17));
    ck_assert_int_eq(gtx_record_complete(GTX_KIND_CHAT, json_object_get(item, "dataset_type"), &complete, &err),
                     GOD_OK);
    ck_assert_msg(chat_record_read(complete, &record, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(gtx_rows_parse(text, strlen(text), &rows, &err) == GOD_OK, "%s", err.message);
    const char *own = json_string_value(json_object_get(item, "source"));
    ck_assert_int_eq(chat_template_choose(record.template_name, own, &renderer.source, &err), GOD_OK);
    god_status status = chat_prepare(&record, &rows, &renderer, writer, &err);
    gtx_rows_free(&rows);
    json_decref(specials);
    json_decref(complete);
    free(text);
    return status;
}

/* "[20,24],[30,31]" of the labels that are not ignored. */
static void write_ranges(const int32_t *labels, size_t count, god_text *ranges)
{
    god_text_clear(ranges);
    ck_assert_int_eq(god_text_append_str(ranges, "[", &err), GOD_OK);
    for (size_t i = 0; i < count; i++) {
        size_t begin = i;
        while (i < count && labels[i] != GTX_IGNORE) {
            i++;
        }
        if (i > begin) {
            ck_assert_int_eq(god_text_append_f(ranges, &err, "%s[%zu,%zu]", ranges->bytes > 1 ? "," : "", begin, i),
                             GOD_OK);
        }
    }
    ck_assert_int_eq(god_text_append_str(ranges, "]", &err), GOD_OK);
}

static void expect_sample(const golden *made, const gtx_samples *samples, const gtx_prepared *prepared, size_t row)
{
    const json_t *expected = json_array_get(made->samples, row);
    const gtx_sample *sample = &samples->items[row];
    const gtx_part *part = gtx_prepared_part(prepared, row, 0);
    char digest[GOD_SHA256_HEX];
    god_text ranges = GOD_TEXT_INIT;
    char *expected_ranges = json_dumps(json_object_get(expected, "labelled"), JSON_COMPACT);
    const char *text = json_string_value(json_object_get(expected, "text"));
    ck_assert_msg(
        part->text_bytes == strlen(text) && memcmp(gtx_prepared_text(prepared, part), text, strlen(text)) == 0,
        "%s, row %zu: the text is \"%.*s\"", made->name, row, (int)part->text_bytes, gtx_prepared_text(prepared, part));
    god_sha256_bytes(gtx_sample_ids(samples, sample), sample->count * sizeof(int32_t), digest);
    ck_assert_int_eq(sample->count, json_integer_value(json_object_get(expected, "ids")));
    ck_assert_str_eq(digest, json_string_value(json_object_get(expected, "ids_sha256")));
    write_ranges(gtx_sample_labels(samples, sample), sample->count, &ranges);
    ck_assert_msg(strcmp(ranges.data, expected_ranges) == 0, "%s, row %zu: labelled are %s, not %s", made->name, row,
                  ranges.data, expected_ranges);
    free(expected_ranges);
    god_text_free(&ranges);
}

static void expect_samples(golden *made)
{
    gtx_prepared prepared = {0};
    gtx_samples samples;
    ck_assert_int_eq(god_dir_make("golden", &err), GOD_OK);
    ck_assert_int_eq(gtx_prepared_write(&made->writer, "golden", &err), GOD_OK);
    ck_assert_int_eq(gtx_prepared_open("golden", &prepared, &err), GOD_OK);
    gtx_samples_init(&samples, 1 << 20);
    ck_assert_int_eq(chat_samples(&prepared, &samples, &err), GOD_OK);
    ck_assert_uint_eq(samples.count, json_array_size(made->samples));
    for (size_t row = 0; row < samples.count; row++) {
        expect_sample(made, &samples, &prepared, row);
    }
    gtx_samples_free(&samples);
    gtx_prepared_close(&prepared);
}

START_TEST(test_chat_goldens__text_ids_and_labels_are_those_of_the_reference)
{
    json_t *file = NULL, *item;
    size_t index;
    gtx_tokenizer tokenizer = {.scratch = GOD_TOKENS_INIT};
    ck_assert_msg(god_json_read(GOD_SOURCE_DIR "/tests/golden/chat/chat_tokens.json", GOLDEN_BYTES_MAX, &file, &err) ==
                      GOD_OK,
                  "%s", err.message);
    char *model_dir = NULL;
    ck_assert_int_gt(asprintf(&model_dir, GOD_SOURCE_DIR "/%s", json_string_value(json_object_get(file, "tokenizer"))),
                     0);
    ck_assert_msg(gtx_tokenizer_open(model_dir, &tokenizer, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_ge(json_array_size(json_object_get(file, "cases")), 20);
    json_array_foreach(json_object_get(file, "cases"), index, item)
    {
        golden made = {.name = json_string_value(json_object_get(item, "name")),
                       .samples = json_object_get(item, "samples")};
        god_status status = prepare_case(item, &tokenizer, &made.writer);
        if (made.samples == NULL) {
            ck_assert_msg(status == GOD_E_DATA, "%s: no error", made.name);
            ck_assert_msg(strncmp(err.message, "row ", 4) == 0, "%s: %s", made.name, err.message);
        } else {
            ck_assert_msg(status == GOD_OK, "%s: %s", made.name, err.message);
            expect_samples(&made);
        }
        gtx_prepared_writer_free(&made.writer);
    }
    gtx_tokenizer_close(&tokenizer);
    json_decref(file);
    free(model_dir);
}
END_TEST

Suite *chat_goldens_suite(void)
{
    Suite *suite = suite_create("chat_goldens");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_chat_goldens__text_ids_and_labels_are_those_of_the_reference);
    suite_add_tcase(suite, cases);
    return suite;
}
