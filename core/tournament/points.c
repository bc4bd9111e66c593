#include "core/tournament/points.h"

void gdi_points_add_winner(const gdi_type_rules *type_rules, uint32_t round_number, gdi_entrant winner, double *points)
{
    if (winner != GDI_NOBODY) {
        points[winner] += round_number * type_rules->base_weight;
    }
}

void gdi_points_add_environment(const gdi_type_rules *type_rules, uint32_t round_number, gdi_entrant champion,
                                gdi_entrant boss, const gdi_score *scores, uint32_t count, gdi_score *scratch,
                                gdi_standing *ranked, double *points)
{
    uint32_t placed = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool left_out = scores[i].entrant == champion || scores[i].entrant == boss;
        if (!left_out && scores[i].value != 0) {
            scratch[placed++] = scores[i];
        }
    }
    placed = gdi_rank(GOD_HIGHER_WINS, scratch, placed, ranked);
    for (uint32_t i = 0; i < placed; i++) {
        double share = round_number * type_rules->base_weight * (placed - ranked[i].rank + 1) / placed;
        points[ranked[i].entrant] += share;
    }
}

void gdi_points_leave_out(gdi_entrant champion, gdi_entrant boss, bool has_base_winner, double *points)
{
    if (champion != GDI_NOBODY) {
        points[champion] = 0.0;
    }
    if (boss != GDI_NOBODY && has_base_winner) {
        points[boss] = 0.0;
    }
}
