/* core/simulation/promises.h: the invariants that look at what new jobs promise: GPUs to a training, weights to a
 * network. See core/simulation/invariants.h, gpu_twice and weights.
 *
 * A GPU is promised by a start request from the moment of the job until the hours of the task are over, or until the
 * training came to its end. (After its hours an overdue training is still watched, section 13.4, and its GPUs may be
 * somebody else's by then.) [one]
 */
#ifndef GDI_SIMULATION_PROMISES_H
#define GDI_SIMULATION_PROMISES_H

#include "core/simulation/seen.h"
#include "core/store/db.h"

/* Looks at every job after *last_job, which moves on. `seen` remembers who was promised what. With *last_job 0 GPUs are
 * only taken note of: who was at work at those moments cannot be known any more. */
god_status gdi_promises_check(gdi_db *db, gdi_seen *seen, int64_t *last_job, god_error *err);

#endif
