/* core/host/cache_inner.h: the places of one entry; shared by cache.c and cache_list.c. */
#ifndef GDI_HOST_CACHE_INNER_H
#define GDI_HOST_CACHE_INNER_H

#include "core/host/cache.h"

#define GDI_CACHE_STAGING ".staging"
#define GDI_CACHE_PARTIAL ".partial"
#define GDI_CACHE_EVICTED ".evicted"

typedef struct gdi_cache_places {
    char parent[GOD_PATH_MAX], final[GOD_PATH_MAX], staging[GOD_PATH_MAX], partial[GOD_PATH_MAX], evicted[GOD_PATH_MAX],
        lock[GOD_PATH_MAX], use[GOD_PATH_MAX], info[GOD_PATH_MAX];
} gdi_cache_places;

/* GOD_E_INVALID for names that are none. */
god_status gdi_cache_find_places(const char *cache_dir, const char *owner, const char *key, gdi_cache_places *ret,
                                 god_error *err);

/* Bytes and regular files below a folder. */
god_status gdi_cache_measure(const char *dir, uint64_t *bytes, uint64_t *files, god_error *err);

#endif
