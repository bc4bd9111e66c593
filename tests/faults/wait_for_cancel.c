/* Works for ever, but stops politely when it is asked to. Not a fault: the control for cancelling. */
#define FAULT_RUN patient_run
#include "normal.h"

static god_status patient_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    const god_host *host = instance->host;
    GOD_TRY(evaluate_one(instance, job, 0, report, err));
    for (uint64_t i = 0; !host->cancelled(host->ctx); i++) {
        host->progress(host->ctx, i, 0, "rounds", "waiting");
        (void)usleep(1000);
    }
    return god_fail(err, GOD_E_CANCELLED, "cancelled while waiting");
}
