/* Wants a function that nobody has. */
#define FAULT_RUN faulty_run
#include "normal.h"

god_status god_nobody_has_this(void);

static god_status faulty_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)instance;
    (void)job;
    (void)report;
    (void)err;
    return god_nobody_has_this();
}
