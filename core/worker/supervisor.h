/* core/worker/supervisor.h: runs one job in a child and says truthfully how it ended, whatever the child does.
 *
 *   caller ── gdi_supervise ──► god-worker --inner JOBDIR ── frames ──► progress.jsonl, gdi_result
 *                 │                     ▲
 *                 └── deadline, cancel ─┘   ask (SIGTERM), keep reading for grace_ms, then kill the whole group
 *
 *   done frame and exit 0                    result
 *   done frame with a status                 plug-in error
 *   signal, or a bad exit after "done"       crash
 *   deadline passed before it was done       timeout
 *   exit without a done frame                no result
 *   we asked it to stop                      cancelled
 *
 * The child dies with the thread that called. Nothing that it prints counts; the last lines of it are kept in
 * JOBDIR/output.txt. Processes that a plug-in leaves behind are ended too, which takes every child that this process
 * has: one job at a time per process, and no other children meanwhile. [one]
 */
#ifndef GDI_WORKER_SUPERVISOR_H
#define GDI_WORKER_SUPERVISOR_H

#include "core/worker/result.h"

typedef struct gdi_supervise_options {
    const char *worker_path; /* god-worker */
    const char *nn_dir;      /* device modules; the job's own nn_dir goes first */
    void *user;              /* first argument of the calls below, each of which may be NULL */
    /* Asked several times a second: 0 go on, 1 stop politely, 2 kill. */
    uint32_t (*stop_asked)(void *user);
    /* Each frame that was accepted, as in core/worker/collect.h. */
    void (*frame)(void *user, const json_t *frame);
} gdi_supervise_options;

/* Runs JOBDIR/job.json, which must be `job`. Fills *ret_result (the caller's, gdi_result_clear) however the worker
 * ends; fails itself only when the worker cannot be started or the folder cannot be written. Writes no result.json. */
god_status gdi_supervise(const gdi_supervise_options *options, const char *job_dir, const gdi_job *job,
                         gdi_result *ret_result, god_error *err);

#endif
