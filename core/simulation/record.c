#include "core/simulation/record.h"

#include <string.h>

typedef struct beginning {
    const char *options;
    bool anew;
    gdi_record record;
} beginning;

static god_status begin_in(gdi_db *db, void *user, god_error *err)
{
    beginning *b = user;
    gdi_rows *rows = NULL;
    GOD_TRY(
        gdi_db_run(db,
                   "CREATE TABLE IF NOT EXISTS simulation "
                   "(id INTEGER PRIMARY KEY, options TEXT NOT NULL, true_us BIGINT NOT NULL, ended INTEGER NOT NULL)",
                   NULL, 0, NULL, err));
    if (b->anew) {
        GOD_TRY(gdi_db_run(db, "DELETE FROM simulation", NULL, 0, NULL, err));
    }
    GOD_TRY(gdi_db_query(db, "SELECT options, true_us, ended FROM simulation WHERE id = 1", NULL, 0, &rows, err));
    god_status status = GOD_OK;
    if (!gdi_rows_next(rows)) {
        status = GDI_RUN(db, NULL, err, "INSERT INTO simulation (id, options, true_us, ended) VALUES (1, $1, $2, 0)",
                         gdi_text(b->options), gdi_int(b->record.true_us));
    } else if (strcmp(gdi_rows_text(rows, 0), b->options) != 0) {
        status =
            god_fail(err, GOD_E_INVALID, "the store holds another simulation (%s), this one is %s; use an empty store",
                     gdi_rows_text(rows, 0), b->options);
    } else {
        b->record = (gdi_record){.true_us = gdi_rows_int(rows, 1), .ended = gdi_rows_int(rows, 2) != 0};
    }
    gdi_rows_free(rows);
    return status;
}

god_status gdi_record_begin(gdi_db *db, const char *options, int64_t start_us, bool anew, gdi_record *ret_record,
                            god_error *err)
{
    beginning b = {.options = options, .anew = anew, .record = {.true_us = start_us}};
    GOD_TRY(gdi_db_transact(db, begin_in, &b, err));
    *ret_record = b.record;
    return GOD_OK;
}

god_status gdi_record_write(gdi_db *db, const gdi_record *record, god_error *err)
{
    return GDI_RUN(db, NULL, err, "UPDATE simulation SET true_us = $1, ended = $2 WHERE id = 1",
                   gdi_int(record->true_us), gdi_int(record->ended ? 1 : 0));
}
