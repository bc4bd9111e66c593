/* Loses its device in the middle of the job. */
#define FAULT_RUN lost_run
#include "normal.h"

static god_status lost_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    GOD_TRY(evaluate_one(instance, job, 0, report, err));
    return god_fail(err, GOD_E_DEVICE, "the device context is lost");
}
