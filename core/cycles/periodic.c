#include "core/cycles/periodic.h"

#include <inttypes.h>

#include "core/store/periodic.h"

/* The answer to the last question, if it is there. *ret_open: it is still awaited. */
static god_status take_answer(gdi_step *step, const gdi_period *period, gdi_periodic *work, bool *ret_open,
                              god_error *err)
{
    *ret_open = false;
    if (work->applied >= work->asked) {
        return GOD_OK;
    }
    const char *key = NULL;
    gdi_outcome outcome;
    GOD_TRY(gdi_step_format(step, &key, err, "%" PRId64, work->asked));
    GOD_TRY(gdi_step_look(step, period->kind, key, &outcome, err));
    if (gdi_outcome_open(&outcome)) {
        *ret_open = true;
        return GOD_OK;
    }
    if (outcome.result != NULL) {
        GOD_TRY(period->apply(step, outcome.result, err));
    } else {
        gdi_log_write(step->options->log, GOD_LOG_WARNING, "a periodic job failed, the next period asks again", "kind",
                      period->kind, "error", outcome.message == NULL ? "it is gone" : outcome.message, NULL);
    }
    work->applied = work->asked;
    step->changed = true;
    return gdi_periodic_write_in(step->db, period->kind, work, err);
}

static god_status ask(gdi_step *step, const gdi_period *period, int64_t slot, gdi_periodic *work, god_error *err)
{
    json_t *payload = NULL;
    GOD_TRY(period->ask(step, &payload, err));
    /* A clock that was set back must not find an old key. */
    work->asked = slot > work->asked ? slot : work->asked + 1;
    work->asked_us = step->now_us;
    if (payload == NULL) {
        work->applied = work->asked;
    } else {
        gdi_work job = {.kind = period->kind, .payload = payload};
        god_status status = gdi_step_format(step, &job.key, err, "%" PRId64, work->asked);
        if (status != GOD_OK) {
            json_decref(payload);
            return status;
        }
        GOD_TRY(gdi_step_add_job(step, &job, err));
    }
    step->changed = true;
    return gdi_periodic_write_in(step->db, period->kind, work, err);
}

god_status gdi_step_periodic(gdi_step *step, const gdi_period *period, god_error *err)
{
    int64_t period_us = period->period_us == 0 ? period->default_us : period->period_us;
    if (period_us < 0) {
        return GOD_OK;
    }
    gdi_periodic work;
    bool is_open = false;
    GOD_TRY(gdi_periodic_read(step->db, period->kind, &work, err));
    GOD_TRY(take_answer(step, period, &work, &is_open, err));
    if (is_open) {
        return GOD_OK; /* its end is the reason to come back */
    }
    int64_t slot = step->now_us / period_us;
    bool clock_went_back = step->now_us < work.asked_us;
    if (work.asked == 0 || slot > work.asked_us / period_us || clock_went_back) {
        GOD_TRY(ask(step, period, slot, &work, err));
    }
    gdi_step_due(step, (slot + 1) * period_us);
    return GOD_OK;
}
