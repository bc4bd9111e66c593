#include "core/cycles/operator.h"

#include <string.h>

#include "core/cycles/entry.h"
#include "core/store/balances.h"
#include "core/tournament/fees.h"

static god_status wake(gdi_step *step, god_error *err)
{
    return gdi_db_notify(step->db, "cycles", err);
}

/* ---- create ---- */

typedef struct new_tournament {
    uint32_t type;
    char id[GDI_TOURNAMENT_ID_BYTES];
} new_tournament;

static god_status create(gdi_step *step, god_error *err)
{
    new_tournament *creation = step->user;
    gdi_tournament newest;
    god_status status = gdi_tournament_newest(step->db, creation->type, &newest, err);
    if (status == GOD_OK && (newest.status == GDI_TOURNAMENT_PENDING || newest.status == GDI_TOURNAMENT_ACTIVE)) {
        return god_fail(err, GOD_E_INVALID, "%s tournament %s is %s, and a type has one at a time",
                        gdi_type_name(newest.type), newest.id, gdi_tournament_status_name(newest.status));
    }
    if (status != GOD_OK && status != GOD_E_NOT_FOUND) {
        return status;
    }
    GOD_TRY(gdi_create_tournament(step, creation->type, creation->id, err));
    return wake(step, err);
}

god_status gdi_operator_create(gdi_cycles *cycles, uint32_t type, int64_t now_us, char ret_id[GDI_TOURNAMENT_ID_BYTES],
                               god_error *err)
{
    new_tournament creation = {.type = type};
    GOD_TRY(gdi_step_act(cycles, create, &creation, NULL, now_us, err));
    (void)memcpy(ret_id, creation.id, GDI_TOURNAMENT_ID_BYTES);
    return GOD_OK;
}

/* ---- cancel, complete ---- */

static god_status cancel_jobs(gdi_step *step, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(
        GDI_STEP_QUERY(step, &rows, err,
                       "SELECT key FROM jobs WHERE tournament_id = $1 AND ended_at IS NULL AND kind <> $2 ORDER BY key",
                       gdi_text(step->tournament.id), gdi_text(GDI_WORK_NOTIFY)));
    while (gdi_rows_next(rows)) {
        GOD_TRY(gdi_job_cancel_in(step->db, gdi_rows_text(rows, 0), step->now_us, "the tournament was cancelled", err));
    }
    return GOD_OK;
}

static god_status cancel(gdi_step *step, god_error *err)
{
    bool moved = false;
    if (step->tournament.status == GDI_TOURNAMENT_CANCELLED) {
        return god_fail(err, GOD_E_INVALID, "tournament %s is cancelled already", step->tournament.id);
    }
    GOD_TRY(cancel_jobs(step, err));
    GOD_TRY(gdi_tournament_move_in(step->db, step->tournament.id, step->tournament.status, GDI_TOURNAMENT_CANCELLED,
                                   step->now_us, &moved, err));
    gdi_step_log(step, GOD_LOG_INFO, "an operator cancelled the tournament", NULL, NULL);
    return wake(step, err);
}

god_status gdi_operator_cancel(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err)
{
    return gdi_step_act(cycles, cancel, NULL, tournament_id, now_us, err);
}

static god_status complete(gdi_step *step, god_error *err)
{
    const gdi_tournament *t = &step->tournament;
    const char *event = NULL;
    bool moved = false;
    if (t->status != GDI_TOURNAMENT_ACTIVE) {
        return god_fail(err, GOD_E_INVALID, "tournament %s is %s, only an active one is completed", t->id,
                        gdi_tournament_status_name(t->status));
    }
    if (t->winner_hotkey[0] == '\0') {
        return god_fail(err, GOD_E_INVALID, "tournament %s has no winner yet; cancel it to end it without one", t->id);
    }
    GOD_TRY(gdi_tournament_move_in(step->db, t->id, GDI_TOURNAMENT_ACTIVE, GDI_TOURNAMENT_COMPLETED, step->now_us,
                                   &moved, err));
    GOD_TRY(gdi_step_format(step, &event, err, "%s/completed", t->id));
    GOD_TRY(gdi_step_notify(step, event, err, "%s tournament %s was completed by an operator, the winner is %s",
                            gdi_type_name(t->type), t->id, t->winner_hotkey));
    return wake(step, err);
}

god_status gdi_operator_complete(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err)
{
    return gdi_step_act(cycles, complete, NULL, tournament_id, now_us, err);
}

/* ---- refund ---- */

static god_status refund(gdi_step *step, god_error *err)
{
    uint32_t *refunds = step->user;
    gdi_rows *rows = NULL;
    *refunds = 0;
    GOD_TRY(gdi_fees_outstanding(step->db, step->tournament.id, &rows, err));
    GOD_TRY(gdi_step_keep_rows_take(step, rows, err));
    while (gdi_rows_next(rows)) {
        int64_t amount_rao = gdi_fee_refund(gdi_rows_int(rows, 1));
        if (amount_rao > 0) {
            GOD_TRY(gdi_fee_refund_in(step->db, step->tournament.id, gdi_rows_text(rows, 0), amount_rao, step->now_us,
                                      err));
            (*refunds)++;
        }
    }
    return wake(step, err);
}

god_status gdi_operator_refund(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, uint32_t *ret_refunds,
                               god_error *err)
{
    uint32_t refunds = 0;
    GOD_TRY(gdi_step_act(cycles, refund, &refunds, tournament_id, now_us, err));
    *ret_refunds = refunds;
    return GOD_OK;
}
