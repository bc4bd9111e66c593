/* Fails as a whole, with a reason. */
#define FAULT_RUN failing_run
#include "normal.h"

static god_status failing_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)instance;
    (void)job;
    (void)report;
    return god_fail(err, GOD_E_DATA, "row 17: field \"output\" is missing");
}
