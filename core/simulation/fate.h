/* core/simulation/fate.h: what becomes of one claim of a job: when its executor answers, and whether.
 *
 *     claimed ──┬── answers ──────────────────────────► finish; some of them once more a little later
 *               ├── fails ────────────────────────────► fail, to be tried again or for good
 *               ├── renews its lease some times, then one of the others
 *               ├── vanishes ─────────── lease runs out, somebody else claims the job
 *               └── comes back too late ─ lease runs out, and then an answer with the old fence
 *
 * A pure function of seed, job key and attempt. Moments fall on a grid (seconds for short work, minutes for trainings),
 * because much happens at the same instant then, which is where order matters. [any]
 */
#ifndef GDI_SIMULATION_FATE_H
#define GDI_SIMULATION_FATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/simulation/people.h"

enum { GDI_FATE_ANSWERS = 1, GDI_FATE_FAILS, GDI_FATE_GIVES_UP, GDI_FATE_VANISHES, GDI_FATE_TOO_LATE };

typedef struct gdi_fate {
    uint32_t how;
    int64_t ends_us;  /* when it answers or fails; true virtual time */
    int64_t lease_us; /* how long a claim of this kind holds */
    bool answers_twice;
} gdi_fate;

/* `until_us`: when the work would have used all of its time (watch_training); 0: the kind's usual time. */
gdi_fate gdi_fate_of(const gdi_people *people, const char *kind, const char *key, uint32_t attempt, int64_t claimed_us,
                     int64_t until_us);
/* The lease of every claim of this kind. */
int64_t gdi_fate_lease_us(const char *kind);

#endif
