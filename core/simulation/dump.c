#include "core/simulation/dump.h"

#include "god/helpers/file.h"
#include "god/helpers/text.h"

static const char *const left_out[][2] = {
    {"jobs", "job_id"}, {"balance_events", "id"}, {"tournament_participants", "fee_event_id"}};

/* Columns of every table of ours, tables and columns in byte order of their names. */
static const char sqlite_columns[] =
    "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
    "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '%migrations%' ORDER BY 1, 2";
static const char postgres_columns[] =
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
    "AND table_name NOT LIKE '%migrations%' ORDER BY table_name COLLATE \"C\", column_name COLLATE \"C\"";

static bool is_left_out(const char *table, const char *column)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        if (strcmp(left_out[i][0], table) == 0 && strcmp(left_out[i][1], column) == 0) {
            return true;
        }
    }
    return false;
}

/* Line breaks and tabs would make two rows look like others. */
static god_status put_cell(god_text *out, const char *cell, god_error *err)
{
    for (const char *at = cell; *at != '\0'; at++) {
        size_t plain = strcspn(at, "\n\t\\");
        GOD_TRY(god_text_append(out, at, plain, err));
        at += plain;
        if (*at == '\0') {
            break;
        }
        GOD_TRY(god_text_append_str(out, *at == '\n' ? "\\n" : *at == '\t' ? "\\t" : "\\\\", err));
    }
    return GOD_OK;
}

static god_status put_rows(gdi_db *db, const char *table, const god_text *columns, size_t column_count, god_text *out,
                           god_error *err)
{
    god_text sql = GOD_TEXT_INIT;
    gdi_rows *rows = NULL;
    god_status status = god_text_append_f(&sql, err, "SELECT %s FROM %s ORDER BY 1", columns->data, table);
    for (size_t i = 2; status == GOD_OK && i <= column_count; i++) {
        status = god_text_append_f(&sql, err, ", %zu", i);
    }
    if (status == GOD_OK) {
        status = gdi_db_query(db, sql.data, NULL, 0, &rows, err);
    }
    if (status == GOD_OK) {
        status = god_text_append_f(out, err, "%s: %s\n", table, columns->data);
    }
    while (status == GOD_OK && gdi_rows_next(rows)) {
        for (size_t i = 0; status == GOD_OK && i < column_count; i++) {
            status = god_text_append_str(out, "\t", err);
            if (status == GOD_OK) {
                status = put_cell(out, gdi_rows_is_null(rows, i) ? "\\N" : gdi_rows_text(rows, i), err);
            }
        }
        if (status == GOD_OK) {
            status = god_text_append_str(out, "\n", err);
        }
    }
    gdi_rows_free(rows);
    god_text_free(&sql);
    return status;
}

/* The next table of the list: its name is borrowed from the rows, its columns go into `columns` as casts to text. */
static god_status next_table(gdi_rows *list, bool *at_row, const char **ret_table, god_text *columns,
                             size_t *ret_column_count, god_error *err)
{
    *ret_table = gdi_rows_text(list, 0);
    *ret_column_count = 0;
    god_text_clear(columns);
    while (*at_row && strcmp(gdi_rows_text(list, 0), *ret_table) == 0) {
        const char *column = gdi_rows_text(list, 1);
        if (!is_left_out(*ret_table, column)) {
            GOD_TRY(god_text_append_f(columns, err, "%sCAST(%s AS TEXT)", *ret_column_count == 0 ? "" : ", ", column));
            (*ret_column_count)++;
        }
        *at_row = gdi_rows_next(list);
    }
    return GOD_OK;
}

static god_status put_tables(gdi_db *db, gdi_rows *list, god_text *out, god_error *err)
{
    god_text columns = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    bool at_row = gdi_rows_next(list);
    while (status == GOD_OK && at_row) {
        const char *table = NULL;
        size_t column_count = 0;
        status = next_table(list, &at_row, &table, &columns, &column_count, err);
        if (status == GOD_OK && column_count > 0) {
            status = put_rows(db, table, &columns, column_count, out, err);
        }
    }
    god_text_free(&columns);
    return status;
}

god_status gdi_dump(gdi_db *db, const char *path, char ret_digest[GOD_SHA256_HEX], god_error *err)
{
    god_text out = GOD_TEXT_INIT;
    gdi_rows *list = NULL;
    const char *sql = gdi_db_engine(db) == GDI_ENGINE_SQLITE ? sqlite_columns : postgres_columns;
    god_status status = gdi_db_query(db, sql, NULL, 0, &list, err);
    if (status == GOD_OK) {
        status = put_tables(db, list, &out, err);
    }
    if (status == GOD_OK && path != NULL) {
        status = god_file_write(path, out.data == NULL ? "" : out.data, out.bytes, err);
    }
    if (status == GOD_OK) {
        god_sha256_bytes(out.data == NULL ? "" : out.data, out.bytes, ret_digest);
    }
    gdi_rows_free(list);
    god_text_free(&out);
    return status;
}
