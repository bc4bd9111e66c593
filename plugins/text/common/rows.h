/* rows.h: a test file as a list of JSON objects. [any]
 *
 * Read are a JSON array of objects and JSON objects one after another (JSON Lines; blank lines, CRLF and a byte order
 * mark are fine). Which of the two it is, the first byte says, not the file's name. The bare word NaN, which some
 * writers put where a value is missing, is read as null. Rows are counted from 1 in every message and every record.
 */
#ifndef GTX_ROWS_H
#define GTX_ROWS_H

#include <jansson.h>

#include "god/error.h"

#define GTX_ROWS_FILE_BYTES_MAX ((size_t)1 << 30)
#define GTX_ROWS_MAX ((size_t)1 << 20)

typedef struct gtx_rows {
    json_t *list;    /* array of objects; owned */
    json_t *columns; /* object whose keys are the names that occur in any row; owned */
} gtx_rows;

/* GOD_E_DATA names the row. A file without rows is GOD_E_DATA. */
god_status gtx_rows_read(const char *path, gtx_rows *ret_rows, god_error *err);
god_status gtx_rows_parse(const char *text, size_t bytes, gtx_rows *ret_rows, god_error *err);
void gtx_rows_free(gtx_rows *rows); /* accepts a zeroed one */

size_t gtx_rows_count(const gtx_rows *rows);
const json_t *gtx_rows_at(const gtx_rows *rows, size_t index);          /* index from 0 */
uint32_t gtx_rows_has_column(const gtx_rows *rows, const char *column); /* in any row; "" is no column */

/* The text of a member. Absent in this row or null: *ret_text is NULL and *ret_bytes 0. Anything but a string is
 * GOD_E_DATA: `row 17: field "output" is a number, a string is needed`. Borrowed from rows. */
god_status gtx_rows_text(const gtx_rows *rows, size_t index, const char *column, const char **ret_text,
                         size_t *ret_bytes, god_error *err);

#endif
