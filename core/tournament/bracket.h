/* core/tournament/bracket.h: who meets whom. Source: sections 10.1, 10.2 and the final of 10.3.
 *
 * A bracket is a flat list of entrants and a list of slots (groups or pairs) that point into it, in their final order:
 *
 *     entrants   m4 m2 | m5 m3 | BOSS m1          slots   [4,2] [2,2] [0,2]   pair_001 is BOSS against m1
 *                0       2       4
 *
 * Both lists are the caller's, sized by GDI_BRACKET_CAP. Before organising, `entrants` holds the field in any order;
 * it is sorted first, so the result depends on the field and the round id alone.
 */
#ifndef GDI_TOURNAMENT_BRACKET_H
#define GDI_TOURNAMENT_BRACKET_H

#include "core/tournament/entrant.h"
#include "core/tournament/rules.h"
#include "core/tournament/stream.h"

enum { GDI_ROUND_GROUP = 1, GDI_ROUND_KNOCKOUT = 2 };

#define GDI_BRACKET_CAP(field_count) ((size_t)(field_count) + 1) /* entries of each list: the boss may be added */

typedef struct gdi_bracket {
    uint32_t round_type; /* GDI_ROUND_GROUP or GDI_ROUND_KNOCKOUT */
    bool is_final;
    uint32_t entrant_count, slot_count;
    gdi_entrant *entrants;
    gdi_slot *slots;
} gdi_bracket;

/* How many groups a field of `count` is cut into, and how large group `i` is before the last shuffle: larger first. */
uint32_t gdi_group_count(const gdi_rules *rules, uint32_t count);             /* text, image; count >= 1 */
uint32_t gdi_environment_group_count(const gdi_rules *rules, uint32_t count); /* count >= 1 */
uint32_t gdi_group_size(uint32_t count, uint32_t group_count, uint32_t i);

/* Text and image. Up to knockout_field_max entrants: a knockout; an odd field takes the boss in, or out if it is
 * there. Larger: groups. entrant_count >= 1; a field of one meets the boss. Not a final. Draws from "bracket". */
void gdi_bracket_organise(const gdi_rules *rules, gdi_entrant boss, gdi_stream *stream, gdi_bracket *bracket);
/* Environment. Groups of 2 to 6, in the order of the cut. entrant_count >= 1; a field of one is one group. */
void gdi_bracket_organise_environment(const gdi_rules *rules, gdi_stream *stream, gdi_bracket *bracket);

/* The last round: the field as it is, as one pair (text, image) or one group (environment). Nothing is drawn. */
void gdi_bracket_final(uint32_t tournament_type, gdi_bracket *bracket);

#endif
