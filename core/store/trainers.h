/* core/store/trainers.h: trainers, their GPUs and who holds them. Source: tournament specification, sections 13.3 and
 * 24; training specification, section 22.5. [one]
 *
 * A GPU is free when nobody holds it and `used_until` is NULL or past. `held_by` names what the host itself put on it
 * ("<task>/<hotkey>", "<task>/model"): that alone frees it, at its end, so no GPU is promised twice when a training
 * takes longer than its hours. A GPU that only the trainer calls busy is held by nobody. Functions that end in _in
 * write and belong inside the caller's transaction; the others only read. */
#ifndef GDI_STORE_TRAINERS_H
#define GDI_STORE_TRAINERS_H

#include "core/store/db.h"

enum { GDI_GPU_TRAINER, GDI_GPU_ID, GDI_GPU_TYPE };
/* Free GPUs of all trainers: by trainer address, then GPU. */
god_status gdi_gpus_free(gdi_db *db, int64_t now_us, gdi_rows **ret_rows, god_error *err);
/* When the next GPU that nobody holds becomes free by itself; INT64_MAX: none. */
god_status gdi_gpus_next_free(gdi_db *db, int64_t now_us, int64_t *ret_us, god_error *err);
god_status gdi_gpu_reserve_in(gdi_db *db, const char *trainer_ip, int64_t gpu_id, const char *held_by, int64_t until_us,
                              int64_t now_us, god_error *err);
/* A trainer accepted: the time begins anew. */
god_status gdi_gpus_extend_in(gdi_db *db, const char *held_by, int64_t until_us, int64_t now_us, god_error *err);
god_status gdi_gpus_release_in(gdi_db *db, const char *held_by, int64_t now_us, god_error *err);
/* Everything held for a task, by whomever. */
god_status gdi_gpus_release_task_in(gdi_db *db, const char *task_id, int64_t now_us, god_error *err);

/* Addresses of all trainers, ascending; one column. */
god_status gdi_trainers(gdi_db *db, gdi_rows **ret_rows, god_error *err);
/* A trainer that does not answer is occupied until then. */
god_status gdi_trainer_occupied_in(gdi_db *db, const char *trainer_ip, int64_t until_us, int64_t now_us,
                                   god_error *err);
/* What a trainer says of one GPU: free again, unless the row changed after `touched_before_us` or what holds it is
 * still under way; or busy, when the row says free. */
god_status gdi_gpu_seen_free_in(gdi_db *db, const char *trainer_ip, int64_t gpu_id, int64_t touched_before_us,
                                int64_t now_us, god_error *err);
god_status gdi_gpu_seen_busy_in(gdi_db *db, const char *trainer_ip, int64_t gpu_id, int64_t until_us, int64_t now_us,
                                god_error *err);

/* An operator adds a trainer (its GPUs one by one) or takes it away. */
god_status gdi_gpu_put_in(gdi_db *db, const char *trainer_ip, int64_t gpu_id, const char *gpu_type, int64_t vram_gb,
                          int64_t now_us, god_error *err);
god_status gdi_trainer_remove_in(gdi_db *db, const char *trainer_ip, god_error *err);

#endif
