#include "core/trainer/view.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { depth_max = 64, open_folder = 0755, open_file = 0644, closed_folder = 0700 };

static god_status make_folder(const char *path, mode_t mode, god_error *err)
{
    /* chmod too: a umask may have taken rights away. */
    return (mkdir(path, mode) == 0 || errno == EEXIST) && chmod(path, mode) == 0
               ? GOD_OK
               : god_fail_errno(err, GOD_E_IO, "cannot make the folder \"%s\"", path);
}

/* ---- linking ---- */

typedef struct linking {
    const char *from, *to;
    int depth;
} linking;

static god_status put(const char *from, const char *to, int depth, god_error *err);

static god_status put_entry(void *user, const char *name, god_error *err)
{
    const linking *l = user;
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    GOD_TRY(god_path_join(l->from, name, from, err));
    GOD_TRY(god_path_join(l->to, name, to, err));
    return put(from, to, l->depth + 1, err);
}

static god_status put_file(const char *from, const char *to, god_error *err)
{
    if (link(from, to) != 0) {
        if (errno != EXDEV && errno != EPERM && errno != EMLINK && errno != EOPNOTSUPP) {
            return god_fail_errno(err, GOD_E_IO, "cannot link \"%s\"", to);
        }
        GOD_TRY(god_file_copy(from, to, err));
    }
    return chmod(to, open_file) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot open \"%s\" to readers", to);
}

static god_status put(const char *from, const char *to, int depth, god_error *err)
{
    struct stat info;
    linking below = {.from = from, .to = to, .depth = depth};
    if (lstat(from, &info) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot look at \"%s\"", from);
    }
    if (S_ISREG(info.st_mode)) {
        return put_file(from, to, err);
    }
    if (!S_ISDIR(info.st_mode) || depth == depth_max) {
        return god_fail(err, GOD_E_DATA, "\"%s\" is no file or folder, or lies too deep", from);
    }
    GOD_TRY(make_folder(to, open_folder, err));
    return god_dir_each(from, &below, put_entry, err);
}

/* ---- the view ---- */

god_status gdi_view_make(const char *view_dir, god_error *err)
{
    char above[GOD_PATH_MAX];
    (void)snprintf(above, sizeof above, "%s", view_dir);
    char *slash = strrchr(above, '/');
    if (slash == NULL || slash == above) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is no place for a view of the cache", view_dir);
    }
    *slash = '\0';
    GOD_TRY(god_dir_make(above, err));
    GOD_TRY(make_folder(above, closed_folder, err));
    return make_folder(view_dir, open_folder, err);
}

god_status gdi_view_path(const char *view_dir, const char *name, char ret_path[GOD_PATH_MAX], god_error *err)
{
    GOD_TRY(god_path_join(view_dir, name, ret_path, err));
    for (char *slash = ret_path + strlen(view_dir) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        GOD_TRY(make_folder(ret_path, open_folder, err));
        *slash = '/';
    }
    return GOD_OK;
}

uint32_t gdi_view_has(const char *view_dir, const char *name)
{
    char path[GOD_PATH_MAX];
    return god_path_join(view_dir, name, path, NULL) == GOD_OK && god_file_exists(path);
}

god_status gdi_view_put(const char *view_dir, const char *name, const char *from, god_error *err)
{
    char path[GOD_PATH_MAX], part[GOD_PATH_MAX];
    if (gdi_view_has(view_dir, name)) {
        return GOD_OK;
    }
    GOD_TRY(gdi_view_path(view_dir, name, path, err));
    GOD_TRY(god_path_join(view_dir, ".part", part, err));
    GOD_TRY(god_dir_remove(part, err));
    GOD_TRY(put(from, part, 0, err));
    return rename(part, path) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot make \"%s\"", path);
}

god_status gdi_view_write(const char *view_dir, const char *name, const char *text, size_t bytes, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(gdi_view_path(view_dir, name, path, err));
    (void)unlink(path); /* never through a link into the cache */
    GOD_TRY(god_file_write(path, text, bytes, err));
    return chmod(path, open_file) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot open \"%s\" to readers", path);
}
