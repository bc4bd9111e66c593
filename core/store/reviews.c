#include "core/store/reviews.h"

static const char *const status_names[] = {
    [GDI_REVIEW_PENDING] = "pending_review", [GDI_REVIEW_APPROVED] = "approved", [GDI_REVIEW_SKIPPED] = "skipped"};

const char *gdi_review_status_name(uint32_t status)
{
    return status_names[status];
}

god_status gdi_review_read(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT status, approved_eliminations, published_repos, notes, resolved_at, flagged_hotkeys "
                     "FROM tournament_dedup_reviews WHERE round_id = $1",
                     gdi_text(round_id));
}

god_status gdi_review_add_in(gdi_db *db, const gdi_review *r, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO tournament_dedup_reviews (round_id, tournament_id, tournament_type, status, cohort, "
                   "clusters, pair_verdicts, flagged_hotkeys, approved_eliminations, notes, created_at, resolved_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                   gdi_text(r->round_id), gdi_text(r->tournament_id), gdi_text(r->tournament_type),
                   gdi_text(gdi_review_status_name(r->status)), gdi_text(r->cohort_json), gdi_text(r->clusters_json),
                   gdi_text(r->verdicts_json), gdi_text(r->flagged_json), gdi_text(r->flagged_json), gdi_text(r->notes),
                   gdi_time(now_us), r->resolved ? gdi_time(now_us) : gdi_null());
}

god_status gdi_review_decide_in(gdi_db *db, const char *round_id, uint32_t status, const char *approved_json,
                                int64_t now_us, bool *ret_done, god_error *err)
{
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "UPDATE tournament_dedup_reviews SET status = $1, reviewed_at = $2 "
                    "WHERE round_id = $3 AND status = 'pending_review'",
                    gdi_text(gdi_review_status_name(status)), gdi_time(now_us), gdi_text(round_id)));
    if (changed > 0 && approved_json != NULL) {
        GOD_TRY(GDI_RUN(db, NULL, err,
                        "UPDATE tournament_dedup_reviews SET approved_eliminations = $1 WHERE round_id = $2",
                        gdi_text(approved_json), gdi_text(round_id)));
    }
    *ret_done = changed > 0;
    return GOD_OK;
}

god_status gdi_review_resolve_in(gdi_db *db, const char *round_id, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_dedup_reviews SET resolved_at = $1 WHERE round_id = $2 AND resolved_at IS NULL",
                   gdi_time(now_us), gdi_text(round_id));
}

god_status gdi_review_publish_in(gdi_db *db, const char *round_id, const char *published_json, god_error *err)
{
    return GDI_RUN(db, NULL, err, "UPDATE tournament_dedup_reviews SET published_repos = $1 WHERE round_id = $2",
                   gdi_text(published_json), gdi_text(round_id));
}

god_status gdi_review_remove_in(gdi_db *db, const char *round_id, god_error *err)
{
    return GDI_RUN(db, NULL, err, "DELETE FROM tournament_dedup_reviews WHERE round_id = $1", gdi_text(round_id));
}
