/* core/worker/split.h: runs a whole job, and when its worker dies, finds the submission that kills it.
 *
 * A worker that crashes, hangs or ends without a result takes the results of a whole group with it, although perhaps
 * one submission is to blame. So the group is run again in halves, halves that die in quarters, until the parts that
 * die hold one submission each:
 *
 *     0 1 2 3 4 5 6 7   dies
 *     0 1 2 3 | 4 5 6 7     the second half is fine: its results count
 *     0 1 | 2 3             the first quarter is fine
 *         2 | 3             3 dies alone: it has failed, by name; 2 is fine
 *
 * Nothing that a worker reported before it died is used. By the contract a submission's numbers do not depend on who
 * else is in its job, so the others get the numbers that they would have got without the one that kills.
 *
 * When no part at all ends well, the plug-in, the data or the base model is at fault, and the outcome stays what the
 * whole group ended with. At most 2 n - 1 parts are run, each within the job's own time limit, all of them together
 * within 2 + 2 log2 n times it.
 */
#ifndef GDI_WORKER_SPLIT_H
#define GDI_WORKER_SPLIT_H

#include "core/worker/supervisor.h"

/* Runs JOBDIR/job.json, which must be `job`, to its end and writes JOBDIR/result.json. What an earlier attempt left in
 * the folder is removed first, so that a job may be run any number of times. The folder's work/ and parts/ are gone
 * afterwards, artifacts/ stays. Frames that are handed on count submissions from the start of their part.
 * Fails itself only when the folder cannot be written or no worker can be started. [one] per job folder */
god_status gdi_job_run(const gdi_supervise_options *options, const char *job_dir, const gdi_job *job,
                       gdi_result *ret_result, god_error *err);

#endif
