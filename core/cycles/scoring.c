/* core/cycles/scoring.c: the quality scores of a task, and whether it succeeded. Section 14.3. */
#include "core/cycles/rounds.h"
#include "core/tournament/completion.h"
#include "core/tournament/ranking.h"

static bool is(const char *status, const char *name)
{
    return status != NULL && strcmp(status, name) == 0;
}

god_status gdi_task_score(gdi_step *step, const char *task_id, const gdi_named_task_kind *kind, god_error *err)
{
    gdi_rows *nodes = NULL;
    gdi_score *scores = NULL;
    gdi_standing *ranked = NULL;
    double *quality = NULL;
    GDI_KEEP(step, nodes, err, gdi_task_nodes(step->db, task_id, &nodes, err));
    size_t count = gdi_rows_count(nodes);
    GOD_TRY(GDI_STEP_NEW(step, count, &scores, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &ranked, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &quality, err));
    uint32_t evaluated = 0, entrant = 0;
    for (; gdi_rows_next(nodes); entrant++) {
        bool success = is(gdi_rows_text(nodes, GDI_NODE_EVALUATED), "success");
        bool trained = is(gdi_rows_text(nodes, GDI_NODE_TRAINED), "success");
        double value = success && trained ? gdi_rows_real(nodes, GDI_NODE_VALUE) : GDI_NO_VALUE;
        scores[entrant] = (gdi_score){.entrant = entrant, .value = value};
        evaluated += success;
    }
    (void)gdi_quality_scores(step->options->rules, kind->direction, scores, entrant, ranked, quality);
    gdi_rows_rewind(nodes);
    for (uint32_t i = 0; gdi_rows_next(nodes); i++) {
        GOD_TRY(
            gdi_task_node_quality_in(step->db, task_id, gdi_rows_text(nodes, GDI_NODE_HOTKEY), quality[i], NULL, err));
    }
    bool success = gdi_task_outcome(entrant, entrant, evaluated) == GDI_TASK_SUCCESS;
    GOD_TRY(gdi_task_end_in(step->db, task_id, success ? "success" : "failure",
                            success ? NULL : "no evaluation of it succeeded", step->now_us, err));
    step->changed = true;
    gdi_step_raise(step, GDI_ON_TASK_ENDED);
    gdi_step_raise(step, GDI_ON_TASKS);
    gdi_step_log(step, success ? GOD_LOG_INFO : GOD_LOG_WARNING, success ? "task scored" : "task failed", "task",
                 task_id);
    return GOD_OK;
}
