#include "common/csv.h"

#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/helpers/text.h"

typedef struct reader {
    const char *at, *end;
    god_text field;
    json_t *names; /* array of strings; NULL until the first record was read */
    gtx_rows rows;
} reader;

static uint32_t ends_line(const reader *in)
{
    return in->at == in->end || *in->at == '\n' || (*in->at == '\r' && in->at + 1 < in->end && in->at[1] == '\n');
}

static void skip_line_end(reader *in)
{
    in->at += in->at < in->end && *in->at == '\r';
    in->at += in->at < in->end && *in->at == '\n';
}

/* Up to the closing quote, which is taken. */
static god_status read_quoted(reader *in, god_error *err)
{
    for (in->at++; in->at < in->end; in->at++) {
        if (*in->at == '"' && (in->at + 1 == in->end || in->at[1] != '"')) {
            in->at++;
            return GOD_OK;
        }
        in->at += *in->at == '"';
        GOD_TRY(god_text_append(&in->field, in->at, 1, err));
    }
    return god_fail(err, GOD_E_DATA, "record %zu: a quote is not closed", gtx_rows_count(&in->rows) + 1);
}

static god_status read_field(reader *in, god_error *err)
{
    god_text_clear(&in->field);
    if (in->at < in->end && *in->at == '"') {
        GOD_TRY(read_quoted(in, err));
    }
    const char *from = in->at;
    while (!ends_line(in) && *in->at != ',') {
        in->at++;
    }
    return god_text_append(&in->field, from, (size_t)(in->at - from), err);
}

/* The field that was read, as a string or null. */
static god_status add_field(const reader *in, json_t *list, god_error *err)
{
    uint32_t is_full = json_array_size(list) == GTX_CSV_COLUMNS_MAX;
    json_t *value = is_full ? NULL : in->field.bytes == 0 ? json_null() : json_stringn(in->field.data, in->field.bytes);
    return json_array_append_new(list, value) == 0
               ? GOD_OK
               : god_fail(err, GOD_E_DATA, "record %zu: more than %d fields, or one that is not UTF-8",
                          gtx_rows_count(&in->rows) + 1, GTX_CSV_COLUMNS_MAX);
}

/* The fields of one record. *ret_list is owned by the caller. */
static god_status read_fields(reader *in, json_t **ret_list, god_error *err)
{
    json_t *list = json_array();
    god_status status = GOD_OK;
    for (uint32_t more = 1; status == GOD_OK && more;) {
        status = read_field(in, err);
        more = in->at < in->end && *in->at == ',';
        in->at += more;
        status = status == GOD_OK ? add_field(in, list, err) : status;
    }
    if (status != GOD_OK) {
        json_decref(list);
        return status;
    }
    skip_line_end(in);
    *ret_list = list;
    return GOD_OK;
}

static god_status take_names(reader *in, json_t *list, god_error *err)
{
    const json_t *name = NULL;
    size_t i = 0;
    in->names = list;
    json_array_foreach(list, i, name)
    {
        if (!json_is_string(name) || strlen(json_string_value(name)) != json_string_length(name) ||
            json_object_get(in->rows.columns, json_string_value(name)) != NULL ||
            json_object_set_new(in->rows.columns, json_string_value(name), json_true()) != 0) {
            return god_fail(err, GOD_E_DATA, "column %zu has no name, or that of another", i + 1);
        }
    }
    return GOD_OK;
}

static god_status add_record(reader *in, const json_t *list, god_error *err)
{
    size_t number = gtx_rows_count(&in->rows) + 1;
    json_t *row = json_object(), *value = NULL;
    size_t i = 0;
    if (json_array_size(list) != json_array_size(in->names) || number > GTX_ROWS_MAX) {
        json_decref(row);
        return god_fail(err, GOD_E_DATA, "record %zu has %zu fields, there are %zu columns and at most %zu records",
                        number, json_array_size(list), json_array_size(in->names), GTX_ROWS_MAX);
    }
    int failed = row == NULL;
    json_array_foreach(list, i, value)
    {
        failed |= json_object_set(row, json_string_value(json_array_get(in->names, i)), value) != 0;
    }
    failed |= json_array_append_new(in->rows.list, row) != 0;
    return failed ? god_fail(err, GOD_E_NOMEM, "record %zu: out of memory", number) : GOD_OK;
}

static god_status read_record(reader *in, god_error *err)
{
    json_t *list = NULL;
    if (ends_line(in)) {
        skip_line_end(in);
        return GOD_OK;
    }
    GOD_TRY(read_fields(in, &list, err));
    if (in->names == NULL) {
        return take_names(in, list, err);
    }
    god_status status = add_record(in, list, err);
    json_decref(list);
    return status;
}

god_status gtx_csv_parse(const char *text, size_t bytes, gtx_rows *ret_rows, god_error *err)
{
    reader in = {.at = text,
                 .end = text + bytes,
                 .field = GOD_TEXT_INIT,
                 .rows = {.list = json_array(), .columns = json_object()}};
    god_status status = in.rows.list == NULL || in.rows.columns == NULL
                            ? god_fail(err, GOD_E_NOMEM, "out of memory for a table")
                            : GOD_OK;
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        in.at += 3;
    }
    while (status == GOD_OK && in.at < in.end) {
        status = read_record(&in, err);
    }
    if (status == GOD_OK && gtx_rows_count(&in.rows) == 0) {
        status = god_fail(err, GOD_E_DATA, "the table has no records");
    }
    god_text_free(&in.field);
    json_decref(in.names);
    if (status != GOD_OK) {
        gtx_rows_free(&in.rows);
        return status;
    }
    *ret_rows = in.rows;
    return GOD_OK;
}

god_status gtx_csv_read(const char *path, gtx_rows *ret_rows, god_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_file_read(path, GTX_ROWS_FILE_BYTES_MAX, &text, &bytes, err));
    god_status status = gtx_csv_parse(text, bytes, ret_rows, err);
    free(text);
    return status;
}
