/* core/store/pvp.h: games of pairs and scores of single entrants in the environments of a task. Source: tournament
 * specification, sections 5.7, 17.4 and 24. [one]
 *
 * A row waits for the job in `job_key`; without one it is complete, or exhausted. Functions that end in _in write and
 * belong inside the caller's transaction; the others only read. Answers are rows whose columns an enum names; the
 * caller frees them. */
#ifndef GDI_STORE_PVP_H
#define GDI_STORE_PVP_H

#include "core/store/db.h"

god_status gdi_pvp_pair_add_in(gdi_db *db, const char *task_id, const char *hotkey_a, const char *hotkey_b,
                               const char *environment_name, const char *job_key, int64_t now_us, god_error *err);
god_status gdi_pvp_alone_add_in(gdi_db *db, const char *task_id, const char *hotkey, const char *environment_name,
                                const char *job_key, int64_t now_us, god_error *err);

/* Rows whose job ended, or is not there any more (state NULL): by task, hotkeys, environment. hotkey_b is NULL for one
 * played alone. */
enum {
    GDI_PVP_ENDED_TASK,
    GDI_PVP_ENDED_A,
    GDI_PVP_ENDED_B,
    GDI_PVP_ENDED_ENVIRONMENT,
    GDI_PVP_ENDED_ATTEMPTS,
    GDI_PVP_ENDED_STATE,
    GDI_PVP_ENDED_RESULT
};
god_status gdi_pvp_pairs_ended(gdi_db *db, gdi_rows **ret_rows, god_error *err);
god_status gdi_pvp_alone_ended(gdi_db *db, gdi_rows **ret_rows, god_error *err);

god_status gdi_pvp_pair_complete_in(gdi_db *db, const char *task_id, const char *hotkey_a, const char *hotkey_b,
                                    const char *environment_name, int64_t a_wins, int64_t b_wins, int64_t draws,
                                    int64_t now_us, god_error *err);
god_status gdi_pvp_alone_complete_in(gdi_db *db, const char *task_id, const char *hotkey, const char *environment_name,
                                     double score, int64_t now_us, god_error *err);
/* One attempt more was in vain; job_key NULL: it was the last. */
god_status gdi_pvp_pair_again_in(gdi_db *db, const char *task_id, const char *hotkey_a, const char *hotkey_b,
                                 const char *environment_name, const char *job_key, int64_t now_us, god_error *err);
god_status gdi_pvp_alone_again_in(gdi_db *db, const char *task_id, const char *hotkey, const char *environment_name,
                                  const char *job_key, int64_t now_us, god_error *err);

/* Tasks in `evaluating` whose rows wait for nothing: one column. */
god_status gdi_pvp_closed_tasks(gdi_db *db, gdi_rows **ret_rows, god_error *err);
enum { GDI_PVP_A, GDI_PVP_B, GDI_PVP_ENVIRONMENT, GDI_PVP_A_WINS, GDI_PVP_B_WINS, GDI_PVP_ATTEMPTS, GDI_PVP_COMPLETE };
god_status gdi_pvp_pairs(gdi_db *db, const char *task_id, gdi_rows **ret_rows, god_error *err);
enum { GDI_ALONE_HOTKEY, GDI_ALONE_ENVIRONMENT, GDI_ALONE_SCORE, GDI_ALONE_ATTEMPTS, GDI_ALONE_COMPLETE };
god_status gdi_pvp_alone(gdi_db *db, const char *task_id, gdi_rows **ret_rows, god_error *err);

god_status gdi_pvp_reset_in(gdi_db *db, const char *task_id, god_error *err);

#endif
