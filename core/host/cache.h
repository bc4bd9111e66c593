/* core/host/cache.h: prepared data and downloads, made once and shared by all jobs and processes.
 *
 *   <cache_dir>/prepared/<owner>/<key>/           whole, never changed again
 *   <cache_dir>/prepared/<owner>/.<key>.json      its size, digest and source
 *   <cache_dir>/prepared/<owner>/.<key>.use       locked, shared, by whoever uses it; its time is that of the last use
 *   <cache_dir>/prepared/<owner>/.<key>.staging/  being made, by whoever holds
 *   <cache_dir>/prepared/<owner>/.<key>.lock      this lock
 *   <cache_dir>/prepared/<owner>/.<key>.partial/  as .staging/, of a download that may be gone on with within a day
 *   <cache_dir>/prepared/<owner>/.<key>.evicted/  on its way out
 *
 * The owner is the id of a plug-in for what it prepared, "downloads" or "hub" for what was fetched. The key says what
 * the content is: a digest, or the commit of a repository.
 *
 * A folder gets its final name by a rename when it is whole and on the disk, so a reader never sees half of one and a
 * process that is killed leaves at most a staging folder. The next one that wants the key, or the next sweep, removes
 * it: its lock is free, so nobody is working on it. What somebody uses is never evicted.
 *
 * Any number of processes may use one cache. [any]
 */
#ifndef GDI_HOST_CACHE_H
#define GDI_HOST_CACHE_H

#include "god/helpers/file.h"
#include "god/helpers/sha256.h"

enum { GDI_CACHE_KEY_BYTES_MAX = 128, GDI_CACHE_PARTIAL_S = 24 * 60 * 60 };

typedef struct gdi_cache_maker {
    void *user;
    god_status (*make)(void *user, const char *staging_dir, god_error *err); /* fills an empty folder */
    uint32_t (*stop_asked)(void *user);                                      /* while waiting for another process */
    const char *source; /* where it comes from, for people, without secrets; NULL: nothing to say */
    uint32_t goes_on;   /* 1: after GOD_E_IO, GOD_E_TIMEOUT and GOD_E_CANCELLED what was made stays, and `make` may find
                         * it in the folder the next time */
} gdi_cache_maker;

/* An entry in use. */
typedef struct gdi_cache_hold {
    int fd; /* -1: none */
    char dir[GOD_PATH_MAX];
} gdi_cache_hold;

/* The folder of the key, made by `maker` when it is not there yet, in use until it is released. GOD_E_INVALID for a key
 * that is not 1 to 128 letters, digits, '.', '_' and '-', beginning with a letter or digit; GOD_E_CANCELLED; what
 * `make` returned. */
god_status gdi_cache_take(const char *cache_dir, const char *owner, const char *key, const gdi_cache_maker *maker,
                          gdi_cache_hold *ret_hold, god_error *err);
void gdi_cache_release(gdi_cache_hold *hold); /* accepts one with fd -1 */

/* The same for a process that uses it until its end: nothing to release. */
god_status gdi_cache_get(const char *cache_dir, const char *owner, const char *key, const gdi_cache_maker *maker,
                         char ret_dir[GOD_PATH_MAX], god_error *err);

/* Removes staging folders that nobody works on. Cheap when there are none. */
god_status gdi_cache_sweep(const char *cache_dir, god_error *err);

/* ---- what is there ---- */

typedef struct gdi_cache_entry {
    char owner[GDI_CACHE_KEY_BYTES_MAX + 1], key[GDI_CACHE_KEY_BYTES_MAX + 1];
    char sha256[GOD_SHA256_HEX]; /* god_sha256_dir of the content when it was made; "" when that is not known */
    char source[512];            /* "" when there is nothing to say */
    uint64_t bytes, files;
    int64_t used_s; /* last use, seconds since the epoch */
    uint32_t in_use;
} gdi_cache_entry;

typedef struct gdi_cache_list {
    gdi_cache_entry *entries; /* own; the longest unused first */
    size_t count;
    uint64_t bytes;
} gdi_cache_list;
void gdi_cache_list_clear(gdi_cache_list *list); /* accepts an empty one */

god_status gdi_cache_list_read(const char *cache_dir, gdi_cache_list *ret_list, god_error *err);

/* Evicts what was unused for longest until at most bytes_max bytes are left, or only what is in use. *ret_evicted and
 * *ret_bytes say how much went. */
god_status gdi_cache_prune(const char *cache_dir, uint64_t bytes_max, uint64_t *ret_evicted, uint64_t *ret_bytes,
                           god_error *err);

/* Is the content what it was when it was made? *ret_good 1: yes, or nobody knows. Reads every byte. */
god_status gdi_cache_verify(const char *cache_dir, const gdi_cache_entry *entry, uint32_t *ret_good, god_error *err);
/* *ret_gone 0: it is in use. */
god_status gdi_cache_evict(const char *cache_dir, const char *owner, const char *key, uint32_t *ret_gone,
                           god_error *err);

#endif
