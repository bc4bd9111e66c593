/* csv.h: comma-separated values as a list of JSON objects (RFC 4180). [any]
 *
 * The first record has the names of the columns. Fields may stand in double quotes, in which commas, line ends and
 * doubled quotes are text; lines end with LF or CRLF; a byte order mark is passed over, and so are empty lines. Every
 * value is a string; an empty field is null. A record with more or fewer fields than there are columns is an error, and
 * records are counted from 1, the names not among them.
 */
#ifndef GTX_CSV_H
#define GTX_CSV_H

#include "common/rows.h"

enum { GTX_CSV_COLUMNS_MAX = 1024 };

/* GOD_E_DATA names the record. */
god_status gtx_csv_read(const char *path, gtx_rows *ret_rows, god_error *err);
god_status gtx_csv_parse(const char *text, size_t bytes, gtx_rows *ret_rows, god_error *err);

#endif
