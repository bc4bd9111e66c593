#include "core/cycles/content.h"

#include "core/tournament/task_size.h"
#include "god/helpers/json.h"

enum { QUICK_TRIES = 8 };

/* 11.2; a kind without a filter takes everything. */
static god_status accepted(gdi_step *step, const gdi_named_task_kind *kind, const char *ds, bool *ret_accepted,
                           god_error *err)
{
    *ret_accepted = true;
    if (ds == NULL || kind->dataset_filter == GDI_DATASET_ANY) {
        return GOD_OK;
    }
    gdi_rows *rows = NULL;
    GDI_KEEP(step, rows, err, gdi_task_losses_on(step->db, kind->task_type, ds, &rows, err));
    double *losses = NULL;
    uint32_t count = 0;
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &losses, err));
    while (gdi_rows_next(rows)) {
        losses[count++] = gdi_rows_real(rows, 0);
    }
    *ret_accepted = gdi_dataset_accepted(kind->dataset_filter, losses, count);
    return GOD_OK;
}

static god_status read_content(const json_t *result, gdi_content *ret_content, god_error *err)
{
    gdi_content content = {.rows = 0};
    GOD_TRY(god_json_get_str("content", result, "model_id", &content.model_id, err));
    GOD_TRY(god_json_opt_str("content", result, "ds", &content.ds, err));
    GOD_TRY(god_json_opt_int("content", result, "model_params_count", 0, INT64_C(1) << 50, &content.model_params_count,
                             err));
    GOD_TRY(god_json_opt_num("content", result, "rows", &content.rows, err));
    GOD_TRY(god_json_opt_object("content", result, "fields", &content.fields, err));
    if (!gdi_name_fits(content.model_id, GDI_MODEL_NAME_MAX) ||
        (content.ds != NULL && !gdi_name_fits(content.ds, GDI_DATASET_NAME_MAX))) {
        return god_fail(err, GOD_E_DATA, "content: the name of the model or of the data set is empty or too long");
    }
    if (content.fields != NULL && json_dumpb(content.fields, NULL, 0, JSON_COMPACT) > GDI_TASK_DETAILS_MAX) {
        return god_fail(err, GOD_E_DATA, "content: \"fields\" has more than %d bytes", (int)GDI_TASK_DETAILS_MAX);
    }
    if (!(content.rows >= 0)) {
        return god_fail(err, GOD_E_DATA, "content: \"rows\" is %g, a number from 0 is needed", content.rows);
    }
    *ret_content = content;
    return GOD_OK;
}

/* Whether the answer of a finished question may be used. */
static god_status usable(gdi_step *step, const gdi_task_plan *plan, const gdi_outcome *outcome, const char *key,
                         bool *ret_rejected, gdi_content *ret_content, bool *ret_usable, god_error *err)
{
    *ret_usable = *ret_rejected = false;
    if (outcome->result == NULL) {
        return GOD_OK;
    }
    god_error why = GOD_ERROR_INIT;
    gdi_content content = {.rows = 0};
    if (read_content(outcome->result, &content, &why) != GOD_OK) {
        gdi_step_log(step, GOD_LOG_WARNING, "content service gave an answer that cannot be used, asking again", "job",
                     key);
        return GOD_OK;
    }
    GOD_TRY(accepted(step, plan->kind, content.ds, ret_usable, err));
    *ret_rejected = !*ret_usable;
    *ret_content = content;
    return GOD_OK;
}

static god_status ask(gdi_step *step, const gdi_task_place *at, const gdi_task_plan *plan, const char *key,
                      uint32_t replacement, int64_t not_before_us, god_error *err)
{
    json_t *payload = json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:O}", "task_type", plan->kind->task_type,
                                "tournament_type", gdi_type_name(step->tournament.type), "slot", at->slots[at->slot].id,
                                "place", (int)at->place, "replacement", (int)replacement, "params_min",
                                plan->params.lowest, "params_max", plan->params.highest, "details", plan->details);
    const gdi_work work = {
        .kind = GDI_WORK_CHOOSE_CONTENT, .key = key, .payload = payload, .not_before_us = not_before_us};
    return gdi_step_add_job(step, &work, err);
}

god_status gdi_content_find(gdi_step *step, const gdi_task_place *at, const gdi_task_plan *plan, uint32_t replacement,
                            int64_t not_before_us, bool *ret_found, gdi_content *ret_content, god_error *err)
{
    for (uint32_t try = 0;; try++) {
        const char *key = NULL;
        gdi_outcome outcome = {.state = 0};
        bool found = false, rejected = false;
        GOD_TRY(gdi_step_format(step, &key, err, "%s/%u/%u/%u", at->slots[at->slot].id, at->place, replacement, try));
        GOD_TRY(gdi_step_look(step, GDI_WORK_CHOOSE_CONTENT, key, &outcome, err));
        if (outcome.state == 0 || gdi_outcome_open(&outcome)) {
            *ret_found = false;
            return outcome.state == 0 ? ask(step, at, plan, key, replacement, not_before_us, err) : GOD_OK;
        }
        GOD_TRY(usable(step, plan, &outcome, key, &rejected, ret_content, &found, err));
        if (found) {
            *ret_found = true;
            return GOD_OK;
        }
        not_before_us = rejected && try + 1 < QUICK_TRIES ? 0 : outcome.ended_us + GDI_STEP_LOOP_US;
    }
}
