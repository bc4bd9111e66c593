#include "god/helpers/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

god_status god_path_join(const char *dir, const char *name, char buf[GOD_PATH_MAX], god_error *err)
{
    size_t dir_bytes = strlen(dir);
    const char *slash = dir_bytes > 0 && dir[dir_bytes - 1] == '/' ? "" : "/";
    int count = snprintf(buf, GOD_PATH_MAX, "%s%s%s", dir, slash, name);
    if (count < 0 || count >= GOD_PATH_MAX) {
        return god_fail(err, GOD_E_INVALID, "the path \"%.80s.../%.80s\" is longer than GOD_PATH_MAX (%d bytes)", dir,
                        name, GOD_PATH_MAX);
    }
    return GOD_OK;
}

uint32_t god_file_exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

static god_status fail_open(const char *path, god_error *err)
{
    if (errno == ENOENT || errno == ENOTDIR) {
        return god_fail(err, GOD_E_NOT_FOUND, "\"%s\" does not exist", path);
    }
    return god_fail_errno(err, GOD_E_IO, "cannot open \"%s\"", path);
}

/* Opens a regular file for reading and says how long it is. A pipe or device would block or never end. */
static god_status open_regular(const char *path, int *ret_fd, off_t *ret_bytes, god_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fail_open(path, err);
    }
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)close(fd);
        return god_fail(err, GOD_E_DATA, "\"%s\" is not a regular file", path);
    }
    *ret_fd = fd;
    *ret_bytes = info.st_size;
    return GOD_OK;
}

/* Reads until `bytes` are there or the file ends; -1 with errno on failure. */
static ssize_t read_fully(int fd, char *data, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        ssize_t count = read(fd, data + done, bytes - done);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return -1;
        }
        if (count == 0) {
            break;
        }
        done += (size_t)count;
    }
    return (ssize_t)done;
}

god_status god_file_read(const char *path, size_t bytes_max, char **ret_data, size_t *ret_bytes, god_error *err)
{
    int fd = -1;
    off_t length = 0;
    GOD_TRY(open_regular(path, &fd, &length, err));
    god_status status = GOD_OK;
    char *data = NULL;
    if ((uintmax_t)length > bytes_max) {
        status =
            god_fail(err, GOD_E_DATA, "\"%s\" has %lld bytes, %zu are allowed", path, (long long)length, bytes_max);
        goto close_file;
    }
    data = malloc((size_t)length + 1);
    if (data == NULL) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for the %lld bytes of \"%s\"", (long long)length, path);
        goto close_file;
    }
    ssize_t count = read_fully(fd, data, (size_t)length);
    if (count < 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
        free(data);
        goto close_file;
    }
    data[count] = '\0';
    *ret_data = data;
    *ret_bytes = (size_t)count;
close_file:
    (void)close(fd);
    return status;
}

/* A file that is written beside its final place and renamed over it. */
typedef struct staged_file {
    char path[GOD_PATH_MAX];
    int fd;
} staged_file;

static god_status staged_open(const char *final_path, staged_file *staged, god_error *err)
{
    int count = snprintf(staged->path, sizeof staged->path, "%s.XXXXXX", final_path);
    if (count < 0 || (size_t)count >= sizeof staged->path) {
        return god_fail(err, GOD_E_INVALID, "the path \"%.80s...\" is longer than GOD_PATH_MAX (%d bytes)", final_path,
                        GOD_PATH_MAX);
    }
    staged->fd = mkostemp(staged->path, O_CLOEXEC);
    if (staged->fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot create a file beside \"%s\"", final_path);
    }
    return GOD_OK;
}

static void staged_drop(staged_file *staged)
{
    (void)close(staged->fd);
    (void)unlink(staged->path);
}

static god_status staged_write(staged_file *staged, const char *data, size_t bytes, god_error *err)
{
    while (bytes > 0) {
        ssize_t count = write(staged->fd, data, bytes);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", staged->path);
        }
        data += count;
        bytes -= (size_t)count;
    }
    return GOD_OK;
}

static god_status staged_publish(staged_file *staged, const char *final_path, god_error *err)
{
    if (fsync(staged->fd) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot sync \"%s\"", staged->path);
    }
    if (rename(staged->path, final_path) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot move a file to \"%s\"", final_path);
    }
    (void)close(staged->fd);
    return GOD_OK;
}

god_status god_file_write(const char *path, const void *data, size_t bytes, god_error *err)
{
    staged_file staged;
    GOD_TRY(staged_open(path, &staged, err));
    god_status status = staged_write(&staged, data, bytes, err);
    if (status == GOD_OK) {
        status = staged_publish(&staged, path, err);
    }
    if (status != GOD_OK) {
        staged_drop(&staged);
    }
    return status;
}

god_status god_file_copy(const char *from, const char *to, god_error *err)
{
    enum { chunk_bytes = 1 << 20 };
    int fd = -1;
    off_t length = 0;
    GOD_TRY(open_regular(from, &fd, &length, err));
    god_status status = GOD_OK;
    staged_file staged;
    char *chunk = malloc(chunk_bytes);
    if (chunk == NULL) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory while copying \"%s\"", from);
        goto close_source;
    }
    status = staged_open(to, &staged, err);
    if (status != GOD_OK) {
        goto free_chunk;
    }
    for (;;) {
        ssize_t count = read_fully(fd, chunk, chunk_bytes);
        if (count < 0) {
            status = god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", from);
        }
        if (count <= 0) {
            break;
        }
        status = staged_write(&staged, chunk, (size_t)count, err);
        if (status != GOD_OK) {
            break;
        }
    }
    if (status == GOD_OK) {
        status = staged_publish(&staged, to, err);
    }
    if (status != GOD_OK) {
        staged_drop(&staged);
    }
free_chunk:
    free(chunk);
close_source:
    (void)close(fd);
    return status;
}

god_status god_dir_make(const char *path, god_error *err)
{
    char partial[GOD_PATH_MAX];
    size_t bytes = strlen(path);
    if (bytes == 0 || bytes >= sizeof partial) {
        return god_fail(err, GOD_E_INVALID, "cannot make a folder from a path of %zu bytes", bytes);
    }
    memcpy(partial, path, bytes + 1);
    for (size_t i = 1; i <= bytes; i++) {
        if (partial[i] != '/' && partial[i] != '\0') {
            continue;
        }
        char kept = partial[i];
        partial[i] = '\0';
        if (mkdir(partial, 0700) != 0 && errno != EEXIST) {
            return god_fail_errno(err, GOD_E_IO, "cannot make the folder \"%s\"", partial);
        }
        partial[i] = kept;
    }
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return god_fail(err, GOD_E_IO, "\"%s\" is there and is not a folder", path);
    }
    return GOD_OK;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

god_status god_dir_remove(const char *path, god_error *err)
{
    enum { open_folders_max = 32 };
    if (!god_file_exists(path)) {
        return GOD_OK;
    }
    if (nftw(path, remove_entry, open_folders_max, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot remove \"%s\"", path);
    }
    return GOD_OK;
}

static int is_real_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int in_byte_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

god_status god_dir_each(const char *path, void *user, god_status (*each)(void *user, const char *name, god_error *err),
                        god_error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_real_entry, in_byte_order);
    if (count < 0) {
        return fail_open(path, err);
    }
    god_status status = GOD_OK;
    for (int i = 0; i < count; i++) {
        if (status == GOD_OK) {
            status = each(user, entries[i]->d_name, err);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}
