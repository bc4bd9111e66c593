/* Gives other digits each time, and says that it does not. */
#define FAULT_RUN random_run
#include "normal.h"

static god_status random_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    static int calls = 0;
    (void)instance;
    (void)err;
    for (uint32_t i = 0; i < job->submission_count; i++) {
        GOD_TRY(report->metric(report->ctx, i, "score", (double)calls++, 1));
    }
    return GOD_OK;
}
