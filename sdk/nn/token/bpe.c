#include "bpe.h"

#include "utf8.h"

/* Up to here a scan for the best pair is faster than a queue. */
enum { scan_symbols_max = 48 };

#define NO_RANK UINT32_MAX

typedef struct symbol {
    int32_t id;
    uint32_t begin, end;
    uint32_t rank; /* of the pair that starts here, NO_RANK: none */
    int32_t merged;
    uint32_t previous, next; /* used by the queue alone; UINT32_MAX: none */
} symbol;

typedef struct candidate {
    uint64_t order; /* rank << 32 | index of the left symbol */
} candidate;

static void rank_pair(const gdt_bpe *bpe, symbol *left, const symbol *right)
{
    const gdt_pair_slot *slot = gdt_pairs_get(&bpe->merges, left->id, right->id);
    left->rank = slot != NULL ? slot->rank : NO_RANK;
    left->merged = slot != NULL ? slot->merged : -1;
}

/* Merges by scanning; returns the number of symbols left. */
static size_t merge_by_scan(const gdt_bpe *bpe, symbol *symbols, size_t count)
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

static void queue_pair(const gdt_bpe *bpe, symbol *symbols, uint32_t left, candidate *heap, size_t *count)
{
    symbol *s = &symbols[left];
    s->rank = NO_RANK;
    if (s->next != UINT32_MAX) {
        rank_pair(bpe, s, &symbols[s->next]);
    }
    if (s->rank != NO_RANK) {
        heap_push(heap, count, (candidate){((uint64_t)s->rank << 32) | left});
    }
}

/* Merges with a priority queue, O(n log n); returns the number of symbols left, packed at the front. A candidate whose
 * pair has changed since is recognised by its rank, which belongs to one pair alone. */
static size_t merge_by_queue(const gdt_bpe *bpe, symbol *symbols, size_t count, candidate *heap)
{
    size_t queued = 0;
    for (size_t i = 0; i < count; i++) {
        symbols[i].previous = i > 0 ? (uint32_t)i - 1 : UINT32_MAX;
        symbols[i].next = i + 1 < count ? (uint32_t)i + 1 : UINT32_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        queue_pair(bpe, symbols, (uint32_t)i, heap, &queued);
    }
    while (queued > 0) {
        candidate top = heap_pop(heap, &queued);
        uint32_t at = (uint32_t)top.order;
        symbol *left = &symbols[at];
        if (left->id < 0 || left->rank != (uint32_t)(top.order >> 32)) {
            continue;
        }
        symbol *right = &symbols[left->next];
        left->id = left->merged;
        left->end = right->end;
        left->next = right->next;
        right->id = -1;
        if (left->next != UINT32_MAX) {
            symbols[left->next].previous = at;
        }
        queue_pair(bpe, symbols, at, heap, &queued);
        if (left->previous != UINT32_MAX) {
            queue_pair(bpe, symbols, left->previous, heap, &queued);
        }
    }
    size_t kept = 0;
    for (uint32_t i = 0; i != UINT32_MAX; i = symbols[i].next) {
        symbol *s = &symbols[kept++];
        s->id = symbols[i].id;
        s->begin = symbols[i].begin;
        s->end = symbols[i].end;
    }
    return kept;
}

/* The symbols of a piece of text while they are being listed. */
typedef struct listing {
    symbol *symbols;
    size_t count, unk_count;
    symbol unk; /* an unknown symbol that may still grow */
} listing;

static void list_symbol(listing *list, int32_t id, uint32_t begin, uint32_t end)
{
    list->symbols[list->count++] = (symbol){.id = id, .begin = begin, .end = end};
}

static void list_pending_unk(listing *list)
{
    if (list->unk_count > 0) {
        list->symbols[list->count++] = list->unk;
        list->unk_count = 0;
    }
}

static void list_unknown(const gdt_bpe *bpe, listing *list, uint32_t begin, uint32_t end)
{
    if (bpe->unk < 0) {
        return;
    }
    if (list->unk_count > 0 && bpe->fuse_unk) {
        list->unk.end = end;
        return;
    }
    list_pending_unk(list);
    list->unk = (symbol){.id = bpe->unk, .begin = begin, .end = end};
    list->unk_count = 1;
}

/* The bytes of an unknown character as <0xHH>; 0 when one of them is missing. An unknown symbol before them comes
 * behind them, as in the tokenizers library. */
static uint32_t list_bytes(const gdt_bpe *bpe, listing *list, const char *text, size_t bytes, uint32_t begin,
                           uint32_t end)
{
    for (size_t i = 0; i < bytes; i++) {
        if (bpe->fallback[(unsigned char)text[i]] < 0) {
            return 0;
        }
    }
    for (size_t i = 0; i < bytes; i++) {
        uint32_t at = begin + (uint32_t)i < end ? begin + (uint32_t)i : end - 1;
        list_symbol(list, bpe->fallback[(unsigned char)text[i]], at, at + 1);
    }
    return 1;
}

/* One character, spelled as the vocabulary spells it at this place of the piece. */
static void list_character(const gdt_model *model, listing *list, const char *spelled, size_t bytes, uint32_t begin,
                           uint32_t end)
{
    const gdt_bpe *bpe = model->self;
    int32_t id = bytes == 1 ? bpe->byte_ids[(unsigned char)spelled[0]] : gdt_vocab_id(&model->vocab, spelled, bytes);
    if (id >= 0) {
        list_pending_unk(list);
        list_symbol(list, id, begin, end);
    } else if (!bpe->byte_fallback || !list_bytes(bpe, list, spelled, bytes, begin, end)) {
        list_unknown(bpe, list, begin, end);
    }
}

static void list_raw_bytes(const gdt_bpe *bpe, listing *list, const gdt_work *work, const gdt_piece *piece)
{
    for (uint32_t at = piece->begin; at < piece->end; at++) {
        int32_t id = bpe->byte_ids[(unsigned char)work->text[at]];
        if (id >= 0) {
            list_pending_unk(list);
            list_symbol(list, id, at, at + 1);
        } else {
            list_unknown(bpe, list, at, at + 1);
        }
    }
}

/* A character with prefix and suffix, in `spelled`; returns its bytes. */
static size_t spell(const gdt_bpe *bpe, const char *text, size_t bytes, int first, int last, char *spelled)
{
    size_t count = 0;
    if (!first && bpe->prefix != NULL) {
        count = strlen(bpe->prefix);
        memcpy(spelled, bpe->prefix, count);
    }
    memcpy(spelled + count, text, bytes);
    count += bytes;
    if (last && bpe->suffix != NULL) {
        memcpy(spelled + count, bpe->suffix, strlen(bpe->suffix));
        count += strlen(bpe->suffix);
    }
    return count;
}

static god_status list_characters(const gdt_model *model, listing *list, gdt_work *work, const gdt_piece *piece,
                                  god_error *err)
{
    const gdt_bpe *bpe = model->self;
    size_t affixes = (bpe->prefix != NULL ? strlen(bpe->prefix) : 0) + (bpe->suffix != NULL ? strlen(bpe->suffix) : 0);
    GOD_TRY(gdt_scratch_reserve(&work->chars, affixes + 4, 1, err));
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t after = at + (uint32_t)gdt_utf8_length(work->text[at]);
        const char *spelled = work->text + at;
        size_t bytes = after - at;
        if (affixes > 0) {
            bytes = spell(bpe, spelled, bytes, at == piece->begin, after == piece->end, work->chars.memory);
            spelled = work->chars.memory;
        }
        list_character(model, list, spelled, bytes, at, after);
        at = after;
    }
    return GOD_OK;
}

/* The id of the whole piece, for ignore_merges; -1 when it is not in the vocabulary. */
static int32_t whole_piece(const gdt_model *model, const gdt_work *work, const gdt_piece *piece)
{
    const gdt_bpe *bpe = model->self;
    const gdt_index *index = bpe->raw_bytes ? &bpe->raw : &model->vocab.index;
    return gdt_index_get(index, work->text + piece->begin, piece->end - piece->begin);
}

god_status gdt_bpe_encode(const gdt_model *model, gdt_work *work, const gdt_piece *piece, god_tokens *tokens,
                          god_error *err)
{
    const gdt_bpe *bpe = model->self;
    if (bpe->ignore_merges) {
        int32_t id = whole_piece(model, work, piece);
        if (id >= 0) {
            return gdt_token_push(tokens, id, piece->begin, piece->end, err);
        }
    }
    /* One symbol per byte at most, except that byte fallback spells the affixes too. */
    size_t affixes = (bpe->prefix != NULL ? strlen(bpe->prefix) : 0) + (bpe->suffix != NULL ? strlen(bpe->suffix) : 0);
    size_t symbols_max = ((size_t)piece->end - piece->begin) * (bpe->byte_fallback ? 1 + affixes : 1);
    GOD_TRY(gdt_scratch_reserve(&work->symbols, symbols_max, sizeof(symbol), err));
    listing list = {.symbols = work->symbols.memory};
    if (bpe->raw_bytes) {
        list_raw_bytes(bpe, &list, work, piece);
    } else {
        GOD_TRY(list_characters(model, &list, work, piece, err));
    }
    list_pending_unk(&list);
    if (list.count > scan_symbols_max) {
        /* One candidate per symbol, and two more for each merge. */
        GOD_TRY(gdt_scratch_reserve(&work->queue, list.count * 3, sizeof(candidate), err));
        list.count = merge_by_queue(bpe, list.symbols, list.count, work->queue.memory);
    } else if (list.count > 1) {
        list.count = merge_by_scan(bpe, list.symbols, list.count);
    }
    for (size_t i = 0; i < list.count; i++) {
        GOD_TRY(gdt_token_push(tokens, list.symbols[i].id, list.symbols[i].begin, list.symbols[i].end, err));
    }
    return GOD_OK;
}
