/* core/tournament/ascii.h: comparing without regard to case, whatever the locale. Accounts and commits are ASCII. */
#ifndef GDI_TOURNAMENT_ASCII_H
#define GDI_TOURNAMENT_ASCII_H

#include <stddef.h>

static inline int gdi_ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

/* Like strncmp on the lower-cased texts: ends at a NUL in both. */
static inline int gdi_ascii_compare(const char *a, const char *b, size_t length_max)
{
    for (size_t i = 0; i < length_max; i++) {
        int order = gdi_ascii_lower(a[i]) - gdi_ascii_lower(b[i]);
        if (order != 0 || a[i] == '\0') {
            return order;
        }
    }
    return 0;
}

#endif
