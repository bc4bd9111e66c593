/* Reports a score that is not a number. */
#define FAULT_RUN nan_run
#include "normal.h"

#include <math.h>

static god_status nan_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)instance;
    (void)err;
    for (uint32_t i = 0; i < job->submission_count; i++) {
        GOD_TRY(report->metric(report->ctx, i, "score", (double)NAN, 1));
    }
    return GOD_OK;
}
