#include "core/host/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/lock.h"

static const char staging_ending[] = ".staging";

static uint32_t is_key(const char *key)
{
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t bytes = strnlen(key, GDI_CACHE_KEY_BYTES_MAX + 1);
    return bytes > 0 && bytes <= GDI_CACHE_KEY_BYTES_MAX && strspn(key, all) == bytes && key[0] != '.' &&
           key[0] != '-' && key[0] != '_';
}

typedef struct places {
    char parent[GOD_PATH_MAX], final[GOD_PATH_MAX], staging[GOD_PATH_MAX], lock[GOD_PATH_MAX];
} places;

static god_status find_places(const char *cache_dir, const char *plugin_id, const char *key, places *ret,
                              god_error *err)
{
    char all[GOD_PATH_MAX], name[GDI_CACHE_KEY_BYTES_MAX + 16];
    GOD_TRY(god_path_join(cache_dir, "prepared", all, err));
    GOD_TRY(god_path_join(all, plugin_id, ret->parent, err));
    GOD_TRY(god_path_join(ret->parent, key, ret->final, err));
    (void)snprintf(name, sizeof name, ".%s%s", key, staging_ending);
    GOD_TRY(god_path_join(ret->parent, name, ret->staging, err));
    (void)snprintf(name, sizeof name, ".%s.lock", key);
    return god_path_join(ret->parent, name, ret->lock, err);
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

/* Under the lock. */
static god_status make(const places *at, const gdi_cache_maker *maker, god_error *err)
{
    GOD_TRY(god_dir_remove(at->staging, err)); /* of a process that died */
    GOD_TRY(god_dir_make(at->staging, err));
    god_status status = maker->make(maker->user, at->staging, err);
    if (status == GOD_OK) {
        status = sync_folder(at->staging, err);
    }
    if (status == GOD_OK && rename(at->staging, at->final) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot move \"%s\" into the cache", at->staging);
    }
    if (status != GOD_OK) {
        (void)god_dir_remove(at->staging, NULL);
    }
    return status;
}

god_status gdi_cache_get(const char *cache_dir, const char *plugin_id, const char *key, const gdi_cache_maker *maker,
                         char ret_dir[GOD_PATH_MAX], god_error *err)
{
    places at;
    if (!is_key(plugin_id) || !is_key(key)) {
        return god_fail(
            err, GOD_E_INVALID,
            "\"%.60s\" / \"%.60s\" cannot name a cache entry, 1 to %d letters, digits, '.', '_' and '-' are "
            "needed",
            plugin_id, key, GDI_CACHE_KEY_BYTES_MAX);
    }
    GOD_TRY(find_places(cache_dir, plugin_id, key, &at, err));
    if (!god_file_exists(at.final)) {
        int lock = -1;
        GOD_TRY(god_dir_make(at.parent, err));
        GOD_TRY(gdi_lock_take(at.lock, UINT64_MAX, maker->stop_asked, maker->user, &lock, err));
        /* Another process may have made it while we waited. */
        god_status status = god_file_exists(at.final) ? GOD_OK : make(&at, maker, err);
        (void)close(lock);
        GOD_TRY(status);
    }
    memcpy(ret_dir, at.final, sizeof at.final);
    return GOD_OK;
}

/* `name` is an entry of one plug-in's folder. */
static god_status sweep_entry(void *user, const char *name, god_error *err)
{
    const char *parent = user;
    size_t bytes = strlen(name), ending = sizeof staging_ending - 1;
    char staging[GOD_PATH_MAX], lock_path[GOD_PATH_MAX], lock_name[GDI_CACHE_KEY_BYTES_MAX + 16];
    if (name[0] != '.' || bytes <= ending || bytes > GDI_CACHE_KEY_BYTES_MAX + ending + 1 ||
        strcmp(name + bytes - ending, staging_ending) != 0) {
        return GOD_OK;
    }
    (void)snprintf(lock_name, sizeof lock_name, "%.*s.lock", (int)(bytes - ending), name);
    GOD_TRY(god_path_join(parent, name, staging, err));
    GOD_TRY(god_path_join(parent, lock_name, lock_path, err));
    int lock = -1;
    if (gdi_lock_take(lock_path, 0, NULL, NULL, &lock, NULL) != GOD_OK) {
        return GOD_OK; /* somebody is at work on it */
    }
    god_status status = god_dir_remove(staging, err);
    (void)close(lock);
    return status;
}

static god_status sweep_plugin(void *user, const char *name, god_error *err)
{
    char dir[GOD_PATH_MAX];
    struct stat info;
    GOD_TRY(god_path_join(user, name, dir, err));
    if (lstat(dir, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return GOD_OK;
    }
    return god_dir_each(dir, dir, sweep_entry, err);
}

god_status gdi_cache_sweep(const char *cache_dir, god_error *err)
{
    char all[GOD_PATH_MAX];
    GOD_TRY(god_path_join(cache_dir, "prepared", all, err));
    if (!god_file_exists(all)) {
        return GOD_OK;
    }
    return god_dir_each(all, all, sweep_plugin, err);
}
