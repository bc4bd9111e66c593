/* core/tournament/advance.h: who goes on from a finished text or image round, and who is out. Source: section 15.2.
 *
 * Environment rounds: core/tournament/environment_advance.h. Finals: core/tournament/boss.h and the same file.
 */
#ifndef GDI_TOURNAMENT_ADVANCE_H
#define GDI_TOURNAMENT_ADVANCE_H

#include "core/tournament/ranking.h"

/* The group stage: the 8 best of all groups together, ordered by rank inside the group, then value (best first), then
 * entrant. Each group has its own task, so values of two groups only decide between equal ranks. Entrants without a
 * value never advance and ties are not extended.
 * groups[g] points into `scores`; `standings` is room for as many as `scores` has. `ret_winners` has room for
 * rules->group_advance_count. Returns how many advance. n log n. */
uint32_t gdi_advance_groups(const gdi_rules *rules, uint32_t direction, const gdi_slot *groups, uint32_t group_count,
                            const gdi_score *scores, gdi_standing *standings, gdi_entrant *ret_winners);

/* A knockout round: task_winners[p] is the winner of pair p (gdi_task_winner), GDI_NOBODY when its task has none, and
 * then nobody advances from it. `ret_winners` has room for pair_count. Returns how many advance. */
uint32_t gdi_advance_pairs(const gdi_entrant *task_winners, uint32_t pair_count, gdi_entrant *ret_winners);

/* The living participants that are not among the winners, ascending: they are out in this round. `living` is the list
 * of participants without an elimination, ascending. The boss is exempt except when it lost a final. `winners` may come
 * in any order and is sorted here. `ret_out` has room for living_count. Returns how many are out. n log n. */
uint32_t gdi_eliminated(gdi_entrant boss, bool boss_lost_final, const gdi_entrant *living, uint32_t living_count,
                        gdi_entrant *winners, uint32_t winner_count, gdi_entrant *ret_out);

#endif
