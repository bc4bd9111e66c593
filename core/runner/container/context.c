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

enum { depth_max = 128, copy_bytes = 64 << 10, block_bytes = 512, mark_bytes = 2 * block_bytes };

typedef struct packing {
    struct archive *tar;
    const char *root;
    char path[GOD_PATH_MAX]; /* below root, "" at first */
    int depth;
} packing;

/* ---- whose it is ---- */

/* A ustar header of type "g" and its one record, "LENGTH comment=god-run ID\n", whose length counts itself. Source:
 * POSIX pax, "ustar Interchange Format" and "pax Header Block". */
static void make_mark(const char *run_id, char ret_mark[mark_bytes])
{
    static const size_t sum_at = 148, sum_bytes = 8;
    char record[block_bytes];
    unsigned sum = 0;
    memset(ret_mark, 0, mark_bytes);
    int bytes = snprintf(record, sizeof record, "NN comment=god-run %s\n", run_id);
    bytes = snprintf(record, sizeof record, "%02d comment=god-run %s\n", bytes, run_id);
    memcpy(ret_mark + block_bytes, record, (size_t)bytes);
    (void)snprintf(ret_mark, 100, "pax_global_header");
    (void)snprintf(ret_mark + 100, 8, "%07o", 0666u);
    (void)snprintf(ret_mark + 108, 8, "%07o", 0u);
    (void)snprintf(ret_mark + 116, 8, "%07o", 0u);
    (void)snprintf(ret_mark + 124, 12, "%011o", (unsigned)bytes);
    (void)snprintf(ret_mark + 136, 12, "%011o", 0u);
    ret_mark[156] = 'g';
    memcpy(ret_mark + 257, "ustar\00000", 8);
    memset(ret_mark + sum_at, ' ', sum_bytes);
    for (size_t i = 0; i < block_bytes; i++) {
        sum += (unsigned char)ret_mark[i];
    }
    (void)snprintf(ret_mark + sum_at, sum_bytes, "%06o", sum);
}

uint32_t gdi_context_is_of(const char *tar_path, const char *run_id)
{
    char mark[mark_bytes], found[mark_bytes];
    int fd = open(tar_path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    ssize_t bytes = fd >= 0 ? read(fd, found, sizeof found) : 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    make_mark(run_id, mark);
    return bytes == mark_bytes && memcmp(mark, found, sizeof mark) == 0;
}

static god_status write_mark(int fd, const char *run_id, god_error *err)
{
    char mark[mark_bytes];
    make_mark(run_id, mark);
    return write(fd, mark, sizeof mark) == (ssize_t)sizeof mark
               ? GOD_OK
               : god_fail_errno(err, GOD_E_IO, "cannot write what the builder is sent");
}

/* ---- what is in it ---- */

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

static god_status pack(packing *state, int fd, god_error *err)
{
    if (archive_write_set_format_pax_restricted(state->tar) != ARCHIVE_OK ||
        archive_write_open_fd(state->tar, fd) != ARCHIVE_OK) {
        return fail_tar(state, err);
    }
    GOD_TRY(god_dir_each(state->root, state, add, err));
    return archive_write_close(state->tar) == ARCHIVE_OK ? GOD_OK : fail_tar(state, err);
}

static god_status write_part(packing *state, const char *run_id, const char *part, god_error *err)
{
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", part);
    }
    god_status status = write_mark(fd, run_id, err);
    status = status == GOD_OK ? pack(state, fd, err) : status;
    (void)close(fd);
    return status;
}

god_status gdi_context_write(const char *source_dir, const char *run_id, const char *tar_path, god_error *err)
{
    char part[GOD_PATH_MAX];
    packing state = {.tar = archive_write_new(), .root = source_dir, .path = ""};
    int count = snprintf(part, sizeof part, "%s.part", tar_path);
    if (state.tar == NULL || count < 0 || (size_t)count >= sizeof part) {
        (void)archive_write_free(state.tar);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a tar file");
    }
    god_status status = write_part(&state, run_id, part, err);
    (void)archive_write_free(state.tar);
    if (status == GOD_OK && rename(part, tar_path) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", tar_path);
    }
    if (status != GOD_OK) {
        (void)unlink(part);
    }
    return status;
}
