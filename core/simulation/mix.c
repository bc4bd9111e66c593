#include "core/simulation/mix.h"

#include <math.h>

#include "core/simulation/draw.h"

enum { RARELY = 16, MINERS_MAX = 40 };

static uint32_t from_to(uint64_t seed, const char *what, int64_t lowest, int64_t highest)
{
    return (uint32_t)gdi_draw_range(seed, what, "", 0, lowest, highest);
}

static uint32_t draw_types(uint64_t seed)
{
    static const uint32_t bits[] = {1u << GDI_TEXT, 1u << GDI_IMAGE, 1u << GDI_ENVIRONMENT};
    uint32_t all = bits[0] | bits[1] | bits[2], one = bits[from_to(seed, "mix of types", 0, 2)];
    switch (from_to(seed, "mix how many types", 1, RARELY)) {
    case 1: return all & ~one;
    case 2: return all;
    default: return one;
    }
}

/* A field of this type, up to the largest: small ones far more often. */
static uint32_t draw_miners(const gdi_rules *rules, uint32_t types, uint64_t seed)
{
    uint32_t lowest = 0;
    if (from_to(seed, "mix too few miners", 1, RARELY) == 1) {
        return from_to(seed, "mix of miners", 2, 4);
    }
    for (uint32_t type = 1; type <= GDI_TYPE_COUNT; type++) {
        uint32_t field_min = gdi_rules_of(rules, type)->field_min;
        lowest = (types & 1u << type) != 0 && field_min > lowest ? field_min : lowest;
    }
    double unit = gdi_draw_unit(seed, "mix of miners", "", 0);
    return (uint32_t)(lowest * pow((MINERS_MAX + 1.0) / lowest, unit * unit));
}

gdi_mix gdi_mix_of(const gdi_rules *rules, uint64_t seed)
{
    uint32_t types = draw_types(seed);
    bool is_long = from_to(seed, "mix is long", 1, RARELY) == 1;
    return (gdi_mix){.types = types,
                     .miners = draw_miners(rules, types, seed),
                     .days = is_long ? from_to(seed, "mix of days", 3, 7) : 2,
                     .faults = 0.4 * gdi_draw_unit(seed, "mix of faults", "", 0),
                     .per_1000_statements = 3 * gdi_draw_unit(seed, "mix of kills", "", 0)};
}
