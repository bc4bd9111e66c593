/* Rewrites Oniguruma's Ruby syntax with Unicode rules into PCRE2 with UTF and UCP. Source: Oniguruma's doc/RE and
 * doc/SYNTAX, and pcre2pattern(3). Tested over all code points against the tokenizers library. */
#include <stdlib.h>

#include "regex.h"

/* White_Space of Unicode, as Oniguruma's \s. PCRE2's own \s has U+180E besides. */
#define SPACE_SET                                                             \
    "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}" \
    "\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
/* Word of Unicode's annex 18, as Oniguruma's \w. PCRE2's own lacks marks and connectors. */
#define WORD_SET "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"

enum { group_depth_max = 200 };

typedef struct onig {
    const char *where, *pattern;
    size_t bytes, at;
    god_text *out;
    god_error *err;
    size_t atom;                    /* where in `out` the last atom began, for {n,m}+ */
    size_t groups[group_depth_max]; /* where in `out` each open group began */
    size_t depth;
} onig;

static god_status refuse(onig *o, const char *what)
{
    return god_fail(o->err, GOD_E_UNSUPPORTED, "%s: the regular expression \"%.*s\" uses %s, which is not supported",
                    o->where, (int)(o->bytes < 120 ? o->bytes : 120), o->pattern, what);
}

static god_status put(onig *o, const char *text)
{
    return god_text_append_str(o->out, text, o->err);
}

static god_status copy(onig *o, size_t count)
{
    GOD_TRY(god_text_append(o->out, o->pattern + o->at, count, o->err));
    o->at += count;
    return GOD_OK;
}

static char peek(const onig *o, size_t ahead)
{
    return o->at + ahead < o->bytes ? o->pattern[o->at + ahead] : '\0';
}

/* \uHHHH; the \u is at o->at. */
static god_status put_u_escape(onig *o)
{
    for (size_t i = 2; i < 6; i++) {
        char c = peek(o, i);
        if (c == '\0' || strchr("0123456789abcdefABCDEF", c) == NULL) {
            return refuse(o, "\\u without four hexadecimal digits");
        }
    }
    GOD_TRY(god_text_append_f(o->out, o->err, "\\x{%.4s}", o->pattern + o->at + 2));
    o->at += 6;
    return GOD_OK;
}

/* \xHH from 80 on is a raw byte for Oniguruma and a code point for PCRE2. */
static god_status put_x_escape(onig *o)
{
    if (peek(o, 2) != '{' && peek(o, 2) >= '8') {
        return refuse(o, "\\x with a byte above 7F");
    }
    return copy(o, 2);
}

/* \p{...}, \P{...} */
static god_status put_property(onig *o)
{
    const char *close = memchr(o->pattern + o->at, '}', o->bytes - o->at);
    if (peek(o, 2) != '{' || close == NULL) {
        return refuse(o, "\\p without {}");
    }
    return copy(o, (size_t)(close - (o->pattern + o->at)) + 1);
}

/* An escape that means the same inside and outside a class; *ret_done 0 when it is another one. */
static god_status put_common_escape(onig *o, uint32_t *ret_done)
{
    *ret_done = 1;
    switch (peek(o, 1)) {
    case 'u': return put_u_escape(o);
    case 'x': return put_x_escape(o);
    case 'p':
    case 'P': return put_property(o);
    case 'd':
    case 'D':
    case 'n':
    case 'r':
    case 't':
    case 'f':
    case 'a':
    case 'e': return copy(o, 2);
    case 'v': o->at += 2; return put(o, "\\x{b}");
    default: break;
    }
    char c = peek(o, 1);
    if (((unsigned char)c >= 0x80) || (c != '\0' && strchr("\\^$.[|()?*+{}]-#/!\"%&',:;<=>@`~ ", c) != NULL)) {
        return copy(o, (unsigned char)c >= 0x80 ? 1 : 2); /* a multi-byte character follows by itself */
    }
    *ret_done = 0;
    return GOD_OK;
}

/* A set in place of an escape; a hyphen behind it stays a hyphen and makes no range. */
static god_status put_set(onig *o, size_t escape_bytes, const char *set)
{
    o->at += escape_bytes;
    GOD_TRY(put(o, set));
    if (peek(o, 0) == '-') {
        o->at++;
        return put(o, "\\-");
    }
    return GOD_OK;
}

static god_status put_class_escape(onig *o)
{
    uint32_t done = 0;
    GOD_TRY(put_common_escape(o, &done));
    if (done) {
        return GOD_OK;
    }
    char name[32];
    switch (peek(o, 1)) {
    case 's': return put_set(o, 2, SPACE_SET);
    case 'S': return put_set(o, 2, "\\P{White_Space}");
    case 'w': return put_set(o, 2, WORD_SET);
    case 'h': return put_set(o, 2, "0-9a-fA-F");
    default: (void)snprintf(name, sizeof name, "\\%c in a class", peek(o, 1)); return refuse(o, name);
    }
}

/* [:name:] at o->at, inside a class. */
static god_status put_posix_class(onig *o)
{
    static const struct {
        const char *name, *set;
    } sets[] = {{"[:space:]", SPACE_SET},         {"[:word:]", WORD_SET},          {"[:digit:]", "\\p{Nd}"},
                {"[:alpha:]", "\\p{Alphabetic}"}, {"[:upper:]", "\\p{Uppercase}"}, {"[:lower:]", "\\p{Lowercase}"},
                {"[:xdigit:]", "0-9a-fA-F"},      {"[:ascii:]", "\\x{0}-\\x{7f}"}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        size_t length = strlen(sets[i].name);
        if (o->bytes - o->at >= length && memcmp(o->pattern + o->at, sets[i].name, length) == 0) {
            return put_set(o, length, sets[i].set);
        }
    }
    return refuse(o, "a POSIX class of another kind than space, word, digit, alpha, upper, lower, xdigit, ascii");
}

/* The inside of [...]; o->at is behind the '['. A nested class without '^' is a union, so its brackets fall away. */
static god_status put_class(onig *o)
{
    size_t nested = 0;
    GOD_TRY(put(o, "["));
    if (peek(o, 0) == '^') {
        GOD_TRY(copy(o, 1));
    }
    if (peek(o, 0) == ']') { /* first of all: itself */
        o->at++;
        GOD_TRY(put(o, "\\]"));
    }
    while (o->at < o->bytes) {
        char c = peek(o, 0);
        if (c == '\\') {
            GOD_TRY(put_class_escape(o));
        } else if (c == '[' && peek(o, 1) == ':') {
            GOD_TRY(put_posix_class(o));
        } else if (c == '[' && peek(o, 1) == '^') {
            return refuse(o, "a negated class inside a class");
        } else if (c == '[') {
            nested++;
            o->at++;
        } else if (c == ']' && nested > 0) {
            nested--;
            o->at++;
        } else if (c == ']') {
            return copy(o, 1);
        } else if (c == '&' && peek(o, 1) == '&') {
            return refuse(o, "&& in a class");
        } else {
            GOD_TRY(copy(o, 1));
        }
    }
    return god_fail(o->err, GOD_E_DATA, "%s: the regular expression \"%.*s\" has a class without an end", o->where,
                    (int)(o->bytes < 120 ? o->bytes : 120), o->pattern);
}

static god_status put_escape(onig *o)
{
    uint32_t done = 0;
    o->atom = o->out->bytes;
    GOD_TRY(put_common_escape(o, &done));
    if (done) {
        return GOD_OK;
    }
    char name[32];
    const char *text = NULL;
    switch (peek(o, 1)) {
    case 's': text = "[" SPACE_SET "]"; break;
    case 'S': text = "[^" SPACE_SET "]"; break;
    case 'w': text = "[" WORD_SET "]"; break;
    case 'W': text = "[^" WORD_SET "]"; break;
    case 'h': text = "[0-9a-fA-F]"; break;
    case 'H': text = "[^0-9a-fA-F]"; break;
    case 'b': text = "(?:(?<=[" WORD_SET "])(?![" WORD_SET "])|(?<![" WORD_SET "])(?=[" WORD_SET "]))"; break;
    case 'B': text = "(?:(?<=[" WORD_SET "])(?=[" WORD_SET "])|(?<![" WORD_SET "])(?![" WORD_SET "]))"; break;
    case 'A': text = "\\A"; break;
    case 'z': text = "\\z"; break;
    case 'Z': text = "\\Z"; break;
    case 'R': text = "\\R"; break;
    default: break;
    }
    if (text == NULL && peek(o, 1) >= '1' && peek(o, 1) <= '9') {
        return copy(o, 2); /* a back reference */
    }
    if (text == NULL) {
        (void)snprintf(name, sizeof name, "\\%c", peek(o, 1));
        return refuse(o, name);
    }
    o->at += 2;
    return put(o, text);
}

/* "(" with what belongs to it. Options: Ruby's m is PCRE2's s. */
static god_status put_group(onig *o)
{
    if (o->depth == group_depth_max) {
        return refuse(o, "more than 200 nested groups");
    }
    o->groups[o->depth++] = o->out->bytes;
    if (peek(o, 1) == '*') {
        return refuse(o, "(*");
    }
    if (peek(o, 1) != '?') {
        return copy(o, 1);
    }
    char kind = peek(o, 2);
    if (kind == ':' || kind == '=' || kind == '!' || kind == '>') {
        return copy(o, 3);
    }
    if (kind == '<' || kind == '#') {
        return kind == '#' ? refuse(o, "(?#") : copy(o, peek(o, 3) == '=' || peek(o, 3) == '!' ? 4 : 3);
    }
    GOD_TRY(copy(o, 2));
    while (o->at < o->bytes && peek(o, 0) != ':' && peek(o, 0) != ')') {
        char c = peek(o, 0);
        if (c != 'i' && c != 'm' && c != 'x' && c != '-') {
            return refuse(o, "an option other than i, m, x");
        }
        GOD_TRY(put(o, c == 'm' ? "s" : c == 'i' ? "i" : c == 'x' ? "x" : "-"));
        o->at++;
    }
    if (peek(o, 0) == ')') { /* (?i) opens no group */
        o->depth--;
    }
    return o->at < o->bytes ? copy(o, 1) : GOD_OK;
}

/* {n,m}: PCRE2 reads a + behind it as "possessive", Ruby as "again". */
static god_status put_interval(onig *o)
{
    size_t length = 1;
    while (peek(o, length) != '\0' && strchr("0123456789,", peek(o, length)) != NULL) {
        length++;
    }
    if (peek(o, length) != '}' || length == 1) { /* not an interval: the character itself */
        o->atom = o->out->bytes;
        o->at++;
        return put(o, "\\{");
    }
    uint32_t from_zero = peek(o, 1) == ',';
    if (from_zero) {
        GOD_TRY(put(o, "{0"));
        o->at++;
        length--;
    }
    GOD_TRY(copy(o, length + 1));
    if (peek(o, 0) != '+') {
        return GOD_OK;
    }
    god_text inner = GOD_TEXT_INIT;
    god_status status = god_text_append(&inner, o->out->data + o->atom, o->out->bytes - o->atom, o->err);
    o->out->bytes = o->atom;
    if (status == GOD_OK) {
        status = god_text_append_f(o->out, o->err, "(?:%s)", inner.data);
    }
    god_text_free(&inner);
    return status; /* the + follows by itself */
}

god_status gdt_onig_translate(const char *where, const char *pattern, size_t bytes, god_text *ret_pattern,
                              god_error *err)
{
    onig o = {.where = where, .pattern = pattern, .bytes = bytes, .out = ret_pattern, .err = err};
    while (o.at < bytes) {
        char c = pattern[o.at];
        if (c == '\\') {
            GOD_TRY(put_escape(&o));
        } else if (c == '[') {
            o.atom = ret_pattern->bytes;
            o.at++;
            GOD_TRY(put_class(&o));
        } else if (c == '(') {
            GOD_TRY(put_group(&o));
        } else if (c == ')') {
            o.atom = o.depth > 0 ? o.groups[--o.depth] : ret_pattern->bytes;
            GOD_TRY(copy(&o, 1));
        } else if (c == '{') {
            GOD_TRY(put_interval(&o));
        } else if (c == '?' || c == '*' || c == '+' || c == '|' || c == '^' || c == '$') {
            GOD_TRY(copy(&o, 1));
        } else {
            size_t length = 1;
            while (o.at + length < bytes && ((unsigned char)pattern[o.at + length] & 0xC0u) == 0x80u) {
                length++;
            }
            o.atom = ret_pattern->bytes;
            GOD_TRY(copy(&o, length));
        }
    }
    return GOD_OK;
}
