/* Says that all is well and reports nothing. */
#define FAULT_RUN idle_run
#include "normal.h"

static god_status idle_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)instance;
    (void)job;
    (void)report;
    (void)err;
    return GOD_OK;
}
