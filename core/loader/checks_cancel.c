/* Checks that a run can be stopped: by a host that refuses its reports, and by `cancelled`. */
#include "core/base/clock.h"
#include "core/loader/checks_run.h"

enum { cancel_ms_max = 2000 };

static uint32_t stops_when_refused(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    god_status status = GOD_OK;
    god_error err = GOD_ERROR_INIT;
    gdi_check_report report;
    uint32_t verdict = gdi_check_report_init(job->job.submission_count, &report, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    report.refuse = 1;
    verdict = gdi_check_job_run(what, job, &report, &status, &err, ret_why);
    if (verdict == GDI_PASS && report.refused_count == 0) {
        verdict = gdi_check_skips(ret_why, "it reports nothing for these submissions");
    } else if (verdict == GDI_PASS && status != GOD_E_IO) {
        verdict = gdi_check_fails(ret_why, "a report returned GOD_E_IO, run returns %s", god_status_name(status));
    }
    gdi_check_report_fini(&report);
    return verdict;
}

uint32_t gdi_check_run_refused(const gdi_checked *what, god_error *ret_why)
{
    return gdi_check_with_job(what, stops_when_refused, ret_why);
}

/* Runs with `cancelled` saying yes from question `cancel_at` on, and looks at how long the run goes on after that. */
static uint32_t stops_when_cancelled(const gdi_checked *what, gdi_check_job *job, uint64_t cancel_at,
                                     god_error *ret_why)
{
    god_status status = GOD_OK;
    god_error err = GOD_ERROR_INIT;
    gdi_check_report report = {.metrics = NULL};
    gdi_check_host *host = &job->session.host;
    host->asked = 0;
    host->cancel_at = cancel_at;
    uint32_t verdict = gdi_check_job_run(what, job, &report, &status, &err, ret_why);
    uint64_t took_ms = host->raised_ms == 0 ? 0 : gdi_clock_ms() - host->raised_ms;
    if (verdict == GDI_PASS && host->raised_ms == 0) {
        verdict = gdi_check_fails(ret_why, "run asks `cancelled` %llu times, so it cannot be stopped",
                                  (unsigned long long)host->asked);
    } else if (verdict == GDI_PASS && took_ms > cancel_ms_max) {
        verdict = gdi_check_fails(ret_why, "run goes on for %llu ms after it was cancelled, %d are allowed",
                                  (unsigned long long)took_ms, cancel_ms_max);
    } else if (verdict == GDI_PASS && status != GOD_E_CANCELLED) {
        verdict = gdi_check_fails(ret_why, "run returns %s after it was cancelled, not GOD_E_CANCELLED",
                                  god_status_name(status));
    } else if (verdict == GDI_PASS) {
        verdict = gdi_check_explained("run", status, &err, ret_why);
    }
    gdi_check_report_fini(&report);
    return verdict;
}

static uint32_t can_cancel(const gdi_checked *what)
{
    return (what->plugin.plugin.caps & GOD_CAP_CANCEL) != 0;
}

static uint32_t stops_at_once(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    return can_cancel(what) ? stops_when_cancelled(what, job, 1, ret_why)
                            : gdi_check_skips(ret_why, "it does not set GOD_CAP_CANCEL");
}

uint32_t gdi_check_cancel_before(const gdi_checked *what, god_error *ret_why)
{
    return gdi_check_with_job(what, stops_at_once, ret_why);
}

/* A run that is left alone tells how often it asks; half of that is halfway. */
static uint32_t stops_halfway(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    gdi_check_report report = {.metrics = NULL};
    if (!can_cancel(what)) {
        return gdi_check_skips(ret_why, "it does not set GOD_CAP_CANCEL");
    }
    uint32_t verdict = gdi_check_job_run_well(what, job, &report, ret_why);
    gdi_check_report_fini(&report);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    uint64_t halfway = job->session.host.asked / 2 + 1;
    return job->session.host.asked < 2 ? gdi_check_skips(ret_why, "it asks `cancelled` once: the run is too short")
                                       : stops_when_cancelled(what, job, halfway, ret_why);
}

uint32_t gdi_check_cancel_midway(const gdi_checked *what, god_error *ret_why)
{
    return gdi_check_with_job(what, stops_halfway, ret_why);
}
