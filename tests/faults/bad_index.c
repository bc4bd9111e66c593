/* Reports for a submission that does not exist. */
#define FAULT_RUN lost_run
#include "normal.h"

static god_status lost_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    GOD_TRY(evaluate_one(instance, job, 0, report, err));
    return report->metric(report->ctx, job->submission_count + 1000000, "score", 1.0, 1);
}
