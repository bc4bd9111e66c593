/* Fails as a whole and does not say why. */
#define FAULT_RUN silent_run
#include "normal.h"

static god_status silent_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)instance;
    (void)job;
    (void)report;
    (void)err;
    return GOD_E_INTERNAL;
}
