/* Unicode normalization forms (annex 15), with the origin of every character even where marks change their order. */
#include "normalizer.h"
#include "unicode.h"
#include "utf8.h"

/* A character of the new text. */
typedef struct mark {
    uint32_t code, combining_class;
    int32_t change;
} mark;

typedef struct form {
    gdt_work *work;
    const gdt_piece *piece;
    god_error *err;
    uint32_t options;
    uint32_t old_at; /* the next character of the old text that is to be replaced */
    mark *marks;     /* a starter and what follows it up to the next starter, in work->chars */
    size_t count;
} form;

/* A stable merge sort by combining class: usually there are one or two marks, but a hostile text has millions. */
static void sort_marks(mark *marks, size_t count, mark *spare)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width < count ? low + width : count;
            size_t high = low + 2 * width < count ? low + 2 * width : count;
            size_t left = low, right = middle;
            for (size_t i = low; i < high; i++) {
                uint32_t from_left =
                    left < middle && (right >= high || marks[left].combining_class <= marks[right].combining_class);
                spare[i] = from_left ? marks[left++] : marks[right++];
            }
        }
        memcpy(marks, spare, count * sizeof *marks);
    }
}

/* Composes what can be, within a starter and its marks; the first of the marks is a starter. Returns the new count. */
static size_t compose_marks(mark *marks, size_t count)
{
    size_t kept = 1;
    uint32_t last_class = 0; /* of the last mark that stayed; 0: none */
    for (size_t i = 1; i < count; i++) {
        uint32_t blocked = kept > 1 && last_class >= marks[i].combining_class;
        uint32_t composed = blocked ? 0 : gdt_compose(marks[0].code, marks[i].code);
        if (composed != 0) {
            marks[0].code = composed;
            marks[0].change += marks[i].change - 1;
        } else {
            last_class = marks[i].combining_class;
            marks[kept++] = marks[i];
        }
    }
    return kept;
}

/* Ends a group: puts it in order, composes, writes. With composition, a starter that stands alone waits, because the
 * next starter may join it (Hangul); it is kept as marks[0]. */
static god_status flush(form *f, const mark *next)
{
    size_t starters = f->count > 0 && f->marks[0].combining_class == 0;
    GOD_TRY(gdt_scratch_reserve(&f->work->lattice, f->count + 1, sizeof(mark), f->err));
    sort_marks(f->marks + starters, f->count - starters, f->work->lattice.memory);
    if ((f->options & GDT_FORM_COMPOSED) && starters) {
        f->count = compose_marks(f->marks, f->count);
        uint32_t composed = next != NULL && f->count == 1 ? gdt_compose(f->marks[0].code, next->code) : 0;
        if (composed != 0) {
            f->marks[0].code = composed;
            f->marks[0].change += next->change - 1;
            return GOD_OK;
        }
    }
    for (size_t i = 0; i < f->count; i++) {
        GOD_TRY(
            gdt_emit_change(f->work, f->piece, &f->old_at, (gdt_change){f->marks[i].code, f->marks[i].change}, f->err));
    }
    f->count = 0;
    if (next != NULL) {
        f->marks[f->count++] = *next;
    }
    return GOD_OK;
}

static god_status add(form *f, mark m)
{
    GOD_TRY(gdt_scratch_reserve(&f->work->chars, f->count + 2, sizeof(mark), f->err));
    f->marks = f->work->chars.memory;
    if (m.combining_class == 0) {
        return flush(f, &m);
    }
    f->marks[f->count++] = m;
    return GOD_OK;
}

/* Characters that are their own normal form and compose with nothing before them; what stands behind them may still
 * compose with them. */
static int stays(uint32_t code, uint32_t options)
{
    if (code < 0x80 || (code >= 0x4E00 && code <= 0x9FFF)) {
        return 1;
    }
    if (options == GDT_FORM_COMPOSED) {
        return code < 0x300 || (code >= 0x400 && code <= 0x482) || (code >= 0xAC00 && code <= 0xD7A3) ||
               (code >= 0x3041 && code <= 0x3098) || (code >= 0x30A1 && code <= 0x30FA);
    }
    return 0;
}

/* The end of the text from `at` on that needs no work: every character stays, and so does the one behind. */
static uint32_t unchanged_until(const gdt_work *work, uint32_t at, uint32_t end, uint32_t options)
{
    uint32_t done = at, code;
    while (at < end) {
        uint32_t after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        if (!stays(code, options)) {
            return done;
        }
        done = at;
        at = after;
    }
    return end;
}

static god_status write_form(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    const gdt_step *step = self;
    form f = {.work = work, .piece = piece, .err = err, .options = step->options, .old_at = piece->begin};
    uint32_t codes[GDT_DECOMPOSITION_MAX], code;
    for (uint32_t at = piece->begin; at < piece->end;) {
        if (f.count == 0) {
            uint32_t until = unchanged_until(work, at, piece->end, step->options);
            GOD_TRY(gdt_emit_copy(work, at, until, err));
            f.old_at = at = until;
            if (at == piece->end) {
                break;
            }
        }
        at += (uint32_t)gdt_utf8_decode(work->text + at, &code);
        size_t count = gdt_decompose(code, step->options & GDT_FORM_COMPATIBLE, codes);
        for (size_t i = 0; i < count; i++) {
            GOD_TRY(add(&f, (mark){codes[i], gdt_combining_class(codes[i]), i > 0}));
        }
        /* A starter that stays ends the group before it; the group that it opens may be empty. */
        if (f.count == 1 && f.marks[0].code == code && stays(code, step->options)) {
            uint32_t next;
            if (at < piece->end) {
                (void)gdt_utf8_decode(work->text + at, &next);
                if (stays(next, step->options)) {
                    GOD_TRY(flush(&f, NULL));
                }
            }
        }
    }
    return f.count > 0 ? flush(&f, NULL) : GOD_OK;
}

static int needs_nothing(const gdt_step *step, const gdt_work *work)
{
    for (size_t i = 0; i < work->pieces.count; i++) {
        const gdt_piece *piece = &work->pieces.items[i];
        if (piece->id == GDT_NO_ID && unchanged_until(work, piece->begin, piece->end, step->options) != piece->end) {
            return 0;
        }
    }
    return 1;
}

god_status gdt_run_form(const gdt_step *step, gdt_work *work, god_error *err)
{
    return needs_nothing(step, work) ? GOD_OK : gdt_rewrite(work, write_form, step, err);
}
