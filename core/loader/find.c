#include "core/loader/find.h"

#include <sys/stat.h>

#include "god/helpers/file.h"

typedef struct folder_walk {
    const char *folder;
    void *user;
    god_status (*each)(void *user, const char *path, god_error *err);
} folder_walk;

static god_status visit(void *user, const char *name, god_error *err)
{
    const folder_walk *walk = user;
    char path[GOD_PATH_MAX];
    size_t bytes = strlen(name);
    if (name[0] == '.' || bytes < 4 || strcmp(name + bytes - 3, ".so") != 0) {
        return GOD_OK;
    }
    GOD_TRY(god_path_join(walk->folder, name, path, err));
    return walk->each(walk->user, path, err);
}

god_status gdi_plugins_find(const char *place, void *user,
                            god_status (*each)(void *user, const char *path, god_error *err), god_error *err)
{
    folder_walk walk = {.folder = place, .user = user, .each = each};
    struct stat info;
    if (stat(place, &info) != 0) {
        return errno == ENOENT ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot look at \"%s\"", place);
    }
    return S_ISDIR(info.st_mode) ? god_dir_each(place, &walk, visit, err) : each(user, place, err);
}
