/* unicode.h: properties of code points, as the Rust library behind tokenizers sees them. [any] */
#ifndef GDT_UNICODE_H
#define GDT_UNICODE_H

#include <stdint.h>

int gdt_is_white_space(uint32_t code); /* White_Space: Rust's char::is_whitespace */
int gdt_is_word(uint32_t code);        /* \w of Unicode's annex 18 with join controls: Rust's regex */

#endif
