/* core/host/aside.h: a job that takes minutes or hours, done in a thread of its own, aside, while the watcher keeps its
 * lease.
 *
 *     watcher ── start ──► thread: run(x) ──► result or reason ── over_fd becomes readable ──► watcher ── end
 *             ── ask_stop ──► x->stop_asked says so
 *
 * Belongs to the thread that starts it, which also ends it. The execution that run gets has a stop_asked of its own and
 * no prefetch. [one]
 */
#ifndef GDI_HOST_ASIDE_H
#define GDI_HOST_ASIDE_H

#include "core/host/executors.h"

typedef struct gdi_aside gdi_aside;

/* What x points to, the lease's texts and the payload, must live until the end. over_fd is an event descriptor. */
god_status gdi_aside_start(const gdi_execution *x, gdi_run_fn *run, int over_fd, gdi_aside **ret_aside, god_error *err);
uint32_t gdi_aside_is_over(const gdi_aside *aside);
void gdi_aside_ask_stop(gdi_aside *aside); /* accepts NULL */
/* Waits for it and frees it: what run returned, with its result or its reason. */
god_status gdi_aside_end_take(gdi_aside *aside, json_t **ret_result, god_error *err);

#endif
