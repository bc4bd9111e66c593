/* Cutting pieces at the matches of a pattern. The five behaviours are those of the tokenizers library:
 *   "the-final--countdown" at "-"
 *   Removed             the | final | countdown
 *   Isolated            the | - | final | - | - | countdown
 *   MergedWithPrevious  the- | final- | - | countdown
 *   MergedWithNext      the | -final | - | -countdown
 *   Contiguous          the | - | final | -- | countdown */
#include "step.h"
#include "utf8.h"

god_status gdt_push_match(gdt_work *work, size_t begin, size_t end, uint32_t is_match, god_error *err)
{
    gdt_matches *list = &work->matches;
    if (list->count == list->capacity) {
        GOD_TRY(gdt_reserve((void **)&list->items, &list->capacity, list->count + 1, sizeof(gdt_match), "encode", err));
    }
    list->items[list->count++] = (gdt_match){(uint32_t)begin, (uint32_t)end, is_match};
    return GOD_OK;
}

/* Lists in work->matches each code point of the piece that the step asks for, and the text between. */
static god_status match_codes(const gdt_step *step, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    uint32_t gap = piece->begin;
    work->matches.count = 0;
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t code;
        uint32_t after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        if (step->is != NULL ? step->is(code) : code == step->code) {
            if (gap < at) {
                GOD_TRY(gdt_push_match(work, gap, at, 0, err));
            }
            GOD_TRY(gdt_push_match(work, at, after, 1, err));
            gap = after;
        }
        at = after;
    }
    return gap < piece->end ? gdt_push_match(work, gap, piece->end, 0, err) : GOD_OK;
}

/* Runs of equals become one. */
static god_status cut_contiguous(gdt_work *work, god_error *err)
{
    const gdt_matches *list = &work->matches;
    for (size_t i = 0; i < list->count;) {
        size_t after = i + 1;
        while (after < list->count && list->items[after].is_match == list->items[i].is_match) {
            after++;
        }
        GOD_TRY(gdt_cut_push(work, list->items[i].begin, list->items[after - 1].end, GDT_NO_ID, err));
        i = after;
    }
    return GOD_OK;
}

/* A match behind text joins it; a match behind a match stands alone. */
static god_status cut_with_previous(gdt_work *work, god_error *err)
{
    const gdt_matches *list = &work->matches;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t begin = list->items[i].begin, end = list->items[i].end;
        if (!list->items[i].is_match && i + 1 < list->count && list->items[i + 1].is_match) {
            end = list->items[++i].end;
        }
        GOD_TRY(gdt_cut_push(work, begin, end, GDT_NO_ID, err));
    }
    return GOD_OK;
}

/* A match in front of text joins it; a match in front of a match stands alone. */
static god_status cut_with_next(gdt_work *work, god_error *err)
{
    const gdt_matches *list = &work->matches;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t begin = list->items[i].begin, end = list->items[i].end;
        if (list->items[i].is_match && i + 1 < list->count && !list->items[i + 1].is_match) {
            end = list->items[++i].end;
        }
        GOD_TRY(gdt_cut_push(work, begin, end, GDT_NO_ID, err));
    }
    return GOD_OK;
}

static god_status cut_at_matches(gdt_work *work, uint32_t behaviour, god_error *err)
{
    switch (behaviour) {
    case GDT_SPLIT_CONTIGUOUS: return cut_contiguous(work, err);
    case GDT_SPLIT_MERGED_WITH_PREVIOUS: return cut_with_previous(work, err);
    case GDT_SPLIT_MERGED_WITH_NEXT: return cut_with_next(work, err);
    default: break;
    }
    for (size_t i = 0; i < work->matches.count; i++) {
        const gdt_match *match = &work->matches.items[i];
        if (behaviour == GDT_SPLIT_ISOLATED || !match->is_match) {
            GOD_TRY(gdt_cut_push(work, match->begin, match->end, GDT_NO_ID, err));
        }
    }
    return GOD_OK;
}

god_status gdt_run_split(const gdt_step *step, gdt_work *work, god_error *err)
{
    gdt_cut_begin(work);
    for (size_t i = 0; i < work->pieces.count; i++) {
        const gdt_piece piece = work->pieces.items[i];
        if (piece.id != GDT_NO_ID) {
            GOD_TRY(gdt_cut_push(work, piece.begin, piece.end, piece.id, err));
            continue;
        }
        if (step->regex != NULL) {
            GOD_TRY(gdt_regex_matches(step->regex, work, piece.begin, piece.end, err));
        } else {
            GOD_TRY(match_codes(step, work, &piece, err));
        }
        for (size_t m = 0; step->invert && m < work->matches.count; m++) {
            work->matches.items[m].is_match ^= 1u;
        }
        GOD_TRY(cut_at_matches(work, step->behaviour, err));
    }
    gdt_cut_end(work);
    return GOD_OK;
}
