#include "core/simulation/mix.h"

#include <math.h>
#include <stdbool.h>

#include "core/simulation/draw.h"
#include "core/tournament/rules.h"

static uint32_t from_to(uint64_t seed, const char *what, int64_t lowest, int64_t highest)
{
    return (uint32_t)gdi_draw_range(seed, what, "", 0, lowest, highest);
}

static uint32_t draw_types(uint64_t seed)
{
    static const uint32_t bits[] = {1u << GDI_TEXT, 1u << GDI_IMAGE, 1u << GDI_ENVIRONMENT};
    uint32_t all = bits[0] | bits[1] | bits[2], one = bits[from_to(seed, "mix of types", 0, 2)];
    switch (from_to(seed, "mix how many types", 0, 7)) {
    case 0: return all;
    case 1: return all & ~one;
    default: return one;
    }
}

static uint32_t draw_miners(uint64_t seed)
{
    if (from_to(seed, "mix too few miners", 0, 7) == 0) {
        return from_to(seed, "mix of miners", 2, 4);
    }
    return (uint32_t)(5 * exp2(gdi_draw_unit(seed, "mix of miners", "", 0) * log2(8.2)));
}

gdi_mix gdi_mix_of(uint64_t seed)
{
    bool is_long = from_to(seed, "mix is long", 0, 7) == 0;
    return (gdi_mix){.types = draw_types(seed),
                     .miners = draw_miners(seed),
                     .days = is_long ? from_to(seed, "mix of days", 4, 7) : from_to(seed, "mix of days", 2, 3),
                     .faults = 0.4 * gdi_draw_unit(seed, "mix of faults", "", 0),
                     .per_1000_statements = 6 * gdi_draw_unit(seed, "mix of kills", "", 0)};
}
