/* core/cycles/ending_model.c: the model that the winner leaves behind, and its base. Source: section 18, step 2. */
#include "core/cycles/ending.h"
#include "core/cycles/rounds.h"

typedef struct winner_model {
    const char *repo, *base; /* base: of the task; NULL when unknown */
} winner_model;

/* The winner's output of the final, that of the task that went on from the previous winner preferred. */
static god_status find_model(gdi_step *step, const gdi_ending *ending, winner_model *ret_model, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(
        GDI_STEP_QUERY(step, &rows, err,
                       "SELECT n.expected_repo_name, COALESCE(t.augmented_model_id, t.model_id) "
                       "FROM tournament_tasks l JOIN tasks t ON t.task_id = l.task_id JOIN task_nodes n ON n.task_id "
                       "= t.task_id JOIN tournament_task_hotkey_trainings r ON r.task_id = n.task_id AND r.hotkey = "
                       "n.hotkey WHERE l.round_id = $1 AND n.hotkey = $2 AND r.training_status = 'success' "
                       "ORDER BY CASE WHEN t.training_start_point = $3 THEN 0 ELSE 1 END, l.slot LIMIT 1",
                       gdi_text(ending->final_round_id), gdi_text(ending->winner), gdi_text("previous_winner")));
    *ret_model = (winner_model){.repo = NULL};
    if (gdi_rows_next(rows) && !gdi_rows_is_null(rows, 0)) {
        GOD_TRY(gdi_step_output_repo(step, gdi_rows_text(rows, 0), &ret_model->repo, err));
        ret_model->base = gdi_rows_text(rows, 1);
    }
    return GOD_OK;
}

static god_status store(gdi_step *step, const winner_model *model, god_error *err)
{
    return GDI_STEP_RUN(
        step, NULL, err,
        "UPDATE tournaments SET winner_model_repo = $1, winner_model_base = $2 WHERE tournament_id = $3",
        gdi_text(model->repo), gdi_text(model->base), gdi_text(step->tournament.id));
}

god_status gdi_ending_model(gdi_step *step, gdi_ending *ending, god_error *err)
{
    winner_model model;
    gdi_outcome outcome;
    if (step->tournament.type != GDI_ENVIRONMENT || ending->has_model || ending->final_round_id == NULL) {
        return GOD_OK;
    }
    GOD_TRY(find_model(step, ending, &model, err));
    if (model.repo == NULL) {
        return GOD_OK; /* a boss that keeps its title without an output */
    }
    GOD_TRY(gdi_step_look(step, GDI_WORK_READ_MODEL_BASE, step->tournament.id, &outcome, err));
    if (outcome.state == 0) {
        gdi_work work = {.kind = GDI_WORK_READ_MODEL_BASE,
                         .key = step->tournament.id,
                         .payload = json_pack("{s:s}", "repo", model.repo)};
        ending->is_open = true;
        return gdi_step_add_job(step, &work, err);
    }
    if (gdi_outcome_open(&outcome)) {
        ending->is_open = true;
        return GOD_OK;
    }
    const char *base = json_string_value(json_object_get(outcome.result, "model_base"));
    if (base != NULL && base[0] != '\0') {
        model.base = base;
    }
    return store(step, &model, err);
}
