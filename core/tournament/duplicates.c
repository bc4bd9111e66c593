#include "core/tournament/duplicates.h"

#include <assert.h>
#include <string.h>

#include "core/tournament/ascii.h"
#include "core/tournament/sort.h"

/* The smaller place is always the root, so a cluster is named by its first member. */
static uint32_t find_root(gdi_duplicate_link *links, uint32_t place)
{
    while (links[place].root != place) {
        links[place].root = links[links[place].root].root; /* halves the path for the next search */
        place = links[place].root;
    }
    return place;
}

static void unite(gdi_duplicate_link *links, uint32_t a, uint32_t b)
{
    uint32_t root_a = find_root(links, a), root_b = find_root(links, b);
    if (root_a < root_b) {
        links[root_b].root = root_a;
    } else {
        links[root_a].root = root_b;
    }
}

void gdi_duplicates_init(gdi_duplicate_link *links, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        links[i] = (gdi_duplicate_link){.root = i, .size = 1};
    }
}

static bool key_before(const gdi_duplicate_key *a, const gdi_duplicate_key *b)
{
    int order = gdi_ascii_compare(a->text, b->text, SIZE_MAX);
    return order < 0 || (order == 0 && a->place < b->place);
}

GDI_DEFINE_SORT(sort_keys, gdi_duplicate_key, key_before)

/* Unites neighbours of equal text. Both hashes are hexadecimal, so ignoring case is right for both. */
static void unite_equal(gdi_duplicate_key *keys, uint32_t count, gdi_duplicate_link *links)
{
    sort_keys(keys, count);
    for (uint32_t i = 1; i < count; i++) {
        if (gdi_ascii_compare(keys[i - 1].text, keys[i].text, SIZE_MAX) == 0) {
            unite(links, keys[i - 1].place, keys[i].place);
        }
    }
}

void gdi_duplicates_by_hash(const gdi_reference *references, uint32_t count, gdi_duplicate_link *links,
                            gdi_duplicate_key *keys)
{
    uint32_t commit_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (references[i].commit != NULL) {
            keys[commit_count++] = (gdi_duplicate_key){.text = references[i].commit, .place = i};
        }
    }
    unite_equal(keys, commit_count, links);
    uint32_t digest_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (references[i].digest != NULL) {
            keys[digest_count++] = (gdi_duplicate_key){.text = references[i].digest, .place = i};
        }
    }
    unite_equal(keys, digest_count, links);
}

void gdi_duplicates_by_verdict(const gdi_reference *references, gdi_entrant boss, const gdi_verdict *verdicts,
                               uint32_t verdict_count, gdi_duplicate_link *links)
{
    for (uint32_t i = 0; i < verdict_count; i++) {
        const gdi_verdict *verdict = &verdicts[i];
        assert(verdict->relationship >= GDI_VERDICT_DISTINCT && verdict->relationship <= GDI_VERDICT_DROP_EVASION);
        if (verdict->relationship == GDI_VERDICT_DUPLICATE) {
            unite(links, verdict->a, verdict->b);
        } else if (verdict->relationship == GDI_VERDICT_DROP_EVASION) {
            bool second = references[verdict->b].source_chars > references[verdict->a].source_chars;
            uint32_t larger = second ? verdict->b : verdict->a;
            links[larger].evasion = references[larger].entrant != boss;
        }
    }
}

uint32_t gdi_duplicates_finish(const gdi_reference *references, uint32_t count, gdi_entrant boss,
                               gdi_duplicate_link *links)
{
    for (uint32_t i = 0; i < count; i++) {
        links[i].root = find_root(links, i);
        links[i].size = 0;
        links[links[i].root].size++; /* a root comes before its members, so it was reset already */
    }
    uint32_t flagged_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        links[i].size = links[links[i].root].size;
        links[i].flagged = references[i].entrant != boss && (links[i].size > 1 || links[i].evasion);
        flagged_count += links[i].flagged;
    }
    return flagged_count;
}

uint32_t gdi_duplicates_representative(const gdi_reference *references, uint32_t count, gdi_entrant boss,
                                       const gdi_duplicate_link *links, uint32_t root)
{
    for (uint32_t i = root; i < count; i++) {
        if (links[i].root == root && references[i].entrant == boss) {
            return i;
        }
    }
    return root;
}
