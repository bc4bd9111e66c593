/* core/cycles/ending_difference.c: by how much the winner won, and what differs in its code. Sources: section 18, step
 * 5, and section 19. */
#include "core/cycles/ending.h"
#include "core/cycles/rounds.h"
#include "core/store/participants.h"
#include "core/tournament/performance.h"

/* Whoever met the boss in the final: GDI_NOBODY when there was none. */
static gdi_entrant find_contender(const gdi_round_results *results)
{
    for (uint32_t i = 0; i < results->score_count; i++) {
        if (results->scores[i].entrant != results->roster.boss) {
            return results->scores[i].entrant;
        }
    }
    return GDI_NOBODY;
}

static double value_of(const gdi_round_results *results, const gdi_task_result *task, gdi_entrant entrant)
{
    for (uint32_t i = 0; i < task->scores.count; i++) {
        const gdi_score *score = &results->scores[task->scores.first + i];
        if (score->entrant == entrant && gdi_has_value(score->value)) {
            return score->value;
        }
    }
    return GDI_NO_VALUE;
}

static god_status count_environments(gdi_step *step, const char *task_id, uint32_t *ret_count, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_task task;
    json_t *details = NULL;
    GOD_TRY(gdi_task_read(step->db, task_id, &rows, &task, err));
    GOD_TRY(gdi_step_keep_rows_take(step, rows, err));
    GOD_TRY(gdi_step_details(step, task.details_json, &details, err));
    *ret_count = (uint32_t)json_array_size(json_object_get(details, "environment_names"));
    return GOD_OK;
}

static god_status task_difference(gdi_step *step, const gdi_round_results *results, const gdi_task_result *task,
                                  double *ret_difference, god_error *err)
{
    double boss = value_of(results, task, results->roster.boss);
    double challenger = value_of(results, task, find_contender(results));
    if (step->tournament.type != GDI_ENVIRONMENT) {
        *ret_difference = task->kind == NULL ? GDI_NO_VALUE : gdi_performance(task->kind->direction, boss, challenger);
        return GOD_OK;
    }
    uint32_t environments = 0;
    GOD_TRY(count_environments(step, task->task_id, &environments, err));
    *ret_difference = environments == 0
                          ? GDI_NO_VALUE
                          : gdi_environment_performance(step->options->rules, boss, challenger, environments);
    return GOD_OK;
}

static god_status final_results(gdi_step *step, const gdi_ending *ending, gdi_round_results *ret_results,
                                god_error *err)
{
    gdi_round round;
    GOD_TRY(gdi_round_read(step->db, step->tournament.id, ending->final_round_number, &round, err));
    return gdi_round_results_read(step, &round, ret_results, err);
}

god_status gdi_ending_difference(gdi_step *step, gdi_ending *ending, god_error *err)
{
    gdi_round_results results = {.task_count = 0};
    double *differences = NULL;
    if (ending->has_difference) {
        return GOD_OK;
    }
    if (ending->final_round_id != NULL) {
        GOD_TRY(final_results(step, ending, &results, err));
    }
    GOD_TRY(GDI_STEP_NEW(step, results.task_count, &differences, err));
    for (uint32_t i = 0; i < results.task_count; i++) {
        GOD_TRY(task_difference(step, &results, &results.tasks[i], &differences[i], err));
    }
    return GDI_STEP_RUN(
        step, NULL, err, "UPDATE tournaments SET winning_performance_difference = $1 WHERE tournament_id = $2",
        gdi_real(gdi_performance_median(differences, results.task_count)), gdi_text(step->tournament.id));
}

/* ---- the report ---- */

static god_status source_of(gdi_step *step, const char *hotkey, json_t **ret_source, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_participant_read(step->db, step->tournament.id, hotkey, &rows, err));
    GOD_TRY(gdi_step_keep_rows_take(step, rows, err));
    if (!gdi_rows_next(rows)) {
        return god_fail(err, GOD_E_NOT_FOUND, "%s takes no part in tournament %s", hotkey, step->tournament.id);
    }
    *ret_source =
        json_pack("{s:s, s:s?, s:s?, s:s?}", "hotkey", hotkey, "github_repo", gdi_rows_text(rows, GDI_PARTICIPANT_REPO),
                  "commit_hash", gdi_rows_text(rows, GDI_PARTICIPANT_COMMIT), "github_token",
                  gdi_rows_text(rows, GDI_PARTICIPANT_TOKEN));
    return gdi_step_keep_json_take(step, *ret_source, err);
}

/* The new winner against the boss it beat, or the boss against the challenger it beat. */
static god_status ask_for_report(gdi_step *step, gdi_ending *ending, god_error *err)
{
    gdi_round_results results;
    json_t *winner = NULL, *other = NULL;
    GOD_TRY(final_results(step, ending, &results, err));
    gdi_entrant contender = find_contender(&results);
    if (contender == GDI_NOBODY) {
        return GOD_OK; /* an operator took every task out of the final */
    }
    ending->is_open = true;
    GOD_TRY(source_of(step, ending->winner, &winner, err));
    GOD_TRY(source_of(step, ending->is_defence ? results.roster.hotkeys[contender] : step->options->burn_hotkey, &other,
                      err));
    gdi_work work = {.kind = GDI_WORK_COMPARE_SOURCES,
                     .key = step->tournament.id,
                     .payload = json_pack("{s:O, s:O}", "winner", winner, "other", other)};
    return gdi_step_add_job(step, &work, err);
}

god_status gdi_ending_report(gdi_step *step, gdi_ending *ending, god_error *err)
{
    gdi_outcome outcome;
    if (ending->diff_report != NULL || ending->final_round_id == NULL) {
        return GOD_OK;
    }
    GOD_TRY(gdi_step_look(step, GDI_WORK_COMPARE_SOURCES, step->tournament.id, &outcome, err));
    if (outcome.state == 0) {
        return ask_for_report(step, ending, err);
    }
    if (gdi_outcome_open(&outcome)) {
        ending->is_open = true;
        return GOD_OK;
    }
    const char *report = json_string_value(json_object_get(outcome.result, "diff_report"));
    if (report == NULL) {
        gdi_step_log(step, GOD_LOG_WARNING, "there is no comparison of the sources, going on", "error",
                     outcome.message);
        return GOD_OK;
    }
    ending->diff_report = report;
    return GDI_STEP_RUN(step, NULL, err, "UPDATE tournaments SET diff_report = $1 WHERE tournament_id = $2",
                        gdi_text(report), gdi_text(step->tournament.id));
}
