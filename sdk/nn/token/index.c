#include "index.h"

#include <stdlib.h>

#include "work.h"

/* Smallest power of two that leaves half of the slots free. */
static size_t slots_for(size_t expected)
{
    size_t slots = 16;
    while (slots < expected * 2) {
        slots *= 2;
    }
    return slots;
}

static uint64_t hash_bytes(const char *key, size_t bytes)
{
    uint64_t hash = 0x9E3779B97F4A7C15u ^ bytes;
    while (bytes >= 8) {
        uint64_t word;
        memcpy(&word, key, sizeof word);
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
        key += 8;
        bytes -= 8;
    }
    uint64_t rest = 0;
    for (size_t i = 0; i < bytes; i++) {
        rest |= (uint64_t)(unsigned char)key[i] << (8 * i);
    }
    hash = (hash ^ rest) * 0xC4CEB9FE1A85EC53u;
    return hash ^ (hash >> 29);
}

static gdt_index_slot *alloc_slots(size_t count)
{
    gdt_index_slot *slots = malloc(count * sizeof *slots);
    for (size_t i = 0; slots != NULL && i < count; i++) {
        slots[i] = (gdt_index_slot){.id = -1};
    }
    return slots;
}

god_status gdt_index_init(gdt_index *index, size_t expected, god_error *err)
{
    size_t slots = slots_for(expected);
    memset(index, 0, sizeof *index);
    index->slots = alloc_slots(slots);
    if (index->slots == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an index of %zu entries", slots);
    }
    index->mask = slots - 1;
    return GOD_OK;
}

void gdt_index_fini(gdt_index *index)
{
    free(index->slots);
    free(index->keys);
    memset(index, 0, sizeof *index);
}

/* The slot of the key, or the free slot where it belongs. */
static gdt_index_slot *probe(const gdt_index *index, const char *key, size_t bytes, uint64_t hash)
{
    for (size_t at = (size_t)hash & index->mask;; at = (at + 1) & index->mask) {
        gdt_index_slot *slot = &index->slots[at];
        if (slot->id < 0 || (slot->hash == (uint32_t)(hash >> 32) && slot->bytes == bytes &&
                             memcmp(index->keys + slot->offset, key, bytes) == 0)) {
            return slot;
        }
    }
}

static god_status grow(gdt_index *index, god_error *err)
{
    gdt_index bigger = *index;
    size_t slots = (index->mask + 1) * 2;
    bigger.slots = alloc_slots(slots);
    if (bigger.slots == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an index of %zu entries", slots);
    }
    bigger.mask = slots - 1;
    for (size_t i = 0; i <= index->mask; i++) {
        const gdt_index_slot *slot = &index->slots[i];
        if (slot->id >= 0) {
            const char *key = index->keys + slot->offset;
            *probe(&bigger, key, slot->bytes, hash_bytes(key, slot->bytes)) = *slot;
        }
    }
    free(index->slots);
    *index = bigger;
    return GOD_OK;
}

god_status gdt_index_put(gdt_index *index, const char *key, size_t bytes, int32_t id, god_error *err)
{
    uint64_t hash = hash_bytes(key, bytes);
    gdt_index_slot *slot = probe(index, key, bytes, hash);
    if (slot->id >= 0) {
        slot->id = id;
        return GOD_OK;
    }
    if (bytes >= UINT32_MAX - index->key_bytes) {
        return god_fail(err, GOD_E_DATA, "the pieces of the vocabulary have more than %u bytes", UINT32_MAX);
    }
    if (index->count * 2 >= index->mask) {
        GOD_TRY(grow(index, err));
        slot = probe(index, key, bytes, hash);
    }
    GOD_TRY(
        gdt_reserve((void **)&index->keys, &index->key_capacity, index->key_bytes + bytes + 1, 1, "vocabulary", err));
    *slot = (gdt_index_slot){(uint32_t)(hash >> 32), (uint32_t)bytes, (uint32_t)index->key_bytes, id};
    memcpy(index->keys + index->key_bytes, key, bytes);
    index->keys[index->key_bytes + bytes] = '\0';
    index->key_bytes += bytes + 1;
    index->count++;
    return GOD_OK;
}

int32_t gdt_index_get(const gdt_index *index, const char *key, size_t bytes)
{
    return index->slots == NULL ? -1 : probe(index, key, bytes, hash_bytes(key, bytes))->id;
}

god_status gdt_pairs_init(gdt_pairs *pairs, size_t expected, god_error *err)
{
    size_t slots = slots_for(expected);
    memset(pairs, 0, sizeof *pairs);
    pairs->slots = malloc(slots * sizeof *pairs->slots);
    pairs->bits = calloc(slots * GDT_PAIR_BITS / 64, sizeof *pairs->bits); /* there are 16 slots at least */
    if (pairs->slots == NULL || pairs->bits == NULL) {
        gdt_pairs_fini(pairs);
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu merges", expected);
    }
    for (size_t i = 0; i < slots; i++) {
        pairs->slots[i].pair = UINT64_MAX;
    }
    pairs->mask = slots - 1;
    pairs->shift = 64;
    for (size_t left = slots; left > 1; left /= 2) {
        pairs->shift--;
    }
    pairs->bits_shift = pairs->shift;
    for (size_t left = GDT_PAIR_BITS; left > 1; left /= 2) {
        pairs->bits_shift--;
    }
    return GOD_OK;
}

void gdt_pairs_fini(gdt_pairs *pairs)
{
    free(pairs->slots);
    free(pairs->bits);
    memset(pairs, 0, sizeof *pairs);
}

void gdt_pairs_put(gdt_pairs *pairs, int32_t left, int32_t right, uint32_t rank, int32_t merged)
{
    const uint64_t pair = ((uint64_t)(uint32_t)left << 32) | (uint32_t)right, hash = pair * 0x9E3779B97F4A7C15u;
    const uint64_t bit = hash >> pairs->bits_shift;
    size_t at = (size_t)(hash >> pairs->shift);
    pairs->bits[bit / 64] |= (uint64_t)1 << (bit % 64);
    while (pairs->slots[at].pair != pair && pairs->slots[at].pair != UINT64_MAX) {
        at = (at + 1) & pairs->mask;
    }
    pairs->count += pairs->slots[at].pair == UINT64_MAX;
    pairs->slots[at] = (gdt_pair_slot){pair, rank, merged};
}
