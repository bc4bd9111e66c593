/* Reports a metric whose name is two megabytes long: more than a frame holds. */
#define FAULT_RUN verbose_run
#include "normal.h"

static god_status verbose_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    enum { name_bytes = 2 << 20 };
    (void)instance;
    (void)job;
    char *name = malloc(name_bytes);
    if (name == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory");
    }
    memset(name, 'x', name_bytes - 1);
    name[name_bytes - 1] = '\0';
    god_status status = report->metric(report->ctx, 0, name, 1.0, 1);
    free(name);
    return status;
}
