/* core/store/periodic.h: work that is asked for in every period: which slot was asked for, which was used. [one]
 *
 * A slot is a number that grows; it ends the key of the job, "refresh_nodes/1981520". A new one is asked for only when
 * the one before is used or given up, so that results never overtake each other. */
#ifndef GDI_STORE_PERIODIC_H
#define GDI_STORE_PERIODIC_H

#include "core/store/db.h"

typedef struct gdi_periodic {
    int64_t asked, applied; /* 0: never; applied <= asked */
    int64_t asked_us;
} gdi_periodic;

/* Zeroes for work that was never asked for. */
god_status gdi_periodic_read(gdi_db *db, const char *kind, gdi_periodic *ret_periodic, god_error *err);
/* Inside the caller's transaction. */
god_status gdi_periodic_write_in(gdi_db *db, const char *kind, const gdi_periodic *periodic, god_error *err);

#endif
