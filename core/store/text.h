/* core/store/text.h: texts that both engines store. [any] */
#ifndef GDI_STORE_TEXT_H
#define GDI_STORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Well-formed UTF-8 (RFC 3629: shortest forms only, no surrogates, at most U+10FFFF). */
bool gdi_utf8_is_good(const char *text, size_t bytes);

/* Copies a text for people: at most cap - 1 bytes, cut between two characters, and '?' for each byte that is no UTF-8.
 */
void gdi_utf8_copy(const char *text, char *ret_copy, size_t cap);

#endif
