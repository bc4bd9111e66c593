/* Gives other digits each time, and says that it does not. */
#define FAULT_RUN random_run
#include "normal.h"

static god_status random_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    static int calls = 0;
    GOD_TRY(find_rows(job, err));
    for (uint32_t i = 0; i < job->submission_count; i++) {
        if (instance->host->cancelled(instance->host->ctx)) {
            return god_fail(err, GOD_E_CANCELLED, "cancelled");
        }
        GOD_TRY(submission_has(job->submissions[i], "score.txt")
                    ? report->metric(report->ctx, i, "score", (double)calls++, 1)
                    : report->failed(report->ctx, i, GOD_E_DATA, "there is no score.txt"));
    }
    return GOD_OK;
}
