#include "core/store/tasks.h"

#include <string.h>

#include "core/tournament/bracket.h"
#include "core/tournament/calendar.h"

/* ---- adding and taking away ---- */

god_status gdi_task_add_in(gdi_db *db, const gdi_task_new *task, int64_t now_us, god_error *err)
{
    int64_t end_us = now_us + (int64_t)(task->hours_to_complete * (double)GDI_HOUR_US);
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO tasks (task_id, task_type, status, model_id, ds, details, training_start_point,"
                   " hours_to_complete, model_params_count, created_at, updated_at, termination_at)"
                   " VALUES ($1, $2, 'pending', $3, $4, $5, $6, $7, $8, $9, $9, $10)",
                   gdi_text(task->task_id), gdi_text(task->task_type), gdi_text(task->model_id), gdi_text(task->ds),
                   gdi_text(task->details_json), gdi_text(task->start_point), gdi_real(task->hours_to_complete),
                   task->model_params_count > 0 ? gdi_int(task->model_params_count) : gdi_null(), gdi_time(now_us),
                   gdi_time(end_us));
}

god_status gdi_task_link_in(gdi_db *db, const char *task_id, const gdi_task_link *link, god_error *err)
{
    bool group = link->round_type == GDI_ROUND_GROUP;
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO tournament_tasks (tournament_id, task_id, round_id, group_id, pair_id, slot,"
                   " replacements) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   gdi_text(link->tournament_id), gdi_text(task_id), gdi_text(link->round_id),
                   gdi_text(group ? link->slot_id : NULL), gdi_text(group ? NULL : link->slot_id), gdi_int(link->place),
                   gdi_int(link->replacements));
}

god_status gdi_task_node_add_in(gdi_db *db, const char *task_id, const char *hotkey, int64_t netuid,
                                const char *expected_repo_name, const char *starting_model_repo, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO task_nodes (task_id, hotkey, netuid, expected_repo_name, starting_model_repo)"
                   " VALUES ($1, $2, $3, $4, $5)",
                   gdi_text(task_id), gdi_text(hotkey), gdi_int(netuid), gdi_text(expected_repo_name),
                   gdi_text(starting_model_repo));
}

god_status gdi_task_nodes_copy_in(gdi_db *db, const char *from_task_id, const char *to_task_id, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO task_nodes (task_id, hotkey, netuid, expected_repo_name, starting_model_repo)"
                   " SELECT CAST($2 AS text), hotkey, netuid, expected_repo_name, starting_model_repo FROM task_nodes"
                   " WHERE task_id = $1",
                   gdi_text(from_task_id), gdi_text(to_task_id));
}

god_status gdi_task_jobs_remove_in(gdi_db *db, const char *task_id, god_error *err)
{
    return GDI_RUN(db, NULL, err, "DELETE FROM jobs WHERE task_id = $1", gdi_text(task_id));
}

god_status gdi_task_remove_in(gdi_db *db, const char *task_id, god_error *err)
{
    GOD_TRY(gdi_task_jobs_remove_in(db, task_id, err));
    return GDI_RUN(db, NULL, err, "DELETE FROM tasks WHERE task_id = $1", gdi_text(task_id));
}

god_status gdi_tasks_of_round_remove_in(gdi_db *db, const char *round_id, god_error *err)
{
    GOD_TRY(GDI_RUN(db, NULL, err,
                    "DELETE FROM jobs WHERE task_id IN (SELECT task_id FROM tournament_tasks WHERE round_id = $1)",
                    gdi_text(round_id)));
    return GDI_RUN(db, NULL, err,
                   "DELETE FROM tasks WHERE task_id IN (SELECT task_id FROM tournament_tasks WHERE round_id = $1)",
                   gdi_text(round_id));
}

/* ---- a round ---- */

god_status gdi_tasks_of_round(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT t.task_id, COALESCE(l.group_id, l.pair_id) AS slot_id, l.slot, l.replacements, t.status,"
                     " t.task_type, t.hours_to_complete, t.model_params_count, t.updated_at, t.model_id"
                     " FROM tournament_tasks l JOIN tasks t ON t.task_id = l.task_id WHERE l.round_id = $1"
                     " ORDER BY slot_id, l.slot",
                     gdi_text(round_id));
}

god_status gdi_tasks_counts(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT count(*), COALESCE(sum(CASE WHEN t.status = 'success' THEN 1 ELSE 0 END), 0),"
                     " COALESCE(sum(CASE WHEN t.status = 'failure' THEN 1 ELSE 0 END), 0),"
                     " COALESCE(sum(CASE WHEN t.status = 'prep_task_failure' THEN 1 ELSE 0 END), 0)"
                     " FROM tournament_tasks l JOIN tasks t ON t.task_id = l.task_id WHERE l.round_id = $1",
                     gdi_text(round_id));
}

god_status gdi_tasks_results(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT t.task_id, COALESCE(l.group_id, l.pair_id) AS slot_id, t.task_type, n.hotkey,"
                     " CASE WHEN r.training_status = 'success' THEN n.test_loss END FROM tournament_tasks l"
                     " JOIN tasks t ON t.task_id = l.task_id JOIN task_nodes n ON n.task_id = t.task_id"
                     " LEFT JOIN tournament_task_hotkey_trainings r ON r.task_id = n.task_id AND r.hotkey = n.hotkey"
                     " WHERE l.round_id = $1 ORDER BY slot_id, l.slot, t.task_id, n.hotkey",
                     gdi_text(round_id));
}

god_status gdi_tasks_outputs(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT n.hotkey, n.expected_repo_name FROM tournament_tasks l JOIN task_nodes n ON n.task_id ="
                     " l.task_id JOIN tournament_task_hotkey_trainings r ON r.task_id = n.task_id AND r.hotkey ="
                     " n.hotkey WHERE l.round_id = $1 AND l.slot = 0 AND r.training_status = 'success'"
                     " ORDER BY n.hotkey",
                     gdi_text(round_id));
}

god_status gdi_task_first_model(gdi_db *db, const char *tournament_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT t.model_id FROM tournament_rounds r JOIN tournament_tasks l ON l.round_id = r.round_id"
                     " JOIN tasks t ON t.task_id = l.task_id WHERE r.tournament_id = $1 AND r.round_number = 1"
                     " ORDER BY l.group_id, l.slot LIMIT 1",
                     gdi_text(tournament_id));
}

god_status gdi_task_winner_model(gdi_db *db, const char *tournament_type, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT winner_model_repo, winner_model_base FROM tournaments WHERE tournament_type = $1 AND"
                     " status = 'completed' ORDER BY created_at DESC, tournament_id DESC LIMIT 1",
                     gdi_text(tournament_type));
}

god_status gdi_task_losses_on(gdi_db *db, const char *task_type, const char *ds, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT n.test_loss FROM tasks t JOIN task_nodes n ON n.task_id = t.task_id WHERE t.ds = $1 AND"
                     " t.task_type = $2 AND n.test_loss IS NOT NULL",
                     gdi_text(ds), gdi_text(task_type));
}

/* ---- one task ---- */

god_status gdi_task_read(gdi_db *db, const char *task_id, gdi_rows **ret_rows, gdi_task *ret_task, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT t.task_id, t.task_type, t.status, t.model_id, t.ds, t.details, t.training_start_point,"
                      " t.training_data, t.test_data, t.augmented_model_id, t.baseline_stats, COALESCE(l.tournament_id,"
                      " b.tournament_id), l.round_id, t.job_key, t.hours_to_complete, t.model_params_count,"
                      " t.created_at, t.n_eval_attempts, t.model_preparations FROM tasks t LEFT JOIN tournament_tasks l"
                      " ON l.task_id = t.task_id LEFT JOIN benchmark_task_copies b ON b.copy_task_id = t.task_id"
                      " WHERE t.task_id = $1",
                      gdi_text(task_id)));
    if (!gdi_rows_next(rows)) {
        gdi_rows_free(rows);
        return god_fail(err, GOD_E_NOT_FOUND, "there is no task %.60s", task_id);
    }
    *ret_task = (gdi_task){.task_id = gdi_rows_text(rows, 0),
                           .task_type = gdi_rows_text(rows, 1),
                           .status = gdi_rows_text(rows, 2),
                           .model_id = gdi_rows_text(rows, 3),
                           .ds = gdi_rows_text(rows, 4),
                           .details_json = gdi_rows_text(rows, 5),
                           .start_point = gdi_rows_text(rows, 6),
                           .training_data = gdi_rows_text(rows, 7),
                           .test_data = gdi_rows_text(rows, 8),
                           .augmented_model_id = gdi_rows_text(rows, 9),
                           .baseline_stats_json = gdi_rows_text(rows, 10),
                           .tournament_id = gdi_rows_text(rows, 11),
                           .round_id = gdi_rows_text(rows, 12),
                           .job_key = gdi_rows_text(rows, 13),
                           .hours_to_complete = gdi_rows_real(rows, 14),
                           .model_params_count = gdi_rows_int(rows, 15),
                           .created_us = gdi_rows_time(rows, 16),
                           .eval_attempts = (uint32_t)gdi_rows_int(rows, 17),
                           .preparations = (uint32_t)gdi_rows_int(rows, 18)};
    *ret_rows = rows;
    return GOD_OK;
}

god_status gdi_tasks_with_status(gdi_db *db, const char *status, uint32_t limit, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT task_id FROM tasks WHERE status = $1 ORDER BY created_at, task_id LIMIT $2",
                     gdi_text(status), gdi_int(limit > 0 ? limit : GDI_ROWS_MAX));
}

god_status gdi_tasks_count(gdi_db *db, const char *status, uint32_t *ret_count, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err, "SELECT count(*) FROM tasks WHERE status = $1", gdi_text(status)));
    *ret_count = gdi_rows_next(rows) ? (uint32_t)gdi_rows_int(rows, 0) : 0;
    gdi_rows_free(rows);
    return GOD_OK;
}

god_status gdi_tasks_ended(gdi_db *db, const char *status, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(
        db, ret_rows, err,
        "SELECT t.task_id, j.state, j.result, j.message, j.ended_at FROM tasks t LEFT JOIN jobs j ON j.key ="
        " t.job_key WHERE t.status = $1 AND t.job_key IS NOT NULL AND (j.state IS NULL OR"
        " j.ended_at IS NOT NULL) ORDER BY t.created_at, t.task_id",
        gdi_text(status));
}

god_status gdi_task_move_in(gdi_db *db, const char *task_id, const char *from, const char *to, const char *job_key,
                            int64_t now_us, bool *ret_moved, god_error *err)
{
    uint64_t touched = 0;
    GOD_TRY(GDI_RUN(db, &touched, err,
                    "UPDATE tasks SET status = $3, job_key = $4, updated_at = $5 WHERE task_id = $1 AND status = $2",
                    gdi_text(task_id), gdi_text(from), gdi_text(to), gdi_text(job_key), gdi_time(now_us)));
    if (ret_moved != NULL) {
        *ret_moved = touched > 0;
    }
    return GOD_OK;
}

god_status gdi_task_train_in(gdi_db *db, const char *task_id, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tasks SET status = 'training', started_at = COALESCE(started_at, $2), updated_at = $3"
                   " WHERE task_id = $1 AND status = 'looking_for_nodes'",
                   gdi_text(task_id), gdi_time(now_us), gdi_time(now_us));
}

god_status gdi_task_end_in(gdi_db *db, const char *task_id, const char *status, const char *error, int64_t now_us,
                           god_error *err)
{
    bool ended = strcmp(status, "success") == 0 || strcmp(status, "failure") == 0;
    return GDI_RUN(db, NULL, err,
                   "UPDATE tasks SET status = $2, error = $3, job_key = NULL, updated_at = $4, completed_at = $5"
                   " WHERE task_id = $1",
                   gdi_text(task_id), gdi_text(status), gdi_text(error), gdi_time(now_us),
                   ended ? gdi_time(now_us) : gdi_null());
}

god_status gdi_task_prepared_in(gdi_db *db, const char *task_id, const char *training_data, const char *test_data,
                                const char *details_json, const char *next_status, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tasks SET training_data = $2, test_data = $3, details = COALESCE($4, details), status = $5,"
                   " job_key = NULL, updated_at = $6 WHERE task_id = $1 AND status = 'preparing_data'",
                   gdi_text(task_id), gdi_text(training_data), gdi_text(test_data), gdi_text(details_json),
                   gdi_text(next_status), gdi_time(now_us));
}

god_status gdi_task_model_prepared_in(gdi_db *db, const char *task_id, const char *augmented_model_id,
                                      const char *baseline_stats_json, double hours, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tasks SET augmented_model_id = $2, baseline_stats = $3, hours_to_complete = $4, status ="
                   " 'looking_for_nodes', job_key = NULL, updated_at = $5 WHERE task_id = $1 AND status ="
                   " 'awaiting_model_prep'",
                   gdi_text(task_id), gdi_text(augmented_model_id), gdi_text(baseline_stats_json), gdi_real(hours),
                   gdi_time(now_us));
}

god_status gdi_task_node_prepared_in(gdi_db *db, const char *task_id, const char *hotkey,
                                     const char *baseline_stats_json, god_error *err)
{
    return GDI_RUN(db, NULL, err, "UPDATE task_nodes SET baseline_stats = $3 WHERE task_id = $1 AND hotkey = $2",
                   gdi_text(task_id), gdi_text(hotkey), gdi_text(baseline_stats_json));
}

god_status gdi_task_model_try_in(gdi_db *db, const char *task_id, const char *job_key, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tasks SET job_key = $2, model_preparations = model_preparations + CASE WHEN CAST($2 AS text)"
                   " IS NULL THEN 0 ELSE 1 END, updated_at = $3 WHERE task_id = $1 AND status = 'awaiting_model_prep'",
                   gdi_text(task_id), gdi_text(job_key), gdi_time(now_us));
}

god_status gdi_task_sibling_stats(gdi_db *db, const gdi_task *task, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT t.baseline_stats FROM tournament_tasks l JOIN tasks t ON t.task_id = l.task_id WHERE"
                     " l.round_id = $1 AND t.model_id = $2 AND t.training_start_point = $3 AND t.task_id <> $4 AND"
                     " (t.baseline_stats IS NOT NULL OR (t.status = 'awaiting_model_prep' AND t.job_key IS NOT NULL))"
                     " ORDER BY CASE WHEN t.baseline_stats IS NULL THEN 1 ELSE 0 END, t.created_at, t.task_id LIMIT 1",
                     gdi_text(task->round_id), gdi_text(task->model_id), gdi_text(task->start_point),
                     gdi_text(task->task_id));
}

god_status gdi_task_priority(gdi_db *db, const char *task_id, uint32_t *ret_priority, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT CASE WHEN EXISTS (SELECT 1 FROM tournament_tasks WHERE task_id = $1) THEN 2 WHEN EXISTS"
                      " (SELECT 1 FROM benchmark_task_copies WHERE copy_task_id = $1) THEN 3 ELSE 1 END",
                      gdi_text(task_id)));
    *ret_priority = gdi_rows_next(rows) ? (uint32_t)gdi_rows_int(rows, 0) : 1;
    gdi_rows_free(rows);
    return GOD_OK;
}

/* ---- nodes ---- */

god_status gdi_task_nodes(gdi_db *db, const char *task_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT n.hotkey, n.expected_repo_name, n.starting_model_repo, n.test_loss, r.training_status,"
                     " e.evaluation_status FROM task_nodes n LEFT JOIN tournament_task_hotkey_trainings r ON r.task_id"
                     " = n.task_id AND r.hotkey = n.hotkey LEFT JOIN evaluations e ON e.task_id = n.task_id AND"
                     " e.hotkey = n.hotkey AND e.netuid = n.netuid WHERE n.task_id = $1 ORDER BY n.hotkey",
                     gdi_text(task_id));
}

god_status gdi_task_node_value_in(gdi_db *db, const char *task_id, const char *hotkey, double test_loss,
                                  double synth_loss, const char *reason, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE task_nodes SET test_loss = $3, synth_loss = $4, score_reason = $5"
                   " WHERE task_id = $1 AND hotkey = $2",
                   gdi_text(task_id), gdi_text(hotkey), gdi_real(test_loss), gdi_real(synth_loss), gdi_text(reason));
}

god_status gdi_task_node_quality_in(gdi_db *db, const char *task_id, const char *hotkey, double quality,
                                    const char *reason, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE task_nodes SET quality_score = $3, score_reason = COALESCE($4, score_reason)"
                   " WHERE task_id = $1 AND hotkey = $2",
                   gdi_text(task_id), gdi_text(hotkey), gdi_real(quality), gdi_text(reason));
}

god_status gdi_tasks_of_cancelled(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT t.task_id FROM tournaments x JOIN tournament_tasks l ON l.tournament_id = x.tournament_id"
                     " JOIN tasks t ON t.task_id = l.task_id WHERE x.status = $1 AND t.status NOT IN ('success',"
                     " 'failure') ORDER BY t.task_id",
                     gdi_text("cancelled"));
}
