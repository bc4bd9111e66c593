/* core/host/cache.h: prepared data, made once and shared by all jobs and processes.
 *
 *   <cache_dir>/prepared/<plug-in id>/<key>/           whole, never changed again
 *   <cache_dir>/prepared/<plug-in id>/.<key>.staging/  being made, by whoever holds
 *   <cache_dir>/prepared/<plug-in id>/.<key>.lock      this lock
 *
 * A folder gets its final name by a rename when it is whole and on the disk, so a reader never sees half of one and a
 * process that is killed leaves at most a staging folder. The next one that wants the key, or the next sweep, removes
 * it: its lock is free, so nobody is working on it.
 *
 * Any number of processes may use one cache. [any]
 */
#ifndef GDI_HOST_CACHE_H
#define GDI_HOST_CACHE_H

#include "god/helpers/file.h"

enum { GDI_CACHE_KEY_BYTES_MAX = 128 };

typedef struct gdi_cache_maker {
    void *user;
    god_status (*make)(void *user, const char *staging_dir, god_error *err); /* fills an empty folder */
    uint32_t (*stop_asked)(void *user);                                      /* while waiting for another process */
} gdi_cache_maker;

/* *ret_dir is the folder of the key, made by `maker` when it is not there yet. GOD_E_INVALID for a key that is not 1 to
 * 128 letters, digits, '.', '_' and '-', beginning with a letter or digit; GOD_E_CANCELLED; what `make` returned. */
god_status gdi_cache_get(const char *cache_dir, const char *plugin_id, const char *key, const gdi_cache_maker *maker,
                         char ret_dir[GOD_PATH_MAX], god_error *err);

/* Removes staging folders that nobody works on. Cheap when there are none. */
god_status gdi_cache_sweep(const char *cache_dir, god_error *err);

#endif
