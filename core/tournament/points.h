/* core/tournament/points.h: the points of a tournament, which rank everybody below the champion. Source: section 20.2.
 *
 * `points` is indexed by entrant and starts at zero. Call once per task, by round and then by task id ascending: that
 * is the order in which an entrant's points add up. Then gdi_points_leave_out.
 */
#ifndef GDI_TOURNAMENT_POINTS_H
#define GDI_TOURNAMENT_POINTS_H

#include "core/tournament/ranking.h"

/* Text and image: the task winner (14.3; in the boss round 16.2) gets round_number * base weight; GDI_NOBODY: no one.
 */
void gdi_points_add_winner(const gdi_type_rules *type_rules, uint32_t round_number, gdi_entrant winner, double *points);

/* Environment: the N entrants with a value that is not 0, champion and boss left out, by value descending, then
 * ascending: rank i gets round_number * base weight * (N - i + 1) / N. `scratch` is room for `count` scores and
 * `ranked` for as many standings. */
void gdi_points_add_environment(const gdi_type_rules *type_rules, uint32_t round_number, gdi_entrant champion,
                                gdi_entrant boss, const gdi_score *scores, uint32_t count, gdi_score *scratch,
                                gdi_standing *ranked, double *points);

/* The champion has no points, and the burn hotkey none when there is a base winner behind it. Either may be
 * GDI_NOBODY. */
void gdi_points_leave_out(gdi_entrant champion, gdi_entrant boss, bool has_base_winner, double *points);

#endif
