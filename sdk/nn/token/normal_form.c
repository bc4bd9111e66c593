/* Unicode normalization forms (annex 15), with the origin of every character even where marks change their order. */
#include "normalizer.h"

#include <stdlib.h>

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

/* What is known of each code point, two bits of work->forms[options]; 0: nothing yet. */
enum { FORM_STAYS = 1, FORM_CHANGES = 2, FORMS_BYTES = (GDT_CODE_POINT_MAX + 1) / 4 };

/* Whether a character is its own normal form and composes with nothing before it: what Unicode's quick check says, from
 * the functions that do the long way round. What stands behind it may still compose with it. */
static uint32_t ask(uint32_t code, uint32_t options)
{
    uint32_t codes[GDT_DECOMPOSITION_MAX], composed_form = options & GDT_FORM_COMPOSED;
    const size_t count = gdt_decompose(code, options & GDT_FORM_COMPATIBLE, codes);
    if (gdt_combining_class(codes[0]) != 0 || gdt_combining_class(code) != 0 ||
        (composed_form && (gdt_joins(codes[0]) || gdt_joins(code)))) {
        return FORM_CHANGES;
    }
    uint32_t composed = codes[0];
    for (size_t i = 1; i < count && composed != 0; i++) {
        composed = composed_form ? gdt_compose(composed, codes[i]) : 0;
    }
    return composed == code ? FORM_STAYS : FORM_CHANGES;
}

/* Each character is asked for once by each thread. */
static inline int stays(gdt_work *work, uint32_t code, uint32_t options)
{
    if (code < 0x80) {
        return 1;
    }
    uint8_t *four = &work->forms[options][code / 4];
    const uint32_t shift = code % 4 * 2;
    if ((*four >> shift & 3u) == 0) {
        *four |= (uint8_t)(ask(code, options) << shift);
    }
    return (*four >> shift & 3u) == FORM_STAYS;
}

/* The end of the text from `at` on that needs no work: every character stays, and so does the one behind. */
static uint32_t unchanged_until(gdt_work *work, uint32_t at, uint32_t end, uint32_t options)
{
    uint32_t done = at, code;
    while (at < end) {
        uint32_t after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        if (!stays(work, code, options)) {
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
        if (f.count == 1 && f.marks[0].code == code && stays(work, code, step->options)) {
            uint32_t next;
            if (at < piece->end) {
                (void)gdt_utf8_decode(work->text + at, &next);
                if (stays(work, next, step->options)) {
                    GOD_TRY(flush(&f, NULL));
                }
            }
        }
    }
    return f.count > 0 ? flush(&f, NULL) : GOD_OK;
}

static int needs_nothing(const gdt_step *step, gdt_work *work)
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
    uint8_t **known = &work->forms[step->options];
    if (*known == NULL && (*known = calloc(FORMS_BYTES, 1)) == NULL) {
        return god_fail(err, GOD_E_NOMEM, "encode: out of memory for the normal forms");
    }
    return needs_nothing(step, work) ? GOD_OK : gdt_rewrite(work, write_form, step, err);
}
