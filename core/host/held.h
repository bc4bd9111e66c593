/* core/host/held.h: a job that an executor holds: its lease, kept alive, and its payload. Used by the thread that owns
 * the connection. [one] */
#ifndef GDI_HOST_HELD_H
#define GDI_HOST_HELD_H

#include <jansson.h>

#include "core/store/jobs.h"

enum { GDI_HELD_LEASE_MS = 60 * 1000, GDI_HELD_KEEP_MS = 20 * 1000 };

typedef struct gdi_held {
    gdi_db *db; /* borrowed */
    gdi_job_lease lease;
    json_t *payload;     /* own; an object */
    uint64_t renewed_ms; /* on the monotonic clock */
    void *user;
} gdi_held;

/* GOD_E_NOT_FOUND when there is no job of these kinds. One whose payload cannot be read is failed, and the next taken.
 */
god_status gdi_held_claim(gdi_db *db, const char *const *kinds, const char *owner, gdi_held *ret_held, god_error *err);
/* Renews the lease when a third of it has passed. GOD_E_CANCELLED: it is not ours any more. A store that cannot be
 * reached just now is no reason to stop. */
god_status gdi_held_keep(gdi_held *held);
/* Stores the result (an object, or NULL: an empty one). */
god_status gdi_held_finish(gdi_held *held, const json_t *result, god_error *err);
void gdi_held_clear(gdi_held *held);

#endif
