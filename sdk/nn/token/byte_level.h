/* byte_level.h: the alphabet of byte-level tokenizers, which spells each of the 256 bytes as a visible character.
 * Bytes 21-7E, A1-AC and AE-FF stand for themselves (as Latin-1); the others follow, in order, from U+0100.
 * Source: the GPT-2 encoder, bytes_to_unicode. [any] */
#ifndef GDT_BYTE_LEVEL_H
#define GDT_BYTE_LEVEL_H

#include <stddef.h>
#include <stdint.h>

uint32_t gdt_byte_level_code(unsigned char byte);
/* The byte that a character spells, -1 when it is not in the alphabet. */
int gdt_byte_level_byte(uint32_t code);
/* Turns a spelled piece into its bytes, in place of `ret_bytes` (at least `count` long). SIZE_MAX when a character is
 * not in the alphabet. */
size_t gdt_byte_level_spell(const char *text, size_t count, char *ret_bytes);

#endif
