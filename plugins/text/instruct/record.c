#include "instruct/record.h"

#include "common/format_string.h"

/* The member, or `otherwise` when it is null. */
static const char *member_or(const json_t *record, const char *key, const char *otherwise)
{
    const json_t *value = json_object_get(record, key);
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

static uint32_t is_set(const json_t *record, const char *key)
{
    return member_or(record, key, "")[0] != '\0';
}

static god_status try_formats(const instruct_record *record, god_error *err)
{
    const gtx_field fields[] = {{"instruction", "", 0}, {"input", "", 0}};
    const gtx_field system = {"system", "", 0};
    god_text scratch = GOD_TEXT_INIT;
    god_status status = gtx_format("format", record->format, fields, 2, &scratch, err);
    if (status == GOD_OK) {
        status = gtx_format("no_input_format", record->no_input_format, fields, 1, &scratch, err);
    }
    if (status == GOD_OK) {
        status = gtx_format("system_format", record->system_format, &system, 1, &scratch, err);
    }
    god_text_free(&scratch);
    return status;
}

god_status instruct_record_read(const json_t *dataset_type, instruct_record *ret_record, god_error *err)
{
    instruct_record record = {
        .completion = !is_set(dataset_type, "field_output"),
        .field_system = member_or(dataset_type, "field_system", "system"),
        .field_instruction = member_or(dataset_type, "field_instruction", "instruction"),
        .field_input = member_or(dataset_type, "field_input", "input"),
        .field_output = member_or(dataset_type, "field_output", "output"),
        .system_prompt = member_or(dataset_type, "system_prompt", ""),
        .system_format = member_or(dataset_type, "system_format", "{system}"),
        .format = member_or(dataset_type, "format",
                            is_set(dataset_type, "field_input") ? "{instruction} {input}" : "{instruction}"),
        .no_input_format = member_or(dataset_type, "no_input_format", "{instruction}"),
    };
    if (!json_is_null(json_object_get(dataset_type, "field"))) {
        return god_fail(err, GOD_E_INVALID,
                        "dataset_type: \"field\" is \"%.100s\": instruct tasks do not know it, use "
                        "\"field_instruction\" without \"field_output\" for plain text",
                        member_or(dataset_type, "field", ""));
    }
    if (record.completion && !is_set(dataset_type, "field_instruction")) {
        return god_fail(err, GOD_E_INVALID,
                        "dataset_type: neither \"field_output\" nor \"field_instruction\" is set, so there is nothing "
                        "to score");
    }
    GOD_TRY(try_formats(&record, err));
    *ret_record = record;
    return GOD_OK;
}

static god_status require_field(const gtx_rows *rows, size_t row, const char *column, god_error *err)
{
    if (json_object_get(gtx_rows_at(rows, row), column) == NULL) {
        return god_fail(err, GOD_E_DATA, "row %zu: field \"%s\" is missing", row + 1, column);
    }
    return GOD_OK;
}

static god_status append_system(const instruct_record *record, const gtx_rows *rows, size_t row, god_text *prompt,
                                god_error *err)
{
    gtx_field system = {"system", record->system_prompt, strlen(record->system_prompt)};
    if (gtx_rows_has_column(rows, record->field_system)) { /* also when it is empty in this row */
        GOD_TRY(gtx_rows_text(rows, row, record->field_system, &system.value, &system.bytes, err));
    }
    if (system.bytes == 0) {
        return GOD_OK;
    }
    return gtx_format("system_format", record->system_format, &system, 1, prompt, err);
}

god_status instruct_record_texts(const instruct_record *record, const gtx_rows *rows, size_t row, god_text *prompt,
                                 const char **ret_answer, size_t *ret_answer_bytes, god_error *err)
{
    gtx_field fields[] = {{"instruction", NULL, 0}, {"input", NULL, 0}};
    god_text_clear(prompt);
    GOD_TRY(require_field(rows, row, record->field_instruction, err));
    GOD_TRY(gtx_rows_text(rows, row, record->field_instruction, &fields[0].value, &fields[0].bytes, err));
    GOD_TRY(gtx_rows_text(rows, row, record->field_input, &fields[1].value, &fields[1].bytes, err));
    if (fields[0].value == NULL) {
        fields[0] = (gtx_field){"instruction", "None", strlen("None")};
    }
    GOD_TRY(append_system(record, rows, row, prompt, err));
    if (fields[1].bytes > 0) {
        GOD_TRY(gtx_format("format", record->format, fields, 2, prompt, err));
    } else {
        GOD_TRY(gtx_format("no_input_format", record->no_input_format, fields, 1, prompt, err));
    }
    return gtx_rows_text(rows, row, record->field_output, ret_answer, ret_answer_bytes, err);
}

god_status instruct_record_completion(const instruct_record *record, const gtx_rows *rows, size_t row,
                                      const char **ret_text, size_t *ret_bytes, god_error *err)
{
    GOD_TRY(require_field(rows, row, record->field_instruction, err));
    return gtx_rows_text(rows, row, record->field_instruction, ret_text, ret_bytes, err);
}
