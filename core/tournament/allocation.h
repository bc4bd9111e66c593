/* core/tournament/allocation.h: how much of the emission a type gets. Sources: sections 20.1 and 20.5.
 *
 *     boost      = 2.0 * (d - 0.05) if d > 0.05, else 0              d: performance difference of the reign (19.3)
 *     allocation = min(cap, max(0, base + boost - 0.0033 * days of the reign))       the cap comes after the decay
 *
 * Reigns begun before decay_start_us (2025-11-26) obey two older rules, kept to replay history:
 *     now before that day        max(0, base + max(0, boost - 0.01 * (wins - 1)))
 *     begun before, now after    boost larger than that old decay: base + (boost - old), no time decay; otherwise
 *                                max(0, base - 0.0033 * days since that day)          ("hybrid")
 */
#ifndef GDI_TOURNAMENT_ALLOCATION_H
#define GDI_TOURNAMENT_ALLOCATION_H

#include "core/tournament/history.h"
#include "core/tournament/rules.h"

typedef struct gdi_reign {
    double performance_difference;
    int64_t first_win_us; /* completion of the tournament in which it began */
    uint32_t consecutive_wins;
} gdi_reign;

typedef struct gdi_allocation {
    double boost, old_decay, new_decay;
    bool hybrid;
    double allocation; /* in [0, cap] */
} gdi_allocation;

double gdi_boost(const gdi_rules *rules, double performance_difference);

/* The third row of 20.1 alone: the allocation of a type with this difference and this much time decay (>= 0). */
double gdi_allocation_after(const gdi_rules *rules, uint32_t tournament_type, double performance_difference,
                            double new_decay);

/* With rules->decay_replays_history all three rows, otherwise the third for every reign. */
gdi_allocation gdi_allocate(const gdi_rules *rules, uint32_t tournament_type, const gdi_reign *reign, int64_t now_us);

/* From the completed tournaments of the type, newest first. A type never held, and a champion that is nobody, have the
 * base weight, without boost or decay. */
gdi_allocation gdi_allocate_type(const gdi_rules *rules, uint32_t tournament_type, const gdi_past *newest_first,
                                 uint32_t count, const char *burn_hotkey, int64_t now_us);

/* *_burn_proportion as reported: (cap - allocation) / cap. */
double gdi_burn_proportion(const gdi_rules *rules, uint32_t tournament_type, double allocation);

#endif
