#include "god/helpers/sha256.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "sha256_stream.h"

static void to_hex(const unsigned char digest[SHA256_DIGEST], char ret_hex[GOD_SHA256_HEX])
{
    (void)sodium_bin2hex(ret_hex, GOD_SHA256_HEX, digest, SHA256_DIGEST);
}

void god_sha256_bytes(const void *data, size_t bytes, char ret_hex[GOD_SHA256_HEX])
{
    unsigned char digest[SHA256_DIGEST];
    sha256_stream stream;
    sha256_begin(&stream, 0);
    sha256_add(&stream, data, bytes);
    sha256_end(&stream, digest);
    to_hex(digest, ret_hex);
}

god_status god_sha256_file(const char *path, char ret_hex[GOD_SHA256_HEX], god_error *err)
{
    enum { chunk_bytes = 1 << 18 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return god_fail_errno(err, errno == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot open \"%s\"", path);
    }
    god_status status = GOD_OK;
    unsigned char *chunk = malloc(chunk_bytes);
    if (chunk == NULL) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory while hashing \"%s\"", path);
        goto close_file;
    }
    sha256_stream stream;
    sha256_begin(&stream, 0);
    for (;;) {
        ssize_t count = read(fd, chunk, chunk_bytes);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            status = god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
            goto free_chunk;
        }
        if (count == 0) {
            break;
        }
        sha256_add(&stream, chunk, (size_t)count);
    }
    unsigned char digest[SHA256_DIGEST];
    sha256_end(&stream, digest);
    to_hex(digest, ret_hex);
free_chunk:
    free(chunk);
close_file:
    (void)close(fd);
    return status;
}

/* The walk below a folder: one state for the digest over the lines, the path so far, a limit on depth. */
typedef struct dir_walk {
    sha256_stream lines;
    char path[GOD_PATH_MAX];
    size_t root_bytes; /* of path, so that lines carry relative names */
    uint32_t depth;
} dir_walk;

static god_status walk_entry(void *user, const char *name, god_error *err)
{
    enum { depth_max = 64 };
    dir_walk *walk = user;
    size_t parent_bytes = strlen(walk->path);
    char entry_path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(walk->path, name, entry_path, err));
    struct stat info;
    if (stat(entry_path, &info) != 0) {
        return god_fail_errno(err, GOD_E_DATA, "cannot look at \"%s\"", entry_path);
    }
    if (S_ISREG(info.st_mode)) {
        char hex[GOD_SHA256_HEX];
        GOD_TRY(god_sha256_file(entry_path, hex, err));
        const char *relative = entry_path + walk->root_bytes + 1;
        sha256_add(&walk->lines, hex, GOD_SHA256_HEX - 1);
        sha256_add(&walk->lines, "  ", 2);
        sha256_add(&walk->lines, relative, strlen(relative));
        sha256_add(&walk->lines, "\n", 1);
        return GOD_OK;
    }
    if (!S_ISDIR(info.st_mode)) {
        return god_fail(err, GOD_E_DATA, "\"%s\" is neither a file nor a folder", entry_path);
    }
    if (walk->depth == depth_max) {
        return god_fail(err, GOD_E_DATA, "\"%s\" lies more than %d folders deep", entry_path, depth_max);
    }
    memcpy(walk->path, entry_path, sizeof entry_path);
    walk->depth++;
    god_status status = god_dir_each(entry_path, walk, walk_entry, err);
    walk->depth--;
    walk->path[parent_bytes] = '\0';
    return status;
}

god_status god_sha256_dir(const char *path, char ret_hex[GOD_SHA256_HEX], god_error *err)
{
    dir_walk walk = {.depth = 0};
    size_t bytes = strlen(path);
    while (bytes > 1 && path[bytes - 1] == '/') {
        bytes--;
    }
    if (bytes >= sizeof walk.path) {
        return god_fail(err, GOD_E_INVALID, "the path \"%.80s...\" is too long", path);
    }
    memcpy(walk.path, path, bytes);
    walk.path[bytes] = '\0';
    walk.root_bytes = bytes;
    sha256_begin(&walk.lines, 0);
    GOD_TRY(god_dir_each(walk.path, &walk, walk_entry, err));
    unsigned char digest[SHA256_DIGEST];
    sha256_end(&walk.lines, digest);
    to_hex(digest, ret_hex);
    return GOD_OK;
}
