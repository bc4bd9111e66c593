/* Hangs in run, after the first submission. */
#define FAULT_RUN faulty_run
#include "normal.h"

static god_status faulty_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)instance;
    (void)err;
    GOD_TRY(report_score(job, 0, report));
    hang();
    return GOD_OK;
}
