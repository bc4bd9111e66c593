#include "core/http/view.h"

#include <math.h>

#include "core/tournament/calendar.h"

json_t *gdi_view_number(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

json_t *gdi_view_moment(int64_t moment_us)
{
    char text[GDI_TIME_TEXT];
    if (moment_us == INT64_MAX) {
        return json_null();
    }
    gdi_time_format(moment_us, text);
    return json_string(text);
}

god_status gdi_view_made(const json_t *value, god_error *err)
{
    return value != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

static json_t *json_or_null(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    return value == NULL ? json_null() : value;
}

static json_t *cell(const gdi_rows *rows, size_t column, uint32_t kind)
{
    if (gdi_rows_is_null(rows, column)) {
        return json_null();
    }
    switch (kind) {
    case GDI_VIEW_INT: return json_integer(gdi_rows_int(rows, column));
    case GDI_VIEW_REAL: return gdi_view_number(gdi_rows_real(rows, column));
    case GDI_VIEW_BOOL: return json_boolean(gdi_rows_bool(rows, column));
    case GDI_VIEW_TIME: return gdi_view_moment(gdi_rows_time(rows, column));
    case GDI_VIEW_JSON: return json_or_null(gdi_rows_text(rows, column));
    default: return json_string(gdi_rows_text(rows, column));
    }
}

god_status gdi_view_row(const gdi_rows *rows, const gdi_view_column *columns, json_t **ret_object, god_error *err)
{
    json_t *object = json_object();
    int failed = object == NULL;
    for (size_t i = 0; columns[i].name != NULL && !failed; i++) {
        failed = json_object_set_new(object, columns[i].name, cell(rows, i, columns[i].kind));
    }
    if (failed) {
        json_decref(object);
        return god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
    }
    *ret_object = object;
    return GOD_OK;
}

static god_status add_rows(gdi_rows *rows, const gdi_view_column *columns, json_t *array, god_error *err)
{
    while (gdi_rows_next(rows)) {
        json_t *object = NULL;
        GOD_TRY(gdi_view_row(rows, columns, &object, err));
        if (json_array_append_new(array, object) != 0) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
        }
    }
    return GOD_OK;
}

god_status gdi_view_list(gdi_db *db, const gdi_view_column *columns, const char *sql, const gdi_value *values,
                         size_t value_count, json_t **ret_array, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_db_query(db, sql, values, value_count, &rows, err));
    json_t *array = json_array();
    god_status status = gdi_view_made(array, err);
    if (status == GOD_OK) {
        status = add_rows(rows, columns, array, err);
    }
    gdi_rows_free(rows);
    if (status != GOD_OK) {
        json_decref(array);
        return status;
    }
    *ret_array = array;
    return GOD_OK;
}

god_status gdi_view_one(gdi_db *db, const gdi_view_column *columns, const char *sql, const char *what, const char *id,
                        json_t **ret_object, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err, sql, gdi_text(id)));
    god_status status = gdi_rows_next(rows) ? gdi_view_row(rows, columns, ret_object, err)
                                            : god_fail(err, GOD_E_NOT_FOUND, "there is no %s \"%.200s\"", what, id);
    gdi_rows_free(rows);
    return status;
}
