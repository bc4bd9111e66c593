/* Lets one bad submission spoil the whole group. */
#define FAULT_RUN strict_run
#include "normal.h"

static god_status strict_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    for (uint32_t i = 0; i < job->submission_count; i++) {
        if (!submission_has(job->submissions[i], "score.txt")) {
            return god_fail(err, GOD_E_DATA, "submission \"%s\" has no score.txt", job->submissions[i]->id);
        }
        GOD_TRY(evaluate_one(instance, job, i, report, err));
    }
    return GOD_OK;
}
