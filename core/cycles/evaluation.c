/* core/cycles/evaluation.c: trained models of a task are evaluated, all of them as one job. Sections 5.6, 14.1
 * and 14.2.
 *
 * A row that comes back with a retryable error waits for the next evaluation of its task, of which there are at most
 * four. Kinds whose values are relative to the others of the task (`one_batch`) are evaluated again all together. */
#include <math.h>

#include "core/cycles/rounds.h"

static const int64_t pause_us = GDI_STEP_MINUTE_US;

/* ---- asking ---- */

static god_status submissions(gdi_step *step, const char *task_id, json_t **ret_list, god_error *err)
{
    gdi_rows *rows = NULL;
    json_t *list = json_array();
    GOD_TRY(gdi_step_keep_json_take(step, list, err));
    GDI_KEEP(step, rows, err, gdi_evaluations_with_status(step->db, task_id, "pending", &rows, err));
    while (gdi_rows_next(rows)) {
        const char *repo = NULL;
        GOD_TRY(gdi_step_output_repo(step, gdi_rows_text(rows, GDI_EVALUATION_REPO), &repo, err));
        GOD_TRY(gdi_json_append_take(
            list, json_pack("{s:s, s:s}", "hotkey", gdi_rows_text(rows, GDI_EVALUATION_HOTKEY), "repo", repo), err));
    }
    *ret_list = list;
    return GOD_OK;
}

static god_status ask(gdi_step *step, const gdi_task *task, god_error *err)
{
    json_t *list = NULL, *details = NULL;
    const char *number = NULL, *key = NULL;
    GOD_TRY(submissions(step, task->task_id, &list, err));
    GOD_TRY(gdi_step_details(step, task->details_json, &details, err));
    GOD_TRY(gdi_step_format(step, &number, err, "%s/%u", task->task_id, task->eval_attempts + 1));
    const gdi_task_work work = {.kind = GDI_WORK_EVALUATE,
                                .key = number,
                                .tournament_id = task->tournament_id,
                                .task_id = task->task_id,
                                .payload =
                                    json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:O, s:O}", "task_id", task->task_id,
                                              "task_type", task->task_type, "model_id", task->model_id, "ds", task->ds,
                                              "test_data", task->test_data, "details", details, "submissions", list),
                                .not_before_us = task->eval_attempts > 0 ? step->now_us + pause_us : 0};
    GOD_TRY(gdi_task_work_add(step, &work, &key, err));
    GOD_TRY(gdi_evaluations_move_in(step->db, task->task_id, "pending", "evaluating", step->now_us, err));
    return gdi_evaluation_try_in(step->db, task->task_id, key, step->now_us, err);
}

static god_status begin(gdi_step *step, const char *task_id, god_error *err)
{
    gdi_rows *rows = NULL, *pending = NULL;
    gdi_task task = {.task_id = NULL};
    GDI_KEEP(step, rows, err, gdi_task_read(step->db, task_id, &rows, &task, err));
    const gdi_named_task_kind *kind = gdi_step_kind_of(step, task.task_type, task_id);
    if (kind == NULL) {
        return GOD_OK;
    }
    step->changed = true;
    gdi_step_raise(step, GDI_ON_TASKS);
    GDI_KEEP(step, pending, err, gdi_evaluations_with_status(step->db, task_id, "pending", &pending, err));
    if (gdi_rows_count(pending) == 0) {
        return gdi_task_score(step, task_id, kind, err); /* no training succeeded */
    }
    return kind->games > 0 ? gdi_games_begin(step, &task, kind, err) : ask(step, &task, err);
}

god_status gdi_step_evaluate(gdi_step *step, god_error *err)
{
    gdi_rows *ready = NULL;
    GDI_KEEP(step, ready, err, gdi_tasks_with_status(step->db, "preevaluation", 0, &ready, err));
    while (gdi_rows_next(ready)) {
        GOD_TRY(begin(step, gdi_rows_text(ready, 0), err));
    }
    return GOD_OK;
}

/* ---- answers ---- */

enum { AGAIN = 1, SCORED, FAILED };

typedef struct verdict {
    uint32_t what;
    double test_loss, synth_loss;
    const char *message;
} verdict;

static double number_or_none(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : GDI_NO_VALUE;
}

static verdict answer_of(const json_t *result, const char *hotkey, const char *job_message)
{
    const json_t *score = json_object_get(json_object_get(result, "scores"), hotkey);
    const char *status = json_string_value(json_object_get(score, "status"));
    verdict answer = {.what = AGAIN,
                      .test_loss = number_or_none(json_object_get(score, "test_loss")),
                      .synth_loss = number_or_none(json_object_get(score, "synth_loss")),
                      .message = json_string_value(json_object_get(score, "message"))};
    if (status == NULL || strcmp(status, "retry") == 0) {
        answer.message = answer.message != NULL ? answer.message : result == NULL ? job_message : "no result came";
    } else if (strcmp(status, "ok") == 0 && gdi_has_value(answer.test_loss)) {
        answer.what = SCORED;
    } else {
        answer.what = FAILED;
        bool same = strcmp(status, "not_finetuned") == 0;
        const char *reason =
            same ? "the output is the base model, not fine-tuned" : "the result is not a finite number";
        answer.message = answer.message != NULL ? answer.message : reason;
    }
    return answer;
}

static god_status end_row(gdi_step *step, const char *task_id, const char *hotkey, const verdict *answer, bool last,
                          god_error *err)
{
    const char *reason = NULL;
    GOD_TRY(gdi_step_reason(step, answer->message, &reason, err));
    if (answer->what == SCORED) {
        GOD_TRY(gdi_task_node_value_in(step->db, task_id, hotkey, answer->test_loss, answer->synth_loss, reason, err));
        return gdi_evaluation_end_in(step->db, task_id, hotkey, "success", step->now_us, err);
    }
    bool again = answer->what == AGAIN && !last;
    GOD_TRY(gdi_task_node_value_in(step->db, task_id, hotkey, GDI_NO_VALUE, GDI_NO_VALUE, reason, err));
    return gdi_evaluation_end_in(step->db, task_id, hotkey, again ? "pending" : "failure", step->now_us, err);
}

static god_status end(gdi_step *step, gdi_rows *ended, god_error *err)
{
    const char *task_id = gdi_rows_text(ended, GDI_ENDED_TASK), *message = NULL;
    gdi_rows *rows = NULL, *open = NULL;
    gdi_task task = {.task_id = NULL};
    json_t *result = NULL;
    bool again = false;
    GOD_TRY(gdi_ended_result(step, gdi_rows_text(ended, GDI_ENDED_STATE), gdi_rows_text(ended, GDI_ENDED_RESULT),
                             gdi_rows_text(ended, GDI_ENDED_MESSAGE), &result, &message, err));
    GDI_KEEP(step, rows, err, gdi_task_read(step->db, task_id, &rows, &task, err));
    const gdi_named_task_kind *kind = gdi_step_kind_of(step, task.task_type, task_id);
    if (kind == NULL) {
        return GOD_OK;
    }
    bool last = task.eval_attempts >= GDI_TASK_EVALUATIONS_MAX;
    GDI_KEEP(step, open, err, gdi_evaluations_with_status(step->db, task_id, "evaluating", &open, err));
    while (gdi_rows_next(open)) {
        again |= answer_of(result, gdi_rows_text(open, GDI_EVALUATION_HOTKEY), message).what == AGAIN;
    }
    gdi_rows_rewind(open);
    while (gdi_rows_next(open)) {
        const char *hotkey = gdi_rows_text(open, GDI_EVALUATION_HOTKEY);
        verdict answer = answer_of(result, hotkey, message);
        answer.what = kind->one_batch && again && !last ? AGAIN : answer.what;
        GOD_TRY(end_row(step, task_id, hotkey, &answer, last, err));
    }
    step->changed = true;
    gdi_step_raise(step, GDI_ON_EVALUATIONS);
    return again && !last ? ask(step, &task, err) : gdi_task_score(step, task_id, kind, err);
}

god_status gdi_step_evaluated(gdi_step *step, god_error *err)
{
    gdi_rows *ended = NULL;
    GDI_KEEP(step, ended, err, gdi_tasks_ended(step->db, "evaluating", &ended, err));
    while (gdi_rows_next(ended)) {
        GOD_TRY(end(step, ended, err));
    }
    return GOD_OK;
}
