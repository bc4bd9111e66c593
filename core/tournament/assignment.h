/* core/tournament/assignment.h: who works on which task of a new round. Source: section 12.
 *
 * A group task has every member of the group, a pair task both hotkeys, each task of a final all entrants. In an
 * environment round that is not the final, the boss also plays in the first group unless it is in some group already.
 */
#ifndef GDI_TOURNAMENT_ASSIGNMENT_H
#define GDI_TOURNAMENT_ASSIGNMENT_H

#include "core/tournament/bracket.h"

/* Entrants of every task of slot `slot` (from 0), in the order of the bracket, the boss appended last where it joins.
 * `ret_entrants` has room for the slot's size and one more. Returns how many. */
uint32_t gdi_assign(uint32_t tournament_type, gdi_entrant boss, const gdi_bracket *bracket, uint32_t slot,
                    gdi_entrant *ret_entrants);

#endif
