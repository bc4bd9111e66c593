/* core/tournament/sort.h: sorting in place, without memory and without libc's qsort (which may allocate).
 *
 *     GDI_DEFINE_SORT(sort_by_points, gdi_share, share_before)
 *
 * defines `static void sort_by_points(gdi_share *items, size_t count)`, where `bool share_before(const gdi_share *a,
 * const gdi_share *b)` must be a total order: then the result does not depend on the algorithm (heap sort, n log n in
 * every case; insertion sort for a handful; one pass when the items are in order already).
 */
#ifndef GDI_TOURNAMENT_SORT_H
#define GDI_TOURNAMENT_SORT_H

#include <stdbool.h>
#include <stddef.h>

enum { GDI_SORT_BY_INSERTION_MAX = 24 }; /* below this many items moving beats swapping; measured, not critical */

#define GDI_DEFINE_SORT(name, type, before)                                      \
    static void name##_sift(type *items, size_t root, size_t count)              \
    {                                                                            \
        type moving = items[root];                                               \
        for (;;) {                                                               \
            size_t child = 2 * root + 1;                                         \
            if (child >= count) {                                                \
                break;                                                           \
            }                                                                    \
            if (child + 1 < count && before(&items[child], &items[child + 1])) { \
                child++;                                                         \
            }                                                                    \
            if (!before(&moving, &items[child])) {                               \
                break;                                                           \
            }                                                                    \
            items[root] = items[child];                                          \
            root = child;                                                        \
        }                                                                        \
        items[root] = moving;                                                    \
    }                                                                            \
    static void name##_insert(type *items, size_t count)                         \
    {                                                                            \
        for (size_t i = 1; i < count; i++) {                                     \
            type moving = items[i];                                              \
            size_t at = i;                                                       \
            for (; at > 0 && before(&moving, &items[at - 1]); at--) {            \
                items[at] = items[at - 1];                                       \
            }                                                                    \
            items[at] = moving;                                                  \
        }                                                                        \
    }                                                                            \
    static bool name##_done(const type *items, size_t count)                     \
    {                                                                            \
        for (size_t i = 1; i < count; i++) {                                     \
            if (before(&items[i], &items[i - 1])) {                              \
                return false;                                                    \
            }                                                                    \
        }                                                                        \
        return true;                                                             \
    }                                                                            \
    static void name(type *items, size_t count)                                  \
    {                                                                            \
        if (name##_done(items, count)) {                                         \
            return;                                                              \
        }                                                                        \
        if (count <= GDI_SORT_BY_INSERTION_MAX) {                                \
            name##_insert(items, count);                                         \
            return;                                                              \
        }                                                                        \
        for (size_t i = count / 2; i > 0; i--) {                                 \
            name##_sift(items, i - 1, count);                                    \
        }                                                                        \
        for (size_t end = count - 1; end > 0; end--) {                           \
            type largest = items[0];                                             \
            items[0] = items[end];                                               \
            items[end] = largest;                                                \
            name##_sift(items, 0, end);                                          \
        }                                                                        \
    }

#endif
