#include "core/git/tree.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/file.h"

enum { depth_max = 64, link_bytes_max = 4095, write_bytes = 1 << 20 };

typedef struct writing {
    git_repository *repository;
    git_odb *odb; /* own */
    const gdi_tree_limits *limits;
    gdi_tree_sums sums;
    char path[GOD_PATH_MAX]; /* of what is being written, for messages and links */
} writing;

int gdi_tree_name_is_fine(const char *name)
{
    return *name != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcasecmp(name, ".git") != 0 &&
           strchr(name, '/') == NULL && strlen(name) <= 255;
}

int gdi_tree_link_stays_inside(const char *path, const char *target)
{
    size_t depth = 0;
    for (const char *c = path; *c != '\0'; c++) {
        depth += *c == '/';
    }
    if (*target == '\0' || *target == '/' || strlen(target) > link_bytes_max) {
        return 0;
    }
    int inner = 0; /* a component that is not ".." was seen: it may be a link itself, so no ".." may follow */
    for (const char *at = target; *at != '\0';) {
        size_t bytes = strcspn(at, "/");
        if (bytes == 2 && at[0] == '.' && at[1] == '.') {
            if (inner || depth == 0) {
                return 0;
            }
            depth--;
        } else if (bytes > 0 && !(bytes == 1 && at[0] == '.')) {
            if (bytes == 4 && strncasecmp(at, ".git", 4) == 0) {
                return 0;
            }
            inner = 1;
        }
        at += bytes + (at[bytes] == '/');
    }
    return 1;
}

static god_status fail_git(const writing *state, const char *what, god_error *err)
{
    const git_error *last = git_error_last();
    return god_fail(err, GOD_E_DATA, "\"%.200s\" of the commit cannot be %s: %.200s", state->path, what,
                    last != NULL ? last->message : "unknown reason");
}

static god_status count_one(writing *state, uint64_t bytes, god_error *err)
{
    const gdi_tree_limits *limits = state->limits;
    if (state->sums.files >= limits->files_max) {
        return god_fail(err, GOD_E_DATA, "the repository has more than %llu files and folders",
                        (unsigned long long)limits->files_max);
    }
    if (bytes > limits->file_bytes_max) {
        return god_fail(err, GOD_E_DATA, "\"%.200s\" has %llu bytes, files of at most %llu are taken", state->path,
                        (unsigned long long)bytes, (unsigned long long)limits->file_bytes_max);
    }
    if (bytes > limits->bytes_max - state->sums.bytes) {
        return god_fail(err, GOD_E_DATA, "the files of the repository have more than %llu bytes",
                        (unsigned long long)limits->bytes_max);
    }
    state->sums.files++;
    state->sums.bytes += bytes;
    return GOD_OK;
}

static god_status write_bytes_to(int fd, const char *data, size_t bytes, const char *path, god_error *err)
{
    while (bytes > 0) {
        ssize_t count = write(fd, data, bytes < write_bytes ? bytes : write_bytes);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot write \"%.200s\"", path);
        }
        data += count;
        bytes -= (size_t)count;
    }
    return GOD_OK;
}

static god_status write_blob(writing *state, const git_blob *blob, int dir, const char *name, mode_t mode,
                             god_error *err)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot write \"%.200s\"", state->path);
    }
    god_status status = write_bytes_to(fd, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob), state->path, err);
    if (status == GOD_OK && fchmod(fd, mode) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot set the mode of \"%.200s\"", state->path);
    }
    (void)close(fd);
    return status;
}

static god_status write_link(writing *state, const git_blob *blob, int dir, const char *name, god_error *err)
{
    char target[link_bytes_max + 1];
    size_t bytes = (size_t)git_blob_rawsize(blob);
    if (bytes >= sizeof target || memchr(git_blob_rawcontent(blob), '\0', bytes) != NULL) {
        return god_fail(err, GOD_E_DATA, "\"%.200s\" is a symbolic link with an impossible target", state->path);
    }
    memcpy(target, git_blob_rawcontent(blob), bytes);
    target[bytes] = '\0';
    if (!gdi_tree_link_stays_inside(state->path, target)) {
        return god_fail(err, GOD_E_DATA, "\"%.200s\" is a symbolic link to \"%.100s\", which may leave the repository",
                        state->path, target);
    }
    if (symlinkat(target, dir, name) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot write \"%.200s\"", state->path);
    }
    return GOD_OK;
}

/* A file or a link. The size is read before the content, so that a small packed object cannot unfold unseen. */
static god_status write_file(writing *state, const git_tree_entry *entry, int dir, const char *name, god_error *err)
{
    size_t bytes = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    git_blob *blob = NULL;
    if (git_odb_read_header(&bytes, &type, state->odb, git_tree_entry_id(entry)) != 0 || type != GIT_OBJECT_BLOB) {
        return fail_git(state, "found", err);
    }
    GOD_TRY(count_one(state, bytes, err));
    if (git_blob_lookup(&blob, state->repository, git_tree_entry_id(entry)) != 0) {
        return fail_git(state, "read", err);
    }
    god_status status = GOD_OK;
    switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_LINK: status = write_link(state, blob, dir, name, err); break;
    case GIT_FILEMODE_BLOB_EXECUTABLE: status = write_blob(state, blob, dir, name, 0755, err); break;
    default: status = write_blob(state, blob, dir, name, 0644, err); break;
    }
    git_blob_free(blob);
    return status;
}

static god_status write_tree(writing *state, const git_oid *id, int dir, size_t path_bytes, size_t depth,
                             god_error *err);

static god_status write_folder(writing *state, const git_tree_entry *entry, int dir, const char *name,
                               size_t path_bytes, size_t depth, god_error *err)
{
    GOD_TRY(count_one(state, 0, err));
    if (mkdirat(dir, name, 0755) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make the folder \"%.200s\"", state->path);
    }
    if (git_tree_entry_filemode(entry) == GIT_FILEMODE_COMMIT) {
        return GOD_OK;
    }
    int below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot open the folder \"%.200s\"", state->path);
    }
    god_status status = write_tree(state, git_tree_entry_id(entry), below, path_bytes, depth + 1, err);
    (void)close(below);
    return status;
}

static god_status write_entry(writing *state, const git_tree_entry *entry, int dir, size_t path_bytes, size_t depth,
                              god_error *err)
{
    const char *name = git_tree_entry_name(entry);
    if (!gdi_tree_name_is_fine(name)) {
        return god_fail(err, GOD_E_DATA, "the repository holds a file or folder named \"%.60s\" in \"%.200s\"", name,
                        state->path);
    }
    int count =
        snprintf(state->path + path_bytes, sizeof state->path - path_bytes, "%s%s", path_bytes > 0 ? "/" : "", name);
    if (count < 0 || (size_t)count >= sizeof state->path - path_bytes) {
        return god_fail(err, GOD_E_DATA, "a path of the repository is longer than %zu bytes", sizeof state->path);
    }
    switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_TREE:
    case GIT_FILEMODE_COMMIT: return write_folder(state, entry, dir, name, path_bytes + (size_t)count, depth, err);
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE:
    case GIT_FILEMODE_LINK: return write_file(state, entry, dir, name, err);
    case GIT_FILEMODE_UNREADABLE:
    default: return god_fail(err, GOD_E_DATA, "\"%.200s\" is neither a file, a folder nor a link", state->path);
    }
}

static god_status write_tree(writing *state, const git_oid *id, int dir, size_t path_bytes, size_t depth,
                             god_error *err)
{
    git_tree *tree = NULL;
    if (depth > depth_max) {
        return god_fail(err, GOD_E_DATA, "\"%.200s\" lies deeper than %d folders", state->path, depth_max);
    }
    if (git_tree_lookup(&tree, state->repository, id) != 0) {
        return fail_git(state, "read", err);
    }
    god_status status = GOD_OK;
    for (size_t i = 0; status == GOD_OK && i < git_tree_entrycount(tree); i++) {
        status = write_entry(state, git_tree_entry_byindex(tree, i), dir, path_bytes, depth, err);
        state->path[path_bytes] = status == GOD_OK ? '\0' : state->path[path_bytes];
    }
    git_tree_free(tree);
    return status;
}

god_status gdi_tree_write(git_repository *repository, const git_oid *commit, int dir, const gdi_tree_limits *limits,
                          gdi_tree_sums *ret_sums, god_error *err)
{
    writing state = {.repository = repository, .limits = limits, .path = ""};
    git_commit *found = NULL;
    if (git_repository_odb(&state.odb, repository) != 0 || git_commit_lookup(&found, repository, commit) != 0) {
        git_odb_free(state.odb);
        return fail_git(&state, "found", err);
    }
    god_status status = write_tree(&state, git_commit_tree_id(found), dir, 0, 0, err);
    git_commit_free(found);
    git_odb_free(state.odb);
    if (status == GOD_OK) {
        *ret_sums = state.sums;
    }
    return status;
}
