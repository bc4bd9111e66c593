/* core/store/news.h: which jobs ended since somebody last asked. The cycles wake by it; executors know nothing of it.
 *
 * Every job that ended is told once, in one statement, so that no two askers are told of the same job. News are hints:
 * whoever lost some (a crash right after asking) looks at everything instead. */
#ifndef GDI_STORE_NEWS_H
#define GDI_STORE_NEWS_H

#include "core/store/db.h"

/* Columns: kind, tournament_id (may be NULL). In no order. The rows are the caller's. [one] */
god_status gdi_news_take(gdi_db *db, gdi_rows **ret_rows, god_error *err);

#endif
