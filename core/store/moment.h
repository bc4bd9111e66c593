/* core/store/moment.h: a moment as it is written into a row.
 *
 * "2026-06-18T14:07:00.000000Z", always 27 bytes, so that SQLite sorts texts by time; PostgreSQL reads the same text as
 * timestamptz. A moment is microseconds since 1970-01-01 UTC, from year 1 to year 9999. [any]
 */
#ifndef GDI_STORE_MOMENT_H
#define GDI_STORE_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GDI_MOMENT_TEXT = 28 }; /* bytes, NUL included */

#define GDI_MOMENT_MIN INT64_C(-62135596800000000) /* 0001-01-01T00:00:00.000000Z */
#define GDI_MOMENT_MAX INT64_C(253402300799999999) /* 9999-12-31T23:59:59.999999Z */

/* false, and nothing written, for a moment outside the years 1 to 9999. */
bool gdi_moment_format(int64_t moment_us, char ret_text[GDI_MOMENT_TEXT]);

/* Reads what gdi_moment_format writes and what PostgreSQL answers in UTC ("2026-06-18 14:07:00.25+00"). false, and
 * nothing written, for any other form and for a day that does not exist. */
bool gdi_moment_parse(const char *text, int64_t *ret_moment_us);

#endif
