#include "instruct/prepare.h"

#include "instruct/example.h"

static const char *const ready_columns[] = {"input_ids", "attention_mask", "labels"};
enum { READY_COLUMNS = 3 };

/* The number of parts that a kind has, 0 for a kind that this version does not write. */
static uint32_t parts_of_kind(uint32_t kind)
{
    static const uint32_t parts[] = {0, 2, 1, 3};
    return kind < sizeof parts / sizeof parts[0] ? parts[kind] : 0;
}

static uint32_t is_ready(const gtx_rows *rows)
{
    for (size_t i = 0; i < READY_COLUMNS; i++) {
        if (!gtx_rows_has_column(rows, ready_columns[i])) {
            return 0;
        }
    }
    return 1;
}

static god_status add_text(const gtx_encoder *encoder, const char *text, size_t bytes, gtx_ids *scratch,
                           gtx_prepared_writer *writer, god_error *err)
{
    gtx_ids_clear(scratch);
    GOD_TRY(instruct_encode(encoder, text, bytes, scratch, err));
    return gtx_prepared_add_part(writer, scratch->items, scratch->count, text, bytes, err);
}

/* One column of ready-made numbers, each of int32 range. */
static god_status read_numbers(const gtx_rows *rows, size_t row, const char *column, gtx_ids *numbers, god_error *err)
{
    const json_t *list = json_object_get(gtx_rows_at(rows, row), column);
    gtx_ids_clear(numbers);
    if (!json_is_array(list)) {
        return god_fail(err, GOD_E_DATA, "row %zu: field \"%s\" is missing or not a list", row + 1, column);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        json_int_t number = json_integer_value(value);
        int32_t id = (int32_t)number;
        if (!json_is_integer(value) || id != number) {
            return god_fail(err, GOD_E_DATA, "row %zu: entry %zu of \"%s\" is not a whole number of 32 bits", row + 1,
                            i, column);
        }
        GOD_TRY(gtx_ids_append(numbers, &id, 1, err));
    }
    return GOD_OK;
}

static god_status add_ready_row(const gtx_rows *rows, size_t row, gtx_ids *scratch, gtx_prepared_writer *writer,
                                god_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < READY_COLUMNS; i++) {
        GOD_TRY(read_numbers(rows, row, ready_columns[i], scratch, err));
        if (i > 0 && scratch->count != count) {
            return god_fail(err, GOD_E_DATA, "row %zu: \"%s\" has %zu entries, \"%s\" has %zu", row + 1,
                            ready_columns[i], scratch->count, ready_columns[0], count);
        }
        count = scratch->count;
        GOD_TRY(gtx_prepared_add_part(writer, scratch->items, scratch->count, "", 0, err));
    }
    return GOD_OK;
}

static god_status add_row(const instruct_record *record, const gtx_rows *rows, size_t row, const gtx_encoder *encoder,
                          gtx_ids *scratch, god_text *prompt, gtx_prepared_writer *writer, god_error *err)
{
    const char *text = NULL;
    size_t bytes = 0;
    switch (writer->header.kind) {
    case INSTRUCT_READY: return add_ready_row(rows, row, scratch, writer, err);
    case INSTRUCT_TEXT:
        GOD_TRY(instruct_record_completion(record, rows, row, &text, &bytes, err));
        return add_text(encoder, text, bytes, scratch, writer, err);
    default:
        GOD_TRY(instruct_record_texts(record, rows, row, prompt, &text, &bytes, err));
        GOD_TRY(add_text(encoder, prompt->data, prompt->bytes, scratch, writer, err));
        return add_text(encoder, text, bytes, scratch, writer, err);
    }
}

god_status instruct_prepare(const instruct_record *record, const gtx_rows *rows, const gtx_encoder *encoder,
                            gtx_prepared_writer *writer, god_error *err)
{
    gtx_ids scratch = GTX_IDS_INIT;
    god_text prompt = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    writer->header.kind = is_ready(rows) ? INSTRUCT_READY : record->completion ? INSTRUCT_TEXT : INSTRUCT_PAIR;
    writer->header.part_count = parts_of_kind(writer->header.kind);
    if (writer->header.kind != INSTRUCT_READY && encoder->eos < 0) {
        status = god_fail(err, GOD_E_DATA, "the base model's tokenizer names no EOS token, so no answer can be closed");
    }
    for (size_t row = 0; row < gtx_rows_count(rows) && status == GOD_OK; row++) {
        status = add_row(record, rows, row, encoder, &scratch, &prompt, writer, err);
    }
    god_text_free(&prompt);
    gtx_ids_free(&scratch);
    return status;
}

static instruct_text text_of(const gtx_prepared *prepared, uint64_t row, uint32_t index)
{
    const gtx_part *part = gtx_prepared_part(prepared, row, index);
    return (instruct_text){gtx_prepared_text(prepared, part), (size_t)part->text_bytes,
                           gtx_prepared_ids(prepared, part), (size_t)part->id_count};
}

static god_status add_sample(const gtx_prepared *prepared, const gtx_encoder *encoder, uint64_t row,
                             gtx_samples *samples, god_error *err)
{
    instruct_text parts[GTX_PARTS_MAX];
    for (uint32_t i = 0; i < prepared->header->part_count; i++) {
        parts[i] = text_of(prepared, row, i);
    }
    switch (prepared->header->kind) {
    case INSTRUCT_READY:
        if (parts[1].id_count != parts[0].id_count || parts[2].id_count != parts[0].id_count) {
            return god_fail(err, GOD_E_DATA, "the prepared test file is damaged in row %llu",
                            (unsigned long long)row + 1);
        }
        return instruct_add_ready(row + 1, parts[0].ids, parts[1].ids, parts[2].ids, parts[0].id_count, samples, err);
    case INSTRUCT_TEXT: return instruct_add_completion(encoder, row + 1, &parts[0], samples, err);
    default: return instruct_add_example(encoder, row + 1, &parts[0], &parts[1], samples, err);
    }
}

god_status instruct_samples(const gtx_prepared *prepared, const gtx_encoder *encoder, gtx_samples *samples,
                            god_error *err)
{
    const gtx_prepared_header *header = prepared->header;
    if (header->part_count != parts_of_kind(header->kind)) {
        return god_fail(err, GOD_E_DATA, "the prepared test file is of another task type (kind %u, %u parts)",
                        header->kind, header->part_count);
    }
    for (uint64_t row = 0; row < header->row_count; row++) {
        GOD_TRY(add_sample(prepared, encoder, row, samples, err));
    }
    return gtx_samples_finish(samples, err);
}
