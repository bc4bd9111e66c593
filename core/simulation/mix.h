/* core/simulation/mix.h: seasons of all sizes. What a seed decides when nobody says how large its season shall be.
 * [any]
 *
 *     types   one; in one season of 16 two of them, in one of 16 all three
 *     miners  from the smallest field that may begin (5, or 8 when not only environments are played) to 40: half of the
 *             seasons have at most 1.7 times the smallest; one of 16 has 2 to 4, and nothing begins
 *     days    2, in which most tournaments end; one of 16 has 3 to 7, and others begin
 *     faults  0 to 0.4
 *     kills   0 to 3 kills and store errors per 1,000 statements
 */
#ifndef GDI_SIMULATION_MIX_H
#define GDI_SIMULATION_MIX_H

#include "core/tournament/rules.h"

typedef struct gdi_mix {
    uint32_t days, types, miners; /* types: 1 << GDI_TEXT | ... */
    double faults, per_1000_statements;
} gdi_mix;

gdi_mix gdi_mix_of(const gdi_rules *rules, uint64_t seed);

#endif
