/* core/host/prefetch.h: models and data of jobs, fetched in the background and held in the cache while they are used.
 *
 *     watcher ── look(job, addresses) ──► a thread per job, at most two at a time ──► core/host/fetcher.h
 *             ◄── nothing yet; later a place or a reason for each address
 *             ── drop(job) ──► stops it, or gives the places back to the cache
 *
 * Used by one thread, which also closes it; close waits for the threads, which are told to stop. [one]
 */
#ifndef GDI_HOST_PREFETCH_H
#define GDI_HOST_PREFETCH_H

#include "core/host/fetcher.h"

enum { GDI_PREFETCH_ADDRESSES_MAX = 1024 };

typedef struct gdi_prefetch gdi_prefetch; /* owned by whoever opened it */

typedef struct gdi_prefetched {
    god_status status; /* GOD_OK: fetched.path is it */
    god_error why;
    gdi_fetched fetched;
} gdi_prefetched;

god_status gdi_prefetch_open(const gdi_config *config, gdi_prefetch **ret_prefetch, god_error *err);
void gdi_prefetch_close(gdi_prefetch *prefetch); /* accepts NULL */

/* Begins with the first look. *ret_items is NULL while it goes on, then an entry for each address, borrowed until drop.
 * The addresses of a later look at the same job are not looked at. */
god_status gdi_prefetch_look(gdi_prefetch *prefetch, int64_t job_id, const char *const *addresses, uint32_t count,
                             const gdi_prefetched **ret_items, god_error *err);
void gdi_prefetch_drop(gdi_prefetch *prefetch, int64_t job_id); /* fine when there is nothing */

#endif
