#include "core/store/news.h"

static const char untold[] = "SELECT kind, tournament_id FROM jobs WHERE news = 1 AND ended_at IS NOT NULL";

/* RETURNING says the same in one statement, through a temporary table, which costs more than all of this. */
static god_status take_in(gdi_db *db, void *user, god_error *err)
{
    gdi_rows **rows = user;
    gdi_rows_free(*rows); /* of an earlier try */
    *rows = NULL;
    GOD_TRY(gdi_db_query(db, untold, NULL, 0, rows, err));
    return gdi_db_run(db, "UPDATE jobs SET news = 0 WHERE news = 1 AND ended_at IS NOT NULL", NULL, 0, NULL, err);
}

god_status gdi_news_take(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    gdi_rows *rows = NULL;
    /* Most askers find nothing; a question alone costs a fraction of a statement that may write. */
    GOD_TRY(
        gdi_db_query(db, "SELECT 1 FROM jobs WHERE news = 1 AND ended_at IS NOT NULL LIMIT 1", NULL, 0, &rows, err));
    if (gdi_rows_count(rows) == 0) {
        *ret_rows = rows;
        return GOD_OK;
    }
    gdi_rows_free(rows);
    rows = NULL;
    if (gdi_db_engine(db) == GDI_ENGINE_POSTGRES) {
        return gdi_db_query(
            db, "UPDATE jobs SET news = 0 WHERE news = 1 AND ended_at IS NOT NULL RETURNING kind, tournament_id", NULL,
            0, ret_rows, err);
    }
    god_status status = gdi_db_transact(db, take_in, &rows, err);
    if (status != GOD_OK) {
        gdi_rows_free(rows);
        return status;
    }
    *ret_rows = rows;
    return GOD_OK;
}
