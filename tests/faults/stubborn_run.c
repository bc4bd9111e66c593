/* Hangs in run and ignores every polite signal. */
#define FAULT_RUN stubborn_run
#include "normal.h"

static god_status stubborn_run(god_instance *instance, const god_eval_job *job, const god_report *report,
                               god_error *err)
{
    (void)instance;
    (void)job;
    (void)report;
    (void)err;
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    hang();
    return GOD_OK;
}
