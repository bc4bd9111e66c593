#include "core/store/periodic.h"

god_status gdi_periodic_read(gdi_db *db, const char *kind, gdi_periodic *ret_periodic, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_periodic periodic = {.asked = 0};
    GOD_TRY(GDI_QUERY(db, &rows, err, "SELECT asked, applied, asked_at FROM periodic_work WHERE kind = $1",
                      gdi_text(kind)));
    if (gdi_rows_next(rows)) {
        periodic = (gdi_periodic){
            .asked = gdi_rows_int(rows, 0), .applied = gdi_rows_int(rows, 1), .asked_us = gdi_rows_time(rows, 2)};
    }
    gdi_rows_free(rows);
    *ret_periodic = periodic;
    return GOD_OK;
}

god_status gdi_periodic_write_in(gdi_db *db, const char *kind, const gdi_periodic *periodic, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO periodic_work (kind, asked, applied, asked_at) VALUES ($1, $2, $3, $4) "
                   "ON CONFLICT (kind) DO UPDATE SET asked = excluded.asked, applied = excluded.applied, "
                   "asked_at = excluded.asked_at",
                   gdi_text(kind), gdi_int(periodic->asked), gdi_int(periodic->applied), gdi_time(periodic->asked_us));
}
