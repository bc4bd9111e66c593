/* core/simulation/watch.h: states that move along arrows, for core/simulation/invariants.c.
 *
 *     a statement writes a row ──► its table and rowid are noted ──► check: is the way from the state that was seen
 *                                                                    to the present one along the arrows?
 *
 * What writes are rolled back is looked at as well, and found unchanged. A connection that tells nobody what it writes
 * (PostgreSQL, or one that is not followed) has all rows read each time, which is the same and slower. [one]
 */
#ifndef GDI_SIMULATION_WATCH_H
#define GDI_SIMULATION_WATCH_H

#include "core/simulation/seen.h"
#include "core/store/db.h"

enum { GDI_MOVED_FIELD = 1, GDI_MOVED_MONEY = 2 };
enum { GDI_WATCH_TABLES = 9 };

typedef struct gdi_written {
    int64_t *rows; /* own */
    size_t count, capacity;
} gdi_written;

typedef struct gdi_watch { /* zero-initialised, ended with gdi_watch_fini */
    gdi_seen seen;
    gdi_db *db;                            /* borrowed: the one that is followed; NULL: none */
    gdi_written written[GDI_WATCH_TABLES]; /* since the last check */
    uint32_t moved;                        /* by writes to tables of which no states are kept */
    int64_t newest_job;                    /* the highest number of a job that was written */
    bool has_missed;                       /* something was written that is not noted: the next check reads all */
} gdi_watch;

void gdi_watch_follow(gdi_watch *watch, gdi_db *db_or_null);
/* GOD_E_INTERNAL for a state that went where no arrow leads. Adds to *moved what changed since the last check.
 * *ret_newest_job: no job above it was written; one that was rolled back may come again. */
god_status gdi_watch_check(gdi_watch *watch, gdi_db *db, bool all, uint32_t *moved, int64_t *ret_newest_job,
                           god_error *err);
void gdi_watch_fini(gdi_watch *watch);

#endif
