#include "core/base/layout.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* GDI_LIBDIR comes from the build: "lib", "lib64" or "lib/x86_64-linux-gnu". A build folder always says "lib". */
static const char *const programs_dirs[] = {"/libexec/god", "/bin", "/tests"};

/* Cuts the last part of a path off. Returns 0 when there is none. */
static int cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return 0;
    }
    *slash = '\0';
    return 1;
}

static int cut_ending(char *path, const char *ending)
{
    size_t path_bytes = strlen(path), ending_bytes = strlen(ending);
    if (path_bytes < ending_bytes || strcmp(path + path_bytes - ending_bytes, ending) != 0) {
        return 0;
    }
    path[path_bytes - ending_bytes] = '\0';
    return 1;
}

static god_status find_lib_dir(const char *root, char ret_dir[GOD_PATH_MAX], god_error *err)
{
    GOD_TRY(god_path_join(root, GDI_LIBDIR "/god", ret_dir, err));
    if (god_file_exists(ret_dir)) {
        return GOD_OK;
    }
    return god_path_join(root, "lib/god", ret_dir, err);
}

god_status gdi_layout_from(const char *exe_path, gdi_layout *ret_layout, god_error *err)
{
    gdi_layout layout;
    char lib_dir[GOD_PATH_MAX];
    if (strlen(exe_path) >= sizeof layout.root) {
        return god_fail(err, GOD_E_INVALID, "the path of this program is longer than %d bytes", GOD_PATH_MAX);
    }
    (void)snprintf(layout.root, sizeof layout.root, "%s", exe_path);
    int found = cut_last(layout.root);
    for (size_t i = 0; found && i <= sizeof programs_dirs / sizeof *programs_dirs; i++) {
        if (i == sizeof programs_dirs / sizeof *programs_dirs) {
            found = 0;
        } else if (cut_ending(layout.root, programs_dirs[i])) {
            break;
        }
    }
    if (!found) {
        return god_fail(err, GOD_E_NOT_FOUND,
                        "\"%s\" lies in no bin or libexec/god folder, so the rest of the installation cannot be found",
                        exe_path);
    }
    GOD_TRY(find_lib_dir(layout.root, lib_dir, err));
    GOD_TRY(god_path_join(layout.root, "bin/god", layout.god_path, err));
    GOD_TRY(god_path_join(layout.root, "libexec/god/god-worker", layout.worker_path, err));
    GOD_TRY(god_path_join(layout.root, "libexec/god/god-jail", layout.jail_path, err));
    GOD_TRY(god_path_join(layout.root, "libexec/god/god-inspect", layout.inspect_path, err));
    GOD_TRY(god_path_join(lib_dir, "plugins", layout.plugins_dir, err));
    GOD_TRY(god_path_join(lib_dir, "nn", layout.nn_dir, err));
    GOD_TRY(god_path_join(layout.root, "share/god/templates", layout.templates_dir, err));
    *ret_layout = layout;
    return GOD_OK;
}

god_status gdi_layout_find(gdi_layout *ret_layout, god_error *err)
{
    char exe_path[GOD_PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", exe_path, sizeof exe_path - 1);
    if (bytes < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot read /proc/self/exe");
    }
    exe_path[bytes] = '\0';
    return gdi_layout_from(exe_path, ret_layout, err);
}
