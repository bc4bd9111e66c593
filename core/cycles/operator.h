/* core/cycles/operator.h: what a person may do to tournaments (section 26). Each action is one transaction and wakes
 * "cycles"; the next turn goes on from there. Refusals are GOD_E_INVALID with a reason, an unknown id is
 * GOD_E_NOT_FOUND. Any cycles object on the same store will do, also one that never takes a turn. [one]
 */
#ifndef GDI_CYCLES_OPERATOR_H
#define GDI_CYCLES_OPERATOR_H

#include "core/cycles/cycles.h"
#include "core/store/tournaments.h"

/* ---- tournaments (operator.c) ---- */

/* A tournament of this type now, whatever the calendar says; not while one is pending or active. */
god_status gdi_operator_create(gdi_cycles *cycles, uint32_t type, int64_t now_us, char ret_id[GDI_TOURNAMENT_ID_BYTES],
                               god_error *err);
/* From any status. Its open jobs are cancelled, its fees stay: refund is an action of its own. */
god_status gdi_operator_cancel(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err);
/* An active tournament that is decided, without waiting for publication or report. */
god_status gdi_operator_complete(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err);
/* Gives every coldkey back what this tournament still holds of it. Repeating it refunds nothing more. */
god_status gdi_operator_refund(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, uint32_t *ret_refunds,
                               god_error *err);

/* ---- the review between rounds 1 and 2 (operator_review.c) ---- */

/* Approves: the hotkeys of `eliminations_json` (a JSON list; NULL: those that were flagged) are eliminated. */
god_status gdi_operator_approve_review(gdi_cycles *cycles, const char *tournament_id, const char *eliminations_json,
                                       int64_t now_us, god_error *err);
/* The tournament goes on unchanged. */
god_status gdi_operator_skip_review(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err);
/* After the review itself failed (notes say why): asks again. */
god_status gdi_operator_retry_review(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err);

/* ---- tasks and rounds (operator_tasks.c) ---- */

/* Back to training, attempts reset: for a task that failed. */
god_status gdi_operator_retry_task(gdi_cycles *cycles, const char *task_id, int64_t now_us, god_error *err);
/* Another task takes its place (11.6). */
god_status gdi_operator_replace_task(gdi_cycles *cycles, const char *task_id, int64_t now_us, god_error *err);
/* Deletes the newest round, clears the eliminations of the round before, makes the tournament active again. */
god_status gdi_operator_undo_round(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err);

#endif
