#include "core/loader/loader.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/loader/elf.h"
#include "core/loader/tables.h"
#include "god/helpers/sha256.h"

static uint32_t is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static god_status check_digest(const char *path, const char *sha256, god_error *err)
{
    char found[GOD_SHA256_HEX];
    if (sha256 == NULL) {
        return GOD_OK;
    }
    if (god_sha256_file(path, found, err) != GOD_OK) {
        return god_fail(err, err->code, "cannot be read to compare its digest");
    }
    if (strcmp(found, sha256) != 0) {
        return god_fail(err, GOD_E_DATA,
                        "has changed since it was described (digest %.12s..., described was %.12s...): describe it "
                        "again",
                        found, sha256);
    }
    return GOD_OK;
}

/* What was hashed must be what was opened: a file that was replaced in between is refused. */
static god_status open_checked(const char *path, const char *sha256, void **ret_handle, god_error *err)
{
    struct stat before, after;
    if (stat(path, &before) != 0) {
        return god_fail_errno(err, errno == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot be found");
    }
    GOD_TRY(check_digest(path, sha256, err));
    GOD_TRY(gdi_elf_check(path, err));
    GOD_TRY(gdi_tables_open(path, ret_handle, err));
    if (stat(path, &after) != 0 || !is_same_file(&before, &after)) {
        return god_fail(err, GOD_E_DATA, "was replaced while it was being loaded: describe it again");
    }
    return GOD_OK;
}

/* A plug-in that was loaded once stays, and so do its tables: they are kept here, and nobody takes them out. */
typedef struct loaded {
    gdi_plugin plugin;
    struct loaded *earlier;
} loaded;
static loaded *last_loaded;

god_status gdi_plugin_load(const char *path, const char *sha256, const gdi_plugin **ret_plugin, god_error *err)
{
    void *handle = NULL;
    god_error reason = GOD_ERROR_INIT;
    loaded *kept = calloc(1, sizeof *kept);
    if (kept == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the tables of a plug-in");
    }
    god_status status = open_checked(path, sha256, &handle, &reason);
    if (status == GOD_OK) {
        status = gdi_tables_read(handle, NULL, NULL, &kept->plugin, &reason);
    }
    if (status != GOD_OK) {
        free(kept);
        (void)gdi_name_file(path, &reason);
        return god_fail(err, status, "%s", reason.message);
    }
    kept->earlier = last_loaded;
    last_loaded = kept;
    *ret_plugin = &kept->plugin;
    return GOD_OK;
}
