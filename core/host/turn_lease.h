/* core/host/turn_lease.h: of all hosts with one store, one plays the tournaments; the others stand by.
 *
 *     host A  ── takes "cycles" ── turns, renewing it every 20 s ──┬─ gives it back when it ends politely
 *     host B  ── looks every 10 s, or when the store wakes it ─────┴─► takes it, and looks at everything
 *
 * It is a row of core/store/leases.h that lasts 60 s, so a host that was killed is succeeded within a minute; its own
 * restart succeeds it at once, because a state folder has one host at a time. Every step of the cycles asks in its own
 * transaction whether the lease is still this one, so a host that slept through its end changes nothing. All hosts
 * execute jobs. Used by the thread that turns the cycles. [one]
 */
#ifndef GDI_HOST_TURN_LEASE_H
#define GDI_HOST_TURN_LEASE_H

#include "core/base/log.h"
#include "core/config/config.h"
#include "core/store/leases.h"

enum { GDI_PLACE_BYTES = 400 };

/* "HOST:STATE_DIR#": what is the same of this host after each start. With its process id behind it, it is an owner of
 * leases. */
void gdi_host_place(const gdi_config *config, char ret_place[GDI_PLACE_BYTES]);

typedef struct gdi_turn_lease {
    gdi_db *db; /* borrowed, as the log */
    const gdi_log *log;
    char place[GDI_PLACE_BYTES], owner[GDI_PLACE_BYTES + 32];
    gdi_lease lease;
    uint32_t held;   /* 1: this host plays */
    uint64_t due_ms; /* when to renew it, or to look again, on the monotonic clock */
} gdi_turn_lease;

void gdi_turn_lease_init(gdi_turn_lease *lease, const gdi_config *config, const gdi_log *log, gdi_db *db);
/* Renews it, or takes it when it is free. GOD_OK also when somebody else has it; *ret_taken is 1 when it is new. Before
 * due_ms it does nothing, but that one who stands by looks also when the store woke this host. */
god_status gdi_turn_lease_keep(gdi_turn_lease *lease, int64_t now_us, uint32_t woken, uint32_t *ret_taken,
                               god_error *err);
/* For the next one at once. Fine when it is not held. */
void gdi_turn_lease_give_back(gdi_turn_lease *lease, int64_t now_us);

#endif
