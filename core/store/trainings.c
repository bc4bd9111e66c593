#include "core/store/trainings.h"

god_status gdi_trainings_add_in(gdi_db *db, const char *task_id, const char *tournament_id, uint32_t priority,
                                int64_t now_us, uint64_t *ret_added, god_error *err)
{
    return GDI_RUN(db, ret_added, err,
                   "INSERT INTO tournament_task_hotkey_trainings (task_id, hotkey, training_status,"
                   " n_training_attempts, priority, training_repo, training_commit_hash, github_token,"
                   " requested_datasets, created_at, updated_at)"
                   " SELECT n.task_id, n.hotkey, 'pending', 0, $3, COALESCE(p.backup_repo, p.training_repo),"
                   " CASE WHEN p.backup_repo IS NULL THEN p.training_commit_hash END,"
                   " CASE WHEN p.backup_repo IS NULL THEN p.github_token END, p.requested_datasets, $4, $4"
                   " FROM task_nodes n LEFT JOIN tournament_participants p ON p.tournament_id = $2 AND p.hotkey ="
                   " n.hotkey WHERE n.task_id = $1 ON CONFLICT DO NOTHING",
                   gdi_text(task_id), gdi_text(tournament_id), gdi_int(priority), gdi_time(now_us));
}

god_status gdi_trainings_pending_count(gdi_db *db, uint32_t priority, const char *task_type, uint32_t *ret_count,
                                       god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT count(*) FROM tournament_task_hotkey_trainings r JOIN tasks t ON t.task_id = r.task_id"
                      " WHERE r.training_status = 'pending' AND r.priority = $1 AND t.task_type = COALESCE($2,"
                      " t.task_type)",
                      gdi_int(priority), gdi_text(task_type)));
    *ret_count = gdi_rows_next(rows) ? (uint32_t)gdi_rows_int(rows, 0) : 0;
    gdi_rows_free(rows);
    return GOD_OK;
}

god_status gdi_trainings_give_up_in(gdi_db *db, uint32_t attempts_max, int64_t now_us, uint64_t *ret_count,
                                    god_error *err)
{
    return GDI_RUN(db, ret_count, err,
                   "UPDATE tournament_task_hotkey_trainings SET training_status = 'failure', updated_at = $2,"
                   " failure_reason = CASE WHEN training_repo IS NULL THEN 'no repository is known'"
                   " ELSE COALESCE(failure_reason, 'its attempts are used up') END"
                   " WHERE training_status = 'pending' AND job_key IS NULL AND (n_training_attempts >= $1"
                   " OR training_repo IS NULL)",
                   gdi_int(attempts_max), gdi_time(now_us));
}

god_status gdi_trainings_waiting(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT r.task_id, r.hotkey, t.task_type, t.model_params_count, r.next_attempt_at FROM"
                     " tournament_task_hotkey_trainings r JOIN tasks t ON t.task_id = r.task_id WHERE"
                     " r.training_status = $1 AND r.job_key IS NULL ORDER BY r.priority, r.created_at, r.task_id,"
                     " r.hotkey",
                     gdi_text("pending"));
}

god_status gdi_training_request(gdi_db *db, const char *task_id, const char *hotkey, gdi_rows **ret_rows,
                                god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT r.starts, r.training_repo, r.training_commit_hash, r.github_token, r.requested_datasets,"
                     " n.expected_repo_name, n.starting_model_repo, n.baseline_stats FROM"
                     " tournament_task_hotkey_trainings r LEFT JOIN task_nodes n ON n.task_id = r.task_id AND n.hotkey"
                     " = r.hotkey WHERE r.task_id = $1 AND r.hotkey = $2",
                     gdi_text(task_id), gdi_text(hotkey));
}

god_status gdi_training_ask_in(gdi_db *db, const char *task_id, const char *hotkey, const char *trainer_ip,
                               const char *job_key, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_task_hotkey_trainings SET starts = starts + 1, trainer_ip = $3, job_key = $4,"
                   " next_attempt_at = NULL, updated_at = $5 WHERE task_id = $1 AND hotkey = $2",
                   gdi_text(task_id), gdi_text(hotkey), gdi_text(trainer_ip), gdi_text(job_key), gdi_time(now_us));
}

god_status gdi_trainings_ended(gdi_db *db, const char *status, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT r.task_id, r.hotkey, r.n_training_attempts, r.starts, r.trainer_ip, t.hours_to_complete,"
                     " j.state, j.result, j.message, j.ended_at FROM tournament_task_hotkey_trainings r JOIN tasks t ON"
                     " t.task_id = r.task_id LEFT JOIN jobs j ON j.key = r.job_key WHERE r.training_status = $1 AND"
                     " r.job_key IS NOT NULL AND (j.state IS NULL OR j.ended_at IS NOT NULL)"
                     " ORDER BY r.task_id, r.hotkey",
                     gdi_text(status));
}

god_status gdi_trainings_overdue(gdi_db *db, int64_t now_us, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT task_id, hotkey, n_training_attempts, job_key FROM tournament_task_hotkey_trainings"
                     " WHERE training_status = 'training' AND overdue_at <= $1 ORDER BY task_id, hotkey",
                     gdi_time(now_us));
}

god_status gdi_trainings_next_overdue(gdi_db *db, int64_t *ret_us, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT min(overdue_at) FROM tournament_task_hotkey_trainings WHERE training_status = $1",
                      gdi_text("training")));
    *ret_us = gdi_rows_next(rows) && !gdi_rows_is_null(rows, 0) ? gdi_rows_time(rows, 0) : INT64_MAX;
    gdi_rows_free(rows);
    return GOD_OK;
}

god_status gdi_training_change_in(gdi_db *db, const char *task_id, const char *hotkey,
                                  const gdi_training_change *change, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_task_hotkey_trainings SET training_status = $3, n_training_attempts = $4,"
                   " failure_reason = $5, job_key = $6, next_attempt_at = $7, overdue_at = $8, started_at ="
                   " COALESCE($9, started_at), updated_at = $10 WHERE task_id = $1 AND hotkey = $2",
                   gdi_text(task_id), gdi_text(hotkey), gdi_text(change->status), gdi_int(change->attempts),
                   gdi_text(change->reason), gdi_text(change->job_key),
                   change->next_attempt_us > 0 ? gdi_time(change->next_attempt_us) : gdi_null(),
                   change->overdue_us > 0 ? gdi_time(change->overdue_us) : gdi_null(),
                   change->overdue_us > 0 ? gdi_time(now_us) : gdi_null(), gdi_time(now_us));
}

god_status gdi_trainings_closed_tasks(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT t.task_id FROM tasks t WHERE t.status = $1 AND NOT EXISTS (SELECT 1 FROM"
                     " tournament_task_hotkey_trainings r WHERE r.task_id = t.task_id AND r.training_status IN"
                     " ('pending', 'training')) ORDER BY t.created_at, t.task_id",
                     gdi_text("training"));
}

god_status gdi_trainings_of_round(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT t.task_id, t.status, count(r.hotkey), COALESCE(sum(CASE WHEN r.training_status = 'failure'"
                     " THEN 1 ELSE 0 END), 0) FROM tournament_tasks l JOIN tasks t ON t.task_id = l.task_id LEFT JOIN"
                     " tournament_task_hotkey_trainings r ON r.task_id = t.task_id WHERE l.round_id = $1"
                     " GROUP BY t.task_id, t.status, l.group_id, l.pair_id, l.slot"
                     " ORDER BY l.group_id, l.pair_id, l.slot",
                     gdi_text(round_id));
}

god_status gdi_trainings_reset_in(gdi_db *db, const char *task_id, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_task_hotkey_trainings SET training_status = 'pending', n_training_attempts = 0,"
                   " failure_reason = NULL, job_key = NULL, next_attempt_at = NULL, overdue_at = NULL, updated_at = $2"
                   " WHERE task_id = $1 AND training_status <> 'success'",
                   gdi_text(task_id), gdi_time(now_us));
}

god_status gdi_trainings_abandon_in(gdi_db *db, const char *task_id, const char *reason, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_task_hotkey_trainings SET training_status = 'failure', job_key = NULL,"
                   " failure_reason = $2, overdue_at = NULL, updated_at = $3 WHERE task_id = $1 AND training_status IN"
                   " ('pending', 'training')",
                   gdi_text(task_id), gdi_text(reason), gdi_time(now_us));
}
