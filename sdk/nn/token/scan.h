/* scan.h: the regular expressions that most byte-level tokenizers share, by hand. [any] after building.
 *
 * GPT-2's, Llama 3's and Qwen 2's patterns differ in a few places only, and each of their alternatives can be decided
 * by the kinds of a few characters: letter, number, white space, other. A scan says where the match at a place ends,
 * several times faster than PCRE2; the kinds of all characters of the basic plane are asked of PCRE2 when the scan is
 * built, so that both agree. Where a character beyond that plane, or a case that folds in an unusual way, has a say, it
 * does not decide. */
#ifndef GDT_SCAN_H
#define GDT_SCAN_H

#include "work.h"

typedef struct gdt_scan gdt_scan;

/* *ret_scan NULL: the pattern is none of those. */
god_status gdt_scan_new(const char *where, const char *pattern, size_t bytes, gdt_scan **ret_scan, god_error *err);
void gdt_scan_free(gdt_scan *scan); /* accepts NULL */

#define GDT_SCAN_UNDECIDED UINT32_MAX

/* The end of the match that begins at `at`, which is behind the last match or the begin of the piece; at < end. These
 * patterns match at every place of a text. GDT_SCAN_UNDECIDED: ask the regular expression. */
uint32_t gdt_scan_next(const gdt_scan *scan, const char *text, uint32_t at, uint32_t end);

#endif
