/* core/simulation/executors.h: whoever executes jobs, as one object: claims them, and answers for the world later.
 *
 * Executors are processes of their own and outlive the host: after a simulated kill they still hold their leases and
 * come with their answers. After a real one they are read back from the store: a claim's moment stands in its row, as
 * part of the owner's name, and everything else follows from it.
 *
 * Promises of core/store/jobs.h that are checked here, since nobody else sees them broken: an answer with an old fence
 * is refused, and a second answer changes nothing. [one]
 */
#ifndef GDI_SIMULATION_EXECUTORS_H
#define GDI_SIMULATION_EXECUTORS_H

#include "core/simulation/agenda.h"
#include "core/simulation/clock.h"
#include "core/simulation/fate.h"
#include "core/simulation/world.h"
#include "core/store/jobs.h"

typedef struct gdi_sim_executors { /* zero-initialised but for the borrowed first three; ended with
                                      gdi_sim_executors_free */
    const gdi_world *world;
    const gdi_virtual_clock *clock;
    gdi_db *db; /* the present connection; NULL while the process is dead */
    gdi_agenda agenda;
    uint64_t claims, refused;
} gdi_sim_executors;

/* Claims every job that is due. */
god_status gdi_sim_executors_claim(gdi_sim_executors *executors, int64_t true_us, god_error *err);
/* Gives the answers that are due. An answer stays on the agenda until the store took or refused it. */
god_status gdi_sim_executors_answer(gdi_sim_executors *executors, int64_t true_us, god_error *err);
/* Takes over the claims that the store holds: once, at the start of a process. */
god_status gdi_sim_executors_take_over(gdi_sim_executors *executors, int64_t true_us, god_error *err);
void gdi_sim_executors_free(gdi_sim_executors *executors);

#endif
