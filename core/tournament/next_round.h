/* core/tournament/next_round.h: from the winners of a finished round to the next one. Source: sections 10.3 and 15.2.
 *
 *     text, image     winners                     next round
 *                     none, or only the boss      none: the boss retains the title
 *                     one, not the boss           final against the boss
 *                     that one and the boss       final
 *                     odd, without the boss       the boss joins, organise
 *                     odd, with the boss          the boss sits out, organise
 *                     even                        organise
 *     environment     the winners and always the boss: a final when that makes two, otherwise organise
 */
#ifndef GDI_TOURNAMENT_NEXT_ROUND_H
#define GDI_TOURNAMENT_NEXT_ROUND_H

#include "core/tournament/bracket.h"

enum { GDI_NEXT_BOSS_RETAINS = 1, GDI_NEXT_FINAL = 2, GDI_NEXT_ORGANISE = 3 };

/* Turns the winners into the field of the next round, in the order of the winners, the boss added at the end, and says
 * what becomes of it. `field` holds *count winners, no two equal, and has room for one more. The field is empty when
 * the boss retains. For GDI_NEXT_FINAL the contender comes first. */
uint32_t gdi_next_field(uint32_t tournament_type, gdi_entrant boss, gdi_entrant *field, uint32_t *count);

/* Before that: drops winners whose hotkey has no node any more; the boss needs none. `has_node` is indexed by entrant.
 * The order stays. Returns how many are left. */
uint32_t gdi_drop_without_node(gdi_entrant boss, const bool *has_node, gdi_entrant *field, uint32_t count);

/* gdi_next_field, then the draw: `bracket->entrants` holds bracket->entrant_count winners and receives the bracket.
 * `stream` is "bracket" of the coming round; it is read only for GDI_NEXT_ORGANISE. */
uint32_t gdi_next_round(const gdi_rules *rules, uint32_t tournament_type, gdi_entrant boss, gdi_stream *stream,
                        gdi_bracket *bracket);

/* Round 1 (sections 9.3, 10.1, 10.2): organises the paying entrants that are left, the boss not among them. With
 * nobody left there is no round: GDI_NEXT_BOSS_RETAINS, otherwise GDI_NEXT_ORGANISE. */
uint32_t gdi_first_round(const gdi_rules *rules, uint32_t tournament_type, gdi_entrant boss, gdi_stream *stream,
                         gdi_bracket *bracket);

#endif
