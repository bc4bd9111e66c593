/* core/cycles/evidence.c: where the repositories of removed duplicates were published. Source: section 9.4, step 4. */
#include <string.h>

#include "core/cycles/entry.h"
#include "core/store/reviews.h"
#include "core/store/rounds.h"

/* *ret_open: some upload is under way. Failed ones are left out, and nothing waits for them. */
static god_status collect(gdi_step *step, const json_t *approved, json_t *published, bool *ret_open, god_error *err)
{
    *ret_open = false;
    for (size_t i = 0; i < json_array_size(approved); i++) {
        const char *hotkey = json_string_value(json_array_get(approved, i)), *key = NULL;
        gdi_outcome outcome;
        if (hotkey == NULL) {
            continue;
        }
        GOD_TRY(gdi_step_format(step, &key, err, GDI_EVIDENCE_KEY, step->tournament.id, hotkey));
        GOD_TRY(gdi_step_look(step, GDI_WORK_PUBLISH_REPOSITORY, key, &outcome, err));
        *ret_open |= gdi_outcome_open(&outcome);
        json_t *url = json_object_get(outcome.result, "repository_url");
        if (json_is_string(url) && json_object_set(published, hotkey, url) != 0) {
            return god_fail(err, GOD_E_NOMEM, "no memory for a review");
        }
    }
    return GOD_OK;
}

static god_status record(gdi_step *step, const char *round_id, const char *approved_json, god_error *err)
{
    json_t *approved = NULL, *published = json_object();
    const char *text = NULL;
    bool is_open = false;
    GOD_TRY(gdi_step_keep_json_take(step, published, err));
    GOD_TRY(gdi_step_parse(step, "approved_eliminations", approved_json, &approved, err));
    GOD_TRY(collect(step, approved, published, &is_open, err));
    if (is_open) {
        return GOD_OK;
    }
    GOD_TRY(gdi_step_dump(step, published, &text, err));
    step->changed = true;
    return gdi_review_publish_in(step->db, round_id, text, err);
}

god_status gdi_step_evidence(gdi_step *step, god_error *err)
{
    gdi_round round;
    gdi_rows *row = NULL;
    if (step->options->publish == 0) {
        return GOD_OK;
    }
    god_status status = gdi_round_read(step->db, step->tournament.id, 1, &round, err);
    if (status == GOD_E_NOT_FOUND) {
        return GOD_OK;
    }
    GOD_TRY(status);
    GOD_TRY(gdi_review_read(step->db, round.id, &row, err));
    GOD_TRY(gdi_step_keep_rows_take(step, row, err));
    bool is_due = gdi_rows_next(row) && !gdi_rows_is_null(row, GDI_REVIEW_RESOLVED_AT) &&
                  gdi_rows_is_null(row, GDI_REVIEW_PUBLISHED_REPOS) &&
                  strcmp(gdi_rows_text(row, GDI_REVIEW_STATUS), gdi_review_status_name(GDI_REVIEW_APPROVED)) == 0;
    return is_due ? record(step, round.id, gdi_rows_text(row, GDI_REVIEW_APPROVED_ELIMINATIONS), err) : GOD_OK;
}
