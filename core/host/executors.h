/* core/host/executors.h: who does the jobs of the store (core/cycles/work.h) in this process.
 *
 *     claim ──► hands: host.executors threads, one job at a time each: a question to somebody, a message
 *     claim ──► watcher: one thread that looks at many jobs now and then: a training far away, a worker's folder
 *                  └──► aside: a thread for one job that takes minutes or hours, whose lease the watcher keeps
 *
 * A kind is a line of executor_table.c. Jobs of a kind that nobody executes here stay queued for somebody else (another
 * host, or `god job take`), and gdi_executors_missing says why; after host.unexecuted_minutes they fail with that
 * sentence. Each thread has its own connection to the store and renews the lease of what it
 * holds; a lease that was lost (somebody cancelled the job, or this process was taken for dead) ends the work, and its
 * result is dropped. Stopping gives every job back, so that it starts again elsewhere without counting as an attempt.
 */
#ifndef GDI_HOST_EXECUTORS_H
#define GDI_HOST_EXECUTORS_H

#include "core/base/layout.h"
#include "core/config/config.h"
#include "core/host/facts.h"
#include "core/host/prefetch.h"
#include "core/store/jobs.h"

typedef struct gdi_executors gdi_executors;

typedef struct gdi_executors_options {
    const gdi_config *config; /* borrowed, as everything here */
    const gdi_log *log;
    gdi_shared_facts *facts;
    const gdi_layout *layout;
} gdi_executors_options;

/* Signals that stop the process must be blocked by the caller: they are for its own thread. */
god_status gdi_executors_start(const gdi_executors_options *options, gdi_executors **ret_executors, god_error *err);
/* Asks all of them to end, and waits. gdi_executors_missing may still be called. Accepts NULL. */
void gdi_executors_stop(gdi_executors *executors);
/* After gdi_executors_stop, when no other thread asks anything of them any more. Accepts NULL. */
void gdi_executors_close(gdi_executors *executors);

/* Why nobody here executes this kind; NULL when somebody does. Static text. [any] */
const char *gdi_executors_missing(const gdi_executors *executors, const char *kind);

/* ---- for the files that do the work ---- */

typedef struct gdi_execution {
    const gdi_config *config;
    const gdi_layout *layout;
    const gdi_log *log;
    gdi_prefetch *prefetch; /* for looks */
    const gdi_job_lease *lease;
    const json_t *payload; /* an object */
    int64_t now_us;
    /* Several times a second while something takes its time; also keeps the lease. 1: give up. */
    uint32_t (*stop_asked)(void *user);
    void *user;
} gdi_execution;

/* How a handler's status is taken: GOD_OK with a result: done. GOD_E_TIMEOUT, GOD_E_IO, GOD_E_NOT_FOUND: again later,
 * as long as there are attempts. Anything else: failed for good. */
typedef god_status gdi_run_fn(const gdi_execution *x, json_t **ret_result, god_error *err);
/* One look. No result (NULL) and GOD_OK: look again after *ret_wait_ms. */
typedef god_status gdi_look_fn(const gdi_execution *x, json_t **ret_result, uint32_t *ret_wait_ms, god_error *err);

/* The job is not ours any more, cancelled or somebody else's: end what goes on for it. */
typedef void gdi_drop_fn(const gdi_execution *x);

gdi_run_fn gdi_run_notify, gdi_run_refresh_nodes, gdi_run_find_head; /* execute_network.c */
gdi_run_fn gdi_run_ask_miners;                                       /* execute_miners.c */
gdi_run_fn gdi_run_check_repository;                                 /* execute_repositories.c */
gdi_run_fn gdi_run_refresh_gpus, gdi_run_start_training;             /* execute_trainers.c */
gdi_look_fn gdi_look_watch_training;                                 /* execute_trainers.c */
gdi_run_fn gdi_run_prepare_model;                                    /* execute_prepare_model.c; aside */
gdi_run_fn gdi_run_prepare_task;                                     /* execute_prepare_task.c; aside */
gdi_run_fn gdi_run_publish_repository;                               /* execute_publish.c; aside */
gdi_run_fn gdi_run_choose_content;                                   /* execute_content.c */
gdi_run_fn gdi_run_read_model_base;                                  /* execute_models.c */
gdi_look_fn gdi_look_evaluate;                                       /* execute_evaluate.c */
gdi_drop_fn gdi_drop_evaluate;                                       /* execute_evaluate.c */

#endif
