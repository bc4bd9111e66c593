/* core/tournament/duplicates.h: clusters of submissions that are the same, and whom they cost the tournament.
 * Source: section 9.
 *
 * References are the submissions that are compared, ascending by entrant. A pair is a duplicate when the commits are
 * equal (T0, case ignored), when the digests of the normalised source are equal (T1), or when a review says so (T2).
 * Clusters are the connected parts; every member is flagged and none survives, except that the boss is never flagged.
 *
 *     gate before round 1      gdi_duplicates_by_hash alone, the boss not among the references
 *     gate before round 2      the same with the boss; then a review of one representative per hash group:
 *                              gdi_duplicates_by_verdict on the same `links`
 */
#ifndef GDI_TOURNAMENT_DUPLICATES_H
#define GDI_TOURNAMENT_DUPLICATES_H

#include "core/tournament/entrant.h"

typedef struct gdi_reference {
    gdi_entrant entrant;
    const char *commit;    /* NULL: unknown */
    const char *digest;    /* of the normalised source; NULL: the repository could not be read, so it is not compared */
    uint64_t source_chars; /* for drop_evasion */
} gdi_reference;

enum { GDI_VERDICT_DISTINCT = 1, GDI_VERDICT_DUPLICATE = 2, GDI_VERDICT_DROP_EVASION = 3 };
typedef struct gdi_verdict {
    uint32_t a, b; /* places in the list of references, in the order in which the pair was read */
    uint32_t relationship;
} gdi_verdict;

/* The state of the comparison: one entry per reference. */
typedef struct gdi_duplicate_link {
    uint32_t root; /* while linking: a parent; after gdi_duplicates_finish: the first member of the cluster */
    uint32_t size; /* of the cluster; 1: no duplicate */
    bool flagged;
    bool evasion; /* flagged by drop_evasion alone; joins no cluster */
} gdi_duplicate_link;

/* Room to sort by one hash. */
typedef struct gdi_duplicate_key {
    const char *text;
    uint32_t place;
} gdi_duplicate_key;

/* Starts with nobody linked. */
void gdi_duplicates_init(gdi_duplicate_link *links, uint32_t count);
/* T0 and T1. `keys` is room for `count`. n log n. */
void gdi_duplicates_by_hash(const gdi_reference *references, uint32_t count, gdi_duplicate_link *links,
                            gdi_duplicate_key *keys);
/* T2. drop_evasion flags the one with more source characters, on equal size the first of the pair; nobody when that one
 * is the boss. */
void gdi_duplicates_by_verdict(const gdi_reference *references, gdi_entrant boss, const gdi_verdict *verdicts,
                               uint32_t verdict_count, gdi_duplicate_link *links);
/* Settles roots, sizes and flags. Returns how many are flagged; none: the gate is `skipped`, otherwise
 * `pending_review` (before round 2). */
uint32_t gdi_duplicates_finish(const gdi_reference *references, uint32_t count, gdi_entrant boss,
                               gdi_duplicate_link *links);

/* Whom T2 reads for this cluster of T0 and T1, after gdi_duplicates_finish: the boss if it is a member, else the first.
 * `root` is the place of the first member. */
uint32_t gdi_duplicates_representative(const gdi_reference *references, uint32_t count, gdi_entrant boss,
                                       const gdi_duplicate_link *links, uint32_t root);

#endif
