/* core/config/strings.h: a list of strings that owns them. Zero-initialised, ended with gdi_strings_clear. [one] */
#ifndef GDI_CONFIG_STRINGS_H
#define GDI_CONFIG_STRINGS_H

#include "god/error.h"

typedef struct gdi_strings {
    char **items; /* own */
    size_t count;
} gdi_strings;

god_status gdi_strings_add(gdi_strings *strings, const char *item, god_error *err); /* copies it */
uint32_t gdi_strings_has(const gdi_strings *strings, const char *item);
void gdi_strings_clear(gdi_strings *strings);

#endif
