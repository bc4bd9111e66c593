/* core/simulation/mix.h: seasons of all sizes. What a seed decides when nobody says how large its season shall be.
 * [any]
 *
 *     types   one; in one season of eight two, in one of eight all three
 *     miners  5 to 40, as many from 5 to 14 as from 14 to 40; in one of eight 2 to 4, with whom nothing can begin
 *     days    2 or 3, in which most tournaments end; in one of eight 4 to 7, and others begin
 *     faults  0 to 0.4
 *     kills   0 to 6 kills and store errors per 1,000 statements
 */
#ifndef GDI_SIMULATION_MIX_H
#define GDI_SIMULATION_MIX_H

#include <stdint.h>

typedef struct gdi_mix {
    uint32_t days, types, miners; /* types: 1 << GDI_TEXT | ... */
    double faults, per_1000_statements;
} gdi_mix;

gdi_mix gdi_mix_of(uint64_t seed);

#endif
