#include "core/host/aside.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>

struct gdi_aside {
    gdi_execution x;
    gdi_job_lease lease; /* a copy, whose texts are borrowed */
    gdi_run_fn *run;
    int over_fd;
    pthread_t thread;
    god_status status; /* these three are the thread's until is_over */
    json_t *result;
    god_error why;
    atomic_uint stop, is_over;
};

static uint32_t is_stopped(void *user)
{
    return atomic_load(&((gdi_aside *)user)->stop);
}

static void *run(void *user)
{
    gdi_aside *aside = user;
    aside->status = aside->run(&aside->x, &aside->result, &aside->why);
    atomic_store(&aside->is_over, 1);
    (void)eventfd_write(aside->over_fd, 1);
    return NULL;
}

god_status gdi_aside_start(const gdi_execution *x, gdi_run_fn *run_fn, int over_fd, gdi_aside **ret_aside,
                           god_error *err)
{
    gdi_aside *aside = calloc(1, sizeof *aside);
    if (aside == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a job");
    }
    aside->x = *x;
    aside->lease = *x->lease;
    aside->x.lease = &aside->lease;
    aside->x.prefetch = NULL;
    aside->x.stop_asked = is_stopped;
    aside->x.user = aside;
    aside->run = run_fn;
    aside->over_fd = over_fd;
    aside->why = (god_error)GOD_ERROR_INIT;
    if (pthread_create(&aside->thread, NULL, run, aside) != 0) {
        free(aside);
        return god_fail(err, GOD_E_IO, "cannot start a thread for a job");
    }
    *ret_aside = aside;
    return GOD_OK;
}

uint32_t gdi_aside_is_over(const gdi_aside *aside)
{
    return atomic_load(&aside->is_over);
}

void gdi_aside_ask_stop(gdi_aside *aside)
{
    if (aside != NULL) {
        atomic_store(&aside->stop, 1);
    }
}

god_status gdi_aside_end_take(gdi_aside *aside, json_t **ret_result, god_error *err)
{
    (void)pthread_join(aside->thread, NULL);
    god_status status = aside->status;
    if (status == GOD_OK) {
        *ret_result = aside->result;
    } else {
        json_decref(aside->result);
        status = god_fail(err, status, "%s", aside->why.message);
    }
    free(aside);
    return status;
}
