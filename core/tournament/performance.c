#include "core/tournament/performance.h"

#include <assert.h>

#include "core/tournament/sort.h"
#include "god/eval.h"

static bool value_before(const double *a, const double *b)
{
    return *a < *b;
}

GDI_DEFINE_SORT(sort_values, double, value_before)

double gdi_performance(uint32_t direction, double boss, double challenger)
{
    assert(direction == GOD_LOWER_WINS || direction == GOD_HIGHER_WINS);
    if (!gdi_has_value(boss) || !gdi_has_value(challenger)) {
        return GDI_NO_VALUE;
    }
    if (direction == GOD_LOWER_WINS) {
        return challenger > 0 ? (boss - challenger) / challenger : 0.0;
    }
    return boss > 0 ? (challenger - boss) / boss : 0.0;
}

double gdi_performance_from_win_share(const gdi_rules *rules, double win_share)
{
    if (win_share < rules->pvp_win_share_min) {
        return 0.0;
    }
    return rules->performance_threshold + (win_share - rules->pvp_win_share_min) * rules->pvp_performance_slope;
}

double gdi_environment_performance(const gdi_rules *rules, double boss, double challenger, uint32_t environment_count)
{
    assert(environment_count > 0);
    if (!gdi_has_value(boss) || !gdi_has_value(challenger)) {
        return GDI_NO_VALUE;
    }
    double all = 3.0 * environment_count;
    double win_share = fmax(0.0, (2 * challenger + boss - all) / all);
    return gdi_performance_from_win_share(rules, win_share);
}

double gdi_performance_median(double *values, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (gdi_has_value(values[i])) {
            values[kept++] = values[i];
        }
    }
    if (kept == 0) {
        return 0.0;
    }
    sort_values(values, kept);
    uint32_t middle = kept / 2;
    return kept % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}
