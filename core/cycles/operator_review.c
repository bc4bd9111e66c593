#include <string.h>

#include "core/cycles/entry.h"
#include "core/cycles/operator.h"
#include "core/store/reviews.h"
#include "core/store/rounds.h"

typedef struct review_decision {
    uint32_t status; /* GDI_REVIEW_... */
    const char *eliminations_json;
} review_decision;

/* The review of round 1 that waits for a person. */
static god_status find_waiting(gdi_step *step, gdi_round *ret_round, gdi_rows **ret_row, god_error *err)
{
    gdi_rows *row = NULL;
    god_status status = gdi_round_read(step->db, step->tournament.id, 1, ret_round, err);
    if (status == GOD_E_NOT_FOUND) {
        return god_fail(err, GOD_E_INVALID, "tournament %s has no round yet, so nothing to review",
                        step->tournament.id);
    }
    GOD_TRY(status);
    GOD_TRY(gdi_review_read(step->db, ret_round->id, &row, err));
    GOD_TRY(gdi_step_keep_rows_take(step, row, err));
    if (!gdi_rows_next(row) ||
        strcmp(gdi_rows_text(row, GDI_REVIEW_STATUS), gdi_review_status_name(GDI_REVIEW_PENDING)) != 0) {
        return god_fail(err, GOD_E_INVALID, "no review of tournament %s waits for a decision", step->tournament.id);
    }
    *ret_row = row;
    return GOD_OK;
}

static god_status wake(gdi_step *step, god_error *err)
{
    GOD_TRY(gdi_tournament_call_in(step->db, step->tournament.id, step->now_us, err));
    return gdi_db_notify(step->db, "cycles", err);
}

/* A list of texts; whoever is in it takes part. */
static god_status check_list(gdi_step *step, const char *list_json, god_error *err)
{
    json_t *list = NULL;
    GOD_TRY(gdi_step_parse(step, "eliminations", list_json, &list, err));
    if (!json_is_array(list)) {
        return god_fail(err, GOD_E_INVALID, "eliminations: a JSON list of hotkeys is needed");
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!json_is_string(json_array_get(list, i))) {
            return god_fail(err, GOD_E_INVALID, "eliminations: entry %zu is no text", i);
        }
    }
    return GOD_OK;
}

static god_status decide(gdi_step *step, god_error *err)
{
    const review_decision *decision = step->user;
    gdi_round round;
    gdi_rows *row = NULL;
    bool done = false;
    GOD_TRY(find_waiting(step, &round, &row, err));
    if (decision->eliminations_json != NULL) {
        GOD_TRY(check_list(step, decision->eliminations_json, err));
    }
    GOD_TRY(gdi_review_decide_in(step->db, round.id, decision->status, decision->eliminations_json, step->now_us, &done,
                                 err));
    return wake(step, err);
}

god_status gdi_operator_approve_review(gdi_cycles *cycles, const char *tournament_id, const char *eliminations_json,
                                       int64_t now_us, god_error *err)
{
    review_decision decision = {.status = GDI_REVIEW_APPROVED, .eliminations_json = eliminations_json};
    return gdi_step_act(cycles, decide, &decision, tournament_id, now_us, err);
}

god_status gdi_operator_skip_review(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err)
{
    review_decision decision = {.status = GDI_REVIEW_SKIPPED};
    return gdi_step_act(cycles, decide, &decision, tournament_id, now_us, err);
}

static god_status retry(gdi_step *step, god_error *err)
{
    gdi_round round;
    gdi_rows *row = NULL;
    GOD_TRY(find_waiting(step, &round, &row, err));
    if (gdi_rows_is_null(row, GDI_REVIEW_NOTES)) {
        return god_fail(err, GOD_E_INVALID, "the review of tournament %s did not fail; approve or skip it",
                        step->tournament.id);
    }
    GOD_TRY(gdi_review_remove_in(step->db, round.id, err));
    GOD_TRY(GDI_STEP_RUN(step, NULL, err,
                         "DELETE FROM jobs WHERE tournament_id = $1 AND kind = $2 AND ended_at IS NOT NULL",
                         gdi_text(step->tournament.id), gdi_text(GDI_WORK_REVIEW_DUPLICATES)));
    return wake(step, err);
}

god_status gdi_operator_retry_review(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err)
{
    return gdi_step_act(cycles, retry, NULL, tournament_id, now_us, err);
}
