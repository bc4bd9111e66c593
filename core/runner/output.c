#include "core/runner/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { depth_max = 64, path_bytes = 1024 };

typedef struct walk {
    uint64_t entries, bytes, files;
    uint32_t checks; /* links and special files are errors */
    char path[path_bytes];
} walk;

static god_status look(walk *state, int dir, const char *name, size_t used, int depth, god_error *err);

static god_status walk_folder(walk *state, int dir, const char *name, size_t used, int depth, god_error *err)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return GOD_OK; /* gone meanwhile */
    }
    god_status status = GOD_OK;
    for (struct dirent *entry = NULL; status == GOD_OK && (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            status = look(state, fd, entry->d_name, used, depth, err);
        }
    }
    (void)closedir(entries);
    return status;
}

static god_status look(walk *state, int dir, const char *name, size_t used, int depth, god_error *err)
{
    struct stat info;
    int count = snprintf(state->path + used, sizeof state->path - used, "%s%s", used > 0 ? "/" : "", name);
    if (count < 0 || (size_t)count >= sizeof state->path - used || depth > depth_max) {
        return god_fail(err, GOD_E_DATA, "the output has paths deeper than %d folders or longer than %d bytes",
                        depth_max, path_bytes);
    }
    if (++state->entries > GDI_OUTPUT_FILES_MAX) {
        return god_fail(err, GOD_E_DATA, "the output has more than %d files", GDI_OUTPUT_FILES_MAX);
    }
    if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return GOD_OK;
    }
    state->bytes += (uint64_t)info.st_blocks * 512;
    if (S_ISDIR(info.st_mode)) {
        god_status status = walk_folder(state, dir, name, used + (size_t)count, depth + 1, err);
        state->path[used] = '\0';
        return status;
    }
    if (state->checks && !S_ISREG(info.st_mode)) {
        return god_fail(err, GOD_E_DATA, "the output holds \"%.200s\", which is a %s; only files and folders are taken",
                        state->path, S_ISLNK(info.st_mode) ? "symbolic link" : "special file");
    }
    state->files += S_ISREG(info.st_mode) ? 1 : 0;
    state->path[used] = '\0';
    return GOD_OK;
}

god_status gdi_output_size(const char *dir, uint64_t *ret_bytes, god_error *err)
{
    walk state = {.path = ""};
    GOD_TRY(walk_folder(&state, AT_FDCWD, dir, 0, 0, err));
    *ret_bytes = state.bytes;
    return GOD_OK;
}

/* Opens OUTPUT below `dir` one name at a time. -1 when some part is missing or is no folder. */
static int open_below(int dir, const char *path)
{
    int fd = dup(dir);
    while (fd >= 0 && *path != '\0') {
        char name[NAME_MAX + 1];
        size_t bytes = strcspn(path, "/");
        if (bytes == 0 || bytes >= sizeof name) {
            (void)close(fd);
            return -1;
        }
        memcpy(name, path, bytes);
        name[bytes] = '\0';
        int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        (void)close(fd);
        fd = next;
        path += bytes + (path[bytes] == '/');
    }
    return fd;
}

god_status gdi_output_check(const char *checkpoints_dir, const char *output, god_error *err)
{
    walk state = {.checks = 1, .path = ""};
    int top = open(checkpoints_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int dir = top >= 0 ? open_below(top, output) : -1;
    if (top >= 0) {
        (void)close(top);
    }
    if (dir < 0) {
        return god_fail(err, GOD_E_DATA,
                        "the training left no folder /app/checkpoints/%s; the model must be saved exactly there",
                        output);
    }
    god_status status = walk_folder(&state, dir, ".", 0, 0, err);
    (void)close(dir);
    if (status == GOD_OK && state.files == 0) {
        status =
            god_fail(err, GOD_E_DATA, "the folder /app/checkpoints/%s is empty; the model must be saved there", output);
    }
    return status;
}
