/* Kills the process that supervises it. Never run this where the parent is your shell. */
#define FAULT_RUN parricide_run
#include "normal.h"

static god_status parricide_run(god_instance *instance, const god_eval_job *job, const god_report *report,
                                god_error *err)
{
    GOD_TRY(evaluate_one(instance, job, 0, report, err));
    (void)kill(getppid(), SIGKILL);
    hang();
    return GOD_OK;
}
