/* Hangs on the submissions whose folder holds a file named "hang"; the others are evaluated as usual. */
#define FAULT_RUN picky_run
#include "normal.h"

static god_status picky_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    for (uint32_t i = 0; i < job->submission_count; i++) {
        if (submission_has(job->submissions[i], "hang")) {
            hang();
        }
        GOD_TRY(evaluate_one(instance, job, i, report, err));
    }
    return GOD_OK;
}
