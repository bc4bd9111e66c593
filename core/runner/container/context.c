#include "core/runner/container/context.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/file.h"

enum { depth_max = 128, copy_bytes = 64 << 10 };

typedef struct packing {
    struct archive *tar;
    const char *root;
    char path[GOD_PATH_MAX]; /* below root, "" at first */
    int depth;
} packing;

static god_status fail_tar(const packing *state, god_error *err)
{
    const char *why = archive_error_string(state->tar);
    return god_fail(err, GOD_E_IO, "cannot pack \"%.200s\" for the builder: %.200s", state->path,
                    why != NULL ? why : "unknown reason");
}

static god_status copy_content(packing *state, const char *full, uint64_t bytes, god_error *err)
{
    int fd = open(full, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char buffer[copy_bytes];
    god_status status = fd >= 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot read \"%.200s\"", state->path);
    while (status == GOD_OK && bytes > 0) {
        ssize_t count = read(fd, buffer, bytes < sizeof buffer ? (size_t)bytes : sizeof buffer);
        if (count <= 0) {
            status = god_fail(err, GOD_E_IO, "\"%.200s\" became shorter while it was packed", state->path);
        } else if (archive_write_data(state->tar, buffer, (size_t)count) != count) {
            status = fail_tar(state, err);
        } else {
            bytes -= (uint64_t)count;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

static god_status write_entry(packing *state, const char *full, const struct stat *info, god_error *err)
{
    char target[GOD_PATH_MAX];
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a tar file");
    }
    archive_entry_set_pathname(entry, state->path);
    archive_entry_set_filetype(entry, info->st_mode & S_IFMT);
    archive_entry_set_perm(entry, info->st_mode & 0777);
    archive_entry_set_size(entry, S_ISREG(info->st_mode) ? info->st_size : 0);
    god_status status = GOD_OK;
    if (S_ISLNK(info->st_mode)) {
        ssize_t count = readlink(full, target, sizeof target - 1);
        target[count > 0 ? count : 0] = '\0';
        archive_entry_set_symlink(entry, target);
    }
    if (archive_write_header(state->tar, entry) != ARCHIVE_OK) {
        status = fail_tar(state, err);
    } else if (S_ISREG(info->st_mode)) {
        status = copy_content(state, full, (uint64_t)info->st_size, err);
    }
    archive_entry_free(entry);
    return status;
}

static god_status add(void *user, const char *name, god_error *err)
{
    packing *state = user;
    char full[GOD_PATH_MAX], relative[GOD_PATH_MAX];
    struct stat info;
    size_t used = strlen(state->path);
    int count = snprintf(relative, sizeof relative, "%s%s%s", state->path, used > 0 ? "/" : "", name);
    if (count < 0 || (size_t)count >= sizeof relative || state->depth >= depth_max) {
        return god_fail(err, GOD_E_DATA, "the repository has a path that is too long or too deep below \"%.200s\"",
                        state->path);
    }
    GOD_TRY(god_path_join(state->root, relative, full, err));
    if (lstat(full, &info) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot look at \"%.200s\"", relative);
    }
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode) && !S_ISLNK(info.st_mode)) {
        return god_fail(err, GOD_E_DATA, "\"%.200s\" is neither a file, a folder nor a link", relative);
    }
    memcpy(state->path, relative, (size_t)count + 1);
    god_status status = write_entry(state, full, &info, err);
    if (status == GOD_OK && S_ISDIR(info.st_mode)) {
        state->depth++;
        status = god_dir_each(full, state, add, err);
        state->depth--;
    }
    state->path[used] = '\0';
    return status;
}

static god_status pack(packing *state, const char *part, god_error *err)
{
    if (archive_write_set_format_pax_restricted(state->tar) != ARCHIVE_OK ||
        archive_write_open_filename(state->tar, part) != ARCHIVE_OK) {
        return fail_tar(state, err);
    }
    GOD_TRY(god_dir_each(state->root, state, add, err));
    return archive_write_close(state->tar) == ARCHIVE_OK ? GOD_OK : fail_tar(state, err);
}

god_status gdi_context_write(const char *source_dir, const char *tar_path, god_error *err)
{
    char part[GOD_PATH_MAX];
    packing state = {.tar = archive_write_new(), .root = source_dir, .path = ""};
    int count = snprintf(part, sizeof part, "%s.part", tar_path);
    if (state.tar == NULL || count < 0 || (size_t)count >= sizeof part) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a tar file");
    }
    god_status status = pack(&state, part, err);
    (void)archive_write_free(state.tar);
    if (status == GOD_OK && rename(part, tar_path) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", tar_path);
    }
    if (status != GOD_OK) {
        (void)unlink(part);
    }
    return status;
}
