/* core/tournament/boss.h: the boss round of text and image. Source: section 16. */
#ifndef GDI_TOURNAMENT_BOSS_H
#define GDI_TOURNAMENT_BOSS_H

#include "core/tournament/entrant.h"
#include "core/tournament/rules.h"

enum { GDI_BOSS_WINS = 1, GDI_CHALLENGER_WINS = 2 };

/* max(0.03, 0.05 * 0.8^(wins - 1)), by repeated multiplication: the same digits everywhere. 0 wins (no champion yet)
 * gives 0.05 / 0.8. */
double gdi_threshold(const gdi_rules *rules, uint32_t consecutive_wins);

/* One task of the final; values that are not finite are no results.
 *     lower wins    the boss keeps it if boss * (1 - threshold) < challenger, so equality favours the challenger
 *     higher wins   the boss keeps it if boss * (1 + threshold) > challenger
 *     one result    wins; none: the boss
 * With a negative reward the handicap turns round; the caller logs that (16.2). Products in double, no epsilon. */
uint32_t gdi_boss_task(uint32_t direction, double threshold, double boss, double challenger);

/* The challenger wins the tournament iff it won more than floor(decided / 2) of the decided tasks. */
uint32_t gdi_boss_round(uint32_t decided_count, uint32_t challenger_win_count);

#endif
