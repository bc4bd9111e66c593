/* core/store/rows.h: how an engine fills a gdi_rows. Internal to core/store.
 *
 *     cells   columns * count of 16 bytes: what it is, and a number or a place in `texts`
 *     texts   NUL-ended, one behind the other
 *
 * Whole numbers, REALs and texts are told apart; a moment is the text of core/store/moment.h, a boolean 0 or 1.
 */
#ifndef GDI_STORE_ROWS_H
#define GDI_STORE_ROWS_H

#include "core/store/db.h"

god_status gdi_rows_new(gdi_rows **ret_rows, god_error *err);
/* Once, before the first cell. */
void gdi_rows_set_columns(gdi_rows *rows, size_t columns);
/* Begins a row; its cells follow in the order of the columns. */
god_status gdi_rows_begin(gdi_rows *rows, god_error *err);
void gdi_rows_put_null(gdi_rows *rows);
void gdi_rows_put_int(gdi_rows *rows, int64_t integer);
void gdi_rows_put_real(gdi_rows *rows, double real);
god_status gdi_rows_put_text(gdi_rows *rows, const char *text, size_t bytes, god_error *err);
/* Before the first row again, all of them forgotten: a statement is run a second time. */
void gdi_rows_clear(gdi_rows *rows);

#endif
