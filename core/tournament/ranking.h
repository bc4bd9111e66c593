/* core/tournament/ranking.h: order within one task, and the quality scores it gives. Source: section 14.3.
 *
 * The direction of a task is an input: GOD_LOWER_WINS (a loss) or GOD_HIGHER_WINS (a reward), from the task's plug-in.
 */
#ifndef GDI_TOURNAMENT_RANKING_H
#define GDI_TOURNAMENT_RANKING_H

#include "core/tournament/entrant.h"
#include "core/tournament/rules.h"
#include "god/eval.h"

/* One valid result and its place. */
typedef struct gdi_standing {
    double value;
    gdi_entrant entrant;
    uint32_t rank; /* from 1 */
} gdi_standing;

/* Writes the entrants with a value, best first, equal values by entrant ascending; ranks are consecutive. `ret_ranked`
 * has room for `count`. Returns how many there are. n log n. */
uint32_t gdi_rank(uint32_t direction, const gdi_score *scores, uint32_t count, gdi_standing *ret_ranked);

/* ret_quality[i] belongs to scores[i]: 3 for the best, 0 for other valid results, of which the last quarter (at least
 * one) gets -1 when there are more than 8; -1 without a value, but 0 for everyone when nobody has one.
 * `ranked` is room for `count` standings. Returns the task winner: the first in the ranking, or GDI_NOBODY. */
gdi_entrant gdi_quality_scores(const gdi_rules *rules, uint32_t direction, const gdi_score *scores, uint32_t count,
                               gdi_standing *ranked, double *ret_quality);

/* The task winner alone: the best value, equal values by entrant ascending; GDI_NOBODY when nobody has one. */
gdi_entrant gdi_task_winner(uint32_t direction, const gdi_score *scores, uint32_t count);

#endif
