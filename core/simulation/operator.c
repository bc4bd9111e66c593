#include "core/simulation/operator.h"

#include "core/cycles/operator.h"
#include "core/simulation/draw.h"
#include "core/tournament/calendar.h"

typedef struct visit {
    gdi_cycles *cycles;
    gdi_db *db;
    uint64_t seed, number;
    double faults;
    int64_t host_us;
} visit;

/* Calls `act` with each row of a statement: two columns, neither NULL. $1 is the present moment: what happened in this
 * very moment is not seen before the next visit, so that a visit can be repeated after a kill. */
static god_status each(const visit *v, const char *sql,
                       god_status (*act)(const visit *v, const char *first, const char *second, god_error *err),
                       god_error *err)
{
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    const gdi_value now = gdi_time(v->host_us);
    GOD_TRY(gdi_db_query(v->db, sql, &now, 1, &rows, err));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        status = act(v, gdi_rows_text(rows, 0), gdi_rows_text(rows, 1), err);
    }
    gdi_rows_free(rows);
    return status;
}

/* Notes are there when the review itself failed: then it is asked again. */
static god_status decide_review(const visit *v, const char *tournament_id, const char *notes, god_error *err)
{
    if (notes[0] != '\0') {
        return gdi_operator_retry_review(v->cycles, tournament_id, v->host_us, err);
    }
    if (gdi_draw(v->seed, "skips the review", tournament_id, 0) % 4 == 0) {
        return gdi_operator_skip_review(v->cycles, tournament_id, v->host_us, err);
    }
    return gdi_operator_approve_review(v->cycles, tournament_id, NULL, v->host_us, err);
}

static god_status mend_task(const visit *v, const char *task_id, const char *status, god_error *err)
{
    bool failed = strcmp(status, "failure") == 0;
    if (failed && gdi_draw(v->seed, "retries the task", task_id, v->number) % 2 == 0) {
        return gdi_operator_retry_task(v->cycles, task_id, v->host_us, err);
    }
    return gdi_operator_replace_task(v->cycles, task_id, v->host_us, err);
}

/* Now and then a tournament is called off and paid back, and somebody pays back twice. */
static god_status call_off(const visit *v, const char *tournament_id, const char *status, god_error *err)
{
    enum { VISITS_BETWEEN = 50 }; /* of one tournament, when everything goes wrong */
    bool calls_off =
        gdi_draw_unit(v->seed, "calls off", tournament_id, v->number) * VISITS_BETWEEN < v->faults && status[0] != 'c';
    if (calls_off) {
        GOD_TRY(gdi_operator_cancel(v->cycles, tournament_id, v->host_us, err));
    }
    if (calls_off || strcmp(status, "cancelled") == 0) {
        uint32_t refunds = 0, more = 0;
        GOD_TRY(gdi_operator_refund(v->cycles, tournament_id, v->host_us, &refunds, err));
        GOD_TRY(gdi_operator_refund(v->cycles, tournament_id, v->host_us, &more, err));
        return more == 0 ? GOD_OK
                         : god_fail(err, GOD_E_INTERNAL, "refund_twice: %s was paid back twice", tournament_id);
    }
    return GOD_OK;
}

god_status gdi_operator_visit(gdi_cycles *cycles, gdi_db *db, uint64_t seed, double faults, int64_t host_us,
                              god_error *err)
{
    visit v = {.cycles = cycles,
               .db = db,
               .seed = seed,
               .number = (uint64_t)(host_us / GDI_HOUR_US),
               .faults = faults,
               .host_us = host_us};
    GOD_TRY(each(&v,
                 "SELECT w.tournament_id, COALESCE(w.notes, '') FROM tournament_dedup_reviews w "
                 "JOIN tournaments t ON t.tournament_id = w.tournament_id "
                 "WHERE w.status = 'pending_review' AND t.status = 'active' AND w.created_at < $1 ORDER BY w.round_id",
                 decide_review, err));
    GOD_TRY(each(&v,
                 "SELECT k.task_id, k.status FROM tasks k JOIN tournament_tasks l ON l.task_id = k.task_id "
                 "JOIN tournament_rounds r ON r.round_id = l.round_id "
                 "JOIN tournaments t ON t.tournament_id = r.tournament_id "
                 "WHERE r.status = 'active' AND t.status = 'active' AND k.updated_at < $1 AND (k.status = 'failure' OR "
                 "(k.status = 'success' "
                 "AND (SELECT COUNT(*) FROM tournament_task_hotkey_trainings f WHERE f.task_id = k.task_id) < "
                 "2 * (SELECT COUNT(*) FROM tournament_task_hotkey_trainings f WHERE f.task_id = k.task_id "
                 "AND f.training_status = 'failure'))) ORDER BY k.task_id",
                 mend_task, err));
    return each(&v, "SELECT tournament_id, status FROM tournaments WHERE created_at < $1 ORDER BY tournament_id",
                call_off, err);
}
