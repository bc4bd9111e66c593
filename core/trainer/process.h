/* core/trainer/process.h: the god-runner of a job: a process of its own, which neither ends with ours nor is forgotten
 * when ours ends. Internal to core/trainer. [one]
 *
 * It holds JOB/lock while it works and has written its number into it. Whoever finds the lock taken waits; whoever
 * finds it free and no JOB/result.json starts another one, which goes on where the last one stopped.
 */
#ifndef GDI_TRAINER_PROCESS_H
#define GDI_TRAINER_PROCESS_H

#include <sys/types.h>

#include "core/base/layout.h"
#include "god/error.h"

typedef struct gdi_runner_process {
    pid_t pid; /* of one that this process started and has not reaped; 0: none */
} gdi_runner_process;

/* Starts `god-runner JOB`, or `god-runner --remove JOB`. What it says on stderr is added to JOB/runner.log; what a
 * training prints goes to files of its own. It gets none of our secrets: a short list of variables. */
god_status gdi_runner_process_start(const gdi_layout *layout, const char *job_dir, uint32_t removes,
                                    gdi_runner_process *ret_process, god_error *err);

/* Has the one that we started ended? 1: *ret_exit_code is its exit status, -1 after a signal. Waits at most
 * timeout_ms. */
uint32_t gdi_runner_process_wait(gdi_runner_process *process, uint32_t timeout_ms, int *ret_exit_code);

/* Does a god-runner, whosever, work on this folder? */
uint32_t gdi_runner_process_works(const char *job_dir);
/* Asks it to cancel the training: SIGTERM. Nothing when there is none. */
void gdi_runner_process_stop(const char *job_dir);

#endif
