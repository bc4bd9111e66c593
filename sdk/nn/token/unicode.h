/* unicode.h: properties of code points, as the Rust libraries behind tokenizers see them. [any]
 *
 * Those libraries carry tables of several Unicode versions; where ours (utf8proc) differs, the exceptions stand in
 * unicode.c. tests/golden/tokenizer/live.py compares all code points. */
#ifndef GDT_UNICODE_H
#define GDT_UNICODE_H

#include <stddef.h>
#include <stdint.h>

int gdt_is_white_space(uint32_t code); /* White_Space: Rust's char::is_whitespace */
int gdt_is_word(uint32_t code);        /* \w of Unicode's annex 18 with join controls: Rust's regex */
int gdt_is_numeric(uint32_t code);     /* Nd, Nl, No: Rust's char::is_numeric */
int gdt_is_punctuation(uint32_t code); /* P*, and every ASCII punctuation sign */
int gdt_is_other(uint32_t code);       /* Cc, Cf, Cn, Co */
int gdt_is_nonspacing(uint32_t code);  /* Mn */
int gdt_is_mark(uint32_t code);        /* Mn, Mc, Me */

/* Writes the lower case of a code point; returns how many code points that is, 1 or 2. */
size_t gdt_lower(uint32_t code, uint32_t ret_codes[2]);

/* Canonical combining class. */
uint32_t gdt_combining_class(uint32_t code);
#define GDT_DECOMPOSITION_MAX 18
/* The full canonical or compatibility decomposition, not yet reordered; returns its length. */
size_t gdt_decompose(uint32_t code, uint32_t compatible, uint32_t ret_codes[GDT_DECOMPOSITION_MAX]);
/* The primary composite of two code points, 0 when there is none. */
uint32_t gdt_compose(uint32_t first, uint32_t second);

#endif
