/* Never asks whether it should stop, and says that it does. */
#define FAULT_RUN deaf_run
#include "normal.h"

static god_status deaf_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)instance;
    GOD_TRY(find_rows(job, err));
    for (uint32_t i = 0; i < job->submission_count; i++) {
        GOD_TRY(report_score(job, i, report));
    }
    return GOD_OK;
}
