/* regex.h: the regular expressions of tokenizer files, run by PCRE2.
 *
 * Tokenizer files are written for Oniguruma in its Ruby syntax. gdt_onig_translate rewrites what PCRE2 reads
 * differently (\s, \w, \b, \h, \u, {n,m}+, (?m), nested classes) and refuses by name what cannot be carried over. A
 * compiled expression is read-only [any]; the memory of one search hangs off the gdt_work [one]. */
#ifndef GDT_REGEX_H
#define GDT_REGEX_H

#include "god/helpers/text.h"
#include "work.h"

typedef struct gdt_regex gdt_regex;

/* Longest expression that is read: the longest in known tokenizers has about 1000 bytes. */
#define GDT_REGEX_BYTES_MAX 16384

/* `where` opens every message: "tokenizer.json: pre_tokenizer". */
god_status gdt_regex_compile(const char *where, const char *pattern, size_t bytes, gdt_regex **ret_regex,
                             god_error *err);
/* Matches the bytes themselves. */
god_status gdt_regex_compile_literal(const char *where, const char *text, size_t bytes, gdt_regex **ret_regex,
                                     god_error *err);
void gdt_regex_free(gdt_regex *regex); /* accepts NULL */

/* Fills work->matches with the matches in text bytes begin..end and the text between them, in order, positions in the
 * text; anchors and look-behind see begin..end alone. Empty matches are listed, except right behind a match. */
god_status gdt_regex_matches(const gdt_regex *regex, gdt_work *work, uint32_t begin, uint32_t end, god_error *err);

/* Appends the PCRE2 form of an Oniguruma expression. GOD_E_UNSUPPORTED names the construct. */
god_status gdt_onig_translate(const char *where, const char *pattern, size_t bytes, god_text *ret_pattern,
                              god_error *err);

/* Appends the items of a set, as they stand inside [ ]: a POSIX class or a Unicode property by its name. *ret_known 0:
 * no such set, nothing is appended. */
god_status gdt_onig_put_set(const char *name, size_t bytes, god_text *out, uint32_t *ret_known, god_error *err);

void gdt_regex_work_fini(gdt_work *work);

#endif
