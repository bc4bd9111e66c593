#include "core/tournament/allocation.h"

#include "core/tournament/calendar.h"

double gdi_boost(const gdi_rules *rules, double performance_difference)
{
    bool counts = performance_difference > rules->performance_threshold;
    return counts ? rules->performance_multiplier * (performance_difference - rules->performance_threshold) : 0.0;
}

double gdi_allocation_after(const gdi_rules *rules, uint32_t tournament_type, double performance_difference,
                            double new_decay)
{
    const gdi_type_rules *type_rules = gdi_rules_of(rules, tournament_type);
    double boost = gdi_boost(rules, performance_difference);
    return fmin(fmax(0.0, type_rules->base_weight + boost - new_decay), type_rules->weight_max);
}

static double old_decay(const gdi_rules *rules, uint32_t consecutive_wins)
{
    return consecutive_wins > 1 ? (consecutive_wins - 1) * rules->decay_per_win : 0.0;
}

static double new_decay(const gdi_rules *rules, int64_t from_us, int64_t now_us)
{
    return fmax(0.0, rules->decay_per_day * gdi_days_between(from_us, now_us));
}

/* The first two rows of the table. */
static gdi_allocation allocate_old_reign(const gdi_rules *rules, const gdi_type_rules *type_rules,
                                         const gdi_reign *reign, int64_t now_us)
{
    gdi_allocation result = {.boost = gdi_boost(rules, reign->performance_difference),
                             .old_decay = old_decay(rules, reign->consecutive_wins)};
    double base = type_rules->base_weight, before_cap;
    if (now_us < rules->decay_start_us) {
        before_cap = fmax(0.0, base + fmax(0.0, result.boost - result.old_decay));
    } else {
        result.hybrid = true;
        result.new_decay = new_decay(rules, rules->decay_start_us, now_us);
        before_cap = result.boost > result.old_decay ? base + (result.boost - result.old_decay)
                                                     : fmax(0.0, base - result.new_decay);
    }
    result.allocation = fmin(before_cap, type_rules->weight_max);
    return result;
}

gdi_allocation gdi_allocate(const gdi_rules *rules, uint32_t tournament_type, const gdi_reign *reign, int64_t now_us)
{
    const gdi_type_rules *type_rules = gdi_rules_of(rules, tournament_type);
    bool old_reign = now_us < rules->decay_start_us || reign->first_win_us < rules->decay_start_us;
    if (rules->decay_replays_history && old_reign) {
        return allocate_old_reign(rules, type_rules, reign, now_us);
    }
    gdi_allocation result = {.boost = gdi_boost(rules, reign->performance_difference),
                             .new_decay = new_decay(rules, reign->first_win_us, now_us)};
    result.allocation = gdi_allocation_after(rules, tournament_type, reign->performance_difference, result.new_decay);
    return result;
}

gdi_allocation gdi_allocate_type(const gdi_rules *rules, uint32_t tournament_type, const gdi_past *newest_first,
                                 uint32_t count, const char *burn_hotkey, int64_t now_us)
{
    const char *champion = count > 0 ? gdi_past_champion(&newest_first[0], burn_hotkey) : NULL;
    if (champion == NULL) {
        const gdi_type_rules *type_rules = gdi_rules_of(rules, tournament_type);
        return (gdi_allocation){.allocation = fmin(type_rules->base_weight, type_rules->weight_max)};
    }
    gdi_reign reign = {
        .performance_difference = gdi_reign_performance(newest_first, count, burn_hotkey),
        .first_win_us = gdi_reign_start(newest_first, count, burn_hotkey)->completed_us,
        .consecutive_wins = gdi_consecutive_wins(newest_first, count, champion, burn_hotkey),
    };
    return gdi_allocate(rules, tournament_type, &reign, now_us);
}

double gdi_burn_proportion(const gdi_rules *rules, uint32_t tournament_type, double allocation)
{
    double cap = gdi_rules_of(rules, tournament_type)->weight_max;
    return (cap - allocation) / cap;
}
