/* core/store/statements.h: prepared statements of one connection, found again by their text. Internal to core/store.
 *
 * Most texts are literals, so the address is looked at first and confirmed by comparing the text; a text at a new
 * address is found by its hash. When there are GDI_STATEMENTS_MAX of them all are dropped. [one]
 */
#ifndef GDI_STORE_STATEMENTS_H
#define GDI_STORE_STATEMENTS_H

#include "core/store/engine.h"

typedef struct gdi_statements gdi_statements;

god_status gdi_statements_new(void (*drop)(void *user, void *prepared), void *user, gdi_statements **ret_statements,
                              god_error *err);
void gdi_statements_free(gdi_statements *statements); /* accepts NULL; drops all */
void gdi_statements_drop(gdi_statements *statements); /* all of them */

bool gdi_statements_are_full(const gdi_statements *statements); /* the next one makes all others be dropped */

void *gdi_statements_find(gdi_statements *statements, const char *sql); /* NULL: not there */
/* Remembers `prepared` for this text, which is copied. On failure `prepared` is dropped. */
god_status gdi_statements_add_take(gdi_statements *statements, const char *sql, void *prepared, god_error *err);

#endif
