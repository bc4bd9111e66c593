/* Reports a score outside the range that it stated. */
#define FAULT_RUN proud_run
#include "normal.h"

static god_status proud_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)instance;
    (void)err;
    for (uint32_t i = 0; i < job->submission_count; i++) {
        GOD_TRY(report->metric(report->ctx, i, "score", -1.0, 1));
    }
    return GOD_OK;
}
