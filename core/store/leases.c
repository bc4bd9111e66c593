#include "core/store/leases.h"

static god_status fail_held(gdi_db *db, const char *name, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err, "SELECT owner FROM leases WHERE name = $1", gdi_text(name)));
    char owner[GDI_LEASE_NAME_BYTES];
    (void)snprintf(owner, sizeof owner, "%s", gdi_rows_next(rows) ? gdi_rows_text(rows, 0) : "somebody else");
    gdi_rows_free(rows);
    return god_fail(err, GOD_E_TIMEOUT, "\"%s\" is held by %s", name, owner);
}

god_status gdi_lease_take(gdi_db *db, const char *name, const char *owner, int64_t now_us, int64_t lease_us,
                          gdi_lease *ret_lease, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_lease lease = {.fence = 0};
    if (snprintf(lease.name, sizeof lease.name, "%s", name) >= (int)sizeof lease.name) {
        return god_fail(err, GOD_E_INVALID, "the name of a lease is longer than %zu bytes", sizeof lease.name - 1);
    }
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "INSERT INTO leases (name, owner, fence, lease_until, updated_at) VALUES ($1, $2, 1, $3, $4)"
                      " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, fence = leases.fence + 1,"
                      " lease_until = excluded.lease_until, updated_at = excluded.updated_at"
                      " WHERE leases.lease_until <= excluded.updated_at RETURNING fence",
                      gdi_text(name), gdi_text(owner), gdi_time(now_us + lease_us), gdi_time(now_us)));
    bool taken = gdi_rows_next(rows);
    lease.fence = taken ? gdi_rows_int(rows, 0) : 0;
    gdi_rows_free(rows);
    if (!taken) {
        return fail_held(db, name, err);
    }
    *ret_lease = lease;
    return GOD_OK;
}

static god_status fail_lost(const gdi_lease *lease, god_error *err)
{
    return god_fail(err, GOD_E_CANCELLED, "somebody else took \"%s\"", lease->name);
}

god_status gdi_lease_renew(gdi_db *db, const gdi_lease *lease, int64_t now_us, int64_t lease_us, god_error *err)
{
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "UPDATE leases SET lease_until = $3, updated_at = $4 WHERE name = $1 AND fence = $2",
                    gdi_text(lease->name), gdi_int(lease->fence), gdi_time(now_us + lease_us), gdi_time(now_us)));
    return changed != 0 ? GOD_OK : fail_lost(lease, err);
}

god_status gdi_lease_give_back(gdi_db *db, const gdi_lease *lease, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err, "UPDATE leases SET lease_until = $3, updated_at = $3 WHERE name = $1 AND fence = $2",
                   gdi_text(lease->name), gdi_int(lease->fence), gdi_time(now_us));
}

god_status gdi_lease_hold_in(gdi_db *db, const gdi_lease *lease, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err, "SELECT fence FROM leases WHERE name = $1", gdi_text(lease->name)));
    bool ours = gdi_rows_next(rows) && gdi_rows_int(rows, 0) == lease->fence;
    gdi_rows_free(rows);
    return ours ? GOD_OK : fail_lost(lease, err);
}
