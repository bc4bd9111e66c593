/* What a cache holds, and making room in it. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/lock.h"
#include "core/host/cache_inner.h"
#include "god/helpers/json.h"

enum { info_bytes_max = 64 << 10, entries_max = 1000000 };

/* ---- measuring ---- */

typedef struct walk {
    const char *dir;
    uint64_t *bytes, *files;
} walk;

static god_status add_item(void *user, const char *name, god_error *err)
{
    const walk *w = user;
    char path[GOD_PATH_MAX];
    struct stat info;
    GOD_TRY(god_path_join(w->dir, name, path, err));
    if (lstat(path, &info) != 0) {
        return GOD_OK; /* gone meanwhile */
    }
    if (S_ISDIR(info.st_mode)) {
        return gdi_cache_measure(path, w->bytes, w->files, err);
    }
    if (S_ISREG(info.st_mode)) {
        *w->bytes += (uint64_t)info.st_size;
        *w->files += 1;
    }
    return GOD_OK;
}

god_status gdi_cache_measure(const char *dir, uint64_t *bytes, uint64_t *files, god_error *err)
{
    walk w = {.dir = dir, .bytes = bytes, .files = files};
    return god_dir_each(dir, &w, add_item, err);
}

/* ---- listing ---- */

typedef struct reading {
    const char *cache_dir, *owner;
    gdi_cache_list list;
    size_t capacity;
} reading;

/* An entry of an older version has no info: its size is measured, its digest is not known. */
static god_status read_info(const gdi_cache_places *at, gdi_cache_entry *entry, god_error *err)
{
    json_t *info = NULL;
    const char *sha256 = "", *source = "";
    int64_t bytes = -1, files = 0;
    if (god_json_read(at->info, info_bytes_max, &info, NULL) == GOD_OK) {
        (void)god_json_opt_int("entry", info, "bytes", 0, INT64_MAX, &bytes, NULL);
        (void)god_json_opt_int("entry", info, "files", 0, INT64_MAX, &files, NULL);
        (void)god_json_opt_str("entry", info, "sha256", &sha256, NULL);
        (void)god_json_opt_str("entry", info, "source", &source, NULL);
    }
    (void)snprintf(entry->sha256, sizeof entry->sha256, "%s", strlen(sha256) == GOD_SHA256_HEX - 1 ? sha256 : "");
    (void)snprintf(entry->source, sizeof entry->source, "%s", source);
    json_decref(info);
    if (bytes >= 0) {
        entry->bytes = (uint64_t)bytes;
        entry->files = (uint64_t)files;
        return GOD_OK;
    }
    return gdi_cache_measure(at->final, &entry->bytes, &entry->files, err);
}

static uint32_t is_in_use(const gdi_cache_places *at)
{
    int fd = -1;
    if (!god_file_exists(at->use) || gdi_lock_take(at->use, 0, NULL, NULL, &fd, NULL) == GOD_OK) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return 0;
    }
    return 1;
}

static god_status read_entry(void *user, const char *name, god_error *err)
{
    reading *r = user;
    gdi_cache_places at;
    struct stat info;
    if (name[0] == '.' || gdi_cache_find_places(r->cache_dir, r->owner, name, &at, NULL) != GOD_OK ||
        lstat(at.final, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return GOD_OK;
    }
    if (r->list.count == r->capacity) {
        size_t capacity = r->capacity == 0 ? 64 : r->capacity * 2;
        gdi_cache_entry *entries = capacity > entries_max ? NULL : realloc(r->list.entries, capacity * sizeof *entries);
        if (entries == NULL) {
            return god_fail(err, GOD_E_NOMEM, "the cache has more than %d entries, or memory ran out", entries_max);
        }
        r->list.entries = entries;
        r->capacity = capacity;
    }
    gdi_cache_entry *entry = &r->list.entries[r->list.count];
    *entry = (gdi_cache_entry){.used_s = info.st_mtime};
    (void)snprintf(entry->owner, sizeof entry->owner, "%s", r->owner);
    (void)snprintf(entry->key, sizeof entry->key, "%s", name);
    if (lstat(at.use, &info) == 0) {
        entry->used_s = info.st_mtime;
    }
    GOD_TRY(read_info(&at, entry, err));
    entry->in_use = is_in_use(&at);
    r->list.bytes += entry->bytes;
    r->list.count++;
    return GOD_OK;
}

static god_status read_owner(void *user, const char *name, god_error *err)
{
    reading *r = user;
    char all[GOD_PATH_MAX], dir[GOD_PATH_MAX];
    struct stat info;
    GOD_TRY(god_path_join(r->cache_dir, "prepared", all, err));
    GOD_TRY(god_path_join(all, name, dir, err));
    if (lstat(dir, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return GOD_OK;
    }
    r->owner = name;
    return god_dir_each(dir, r, read_entry, err);
}

static int compare_use(const void *left, const void *right)
{
    const gdi_cache_entry *a = left, *b = right;
    if (a->used_s != b->used_s) {
        return a->used_s < b->used_s ? -1 : 1;
    }
    int owners = strcmp(a->owner, b->owner);
    return owners != 0 ? owners : strcmp(a->key, b->key);
}

god_status gdi_cache_list_read(const char *cache_dir, gdi_cache_list *ret_list, god_error *err)
{
    reading r = {.cache_dir = cache_dir};
    char all[GOD_PATH_MAX];
    GOD_TRY(god_path_join(cache_dir, "prepared", all, err));
    god_status status = god_file_exists(all) ? god_dir_each(all, &r, read_owner, err) : GOD_OK;
    if (status != GOD_OK) {
        gdi_cache_list_clear(&r.list);
        return status;
    }
    if (r.list.count > 1) {
        qsort(r.list.entries, r.list.count, sizeof *r.list.entries, compare_use);
    }
    *ret_list = r.list;
    return GOD_OK;
}

void gdi_cache_list_clear(gdi_cache_list *list)
{
    free(list->entries);
    *list = (gdi_cache_list){.entries = NULL};
}

/* ---- making room ---- */

god_status gdi_cache_evict(const char *cache_dir, const char *owner, const char *key, uint32_t *ret_gone,
                           god_error *err)
{
    gdi_cache_places at;
    int use = -1;
    GOD_TRY(gdi_cache_find_places(cache_dir, owner, key, &at, err));
    god_status status = gdi_lock_take(at.use, 0, NULL, NULL, &use, err);
    if (status == GOD_E_TIMEOUT) {
        *ret_gone = 0;
        return GOD_OK;
    }
    GOD_TRY(status);
    status = god_dir_remove(at.evicted, err); /* of a process that died at this place */
    if (status == GOD_OK && rename(at.final, at.evicted) != 0 && errno != ENOENT) {
        status = god_fail_errno(err, GOD_E_IO, "cannot move \"%s\" out of the cache", at.final);
    }
    (void)unlink(at.info);
    (void)close(use); /* whoever wants it now makes it anew */
    GOD_TRY(status);
    GOD_TRY(god_dir_remove(at.evicted, err));
    *ret_gone = 1;
    return GOD_OK;
}

god_status gdi_cache_prune(const char *cache_dir, uint64_t bytes_max, uint64_t *ret_evicted, uint64_t *ret_bytes,
                           god_error *err)
{
    gdi_cache_list list;
    uint64_t evicted = 0, bytes = 0;
    GOD_TRY(gdi_cache_list_read(cache_dir, &list, err));
    god_status status = GOD_OK;
    for (size_t i = 0; status == GOD_OK && i < list.count && list.bytes - bytes > bytes_max; i++) {
        uint32_t gone = 0;
        status = gdi_cache_evict(cache_dir, list.entries[i].owner, list.entries[i].key, &gone, err);
        evicted += gone;
        bytes += gone ? list.entries[i].bytes : 0;
    }
    gdi_cache_list_clear(&list);
    GOD_TRY(status);
    *ret_evicted = evicted;
    *ret_bytes = bytes;
    return GOD_OK;
}

god_status gdi_cache_verify(const char *cache_dir, const gdi_cache_entry *entry, uint32_t *ret_good, god_error *err)
{
    gdi_cache_places at;
    char sha256[GOD_SHA256_HEX];
    int use = -1;
    GOD_TRY(gdi_cache_find_places(cache_dir, entry->owner, entry->key, &at, err));
    GOD_TRY(gdi_lock_share(at.use, UINT64_MAX, NULL, NULL, &use, err));
    god_status status = GOD_OK;
    uint32_t good = 1;
    if (entry->sha256[0] != '\0' && god_file_exists(at.final)) {
        status = god_sha256_dir(at.final, sha256, err);
        good = status == GOD_OK && strcmp(sha256, entry->sha256) == 0;
    }
    (void)close(use);
    GOD_TRY(status);
    *ret_good = good;
    return GOD_OK;
}
