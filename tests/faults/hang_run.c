/* Hangs in run, after the first submission. */
#define FAULT_RUN faulty_run
#include "normal.h"

static god_status faulty_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    GOD_TRY(evaluate_one(instance, job, 0, report, err));
    hang();
    return GOD_OK;
}
