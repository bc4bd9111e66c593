#include "core/host/cache.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/lock.h"
#include "core/host/cache_inner.h"
#include "god/helpers/json.h"

static uint32_t is_key(const char *key)
{
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t bytes = strnlen(key, GDI_CACHE_KEY_BYTES_MAX + 1);
    return bytes > 0 && bytes <= GDI_CACHE_KEY_BYTES_MAX && strspn(key, all) == bytes && key[0] != '.' &&
           key[0] != '-' && key[0] != '_';
}

god_status gdi_cache_find_places(const char *cache_dir, const char *owner, const char *key, gdi_cache_places *ret,
                                 god_error *err)
{
    char all[GOD_PATH_MAX], name[GDI_CACHE_KEY_BYTES_MAX + 16];
    const struct {
        const char *ending;
        char *path;
    } hidden[] = {{GDI_CACHE_STAGING, ret->staging},
                  {GDI_CACHE_PARTIAL, ret->partial},
                  {GDI_CACHE_EVICTED, ret->evicted},
                  {".lock", ret->lock},
                  {".use", ret->use},
                  {".json", ret->info}};
    if (!is_key(owner) || !is_key(key)) {
        return god_fail(
            err, GOD_E_INVALID,
            "\"%.60s\" / \"%.60s\" cannot name a cache entry, 1 to %d letters, digits, '.', '_' and '-' are "
            "needed",
            owner, key, GDI_CACHE_KEY_BYTES_MAX);
    }
    GOD_TRY(god_path_join(cache_dir, "prepared", all, err));
    GOD_TRY(god_path_join(all, owner, ret->parent, err));
    GOD_TRY(god_path_join(ret->parent, key, ret->final, err));
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        (void)snprintf(name, sizeof name, ".%s%s", key, hidden[i].ending);
        GOD_TRY(god_path_join(ret->parent, name, hidden[i].path, err));
    }
    return GOD_OK;
}

/* The bytes must be on the disk before the name is: after a power cut a cache entry is whole or absent. */
static god_status sync_folder(const char *dir, god_error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) != 0) {
        god_status status = god_fail_errno(err, GOD_E_IO, "cannot sync \"%s\"", dir);
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    (void)close(fd);
    return GOD_OK;
}

/* What will be asked about the entry later. */
static god_status write_info(const gdi_cache_places *at, const char *dir, const char *source, god_error *err)
{
    char sha256[GOD_SHA256_HEX], now[GDI_CLOCK_UTC_BYTES];
    uint64_t bytes = 0, files = 0;
    GOD_TRY(gdi_cache_measure(dir, &bytes, &files, err));
    GOD_TRY(god_sha256_dir(dir, sha256, err));
    gdi_clock_utc(now);
    json_t *info =
        json_pack("{s:i, s:I, s:I, s:s, s:s, s:s}", "version", 1, "bytes", (json_int_t)bytes, "files",
                  (json_int_t)files, "sha256", sha256, "source", source == NULL ? "" : source, "made_at", now);
    if (info == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a cache entry, or its source is not UTF-8");
    }
    god_status status = god_json_write(at->info, info, err);
    json_decref(info);
    return status;
}

static uint32_t may_go_on(const gdi_cache_maker *maker, god_status status)
{
    return maker->goes_on && (status == GOD_E_IO || status == GOD_E_TIMEOUT || status == GOD_E_CANCELLED);
}

/* Under the lock. */
static god_status make(const gdi_cache_places *at, const gdi_cache_maker *maker, god_error *err)
{
    const char *staging = maker->goes_on ? at->partial : at->staging;
    GOD_TRY(god_dir_remove(at->staging, err)); /* of a process that died */
    GOD_TRY(god_dir_make(staging, err));
    god_status status = maker->make(maker->user, staging, err);
    if (may_go_on(maker, status)) {
        return status;
    }
    if (status == GOD_OK) {
        status = sync_folder(staging, err);
    }
    if (status == GOD_OK) {
        status = write_info(at, staging, maker->source, err);
    }
    if (status == GOD_OK && rename(staging, at->final) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot move \"%s\" into the cache", staging);
    }
    if (status != GOD_OK) {
        (void)god_dir_remove(staging, NULL);
    }
    return status;
}

static god_status make_locked(const gdi_cache_places *at, const gdi_cache_maker *maker, god_error *err)
{
    int lock = -1;
    GOD_TRY(gdi_lock_take(at->lock, UINT64_MAX, maker->stop_asked, maker->user, &lock, err));
    /* Another process may have made it while we waited. */
    god_status status = god_file_exists(at->final) ? GOD_OK : make(at, maker, err);
    (void)close(lock);
    return status;
}

god_status gdi_cache_take(const char *cache_dir, const char *owner, const char *key, const gdi_cache_maker *maker,
                          gdi_cache_hold *ret_hold, god_error *err)
{
    gdi_cache_places at;
    int use = -1;
    GOD_TRY(gdi_cache_find_places(cache_dir, owner, key, &at, err));
    GOD_TRY(god_dir_make(at.parent, err));
    /* In use from here on, so that nobody evicts it between its making and its first use. */
    GOD_TRY(gdi_lock_share(at.use, UINT64_MAX, maker->stop_asked, maker->user, &use, err));
    god_status status = god_file_exists(at.final) ? GOD_OK : make_locked(&at, maker, err);
    if (status != GOD_OK) {
        (void)close(use);
        return status;
    }
    (void)futimens(use, NULL); /* the time of the last use; without it the entry only seems older */
    ret_hold->fd = use;
    memcpy(ret_hold->dir, at.final, sizeof ret_hold->dir);
    return GOD_OK;
}

void gdi_cache_release(gdi_cache_hold *hold)
{
    if (hold->fd >= 0) {
        (void)close(hold->fd);
    }
    hold->fd = -1;
}

god_status gdi_cache_get(const char *cache_dir, const char *owner, const char *key, const gdi_cache_maker *maker,
                         char ret_dir[GOD_PATH_MAX], god_error *err)
{
    gdi_cache_hold hold;
    GOD_TRY(gdi_cache_take(cache_dir, owner, key, maker, &hold, err));
    memcpy(ret_dir, hold.dir, sizeof hold.dir); /* hold.fd stays open: the kernel lets go when the process ends */
    return GOD_OK;
}

/* ---- sweeping ---- */

typedef struct sweep {
    const char *parent;
    time_t now;
} sweep;

static uint32_t ends_with(const char *name, const char *ending)
{
    size_t bytes = strlen(name), ending_bytes = strlen(ending);
    return name[0] == '.' && bytes > ending_bytes + 1 && bytes <= GDI_CACHE_KEY_BYTES_MAX + ending_bytes + 1 &&
           strcmp(name + bytes - ending_bytes, ending) == 0;
}

static uint32_t is_left_behind(const sweep *s, const char *name, const char *path, const char **ret_ending)
{
    struct stat info;
    if (ends_with(name, GDI_CACHE_STAGING) || ends_with(name, GDI_CACHE_EVICTED)) {
        *ret_ending = ends_with(name, GDI_CACHE_STAGING) ? GDI_CACHE_STAGING : GDI_CACHE_EVICTED;
        return 1;
    }
    *ret_ending = GDI_CACHE_PARTIAL;
    return ends_with(name, GDI_CACHE_PARTIAL) && lstat(path, &info) == 0 &&
           info.st_mtime < s->now - GDI_CACHE_PARTIAL_S;
}

/* `name` is an entry of one owner's folder. */
static god_status sweep_entry(void *user, const char *name, god_error *err)
{
    const sweep *s = user;
    const char *ending = NULL;
    char path[GOD_PATH_MAX], lock_path[GOD_PATH_MAX], lock_name[GDI_CACHE_KEY_BYTES_MAX + 32];
    GOD_TRY(god_path_join(s->parent, name, path, err));
    if (!is_left_behind(s, name, path, &ending)) {
        return GOD_OK;
    }
    /* What is evicted is out of everybody's reach; the others are worked on under the lock. */
    (void)snprintf(lock_name, sizeof lock_name, "%.*s.lock", (int)(strlen(name) - strlen(ending)), name);
    GOD_TRY(god_path_join(s->parent, lock_name, lock_path, err));
    int lock = -1;
    if (gdi_lock_take(lock_path, 0, NULL, NULL, &lock, NULL) != GOD_OK) {
        return GOD_OK; /* somebody is at work on it */
    }
    god_status status = god_dir_remove(path, err);
    (void)close(lock);
    return status;
}

static god_status sweep_owner(void *user, const char *name, god_error *err)
{
    char dir[GOD_PATH_MAX];
    struct stat info;
    GOD_TRY(god_path_join(user, name, dir, err));
    if (lstat(dir, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return GOD_OK;
    }
    sweep s = {.parent = dir, .now = time(NULL)};
    return god_dir_each(dir, &s, sweep_entry, err);
}

god_status gdi_cache_sweep(const char *cache_dir, god_error *err)
{
    char all[GOD_PATH_MAX];
    GOD_TRY(god_path_join(cache_dir, "prepared", all, err));
    if (!god_file_exists(all)) {
        return GOD_OK;
    }
    return god_dir_each(all, all, sweep_owner, err);
}
