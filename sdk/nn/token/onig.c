/* Rewrites Oniguruma's Ruby syntax with Unicode rules into PCRE2 with UTF and UCP. Source: Oniguruma's doc/RE and
 * doc/SYNTAX, and pcre2pattern(3). Tested over all code points against the tokenizers library. */
#include <stdlib.h>

#include "regex.h"

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

/* An escape that means the same inside and outside a class; *ret_done 0 when it is another one. */
static god_status put_common_escape(onig *o, uint32_t *ret_done)
{
    *ret_done = 1;
    switch (peek(o, 1)) {
    case 'u': return put_u_escape(o);
    case 'x': return put_x_escape(o);
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

/* An escape or a POSIX class that stands for a set; `at` is where it begins. */
typedef struct set_name {
    const char *name;
    size_t name_bytes, bytes; /* of the name, of the whole escape */
    uint32_t negated;
} set_name;

/* \s \w \d \h and their opposites, \p{...}; name NULL: another escape. */
static god_status read_set(onig *o, set_name *ret_set)
{
    static const struct {
        char letter;
        const char *name;
    } letters[] = {{'s', "space"}, {'w', "word"}, {'d', "digit"}, {'h', "xdigit"}};
    *ret_set = (set_name){.name = NULL};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (peek(o, 1) == letters[i].letter || peek(o, 1) == letters[i].letter - 0x20) {
            *ret_set = (set_name){letters[i].name, strlen(letters[i].name), 2, peek(o, 1) != letters[i].letter};
            return GOD_OK;
        }
    }
    if (peek(o, 1) != 'p' && peek(o, 1) != 'P') {
        return GOD_OK;
    }
    const char *at = o->pattern + o->at, *close = memchr(at, '}', o->bytes - o->at);
    if (peek(o, 2) != '{' || close == NULL) {
        return refuse(o, "\\p without {}");
    }
    uint32_t circumflex = peek(o, 3) == '^';
    const char *name = at + 3 + circumflex;
    *ret_set = (set_name){name, (size_t)(close - name), (size_t)(close - at) + 1, (peek(o, 1) == 'P') ^ circumflex};
    return GOD_OK;
}

/* A set that is not in the table is a property that PCRE2 may know by the same name. */
static god_status put_items(onig *o, const set_name *set)
{
    uint32_t known = 0;
    GOD_TRY(gdt_onig_put_set(set->name, set->name_bytes, o->out, &known, o->err));
    return known ? GOD_OK : god_text_append_f(o->out, o->err, "\\p{%.*s}", (int)set->name_bytes, set->name);
}

/* A set inside a class. A hyphen behind it stays a hyphen and makes no range. */
static god_status put_set_in_class(onig *o, const set_name *set)
{
    if (set->negated && set->name_bytes == 5 && memcmp(set->name, "space", 5) == 0) {
        GOD_TRY(put(o, "\\P{White_Space}"));
    } else if (set->negated) {
        return refuse(o, "a negated set in a class");
    } else {
        GOD_TRY(put_items(o, set));
    }
    o->at += set->bytes;
    if (peek(o, 0) == '-') {
        o->at++;
        return put(o, "\\-");
    }
    return GOD_OK;
}

static god_status put_set(onig *o, const set_name *set)
{
    GOD_TRY(put(o, set->negated ? "[^" : "["));
    GOD_TRY(put_items(o, set));
    o->at += set->bytes;
    return put(o, "]");
}

static god_status put_class_escape(onig *o)
{
    uint32_t done = 0;
    set_name set;
    char name[32];
    GOD_TRY(read_set(o, &set));
    if (set.name != NULL) {
        return put_set_in_class(o, &set);
    }
    GOD_TRY(put_common_escape(o, &done));
    if (!done) {
        (void)snprintf(name, sizeof name, "\\%c in a class", peek(o, 1));
        return refuse(o, name);
    }
    return GOD_OK;
}

/* [:name:] at o->at, inside a class. */
static god_status put_posix_class(onig *o)
{
    const char *name = o->pattern + o->at + 2;
    const char *close = memchr(name, ':', o->bytes - o->at - 2);
    size_t bytes = close != NULL ? (size_t)(close - name) : 0;
    uint32_t known = 0;
    if (bytes >= 5) { /* the shortest are space, digit; two letters would be a general category */
        GOD_TRY(gdt_onig_put_set(name, bytes, o->out, &known, o->err));
    } else if (bytes == 4 && memcmp(name, "word", 4) == 0) {
        GOD_TRY(gdt_onig_put_set(name, bytes, o->out, &known, o->err));
    }
    if (!known || name[bytes + 1] != ']') {
        return refuse(o, "a POSIX class of another kind than space, word, digit, xdigit, ascii, upper, punct");
    }
    o->at += bytes + 4;
    return GOD_OK;
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

/* \b and \B by the set of word characters. */
static god_status put_boundary(onig *o, uint32_t negated)
{
    god_text word = GOD_TEXT_INIT;
    uint32_t known = 0;
    god_status status = gdt_onig_put_set("word", 4, &word, &known, o->err);
    if (status == GOD_OK) {
        const char *behind = negated ? "(?=" : "(?!", *otherwise = negated ? "(?!" : "(?=";
        status = god_text_append_f(o->out, o->err, "(?:(?<=[%s])%s[%s])|(?<![%s])%s[%s]))", word.data, behind,
                                   word.data, word.data, otherwise, word.data);
    }
    god_text_free(&word);
    o->at += 2;
    return status;
}

static god_status put_escape(onig *o)
{
    uint32_t done = 0;
    set_name set;
    char c = peek(o, 1), name[32];
    o->atom = o->out->bytes;
    GOD_TRY(read_set(o, &set));
    if (set.name != NULL) {
        return put_set(o, &set);
    }
    GOD_TRY(put_common_escape(o, &done));
    if (done) {
        return GOD_OK;
    }
    if (c == 'b' || c == 'B') {
        return put_boundary(o, c == 'B');
    }
    /* The ends of the text, a line break, a back reference. */
    if (c != '\0' && strchr("AzZR123456789", c) != NULL) {
        return copy(o, 2);
    }
    (void)snprintf(name, sizeof name, "\\%c", c);
    return refuse(o, name);
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
