#include "cache.h"

#include <stdlib.h>

enum { key_words = GDT_CACHED_BYTES_MAX / 8 };

typedef struct cached_word {
    uint64_t key[key_words];
    int32_t ids[GDT_CACHED_IDS_MAX];
    uint8_t ends[GDT_CACHED_IDS_MAX];
    uint8_t bytes, count;
} cached_word;

_Static_assert(sizeof(cached_word) == 64, "an entry fills one cache line");

/* 1 to 8 bytes as a number, zeros behind them; two loads that overlap in place of a loop. */
static inline uint64_t load_short(const char *text, size_t bytes)
{
    if (bytes >= 4) {
        uint32_t low, high;
        memcpy(&low, text, sizeof low);
        memcpy(&high, text + bytes - sizeof high, sizeof high);
        return low | (uint64_t)high << (8 * (bytes - 4));
    }
    const unsigned char *b = (const unsigned char *)text;
    uint64_t first = b[0], middle = b[bytes / 2], last = b[bytes - 1];
    return first | middle << (8 * (bytes / 2)) | last << (8 * (bytes - 1));
}

/* The key of a piece of 1 to GDT_CACHED_BYTES_MAX bytes. */
static inline void load_key(const char *text, size_t bytes, uint64_t ret_key[key_words])
{
    size_t word = 0;
    for (; bytes > 8; bytes -= 8, text += 8) {
        memcpy(&ret_key[word++], text, 8);
    }
    ret_key[word++] = load_short(text, bytes);
    while (word < key_words) {
        ret_key[word++] = 0;
    }
}

/* The first of the two entries of a key. */
static inline size_t place_of(const uint64_t key[key_words], size_t bytes)
{
    uint64_t hash = bytes;
    for (size_t i = 0; i < key_words; i++) {
        hash = (hash ^ key[i]) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return (size_t)(hash & (GDT_CACHE_ENTRIES / 2 - 1)) * 2;
}

/* There is one entry more than is used, so that they can begin where a cache line does. */
static inline cached_word *entries_of(const gdt_work *work)
{
    const size_t into = (uintptr_t)work->words % sizeof(cached_word);
    return (cached_word *)(void *)((char *)work->words + (into > 0 ? sizeof(cached_word) - into : 0));
}

static inline int is_entry_of(const cached_word *entry, const uint64_t key[key_words], size_t bytes)
{
    uint64_t difference = entry->bytes ^ (uint64_t)bytes;
    for (size_t i = 0; i < key_words; i++) {
        difference |= entry->key[i] ^ key[i];
    }
    return difference == 0;
}

static god_status push_entry(const cached_word *entry, uint32_t begin, god_tokens *tokens, god_error *err)
{
    GOD_TRY(gdt_tokens_reserve(tokens, GDT_CACHED_IDS_MAX, err));
    god_token *items = tokens->items + tokens->count;
    uint32_t at = begin;
    for (size_t i = 0; i < entry->count; i++) {
        uint32_t end = begin + entry->ends[i];
        items[i] = (god_token){entry->ids[i], at, end};
        at = end;
    }
    tokens->count += entry->count;
    return GOD_OK;
}

/* Whether the tokens follow one on the other from the piece's begin, which is all that an entry can say. */
static int fits(const gdt_piece *piece, const god_token *tokens, size_t count)
{
    uint32_t at = piece->begin;
    for (size_t i = 0; i < count && i < GDT_CACHED_IDS_MAX; i++) {
        if (tokens[i].begin != at || tokens[i].end > piece->end) {
            return 0;
        }
        at = tokens[i].end;
    }
    return count <= GDT_CACHED_IDS_MAX;
}

static void keep(cached_word *pair, const uint64_t key[key_words], const gdt_piece *piece, const god_token *tokens,
                 size_t count)
{
    pair[1] = pair[0];
    cached_word *entry = &pair[0];
    memcpy(entry->key, key, sizeof entry->key);
    for (size_t i = 0; i < count; i++) {
        entry->ids[i] = tokens[i].id;
        entry->ends[i] = (uint8_t)(tokens[i].end - piece->begin);
    }
    entry->bytes = (uint8_t)(piece->end - piece->begin);
    entry->count = (uint8_t)count;
}

god_status gdt_cache_encode(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                            god_error *err)
{
    uint64_t key[key_words];
    size_t bytes = piece->end - piece->begin;
    if (bytes > GDT_CACHED_BYTES_MAX || bytes == 0) {
        return model->encode(model, work, piece, tokens, err);
    }
    if (work->words == NULL) {
        work->words = calloc(GDT_CACHE_ENTRIES + 1, sizeof(cached_word));
        if (work->words == NULL) {
            return god_fail(err, GOD_E_NOMEM, "encode: out of memory for the word cache");
        }
    }
    load_key(work->text + piece->begin, bytes, key);
    cached_word *pair = entries_of(work) + place_of(key, bytes);
    for (size_t i = 0; i < 2; i++) {
        if (is_entry_of(&pair[i], key, bytes)) {
            return push_entry(&pair[i], piece->begin, tokens, err);
        }
    }
    size_t known = tokens->count;
    GOD_TRY(model->encode(model, work, piece, tokens, err));
    size_t count = tokens->count - known;
    if (count > 0 && fits(piece, tokens->items + known, count)) {
        keep(pair, key, piece, tokens->items + known, count);
    }
    return GOD_OK;
}
