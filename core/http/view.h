/* core/http/view.h: rows as JSON. What a view shows is a table of columns, in the order of its SELECT:
 *
 *     static const gdi_view_column columns[] = {
 *         {"round_id", GDI_VIEW_TEXT}, {"is_final_round", GDI_VIEW_BOOL}, {NULL, 0}};
 *
 * A NULL, NaN or infinity is a JSON null; a moment is "2026-06-18T14:07:00Z". Numbers are written with 17 digits, so
 * that whoever computes with them gets what the store holds. Views only read. [one]
 */
#ifndef GDI_HTTP_VIEW_H
#define GDI_HTTP_VIEW_H

#include <jansson.h>

#include "core/store/db.h"

enum {
    GDI_VIEW_TEXT = 1,
    GDI_VIEW_INT,
    GDI_VIEW_REAL,
    GDI_VIEW_BOOL,
    GDI_VIEW_TIME,
    GDI_VIEW_JSON /* text that is JSON; null when it is not */
};

typedef struct gdi_view_column {
    const char *name;
    uint32_t kind;
} gdi_view_column;

/* NaN and infinity are null. A new reference; NULL: out of memory. */
json_t *gdi_view_number(double number);
json_t *gdi_view_moment(int64_t moment_us); /* INT64_MAX: null */

/* The present row as an object. */
god_status gdi_view_row(const gdi_rows *rows, const gdi_view_column *columns, json_t **ret_object, god_error *err);
/* All rows of a query as an array of objects. */
god_status gdi_view_list(gdi_db *db, const gdi_view_column *columns, const char *sql, const gdi_value *values,
                         size_t value_count, json_t **ret_array, god_error *err);
#define GDI_VIEW_LIST(db, columns, ret_array, err, sql, ...)                                                     \
    gdi_view_list(db, columns, sql, GDI_VALUES(__VA_ARGS__), sizeof GDI_VALUES(__VA_ARGS__) / sizeof(gdi_value), \
                  ret_array, err)
/* The only row, or GOD_E_NOT_FOUND: `there is no WHAT "ID"`. */
god_status gdi_view_one(gdi_db *db, const gdi_view_column *columns, const char *sql, const char *what, const char *id,
                        json_t **ret_object, god_error *err);

/* GOD_E_NOMEM when jansson had no memory for `value` (NULL). */
god_status gdi_view_made(const json_t *value, god_error *err);

#endif
