/* unicode.h: properties of code points, as the Rust libraries behind tokenizers see them. [any]
 *
 * Those libraries carry tables of several Unicode versions: the standard library and the regex engines have Unicode 16,
 * the categories of the BERT parts Unicode 8, normalization Unicode 9. utf8proc has one version; where an answer must
 * differ, unicode.c lists the code points. */
#ifndef GDT_UNICODE_H
#define GDT_UNICODE_H

#include <stddef.h>
#include <stdint.h>

int gdt_is_white_space(uint32_t code); /* White_Space: Rust's char::is_whitespace */
int gdt_is_word(uint32_t code);        /* \w of Unicode's annex 18 with join controls: Rust's regex */
int gdt_is_numeric(uint32_t code);     /* Nd, Nl, No: Rust's char::is_numeric */
int gdt_is_punctuation(uint32_t code); /* P* of Unicode 8, and every ASCII punctuation sign */
int gdt_is_other(uint32_t code);       /* Cc, Cf, Co of Unicode 8; what is not assigned is not among them */
int gdt_is_nonspacing(uint32_t code);  /* Mn of Unicode 8 */
int gdt_is_mark(uint32_t code);        /* Mn, Mc, Me of Unicode 9 */

/* Writes the lower case of a code point (Unicode 16); returns how many code points that is, 1 or 2. */
size_t gdt_lower(uint32_t code, uint32_t ret_codes[2]);

/* Canonical combining class. */
uint32_t gdt_combining_class(uint32_t code);
#define GDT_DECOMPOSITION_MAX 18
/* The full canonical or compatibility decomposition, not yet reordered; returns its length. */
size_t gdt_decompose(uint32_t code, uint32_t compatible, uint32_t ret_codes[GDT_DECOMPOSITION_MAX]);
/* The primary composite of two code points, 0 when there is none. */
uint32_t gdt_compose(uint32_t first, uint32_t second);
/* Whether it may be the second of two that compose, although its combining class is 0. */
int gdt_joins(uint32_t code);

#endif
