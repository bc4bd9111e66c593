/* core/store/leases.h: things that one holder at a time may have, as rows: driving the cycles of a store that several
 * hosts share, a device, a name. [one]
 *
 * A lease ends by itself when nobody renews it, so a holder that was killed is succeeded without anybody's help. Its
 * fence grows with each new holder; whoever acts for it asks gdi_lease_hold_in inside the same transaction, so that a
 * holder that slept through its end cannot act beside its successor. Times come from the caller.
 */
#ifndef GDI_STORE_LEASES_H
#define GDI_STORE_LEASES_H

#include "core/store/db.h"

enum { GDI_LEASE_NAME_BYTES = 128 };

typedef struct gdi_lease {
    char name[GDI_LEASE_NAME_BYTES];
    int64_t fence;
} gdi_lease;

/* GOD_E_TIMEOUT when somebody else has it; the message names the owner. GOD_E_INVALID for a name that is too long. */
god_status gdi_lease_take(gdi_db *db, const char *name, const char *owner, int64_t now_us, int64_t lease_us,
                          gdi_lease *ret_lease, god_error *err);
/* GOD_E_CANCELLED: it is not yours any more. */
god_status gdi_lease_renew(gdi_db *db, const gdi_lease *lease, int64_t now_us, int64_t lease_us, god_error *err);
/* Free for the next one at once. Fine when it is not yours any more. */
god_status gdi_lease_give_back(gdi_db *db, const gdi_lease *lease, int64_t now_us, god_error *err);
/* Inside the caller's transaction: GOD_E_CANCELLED when somebody else has taken it since. */
god_status gdi_lease_hold_in(gdi_db *db, const gdi_lease *lease, god_error *err);

#endif
