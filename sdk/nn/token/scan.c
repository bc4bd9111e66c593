#include "scan.h"

#include <stdlib.h>

#include "regex.h"
#include "utf8.h"

enum { OTHER = 0, LETTER, NUMBER, SPACE, BEYOND };

enum { plane_codes = 0x10000, surrogate_first = 0xD800, surrogate_last = 0xDFFF };

/* What the patterns differ in. Parts that all have: contractions, runs of letters, of numbers, of other signs behind
 * one blank, white space up to the last character in front of something else. */
typedef struct variant {
    const char *pattern;
    uint32_t any_case;    /* of the contractions */
    uint32_t any_sign;    /* one sign of any kind may open a word, not only a blank; numbers stand without one */
    uint32_t digits_max;  /* in one match */
    uint32_t takes_lines; /* line ends belong to the signs or the white space before them */
} variant;

static const variant variants[] = {
    {.pattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
     .digits_max = UINT32_MAX},
    {.pattern = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
     .any_case = 1,
     .any_sign = 1,
     .digits_max = 3,
     .takes_lines = 1},
    {.pattern = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
     .any_case = 1,
     .any_sign = 1,
     .digits_max = 1,
     .takes_lines = 1},
};

struct gdt_scan {
    variant is;
    uint8_t kinds[plane_codes];
};

/* All code points of the plane as one text, in order. */
static size_t spell_plane(char *ret_text)
{
    size_t bytes = 0;
    for (uint32_t code = 0; code < plane_codes; code++) {
        if (code < surrogate_first || code > surrogate_last) {
            bytes += gdt_utf8_encode(code, ret_text + bytes);
        }
    }
    return bytes;
}

/* Marks the characters of the text that the pattern matches. */
static god_status mark(gdt_scan *scan, gdt_work *work, const char *where, const char *pattern, uint8_t kind,
                       god_error *err)
{
    gdt_regex *regex = NULL;
    GOD_TRY(gdt_regex_compile(where, pattern, strlen(pattern), &regex, err));
    god_status status = gdt_regex_matches(regex, work, 0, (uint32_t)work->count, err);
    for (size_t i = 0; status == GOD_OK && i < work->matches.count; i++) {
        const gdt_match *match = &work->matches.items[i];
        for (uint32_t at = match->begin, code; match->is_match && at < match->end;) {
            at += (uint32_t)gdt_utf8_decode(work->text + at, &code);
            scan->kinds[code] = kind;
        }
    }
    gdt_regex_free(regex);
    return status;
}

static god_status ask_kinds(gdt_scan *scan, const char *where, god_error *err)
{
    gdt_work work = {.input = NULL};
    char *plane = malloc((size_t)plane_codes * 3);
    god_status status = plane != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    if (status == GOD_OK) {
        status = gdt_work_begin(&work, plane, spell_plane(plane), err);
    }
    if (status == GOD_OK) {
        status = mark(scan, &work, where, "\\p{L}+", LETTER, err);
    }
    if (status == GOD_OK) {
        status = mark(scan, &work, where, "\\p{N}+", NUMBER, err);
    }
    if (status == GOD_OK) {
        status = mark(scan, &work, where, "\\s+", SPACE, err);
    }
    gdt_work_fini(&work);
    free(plane);
    return status;
}

god_status gdt_scan_new(const char *where, const char *pattern, size_t bytes, gdt_scan **ret_scan, god_error *err)
{
    const variant *found = NULL;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        if (strlen(variants[i].pattern) == bytes && memcmp(variants[i].pattern, pattern, bytes) == 0) {
            found = &variants[i];
        }
    }
    if (found == NULL) {
        *ret_scan = NULL;
        return GOD_OK;
    }
    gdt_scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    scan->is = *found;
    god_status status = ask_kinds(scan, where, err);
    if (status != GOD_OK) {
        gdt_scan_free(scan);
        return status;
    }
    *ret_scan = scan;
    return GOD_OK;
}

void gdt_scan_free(gdt_scan *scan)
{
    free(scan);
}

static inline uint32_t kind_at(const gdt_scan *scan, const char *text, uint32_t at, uint32_t *ret_after)
{
    uint32_t code;
    *ret_after = at + (uint32_t)gdt_utf8_decode(text + at, &code);
    return code < plane_codes ? scan->kinds[code] : BEYOND;
}

/* The end of the run of one kind from `at` on, which may be empty. */
static inline uint32_t run_of(const gdt_scan *scan, const char *text, uint32_t at, uint32_t end, uint32_t kind,
                              uint32_t codes_max)
{
    for (uint32_t after; at < end && codes_max > 0; at = after, codes_max--) {
        uint32_t found = kind_at(scan, text, at, &after);
        if (found == BEYOND) {
            return GDT_SCAN_UNDECIDED;
        }
        if (found != kind) {
            break;
        }
    }
    return at;
}

static inline int is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* The signs from `at` on, with the line ends behind them. */
static uint32_t signs(const gdt_scan *scan, const char *text, uint32_t at, uint32_t end)
{
    at = run_of(scan, text, at, end, OTHER, UINT32_MAX);
    while (scan->is.takes_lines && at < end && is_line_end(text[at])) {
        at++;
    }
    return at;
}

/* 's 't 're 've 'm 'll 'd at an apostrophe; `at` itself when there is none. */
static uint32_t contraction(const gdt_scan *scan, const char *text, uint32_t at, uint32_t end)
{
    uint32_t left = end - at;
    char fold = scan->is.any_case ? 0x20 : 0;
    if (left < 2) {
        return at;
    }
    if (fold && (unsigned char)text[at + 1] >= 0x80) {
        return GDT_SCAN_UNDECIDED; /* the long s folds to s */
    }
    char first = (char)(text[at + 1] | fold), second = left > 2 ? (char)(text[at + 2] | fold) : '\0';
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
        return at + 2;
    }
    return ((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l') ? at + 3 : at;
}

/* White space that no word and no sign takes. */
static uint32_t blanks(const gdt_scan *scan, const char *text, uint32_t at, uint32_t end)
{
    uint32_t last = at, behind_line = at, stop = at;
    for (uint32_t after; stop < end; stop = after) {
        uint32_t kind = kind_at(scan, text, stop, &after);
        if (kind == BEYOND) {
            return GDT_SCAN_UNDECIDED;
        }
        if (kind != SPACE) {
            break;
        }
        last = stop;
        behind_line = is_line_end(text[stop]) ? after : behind_line;
    }
    if (scan->is.takes_lines && behind_line > at) {
        return behind_line;
    }
    return stop < end && last > at ? last : stop;
}

uint32_t gdt_scan_next(const gdt_scan *scan, const char *text, uint32_t at, uint32_t end)
{
    const variant *is = &scan->is;
    uint32_t after, behind, kind = kind_at(scan, text, at, &after), next = OTHER;
    char first = text[at];
    if (kind == LETTER) {
        return run_of(scan, text, after, end, LETTER, UINT32_MAX);
    }
    if (kind == NUMBER) {
        return run_of(scan, text, after, end, NUMBER, is->digits_max - 1);
    }
    if (first == '\'') {
        uint32_t stop = contraction(scan, text, at, end);
        if (stop != at) {
            return stop;
        }
    }
    uint32_t has_next = after < end;
    if (has_next) {
        next = kind_at(scan, text, after, &behind);
    }
    if (kind == BEYOND || next == BEYOND) {
        return GDT_SCAN_UNDECIDED;
    }
    if (has_next && next == LETTER && (is->any_sign ? !is_line_end(first) : first == ' ')) {
        return run_of(scan, text, behind, end, LETTER, UINT32_MAX);
    }
    if (has_next && next == NUMBER && first == ' ' && !is->any_sign) {
        return run_of(scan, text, behind, end, NUMBER, is->digits_max - 1);
    }
    if (kind == OTHER) {
        return signs(scan, text, after, end);
    }
    if (has_next && next == OTHER && first == ' ') {
        return signs(scan, text, behind, end);
    }
    return blanks(scan, text, at, end);
}
