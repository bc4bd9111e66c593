#include "core/store/evaluations.h"

god_status gdi_evaluations_add_in(gdi_db *db, const char *task_id, int64_t netuid, int64_t now_us, uint64_t *ret_added,
                                  god_error *err)
{
    return GDI_RUN(db, ret_added, err,
                   "INSERT INTO evaluations (task_id, hotkey, netuid, evaluation_status, created_at, updated_at)"
                   " SELECT task_id, hotkey, $2, 'pending', $3, $3 FROM tournament_task_hotkey_trainings"
                   " WHERE task_id = $1 AND training_status = 'success' ON CONFLICT DO NOTHING",
                   gdi_text(task_id), gdi_int(netuid), gdi_time(now_us));
}

god_status gdi_evaluations_move_in(gdi_db *db, const char *task_id, const char *from, const char *to, int64_t now_us,
                                   god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE evaluations SET evaluation_status = $3, updated_at = $4"
                   " WHERE task_id = $1 AND evaluation_status = $2",
                   gdi_text(task_id), gdi_text(from), gdi_text(to), gdi_time(now_us));
}

god_status gdi_evaluation_end_in(gdi_db *db, const char *task_id, const char *hotkey, const char *status,
                                 int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE evaluations SET evaluation_status = $3, updated_at = $4 WHERE task_id = $1 AND hotkey = $2",
                   gdi_text(task_id), gdi_text(hotkey), gdi_text(status), gdi_time(now_us));
}

god_status gdi_evaluations_with_status(gdi_db *db, const char *task_id, const char *status, gdi_rows **ret_rows,
                                       god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT e.hotkey, n.expected_repo_name FROM evaluations e JOIN task_nodes n ON n.task_id ="
                     " e.task_id AND n.hotkey = e.hotkey AND n.netuid = e.netuid WHERE e.task_id = $1 AND"
                     " e.evaluation_status = $2 ORDER BY e.hotkey",
                     gdi_text(task_id), gdi_text(status));
}

god_status gdi_evaluation_try_in(gdi_db *db, const char *task_id, const char *job_key, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tasks SET job_key = $2, n_eval_attempts = n_eval_attempts + 1, status = 'evaluating',"
                   " updated_at = $3 WHERE task_id = $1",
                   gdi_text(task_id), gdi_text(job_key), gdi_time(now_us));
}

god_status gdi_evaluations_reset_in(gdi_db *db, const char *task_id, int64_t now_us, god_error *err)
{
    GOD_TRY(GDI_RUN(db, NULL, err, "DELETE FROM evaluations WHERE task_id = $1", gdi_text(task_id)));
    GOD_TRY(GDI_RUN(db, NULL, err,
                    "UPDATE task_nodes SET test_loss = NULL, synth_loss = NULL, quality_score = NULL, score_reason ="
                    " NULL WHERE task_id = $1",
                    gdi_text(task_id)));
    return GDI_RUN(db, NULL, err, "UPDATE tasks SET n_eval_attempts = 0, updated_at = $2 WHERE task_id = $1",
                   gdi_text(task_id), gdi_time(now_us));
}
