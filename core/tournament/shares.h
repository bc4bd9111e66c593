/* core/tournament/shares.h: how a type's emission is divided among champion and entrants. Source: section 20.3.
 *
 *     share(rank) = 0.3^(rank - 1) / sum over r = 1 .. N of 0.3^(r - 1)
 *
 * The champion alone is rank 1. Entrants whose points agree to 1e-9 share the average of the ranks they occupy, so a
 * rank may be half a number and the shares may sum to less than 1; the rest burns.
 */
#ifndef GDI_TOURNAMENT_SHARES_H
#define GDI_TOURNAMENT_SHARES_H

#include "core/tournament/entrant.h"
#include "core/tournament/rules.h"

typedef struct gdi_share {
    gdi_entrant entrant;
    double rank;
    double share;        /* in [0, 1]; too small for a double from about rank 600 on */
    int64_t points_nano; /* llround(points * 1e9); INT64_MAX for the champion */
} gdi_share;

/* ret_shares[i] = share(i + 1) for N = count. */
void gdi_decay_shares(const gdi_rules *rules, uint32_t count, double *ret_shares);

/* share(rank) for N placed; rank is a whole or half number from 1 to N. */
double gdi_decay_share(const gdi_rules *rules, uint32_t placed_count, double rank);

/* Places the champion and every entrant with points > 0, best first, equal ones ascending. `points` is indexed by
 * entrant and below 9e9; `ret_shares` has room for entrant_count + 1. The champion is GDI_NOBODY or any entrant, also
 * one that did not take part. Returns how many are placed: 0 when nobody but the champion has points, and then the
 * whole allocation burns. n log n. */
uint32_t gdi_place(const gdi_rules *rules, gdi_entrant champion, const double *points, uint32_t entrant_count,
                   gdi_share *ret_shares);

#endif
