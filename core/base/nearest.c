#include "core/base/nearest.h"

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance: rows of the usual table, three of them because a swap looks two rows back. */
static size_t distance(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    size_t rows[3][GDI_NEAREST_NAME_BYTES_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_bytes; j++) {
        last[j] = j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= a_bytes; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_bytes; j++) {
            size_t replaced = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = smaller(replaced, smaller(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = smaller(now[j], before[j - 2] + 1);
            }
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b_bytes];
}

const char *gdi_nearest(const char *misspelt, const char *const *names, size_t name_count)
{
    size_t bytes = strlen(misspelt);
    if (bytes > GDI_NEAREST_NAME_BYTES_MAX) {
        return NULL;
    }
    const char *best = NULL;
    size_t best_distance = 0;
    for (size_t i = 0; i < name_count; i++) {
        size_t name_bytes = strlen(names[i]);
        if (name_bytes > GDI_NEAREST_NAME_BYTES_MAX) {
            continue;
        }
        size_t found = distance(misspelt, bytes, names[i], name_bytes);
        if (found <= 1 + name_bytes / 3 && found < name_bytes && (best == NULL || found < best_distance)) {
            best = names[i];
            best_distance = found;
        }
    }
    return best;
}
