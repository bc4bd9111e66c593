/* Merging the symbols of a piece, in three ways that give the same:
 *
 *   scan     short pieces: look through all pairs for the best one, again and again
 *   buckets  long pieces of a monotone table: a list of pairs for each rank, and one walk over the ranks. A pair with
 *            the merged symbol ranks behind the merge that made it, so the walk never turns back. Pairs of one rank are
 *            the same two symbols; they overlap in a run of equals alone, which is merged from its left end. Time is
 *            linear in the symbols, plus a bit per merge of the table
 *   queue    long pieces of any table: a heap of pairs, n log n. SentencePiece tables are of this kind
 */
#include "bpe.h"

/* Up to here a scan is faster than the others. */
enum { scan_symbols_max = 48 };

#define NO_RANK UINT32_MAX
#define NONE UINT32_MAX

static inline void rank_pair(const gdt_bpe *bpe, gdt_symbol *left, const gdt_symbol *right)
{
    if (left->id < GDT_LOW_IDS && right->id < GDT_LOW_IDS) {
        const gdt_low_pair *low = &bpe->low[left->id * GDT_LOW_IDS + right->id];
        left->rank = low->rank_1 - 1; /* 0 - 1 is NO_RANK */
        left->merged = low->merged;
        return;
    }
    const gdt_pair_slot *slot = gdt_pairs_get(&bpe->merges, left->id, right->id);
    left->rank = slot != NULL ? slot->rank : NO_RANK;
    left->merged = slot != NULL ? slot->merged : -1;
}

/* Returns the number of symbols left. */
static size_t merge_by_scan(const gdt_bpe *bpe, gdt_symbol *symbols, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        rank_pair(bpe, &symbols[i], &symbols[i + 1]);
    }
    symbols[count - 1].rank = NO_RANK;
    for (;;) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < count; i++) {
            if (symbols[i].rank < symbols[best].rank) {
                best = i;
            }
        }
        if (symbols[best].rank == NO_RANK) {
            return count;
        }
        symbols[best].id = symbols[best].merged;
        symbols[best].end = symbols[best + 1].end;
        count--;
        memmove(&symbols[best + 1], &symbols[best + 2], (count - best - 1) * sizeof *symbols);
        if (best + 1 < count) {
            rank_pair(bpe, &symbols[best], &symbols[best + 1]);
        } else {
            symbols[best].rank = NO_RANK;
        }
        if (best > 0) {
            rank_pair(bpe, &symbols[best - 1], &symbols[best]);
        }
    }
}

/* Neighbours of a symbol: in the text, and in the list of its pair's rank. */
typedef struct links {
    uint32_t previous, next;
    uint32_t before, behind; /* buckets alone */
} links;

static void link_text(links *link, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        link[i].previous = i > 0 ? (uint32_t)i - 1 : NONE;
        link[i].next = i + 1 < count ? (uint32_t)i + 1 : NONE;
    }
}

/* Takes the right symbol of the pair at `at` out of the text. */
static void join(gdt_symbol *symbols, links *link, uint32_t at)
{
    uint32_t right = link[at].next, next = link[right].next;
    symbols[at].id = symbols[at].merged;
    symbols[at].end = symbols[right].end;
    symbols[right].id = -1;
    link[at].next = next;
    if (next != NONE) {
        link[next].previous = at;
    }
}

/* Moves the symbols that are left to the front; returns their number. */
static size_t pack(gdt_symbol *symbols, const links *link)
{
    size_t kept = 0;
    for (uint32_t i = 0; i != NONE; i = link[i].next) {
        symbols[kept++] = symbols[i];
    }
    return kept;
}

typedef struct buckets {
    const gdt_bpe *bpe;
    gdt_symbol *symbols;
    links *link;
    uint32_t *first; /* of the list of each rank; NONE before and after each piece */
    uint64_t *used;  /* a bit per rank: its list may not be empty; zero before and after */
} buckets;

static void unlist(buckets *b, uint32_t at)
{
    uint32_t rank = b->symbols[at].rank;
    if (rank == NO_RANK) {
        return;
    }
    const links *of = &b->link[at];
    if (of->before != NONE) {
        b->link[of->before].behind = of->behind;
    } else {
        b->first[rank] = of->behind;
    }
    if (of->behind != NONE) {
        b->link[of->behind].before = of->before;
    }
    b->symbols[at].rank = NO_RANK;
}

/* Ranks the pair that starts here, which is in no list, and lists it. */
static void list_pair(buckets *b, uint32_t at)
{
    gdt_symbol *symbol = &b->symbols[at];
    links *of = &b->link[at];
    symbol->rank = NO_RANK;
    if (of->next == NONE) {
        return;
    }
    rank_pair(b->bpe, symbol, &b->symbols[of->next]);
    if (symbol->rank == NO_RANK) {
        return;
    }
    uint32_t *first = &b->first[symbol->rank];
    of->before = NONE;
    of->behind = *first;
    if (*first != NONE) {
        b->link[*first].before = at;
    }
    *first = at;
    b->used[symbol->rank / 64] |= (uint64_t)1 << (symbol->rank % 64);
}

static void merge_listed(buckets *b, uint32_t at)
{
    unlist(b, b->link[at].next);
    unlist(b, at);
    join(b->symbols, b->link, at);
    list_pair(b, at);
    uint32_t previous = b->link[at].previous;
    if (previous != NONE) {
        unlist(b, previous);
        list_pair(b, previous);
    }
}

static void merge_rank(buckets *b, uint32_t rank)
{
    while (b->first[rank] != NONE) {
        uint32_t at = b->first[rank], previous;
        while ((previous = b->link[at].previous) != NONE && b->symbols[previous].rank == rank) {
            at = previous;
        }
        for (; at != NONE && b->symbols[at].rank == rank; at = b->link[at].next) {
            merge_listed(b, at);
        }
    }
}

static size_t merge_by_buckets(buckets *b, size_t count)
{
    link_text(b->link, count);
    for (size_t i = 0; i < count; i++) {
        list_pair(b, (uint32_t)i);
    }
    size_t words = gdt_bpe_rank_words(b->bpe);
    for (size_t word = 0; word < words; word++) {
        while (b->used[word] != 0) {
            uint32_t bit = (uint32_t)__builtin_ctzll(b->used[word]);
            merge_rank(b, (uint32_t)word * 64 + bit);
            b->used[word] &= ~((uint64_t)1 << bit);
        }
    }
    return pack(b->symbols, b->link);
}

typedef struct candidate {
    uint64_t order; /* rank << 32 | index of the left symbol */
} candidate;

static void sift_down(candidate *heap, size_t count, size_t at)
{
    candidate moved = heap[at];
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= count) {
            break;
        }
        if (child + 1 < count && heap[child + 1].order < heap[child].order) {
            child++;
        }
        if (moved.order <= heap[child].order) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void heap_push(candidate *heap, size_t *count, candidate added)
{
    size_t at = (*count)++;
    while (at > 0 && added.order < heap[(at - 1) / 2].order) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = added;
}

static candidate heap_pop(candidate *heap, size_t *count)
{
    candidate top = heap[0];
    heap[0] = heap[--*count];
    if (*count > 1) {
        sift_down(heap, *count, 0);
    }
    return top;
}

static void queue_pair(const gdt_bpe *bpe, gdt_symbol *symbols, const links *link, uint32_t left, candidate *heap,
                       size_t *count)
{
    gdt_symbol *s = &symbols[left];
    s->rank = NO_RANK;
    if (link[left].next != NONE) {
        rank_pair(bpe, s, &symbols[link[left].next]);
    }
    if (s->rank != NO_RANK) {
        heap_push(heap, count, (candidate){((uint64_t)s->rank << 32) | left});
    }
}

/* A candidate whose pair has changed since is recognised by its rank, which belongs to one pair alone. */
static size_t merge_by_queue(const gdt_bpe *bpe, gdt_symbol *symbols, links *link, size_t count, candidate *heap)
{
    size_t queued = 0;
    link_text(link, count);
    for (size_t i = 0; i < count; i++) {
        queue_pair(bpe, symbols, link, (uint32_t)i, heap, &queued);
    }
    while (queued > 0) {
        candidate top = heap_pop(heap, &queued);
        uint32_t at = (uint32_t)top.order;
        if (symbols[at].id < 0 || symbols[at].rank != (uint32_t)(top.order >> 32)) {
            continue;
        }
        join(symbols, link, at);
        queue_pair(bpe, symbols, link, at, heap, &queued);
        if (link[at].previous != NONE) {
            queue_pair(bpe, symbols, link, link[at].previous, heap, &queued);
        }
    }
    return pack(symbols, link);
}

/* The lists of all ranks; their memory stays with the work, empty. */
static god_status reserve_buckets(const gdt_bpe *bpe, gdt_work *work, buckets *b, god_error *err)
{
    size_t words = gdt_bpe_rank_words(bpe), used_bytes = words * sizeof *b->used;
    size_t bytes = used_bytes + words * 64 * sizeof *b->first;
    if (work->ranks.bytes < bytes) {
        GOD_TRY(gdt_scratch_reserve(&work->ranks, bytes, 1, err));
        memset(work->ranks.memory, 0, used_bytes);
        memset((char *)work->ranks.memory + used_bytes, 0xFF, bytes - used_bytes);
    }
    b->used = work->ranks.memory;
    b->first = (uint32_t *)(void *)((char *)work->ranks.memory + used_bytes);
    return GOD_OK;
}

god_status gdt_bpe_merge(const gdt_bpe *bpe, gdt_work *work, gdt_symbol *symbols, size_t *count, god_error *err)
{
    if (*count <= 1 || bpe->merges.count == 0) {
        return GOD_OK;
    }
    if (*count <= scan_symbols_max) {
        *count = merge_by_scan(bpe, symbols, *count);
        return GOD_OK;
    }
    GOD_TRY(gdt_scratch_reserve(&work->links, *count, sizeof(links), err));
    if (bpe->is_monotone) {
        buckets b = {.bpe = bpe, .symbols = symbols, .link = work->links.memory};
        GOD_TRY(reserve_buckets(bpe, work, &b, err));
        *count = merge_by_buckets(&b, *count);
        return GOD_OK;
    }
    /* One candidate per symbol, and two more for each merge. */
    GOD_TRY(gdt_scratch_reserve(&work->queue, *count * 3, sizeof(candidate), err));
    *count = merge_by_queue(bpe, symbols, work->links.memory, *count, work->queue.memory);
    return GOD_OK;
}
