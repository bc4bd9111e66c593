#include "common/rows.h"

#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/helpers/text.h"

typedef struct reader {
    const char *at, *end;
} reader;

static void skip_blanks(reader *in)
{
    while (in->at < in->end && strchr(" \t\r\n", *in->at) != NULL && *in->at != '\0') {
        in->at++;
    }
}

/* Takes the byte if it is next. */
static uint32_t take(reader *in, char byte)
{
    if (in->at == in->end || *in->at != byte) {
        return 0;
    }
    in->at++;
    return 1;
}

static god_status add_columns(gtx_rows *rows, const json_t *row, god_error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)row, name, value)
    {
        if (json_object_get(rows->columns, name) == NULL &&
            json_object_set_new(rows->columns, name, json_true()) != 0) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for the column names of the test file");
        }
    }
    return GOD_OK;
}

static god_status read_row(reader *in, gtx_rows *rows, god_error *err)
{
    size_t number = gtx_rows_count(rows) + 1;
    json_error_t problem;
    if (number > GTX_ROWS_MAX) {
        return god_fail(err, GOD_E_DATA, "the test file has more than %zu rows (GTX_ROWS_MAX)", GTX_ROWS_MAX);
    }
    json_t *row =
        json_loadb(in->at, (size_t)(in->end - in->at),
                   JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
    if (row == NULL) {
        uint32_t no_memory = json_error_code(&problem) == json_error_out_of_memory;
        return god_fail(err, no_memory ? GOD_E_NOMEM : GOD_E_DATA, "row %zu: %s", number, problem.text);
    }
    in->at += problem.position;
    if (!json_is_object(row)) {
        json_decref(row);
        return god_fail(err, GOD_E_DATA, "row %zu: a JSON object is needed", number);
    }
    god_status status = add_columns(rows, row, err);
    if (json_array_append_new(rows->list, row) != 0 && status == GOD_OK) {
        status = god_fail(err, GOD_E_NOMEM, "row %zu: out of memory", number);
    }
    return status;
}

static god_status read_array(reader *in, gtx_rows *rows, god_error *err)
{
    skip_blanks(in);
    if (!take(in, ']')) {
        do {
            skip_blanks(in);
            GOD_TRY(read_row(in, rows, err));
            skip_blanks(in);
        } while (take(in, ','));
        if (!take(in, ']')) {
            return god_fail(err, GOD_E_DATA, "row %zu: a \",\" or the \"]\" that ends the list is missing behind it",
                            gtx_rows_count(rows));
        }
    }
    skip_blanks(in);
    if (in->at != in->end) {
        return god_fail(err, GOD_E_DATA, "the test file goes on behind the \"]\" that ends its list");
    }
    return GOD_OK;
}

static god_status read_lines(reader *in, gtx_rows *rows, god_error *err)
{
    skip_blanks(in);
    while (in->at < in->end) {
        GOD_TRY(read_row(in, rows, err));
        skip_blanks(in);
    }
    return GOD_OK;
}

/* A copy in which the word NaN, outside strings, is null. Leaves *copy empty when there is none. */
static god_status replace_nan(const char *text, size_t bytes, god_text *copy, god_error *err)
{
    const char *from = text, *end = text + bytes;
    uint32_t in_string = 0;
    for (const char *c = text; c < end; c++) {
        if (in_string && *c == '\\') {
            c++;
        } else if (*c == '"') {
            in_string = !in_string;
        } else if (!in_string && end - c >= 3 && memcmp(c, "NaN", 3) == 0) {
            GOD_TRY(god_text_append(copy, from, (size_t)(c - from), err));
            GOD_TRY(god_text_append_str(copy, "null", err));
            from = c + 3;
            c += 2;
        }
    }
    return from == text ? GOD_OK : god_text_append(copy, from, (size_t)(end - from), err);
}

god_status gtx_rows_parse(const char *text, size_t bytes, gtx_rows *ret_rows, god_error *err)
{
    gtx_rows rows = {json_array(), json_object()};
    god_text copy = GOD_TEXT_INIT;
    god_status status = rows.list == NULL || rows.columns == NULL
                            ? god_fail(err, GOD_E_NOMEM, "out of memory for the rows of the test file")
                            : replace_nan(text, bytes, &copy, err);
    reader in = {text, text + bytes};
    if (copy.data != NULL) {
        in = (reader){copy.data, copy.data + copy.bytes};
    }
    if (in.end - in.at >= 3 && memcmp(in.at, "\xef\xbb\xbf", 3) == 0) {
        in.at += 3;
    }
    skip_blanks(&in);
    if (status == GOD_OK) {
        status = take(&in, '[') ? read_array(&in, &rows, err) : read_lines(&in, &rows, err);
    }
    if (status == GOD_OK && gtx_rows_count(&rows) == 0) {
        status = god_fail(err, GOD_E_DATA, "the test file has no rows");
    }
    god_text_free(&copy);
    if (status != GOD_OK) {
        gtx_rows_free(&rows);
        return status;
    }
    *ret_rows = rows;
    return GOD_OK;
}

god_status gtx_rows_read(const char *path, gtx_rows *ret_rows, god_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_file_read(path, GTX_ROWS_FILE_BYTES_MAX, &text, &bytes, err));
    god_status status = gtx_rows_parse(text, bytes, ret_rows, err);
    free(text);
    return status;
}

void gtx_rows_free(gtx_rows *rows)
{
    json_decref(rows->list);
    json_decref(rows->columns);
    *rows = (gtx_rows){NULL, NULL};
}

size_t gtx_rows_count(const gtx_rows *rows)
{
    return json_array_size(rows->list);
}

const json_t *gtx_rows_at(const gtx_rows *rows, size_t index)
{
    return json_array_get(rows->list, index);
}

uint32_t gtx_rows_has_column(const gtx_rows *rows, const char *column)
{
    return column[0] != '\0' && json_object_get(rows->columns, column) != NULL;
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_TRUE:
    case JSON_FALSE: return "a boolean";
    default: return "a number";
    }
}

god_status gtx_rows_text(const gtx_rows *rows, size_t index, const char *column, const char **ret_text,
                         size_t *ret_bytes, god_error *err)
{
    const json_t *value = column[0] == '\0' ? NULL : json_object_get(gtx_rows_at(rows, index), column);
    if (value != NULL && !json_is_null(value) && !json_is_string(value)) {
        return god_fail(err, GOD_E_DATA, "row %zu: field \"%s\" is %s, a string is needed", index + 1, column,
                        type_name(value));
    }
    *ret_text = json_string_value(value); /* NULL for what is not a string */
    *ret_bytes = json_is_string(value) ? json_string_length(value) : 0;
    return GOD_OK;
}
