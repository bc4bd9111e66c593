/* core/simulation/arrows.h: the state machines of section 5, for invariants. */
#ifndef GDI_SIMULATION_ARROWS_H
#define GDI_SIMULATION_ARROWS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    GDI_ARROWS_TOURNAMENT = 1,
    GDI_ARROWS_ROUND,
    GDI_ARROWS_TASK,
    GDI_ARROWS_TRAINING,
    GDI_ARROWS_EVALUATION,
    GDI_ARROWS_GAMES,
    GDI_ARROWS_REVIEW,
    GDI_ARROWS_JOB,
    GDI_ARROWS_SET_ONCE, /* from nothing ("") to anything, and then no more */
    GDI_ARROWS_ANY
};

/* Whether `to` can be reached from `from` by any number of arrows, none included: several may be gone along between two
 * looks. [any] */
bool gdi_arrows_lead(uint32_t machine, const char *from, const char *to);

#endif
