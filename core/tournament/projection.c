#include "core/tournament/projection.h"

#include "core/tournament/allocation.h"
#include "core/tournament/boss.h"
#include "core/tournament/performance.h"
#include "core/tournament/shares.h"

/* What stays the same on every day. */
typedef struct earning {
    const gdi_rules *rules;
    uint32_t tournament_type;
    uint32_t placement;
    double performance, share, scale;
} earning;

static double weight_after(const earning *of, uint32_t days)
{
    double allocation = gdi_rules_of(of->rules, of->tournament_type)->base_weight;
    if (of->placement == GDI_PLACED_CHAMPION) {
        allocation =
            gdi_allocation_after(of->rules, of->tournament_type, of->performance, of->rules->decay_per_day * days);
    }
    return of->share * allocation * of->scale;
}

gdi_projection gdi_project(const gdi_rules *rules, const gdi_projection_input *input)
{
    static const uint32_t spans[GDI_PROJECTION_COUNT] = {7, 30, 90, 180};
    double fraction = input->percentage_improvement / 100;
    bool environment = input->tournament_type == GDI_ENVIRONMENT;
    double performance = environment ? gdi_performance_from_win_share(rules, fraction) : fraction;
    double threshold = environment ? rules->pvp_win_share_min : gdi_threshold(rules, input->champion_consecutive_wins);
    bool dethrones = environment ? fraction >= threshold : performance > threshold;
    uint32_t placed = input->participant_rows > 1 ? input->participant_rows : 1;
    if (!dethrones && placed < 2) {
        placed = 2;
    }
    earning of = {.rules = rules,
                  .tournament_type = input->tournament_type,
                  .placement = dethrones ? GDI_PLACED_CHAMPION : GDI_PLACED_RUNNER_UP,
                  .performance = performance,
                  .share = gdi_decay_share(rules, placed, dethrones ? 1 : 2),
                  .scale = 1 - rules->participation_weight * input->active_count};
    gdi_projection result = {.placement = of.placement,
                             .dethrone_threshold = threshold,
                             .emission_boost = dethrones ? gdi_boost(rules, performance) : 0.0,
                             .initial_weight = weight_after(&of, 0)};
    for (uint32_t i = 0; i < GDI_PROJECTION_COUNT; i++) {
        double weight = weight_after(&of, spans[i]);
        result.projections[i] = (gdi_projected){
            .days = spans[i],
            .weight = weight,
            .total_alpha = spans[i] * rules->daily_alpha * (result.initial_weight + weight) / 2,
        };
    }
    return result;
}
