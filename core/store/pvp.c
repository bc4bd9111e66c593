#include "core/store/pvp.h"

god_status gdi_pvp_pair_add_in(gdi_db *db, const char *task_id, const char *hotkey_a, const char *hotkey_b,
                               const char *environment_name, const char *job_key, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO pvp_pair_results (task_id, hotkey_a, hotkey_b, environment_name, job_key, created_at,"
                   " updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING",
                   gdi_text(task_id), gdi_text(hotkey_a), gdi_text(hotkey_b), gdi_text(environment_name),
                   gdi_text(job_key), gdi_time(now_us));
}

god_status gdi_pvp_alone_add_in(gdi_db *db, const char *task_id, const char *hotkey, const char *environment_name,
                                const char *job_key, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO pvp_individual_scores (task_id, hotkey, environment_name, job_key, created_at,"
                   " updated_at) VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING",
                   gdi_text(task_id), gdi_text(hotkey), gdi_text(environment_name), gdi_text(job_key),
                   gdi_time(now_us));
}

god_status gdi_pvp_pairs_ended(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    return gdi_db_query(db,
                        "SELECT p.task_id, p.hotkey_a, p.hotkey_b, p.environment_name, p.n_attempts, j.state, j.result"
                        " FROM pvp_pair_results p LEFT JOIN jobs j ON j.key = p.job_key WHERE p.job_key IS NOT NULL AND"
                        " (j.state IS NULL OR j.ended_at IS NOT NULL)"
                        " ORDER BY p.task_id, p.hotkey_a, p.hotkey_b, p.environment_name",
                        NULL, 0, ret_rows, err);
}

god_status gdi_pvp_alone_ended(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    return gdi_db_query(db,
                        "SELECT p.task_id, p.hotkey, NULL, p.environment_name, p.n_attempts, j.state, j.result"
                        " FROM pvp_individual_scores p LEFT JOIN jobs j ON j.key = p.job_key WHERE p.job_key IS NOT"
                        " NULL AND (j.state IS NULL OR j.ended_at IS NOT NULL)"
                        " ORDER BY p.task_id, p.hotkey, p.environment_name",
                        NULL, 0, ret_rows, err);
}

god_status gdi_pvp_pair_complete_in(gdi_db *db, const char *task_id, const char *hotkey_a, const char *hotkey_b,
                                    const char *environment_name, int64_t a_wins, int64_t b_wins, int64_t draws,
                                    int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE pvp_pair_results SET model_a_wins = $5, model_b_wins = $6, draws = $7, total_games = $8,"
                   " n_attempts = n_attempts + 1, status = 'complete', job_key = NULL, updated_at = $9"
                   " WHERE task_id = $1 AND hotkey_a = $2 AND hotkey_b = $3 AND environment_name = $4",
                   gdi_text(task_id), gdi_text(hotkey_a), gdi_text(hotkey_b), gdi_text(environment_name),
                   gdi_int(a_wins), gdi_int(b_wins), gdi_int(draws), gdi_int(a_wins + b_wins + draws),
                   gdi_time(now_us));
}

god_status gdi_pvp_alone_complete_in(gdi_db *db, const char *task_id, const char *hotkey, const char *environment_name,
                                     double score, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE pvp_individual_scores SET score = $4, n_attempts = n_attempts + 1, status = 'complete',"
                   " job_key = NULL, updated_at = $5 WHERE task_id = $1 AND hotkey = $2 AND environment_name = $3",
                   gdi_text(task_id), gdi_text(hotkey), gdi_text(environment_name), gdi_real(score), gdi_time(now_us));
}

god_status gdi_pvp_pair_again_in(gdi_db *db, const char *task_id, const char *hotkey_a, const char *hotkey_b,
                                 const char *environment_name, const char *job_key, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE pvp_pair_results SET n_attempts = n_attempts + 1, job_key = $5, updated_at = $6"
                   " WHERE task_id = $1 AND hotkey_a = $2 AND hotkey_b = $3 AND environment_name = $4",
                   gdi_text(task_id), gdi_text(hotkey_a), gdi_text(hotkey_b), gdi_text(environment_name),
                   gdi_text(job_key), gdi_time(now_us));
}

god_status gdi_pvp_alone_again_in(gdi_db *db, const char *task_id, const char *hotkey, const char *environment_name,
                                  const char *job_key, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE pvp_individual_scores SET n_attempts = n_attempts + 1, job_key = $4, updated_at = $5"
                   " WHERE task_id = $1 AND hotkey = $2 AND environment_name = $3",
                   gdi_text(task_id), gdi_text(hotkey), gdi_text(environment_name), gdi_text(job_key),
                   gdi_time(now_us));
}

god_status gdi_pvp_closed_tasks(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT t.task_id FROM tasks t WHERE t.status = $1 AND t.job_key IS NULL AND NOT EXISTS (SELECT 1"
                     " FROM pvp_pair_results p WHERE p.task_id = t.task_id AND p.job_key IS NOT NULL) AND NOT EXISTS"
                     " (SELECT 1 FROM pvp_individual_scores s WHERE s.task_id = t.task_id AND s.job_key IS NOT NULL)"
                     " ORDER BY t.created_at, t.task_id",
                     gdi_text("evaluating"));
}

god_status gdi_pvp_pairs(gdi_db *db, const char *task_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT hotkey_a, hotkey_b, environment_name, model_a_wins, model_b_wins, n_attempts,"
                     " CASE WHEN status = 'complete' THEN 1 ELSE 0 END FROM pvp_pair_results WHERE task_id = $1"
                     " ORDER BY hotkey_a, hotkey_b, environment_name",
                     gdi_text(task_id));
}

god_status gdi_pvp_alone(gdi_db *db, const char *task_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT hotkey, environment_name, score, n_attempts, CASE WHEN status = 'complete' THEN 1 ELSE 0"
                     " END FROM pvp_individual_scores WHERE task_id = $1 ORDER BY hotkey, environment_name",
                     gdi_text(task_id));
}

god_status gdi_pvp_reset_in(gdi_db *db, const char *task_id, god_error *err)
{
    GOD_TRY(GDI_RUN(db, NULL, err, "DELETE FROM pvp_pair_results WHERE task_id = $1", gdi_text(task_id)));
    return GDI_RUN(db, NULL, err, "DELETE FROM pvp_individual_scores WHERE task_id = $1", gdi_text(task_id));
}
