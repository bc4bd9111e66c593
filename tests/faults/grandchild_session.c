/* The same, but the process left behind has a session and a process group of its own.
 * It reports the process id as the fact "grandchild", so that a test can look for it. */
#define FAULT_RUN forking_run
#include "normal.h"

static god_status forking_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    char number[32];
    pid_t pid = fork();
    if (pid < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot fork");
    }
    if (pid == 0) {
        (void)setsid();
        (void)alarm(60); /* longer than any test looks, and not for ever */
        hang();
    }
    (void)snprintf(number, sizeof number, "%ld", (long)pid);
    GOD_TRY(report->fact(report->ctx, "grandchild", number));
    for (uint32_t i = 0; i < job->submission_count; i++) {
        GOD_TRY(evaluate_one(instance, job, i, report, err));
    }
    return GOD_OK;
}
