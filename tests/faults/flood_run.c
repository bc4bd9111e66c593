/* Prints far more than anyone keeps; a supervisor that does not read would block it for ever. */
#define FAULT_RUN flooding_run
#include "normal.h"

static god_status flooding_run(god_instance *instance, const god_eval_job *job, const god_report *report,
                               god_error *err)
{
    enum { lines = 40000 };
    for (int i = 0; i < lines; i++) {
        printf("line %d of a plug-in that talks too much, and then some more to make the line long\n", i);
    }
    for (uint32_t i = 0; i < job->submission_count; i++) {
        GOD_TRY(evaluate_one(instance, job, i, report, err));
    }
    return GOD_OK;
}
