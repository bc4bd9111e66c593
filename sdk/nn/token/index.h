/* index.h: the two look-up tables of a vocabulary, built once and read by many threads. [any] after building.
 *
 * gdt_index: bytes -> id.      slots: hash(bytes) -> { key offset, key length, id }, open addressing, linear probing
 * gdt_pairs: (id, id) -> (rank, id of the merged piece); the same layout with the pair as a 64-bit key. In front of it
 *            stand GDT_PAIR_BITS bits per slot, one set for each pair that is there: most pairs that are asked for are
 *            not, and the bits stay in a cache that the slots of a published table are too large for. */
#ifndef GDT_INDEX_H
#define GDT_INDEX_H

#include "god/error.h"

typedef struct gdt_index_slot {
    uint32_t hash; /* upper bits of the hash, so that most misses are seen without reading the key */
    uint32_t bytes;
    uint32_t offset;
    int32_t id; /* -1: free */
} gdt_index_slot;

typedef struct gdt_index {
    gdt_index_slot *slots;
    size_t mask, count;
    char *keys; /* each followed by a NUL */
    size_t key_bytes, key_capacity;
} gdt_index;

god_status gdt_index_init(gdt_index *index, size_t expected, god_error *err);
void gdt_index_fini(gdt_index *index);
/* The last id given to a key stays. GOD_E_DATA when all keys together are longer than 4 GiB. */
god_status gdt_index_put(gdt_index *index, const char *key, size_t bytes, int32_t id, god_error *err);
int32_t gdt_index_get(const gdt_index *index, const char *key, size_t bytes); /* -1: absent */

typedef struct gdt_pair_slot {
    uint64_t pair; /* left id << 32 | right id; UINT64_MAX: free */
    uint32_t rank;
    int32_t merged;
} gdt_pair_slot;

enum { GDT_PAIR_BITS = 4 };

typedef struct gdt_pairs {
    gdt_pair_slot *slots;
    uint64_t *bits; /* GDT_PAIR_BITS times the slots, numbered by the upper bits of the hash */
    size_t mask, count;
    uint32_t shift, bits_shift;
} gdt_pairs;

/* Room for `expected` pairs; more may not be put in. */
god_status gdt_pairs_init(gdt_pairs *pairs, size_t expected, god_error *err);
void gdt_pairs_fini(gdt_pairs *pairs);
void gdt_pairs_put(gdt_pairs *pairs, int32_t left, int32_t right, uint32_t rank, int32_t merged); /* last one stays */

static inline const gdt_pair_slot *gdt_pairs_get(const gdt_pairs *pairs, int32_t left, int32_t right)
{
    if (pairs->count == 0) {
        return NULL;
    }
    const uint64_t pair = ((uint64_t)(uint32_t)left << 32) | (uint32_t)right, hash = pair * 0x9E3779B97F4A7C15u;
    const uint64_t bit = hash >> pairs->bits_shift;
    if ((pairs->bits[bit / 64] >> (bit % 64) & 1) == 0) {
        return NULL;
    }
    for (size_t at = (size_t)(hash >> pairs->shift);; at = (at + 1) & pairs->mask) {
        const gdt_pair_slot *slot = &pairs->slots[at];
        if (slot->pair == pair) {
            return slot;
        }
        if (slot->pair == UINT64_MAX) {
            return NULL;
        }
    }
}

#endif
