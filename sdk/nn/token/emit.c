/* Ways of writing a piece anew that several steps share. */
#include "step.h"
#include "utf8.h"

god_status gdt_emit_prefixed(gdt_work *work, const gdt_piece *piece, const char *text, god_error *err)
{
    uint32_t first_end = piece->begin + (uint32_t)gdt_utf8_length(work->text[piece->begin]);
    GOD_TRY(gdt_emit(work, text, strlen(text), gdt_work_origin(work, piece->begin, first_end), err));
    return gdt_emit_copy(work, piece->begin, piece->end, err);
}

/* What is put in place of a match stands for the last character of the match; for an empty match, for the character
 * before it. */
god_status gdt_emit_replaced(gdt_work *work, const gdt_piece *piece, const char *text, god_error *err)
{
    for (size_t i = 0; i < work->matches.count; i++) {
        const gdt_match *match = &work->matches.items[i];
        if (!match->is_match) {
            GOD_TRY(gdt_emit_copy(work, match->begin, match->end, err));
            continue;
        }
        gdt_range origin = gdt_work_origin(work, piece->begin, piece->begin);
        if (match->end > piece->begin) {
            origin = gdt_work_origin(work, match->end - 1, match->end);
        }
        GOD_TRY(gdt_emit(work, text, strlen(text), origin, err));
    }
    return GOD_OK;
}

god_status gdt_emit_change(gdt_work *work, const gdt_piece *piece, uint32_t *old_at, gdt_change change, god_error *err)
{
    gdt_range origin;
    uint32_t at = *old_at;
    if (change.change <= 0 && at < piece->end) {
        origin = gdt_work_origin(work, at, at + 1);
    } else {
        origin = at > piece->begin ? gdt_work_origin(work, at - 1, at) : gdt_work_origin(work, at, at);
    }
    for (int32_t eaten = change.change > 0 ? 0 : 1 - change.change; eaten > 0 && at < piece->end; eaten--) {
        at += (uint32_t)gdt_utf8_length(work->text[at]);
    }
    *old_at = at;
    return gdt_emit_code(work, change.code, origin, err);
}
