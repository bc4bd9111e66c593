#include "core/store/news.h"

god_status gdi_news_take(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    gdi_rows *rows = NULL;
    /* Most askers find nothing; a question alone costs a fraction of a statement that may write. */
    GOD_TRY(gdi_db_query(db, "SELECT kind, tournament_id FROM jobs WHERE news = 1 AND ended_at IS NOT NULL LIMIT 1",
                         NULL, 0, &rows, err));
    if (gdi_rows_count(rows) == 0) {
        *ret_rows = rows;
        return GOD_OK;
    }
    gdi_rows_free(rows);
    return gdi_db_query(
        db, "UPDATE jobs SET news = 0 WHERE news = 1 AND ended_at IS NOT NULL RETURNING kind, tournament_id", NULL, 0,
        ret_rows, err);
}
