/* core/simulation/reservations.h: the invariants that need more than a statement: what payloads of jobs say.
 * See core/simulation/invariants.h. [one] */
#ifndef GDI_SIMULATION_RESERVATIONS_H
#define GDI_SIMULATION_RESERVATIONS_H

#include "core/store/db.h"

/* gpu_twice: trainings that are asked for or at work name GPUs that nobody else has. */
god_status gdi_reservations_check(gdi_db *db, god_error *err);

/* weights: every vector that was handed out after job *last_job, which moves on. */
god_status gdi_weights_check(gdi_db *db, int64_t *last_job, god_error *err);

#endif
