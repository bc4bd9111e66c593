/* golden_sharing.h: do sequences that share a prefix give the digits of sequences that stand whole? [one] */
#ifndef GOD_TESTS_GOLDEN_SHARING_H
#define GOD_TESTS_GOLDEN_SHARING_H

#include "golden_pack.h"

typedef struct golden_sharing {
    int64_t compared, different; /* numbers, losses and divergences */
    int64_t tokens_whole, tokens_shared;
} golden_sharing;

/* Cuts every sequence of a pack behind its first third, at its second token and before its last one, and lets two
 * endings follow each beginning: once as whole sequences, once as sequences with a prefix. Compares losses under p and
 * divergences of p from q, row by row, bit by bit. Adds to what is known. */
god_status golden_sharing_compare(const golden_pack *pack, golden_side p, golden_side q, golden_sharing *sharing,
                                  god_error *err);

#endif
