/* core/tournament/performance.h: by how much a challenger beat the boss. Source: section 19. */
#ifndef GDI_TOURNAMENT_PERFORMANCE_H
#define GDI_TOURNAMENT_PERFORMANCE_H

#include "core/tournament/entrant.h"
#include "core/tournament/rules.h"

/* One final task of text or image, relative to the loser's side of the direction:
 *     lower wins    (boss - challenger) / challenger, 0 unless challenger > 0
 *     higher wins   (challenger - boss) / boss, 0 unless boss > 0
 * GDI_NO_VALUE when one side has no value; such a task is left out of the median. */
double gdi_performance(uint32_t direction, double boss, double challenger);

/* A share of won games p in [0, 1] as a difference: 0 below 0.60, then 0.05 + (p - 0.60) * 0.125. */
double gdi_performance_from_win_share(const gdi_rules *rules, double win_share);

/* One final task of an environment tournament, from both sides' points over environment_count >= 1 environments:
 * p = max(0, (2c + b - 3E) / (3E)). GDI_NO_VALUE when one side has no value. */
double gdi_environment_performance(const gdi_rules *rules, double boss, double challenger, uint32_t environment_count);

/* winning_performance_difference: the median of the values, the mean of the two middle ones for an even count, 0 for
 * none. Entries without a value are dropped from the list, which is sorted in place. */
double gdi_performance_median(double *values, uint32_t count);

#endif
