/* core/tournament/projection.h: what a hypothetical improvement would earn. Source: section 22. */
#ifndef GDI_TOURNAMENT_PROJECTION_H
#define GDI_TOURNAMENT_PROJECTION_H

#include "core/tournament/rules.h"

enum { GDI_PLACED_CHAMPION = 1, GDI_PLACED_RUNNER_UP = 2, GDI_PROJECTION_COUNT = 4 };

typedef struct gdi_projection_input {
    uint32_t tournament_type;
    double percentage_improvement;      /* for environment: the share of won games in per cent */
    uint32_t champion_consecutive_wins; /* of the present champion */
    uint32_t participant_rows;          /* of the latest tournament; 0 counts as 1 */
    uint32_t active_count;              /* |A| of 20.4 */
} gdi_projection_input;

typedef struct gdi_projected {
    uint32_t days; /* 7, 30, 90, 180 */
    double weight;
    double total_alpha; /* days * daily alpha * mean of the first and the last day's weight */
} gdi_projected;

typedef struct gdi_projection {
    uint32_t placement;
    double dethrone_threshold;
    double emission_boost; /* 0 for a runner-up */
    double initial_weight; /* weight on day 0 */
    gdi_projected projections[GDI_PROJECTION_COUNT];
} gdi_projection;

/* percentage_improvement is finite. */
gdi_projection gdi_project(const gdi_rules *rules, const gdi_projection_input *input);

#endif
