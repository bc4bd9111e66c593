#include "core/store/news.h"

god_status gdi_news_take(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    return gdi_db_query(
        db, "UPDATE jobs SET news = 0 WHERE news = 1 AND ended_at IS NOT NULL RETURNING kind, tournament_id", NULL, 0,
        ret_rows, err);
}
