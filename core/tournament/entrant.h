/* core/tournament/entrant.h: who takes part, as a small number.
 *
 * The rules never look at hotkeys. An entrant is its place in a list of hotkeys sorted ascending (core/tournament/
 * roster.h), so "hotkey ascending", the tie-break of nearly every rule, is comparing two numbers. The boss is the
 * place of the burn hotkey in the same list.
 *
 * Everything in core/tournament is pure: no clock, no random source, no I/O, no allocation and no globals that change.
 * Inputs are borrowed, results go into the caller's buffers, whose size each function states. Any thread may call any
 * function as long as no two calls write the same buffer. [any] A broken precondition (a buffer named too small, an
 * entrant outside the roster) is our own mistake and is asserted, never answered.
 */
#ifndef GDI_TOURNAMENT_ENTRANT_H
#define GDI_TOURNAMENT_ENTRANT_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t gdi_entrant;

#define GDI_NOBODY UINT32_MAX /* no entrant: no boss in this field, no winner, no champion */

/* What a task gave one entrant: a loss, a reward or points. NaN and infinity both mean "no valid result". */
typedef struct gdi_score {
    double value;
    gdi_entrant entrant;
} gdi_score;

#define GDI_NO_VALUE ((double)NAN)

static inline bool gdi_has_value(double value)
{
    return isfinite(value) != 0;
}

/* A group or a pair: entrants[first] .. entrants[first + count - 1] of some list. */
typedef struct gdi_slot {
    uint32_t first, count;
} gdi_slot;

#endif
