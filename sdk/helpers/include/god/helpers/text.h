/* god/helpers/text.h: a growable byte string. Owned by whoever declares it; ended with god_text_free. [one]
 * `data` is NUL-ended whenever it is not NULL. Growth beyond GOD_TEXT_BYTES_MAX fails. */
#ifndef GOD_HELPERS_TEXT_H
#define GOD_HELPERS_TEXT_H

#include "god/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_TEXT_BYTES_MAX ((size_t)1 << 31)

typedef struct god_text {
    char *data;
    size_t bytes, capacity;
} god_text;

#define GOD_TEXT_INIT \
    {                 \
        NULL, 0, 0    \
    }

void god_text_free(god_text *text);  /* accepts NULL; leaves an empty text */
void god_text_clear(god_text *text); /* keeps the memory */
god_status god_text_append(god_text *text, const char *bytes, size_t count, god_error *err);
god_status god_text_append_str(god_text *text, const char *str, god_error *err);
GOD_PRINTF(3, 4) god_status god_text_append_f(god_text *text, god_error *err, const char *format, ...);

/* Writes `str` with every byte but letters, digits and "-._~" as %XX, for one part of an address; NUL-ended, cut before
 * the first byte that does not fit whole. Returns the length that the whole has, like snprintf. cap > 0. [any]
 * Source: RFC 3986, sections 2.1 and 2.3. */
size_t god_percent_encode(const char *str, char *buf, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
