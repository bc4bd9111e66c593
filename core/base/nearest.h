/* core/base/nearest.h: "did you mean": the known name that is closest to a misspelt one. [any] */
#ifndef GDI_BASE_NEAREST_H
#define GDI_BASE_NEAREST_H

#include <stddef.h>

enum { GDI_NEAREST_NAME_BYTES_MAX = 64 };

/* The name among `names` with the smallest edit distance (insert, delete, replace, swap of neighbours), or NULL when
 * even that one differs in more than a third of its letters. Borrowed from `names`. */
const char *gdi_nearest(const char *misspelt, const char *const *names, size_t name_count);

#endif
