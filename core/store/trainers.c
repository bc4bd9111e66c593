#include "core/store/trainers.h"

god_status gdi_gpus_free(gdi_db *db, int64_t now_us, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT trainer_ip, gpu_id, gpu_type FROM trainers_gpus WHERE (used_until IS NULL OR used_until <="
                     " $1) AND held_by IS NULL ORDER BY trainer_ip, gpu_id",
                     gdi_time(now_us));
}

god_status gdi_gpus_next_free(gdi_db *db, int64_t now_us, int64_t *ret_us, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT min(used_until) FROM trainers_gpus WHERE used_until > $1 AND held_by IS NULL",
                      gdi_time(now_us)));
    *ret_us = gdi_rows_next(rows) && !gdi_rows_is_null(rows, 0) ? gdi_rows_time(rows, 0) : INT64_MAX;
    gdi_rows_free(rows);
    return GOD_OK;
}

god_status gdi_gpu_reserve_in(gdi_db *db, const char *trainer_ip, int64_t gpu_id, const char *held_by, int64_t until_us,
                              int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE trainers_gpus SET used_until = $3, held_by = $4, updated_at = $5"
                   " WHERE trainer_ip = $1 AND gpu_id = $2",
                   gdi_text(trainer_ip), gdi_int(gpu_id), gdi_time(until_us), gdi_text(held_by), gdi_time(now_us));
}

god_status gdi_gpus_extend_in(gdi_db *db, const char *held_by, int64_t until_us, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err, "UPDATE trainers_gpus SET used_until = $2, updated_at = $3 WHERE held_by = $1",
                   gdi_text(held_by), gdi_time(until_us), gdi_time(now_us));
}

god_status gdi_gpus_release_in(gdi_db *db, const char *held_by, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE trainers_gpus SET used_until = NULL, held_by = NULL, updated_at = $2 WHERE held_by = $1",
                   gdi_text(held_by), gdi_time(now_us));
}

god_status gdi_gpus_release_task_in(gdi_db *db, const char *task_id, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE trainers_gpus SET used_until = NULL, held_by = NULL, updated_at = $2 WHERE"
                   " held_by >= CAST($1 AS text) || '/' AND held_by < CAST($1 AS text) || '0'",
                   gdi_text(task_id), gdi_time(now_us));
}

god_status gdi_trainers(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    return gdi_db_query(db, "SELECT DISTINCT trainer_ip FROM trainers_gpus ORDER BY trainer_ip", NULL, 0, ret_rows,
                        err);
}

god_status gdi_trainer_occupied_in(gdi_db *db, const char *trainer_ip, int64_t until_us, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE trainers_gpus SET used_until = $2, updated_at = $3 WHERE trainer_ip = $1 AND (used_until IS"
                   " NULL OR used_until < $2)",
                   gdi_text(trainer_ip), gdi_time(until_us), gdi_time(now_us));
}

god_status gdi_gpu_seen_free_in(gdi_db *db, const char *trainer_ip, int64_t gpu_id, int64_t touched_before_us,
                                int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE trainers_gpus SET used_until = NULL, held_by = NULL, updated_at = $4 WHERE trainer_ip = $1"
                   " AND gpu_id = $2 AND used_until IS NOT NULL AND updated_at < $3 AND NOT EXISTS (SELECT 1 FROM"
                   " tournament_task_hotkey_trainings r WHERE r.training_status IN ('pending', 'training') AND"
                   " r.job_key IS NOT NULL AND trainers_gpus.held_by = r.task_id || '/' || r.hotkey) AND NOT EXISTS"
                   " (SELECT 1 FROM tasks t WHERE t.status = 'awaiting_model_prep' AND t.job_key IS NOT NULL AND"
                   " trainers_gpus.held_by = t.task_id || '/model')",
                   gdi_text(trainer_ip), gdi_int(gpu_id), gdi_time(touched_before_us), gdi_time(now_us));
}

god_status gdi_gpu_seen_busy_in(gdi_db *db, const char *trainer_ip, int64_t gpu_id, int64_t until_us, int64_t now_us,
                                god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE trainers_gpus SET used_until = $3, updated_at = $4 WHERE trainer_ip = $1 AND gpu_id = $2 AND"
                   " (used_until IS NULL OR used_until <= $4)",
                   gdi_text(trainer_ip), gdi_int(gpu_id), gdi_time(until_us), gdi_time(now_us));
}

god_status gdi_gpu_put_in(gdi_db *db, const char *trainer_ip, int64_t gpu_id, const char *gpu_type, int64_t vram_gb,
                          int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO trainers_gpus (trainer_ip, gpu_id, gpu_type, vram_gb, created_at, updated_at) VALUES"
                   " ($1, $2, $3, $4, $5, $5) ON CONFLICT (trainer_ip, gpu_id) DO UPDATE SET gpu_type ="
                   " excluded.gpu_type, vram_gb = excluded.vram_gb",
                   gdi_text(trainer_ip), gdi_int(gpu_id), gdi_text(gpu_type), gdi_int(vram_gb), gdi_time(now_us));
}

god_status gdi_trainer_remove_in(gdi_db *db, const char *trainer_ip, god_error *err)
{
    return GDI_RUN(db, NULL, err, "DELETE FROM trainers_gpus WHERE trainer_ip = $1", gdi_text(trainer_ip));
}
