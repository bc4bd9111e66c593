#include "suites.h"

#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "instruct/prepare.h"

static god_error err = GOD_ERROR_INIT;

#define ROWS                                                                                \
    "[{\"instruct\":\"ab\",\"output\":\"cd\"},{\"instruct\":\"\",\"output\":\"abcdefgh\"}," \
    "{\"instruct\":\"ab\",\"output\":\"\"},{\"instruct\":\"a\",\"output\":\"b\"}]"

/* Prepares rows with the toy tokenizer into a fresh folder under the working directory. */
static void prepare_rows(const char *rows_text, const char *dir)
{
    json_t *list = json_of(rows_text);
    gtx_rows rows = rows_of(list);
    toy about = {.bos = 1, .eos = 2, .adds_bos = 1};
    gtx_encoder encoder = toy_encoder(&about);
    const instruct_record record = {.field_system = "system",
                                    .field_instruction = "instruct",
                                    .field_input = "input",
                                    .field_output = "output",
                                    .system_prompt = "",
                                    .system_format = "{system}",
                                    .format = "{instruction}",
                                    .no_input_format = "{instruction}"};
    gtx_prepared_writer writer = {.header = {.bos = 1, .eos = 2, .pad = 2, .unk = -1, .model_max_length = 77}};
    expect_ok(god_dir_make(dir, &err), &err);
    expect_ok(instruct_prepare(&record, &rows, &encoder, &writer, &err), &err);
    expect_ok(gtx_prepared_write(&writer, dir, &err), &err);
    gtx_prepared_writer_free(&writer);
    gtx_rows_free(&rows);
    json_decref(list);
}

START_TEST(test_instruct_prepared__gives_the_examples_of_any_length)
{
    gtx_prepared prepared;
    gtx_samples samples;
    toy about = {.bos = 1, .eos = 2, .adds_bos = 1};
    gtx_encoder encoder = toy_encoder(&about);
    prepare_rows(ROWS, "prepared-pairs");
    expect_ok(gtx_prepared_open("prepared-pairs", &prepared, &err), &err);
    ck_assert_uint_eq(prepared.header->kind, INSTRUCT_PAIR);
    ck_assert_uint_eq(prepared.header->row_count, 4);
    ck_assert_int_eq(prepared.header->model_max_length, 77);

    gtx_samples_init(&samples, 16);
    expect_ok(instruct_samples(&prepared, &encoder, &samples, &err), &err);
    ck_assert_uint_eq(samples.kept, 3);
    ck_assert_uint_eq(samples.states[GTX_NO_LABELS], 1);
    ck_assert_uint_eq(samples.order[0], 3); /* 4 ids */
    ck_assert_uint_eq(samples.order[1], 0); /* 6 ids */
    ck_assert_uint_eq(samples.order[2], 1); /* 9 ids */
    ck_assert_uint_eq(samples.tokens, 19);
    ck_assert_uint_eq(samples.label_tokens, 2 + 3 + 9);
    gtx_samples_free(&samples);

    gtx_samples_init(&samples, 5); /* the second answer is cut, and kept because its prompt is empty */
    expect_ok(instruct_samples(&prepared, &encoder, &samples, &err), &err);
    ck_assert_uint_eq(samples.kept, 2);
    ck_assert_uint_eq(samples.states[GTX_TOO_LONG], 1);
    ck_assert_uint_eq(samples.items[1].count, 4);
    ck_assert_uint_eq(samples.items[1].uncut, 9);
    gtx_samples_free(&samples);
    gtx_prepared_close(&prepared);
}
END_TEST

START_TEST(test_instruct_prepared__takes_ready_columns_over_the_record)
{
    gtx_prepared prepared;
    gtx_samples samples;
    toy about = {.bos = 1, .eos = 2};
    gtx_encoder encoder = toy_encoder(&about);
    prepare_rows("[{\"input_ids\":[3,4,5],\"attention_mask\":[1,1,1],\"labels\":[-100,4,5],\"instruct\":\"x\"}]",
                 "prepared-ready");
    expect_ok(gtx_prepared_open("prepared-ready", &prepared, &err), &err);
    ck_assert_uint_eq(prepared.header->kind, INSTRUCT_READY);
    gtx_samples_init(&samples, 16);
    expect_ok(instruct_samples(&prepared, &encoder, &samples, &err), &err);
    ck_assert_uint_eq(samples.kept, 1);
    ck_assert_uint_eq(samples.label_tokens, 2);
    gtx_samples_free(&samples);
    gtx_prepared_close(&prepared);
}
END_TEST

START_TEST(test_instruct_prepared__refuses_a_tokenizer_without_eos)
{
    json_t *list = json_of(ROWS);
    gtx_rows rows = rows_of(list);
    toy about = {.bos = 1, .eos = -1};
    gtx_encoder encoder = toy_encoder(&about);
    const instruct_record record = {.completion = 1, .field_instruction = "instruct"};
    gtx_prepared_writer writer = {0};
    expect_refused(instruct_prepare(&record, &rows, &encoder, &writer, &err), GOD_E_DATA, &err, "no EOS token");
    gtx_prepared_writer_free(&writer);
    gtx_rows_free(&rows);
    json_decref(list);
}
END_TEST

/* Writes the prepared file with one byte changed, or cut, and expects a refusal. */
static void expect_damage_found(const char *whole, size_t bytes, const char *sentence)
{
    gtx_prepared prepared;
    expect_ok(god_dir_make("prepared-damaged", &err), &err);
    expect_ok(god_file_write("prepared-damaged/" GTX_PREPARED_FILE, whole, bytes, &err), &err);
    expect_refused(gtx_prepared_open("prepared-damaged", &prepared, &err), GOD_E_DATA, &err, sentence);
}

START_TEST(test_instruct_prepared__finds_every_damaged_byte)
{
    char *whole = NULL;
    size_t bytes = 0;
    prepare_rows(ROWS, "prepared-whole");
    expect_ok(god_file_read("prepared-whole/" GTX_PREPARED_FILE, 1 << 20, &whole, &bytes, &err), &err);
    for (size_t i = offsetof(gtx_prepared_header, part_count); i < bytes; i += 7) {
        if (i >= offsetof(gtx_prepared_header, truncation_side) && i < offsetof(gtx_prepared_header, row_count)) {
            continue;
        }
        if (i >= offsetof(gtx_prepared_header, bos) && i < offsetof(gtx_prepared_header, sha256)) {
            continue; /* facts about the tokenizer: nothing depends on them being whole */
        }
        if (i >= offsetof(gtx_prepared_header, reserved) && i < sizeof(gtx_prepared_header)) {
            continue;
        }
        whole[i] ^= 0x40;
        expect_damage_found(whole, bytes, "is damaged");
        whole[i] ^= 0x40;
    }
    whole[0] ^= 1;
    expect_damage_found(whole, bytes, "is not a prepared test file");
    whole[0] ^= 1;
    whole[8] ^= 2;
    expect_damage_found(whole, bytes, "has version 3, this plug-in reads 1");
    whole[8] ^= 2;
    expect_damage_found(whole, bytes - 1, "is damaged");
    expect_damage_found(whole, 100, "is not a prepared test file");
    free(whole);
}
END_TEST

Suite *instruct_prepared_suite(void)
{
    const TTest *const tests[] = {test_instruct_prepared__gives_the_examples_of_any_length,
                                  test_instruct_prepared__takes_ready_columns_over_the_record,
                                  test_instruct_prepared__refuses_a_tokenizer_without_eos,
                                  test_instruct_prepared__finds_every_damaged_byte, NULL};
    return suite_of("prepared", tests);
}
