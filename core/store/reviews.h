/* core/store/reviews.h: rows of `tournament_dedup_reviews`, the gate between rounds 1 and 2. Sources: sections 5.8, 9.4
 * and 24. [one]
 *
 * Functions that end in _in write and belong inside the caller's transaction. */
#ifndef GDI_STORE_REVIEWS_H
#define GDI_STORE_REVIEWS_H

#include "core/store/db.h"

enum { GDI_REVIEW_PENDING = 1, GDI_REVIEW_APPROVED, GDI_REVIEW_SKIPPED };

/* Columns of gdi_review_read. */
enum {
    GDI_REVIEW_STATUS, /* "pending_review", "approved", "skipped" */
    GDI_REVIEW_APPROVED_ELIMINATIONS,
    GDI_REVIEW_PUBLISHED_REPOS,
    GDI_REVIEW_NOTES,
    GDI_REVIEW_RESOLVED_AT, /* NULL: the tournament has not acted on it yet */
    GDI_REVIEW_FLAGGED
};
/* The review of a round, or no row. The rows are the caller's. */
god_status gdi_review_read(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err);

typedef struct gdi_review {
    const char *round_id, *tournament_id, *tournament_type;
    uint32_t status;
    const char *cohort_json, *clusters_json, *verdicts_json, *flagged_json; /* approved_eliminations: as flagged */
    const char *notes;                                                      /* NULL, or why the gate itself failed */
    bool resolved; /* nothing is left to do: a row that was skipped without flags */
} gdi_review;
god_status gdi_review_add_in(gdi_db *db, const gdi_review *review, int64_t now_us, god_error *err);

/* A human's word. approved_json NULL: the eliminations stay as they are. *ret_done is false when the review is not
 * pending any more. */
god_status gdi_review_decide_in(gdi_db *db, const char *round_id, uint32_t status, const char *approved_json,
                                int64_t now_us, bool *ret_done, god_error *err);
/* The tournament acted on it. */
god_status gdi_review_resolve_in(gdi_db *db, const char *round_id, int64_t now_us, god_error *err);
god_status gdi_review_publish_in(gdi_db *db, const char *round_id, const char *published_json, god_error *err);
/* For another attempt after the gate itself failed. */
god_status gdi_review_remove_in(gdi_db *db, const char *round_id, god_error *err);

const char *gdi_review_status_name(uint32_t status); /* static text */

#endif
