/* Aborts on a thread of its own while run goes on. */
#define FAULT_RUN threading_run
#include "normal.h"

#include <pthread.h>

static void *abort_here(void *unused)
{
    (void)unused;
    die_by(SIGABRT);
    return NULL;
}

static god_status threading_run(god_instance *instance, const god_eval_job *job, const god_report *report,
                                god_error *err)
{
    pthread_t thread;
    GOD_TRY(evaluate_one(instance, job, 0, report, err));
    if (pthread_create(&thread, NULL, abort_here, NULL) != 0) {
        return god_fail(err, GOD_E_IO, "cannot start a thread");
    }
    (void)pthread_join(thread, NULL);
    return GOD_OK;
}
