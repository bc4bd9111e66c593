#include "core/simulation/operator.h"

#include "core/simulation/draw.h"
#include "core/store/reviews.h"
#include "core/store/tournaments.h"

typedef struct verdict {
    const char *round_id, *tournament_id;
    uint32_t status;
    int64_t host_us;
} verdict;

static god_status decide_in(gdi_db *db, void *user, god_error *err)
{
    const verdict *v = user;
    bool done = false;
    GOD_TRY(gdi_review_decide_in(db, v->round_id, v->status, NULL, v->host_us, &done, err));
    return done ? gdi_tournament_call_in(db, v->tournament_id, v->host_us, err) : GOD_OK;
}

static god_status decide_reviews(gdi_db *db, uint64_t seed, int64_t host_us, god_error *err)
{
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    GOD_TRY(gdi_db_query(db,
                         "SELECT round_id, tournament_id FROM tournament_dedup_reviews "
                         "WHERE status = 'pending_review' ORDER BY round_id",
                         NULL, 0, &rows, err));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        verdict v = {.round_id = gdi_rows_text(rows, 0), .tournament_id = gdi_rows_text(rows, 1), .host_us = host_us};
        v.status = gdi_draw(seed, "review", v.round_id, 0) % 4 == 0 ? GDI_REVIEW_SKIPPED : GDI_REVIEW_APPROVED;
        status = gdi_db_transact(db, decide_in, &v, err);
    }
    gdi_rows_free(rows);
    return status;
}

god_status gdi_operator_visit(gdi_cycles *cycles, gdi_db *db, uint64_t seed, int64_t host_us, god_error *err)
{
    (void)cycles;
    return decide_reviews(db, seed, host_us, err);
}
