/* core/store/check.h: does the store hold together? Reads everything and changes nothing. [one]
 *
 * First the engine's own checks (pages, indexes and foreign keys of SQLite; PostgreSQL watches over its own), then what
 * must always be true of the rows, whatever was interrupted: one statement per sentence, which selects the rows that
 * break it. Sources: tournament specification, sections 5, 8.3, 10, 23 and 24.
 */
#ifndef GDI_STORE_CHECK_H
#define GDI_STORE_CHECK_H

#include "core/store/db.h"

enum { GDI_FINDING_EXAMPLE_BYTES = 200 };

typedef struct gdi_finding {
    const char *rule;                        /* "no balance is negative"; static text */
    uint64_t broken;                         /* rows that break it; 0: it holds */
    char example[GDI_FINDING_EXAMPLE_BYTES]; /* the first of them by its key; "" when none */
} gdi_finding;

/* Calls `each` for every rule, those that hold too, in a fixed order. *ret_broken counts the rules that do not hold.
 * A status from `each` ends the check. */
god_status gdi_store_check(gdi_db *db, god_status (*each)(void *user, const gdi_finding *finding, god_error *err),
                           void *user, uint32_t *ret_broken, god_error *err);

#endif
