#include "core/tournament/boss.h"

#include <assert.h>

#include "god/eval.h"

double gdi_threshold(const gdi_rules *rules, uint32_t consecutive_wins)
{
    if (consecutive_wins == 0) {
        return fmax(rules->threshold_min, rules->threshold_base / rules->threshold_factor);
    }
    double threshold = rules->threshold_base;
    for (uint32_t wins = 1; wins < consecutive_wins && threshold > rules->threshold_min; wins++) {
        threshold *= rules->threshold_factor;
    }
    return fmax(rules->threshold_min, threshold);
}

uint32_t gdi_boss_task(uint32_t direction, double threshold, double boss, double challenger)
{
    assert(direction == GOD_LOWER_WINS || direction == GOD_HIGHER_WINS);
    if (!gdi_has_value(challenger)) {
        return GDI_BOSS_WINS;
    }
    if (!gdi_has_value(boss)) {
        return GDI_CHALLENGER_WINS;
    }
    bool boss_keeps =
        direction == GOD_LOWER_WINS ? boss * (1 - threshold) < challenger : boss * (1 + threshold) > challenger;
    return boss_keeps ? GDI_BOSS_WINS : GDI_CHALLENGER_WINS;
}

uint32_t gdi_boss_round(uint32_t decided_count, uint32_t challenger_win_count)
{
    assert(challenger_win_count <= decided_count);
    return challenger_win_count > decided_count / 2 ? GDI_CHALLENGER_WINS : GDI_BOSS_WINS;
}
