/* The folders of `god run-task`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cli/run_task.h"
#include "core/git/repository.h"
#include "core/training/places.h"

/* ---- copying a folder ---- */

typedef struct copying {
    const char *from, *to;
    uint32_t links_are_fine; /* a hard link instead of a copy: for files that nobody may change */
} copying;

static god_status copy_tree(const char *from, const char *to, uint32_t links_are_fine, god_error *err);

static god_status copy_link(const char *from, const char *to, god_error *err)
{
    char target[GOD_PATH_MAX];
    ssize_t bytes = readlink(from, target, sizeof target - 1);
    target[bytes > 0 ? bytes : 0] = '\0';
    if (bytes <= 0 || symlink(target, to) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot copy the link \"%s\"", from);
    }
    return GOD_OK;
}

static god_status copy_file(const char *from, const char *to, const struct stat *info, uint32_t links_are_fine,
                            god_error *err)
{
    if (links_are_fine && link(from, to) == 0) {
        return GOD_OK;
    }
    GOD_TRY(god_file_copy(from, to, err));
    if (chmod(to, info->st_mode & 0755) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot set the mode of \"%s\"", to);
    }
    return GOD_OK;
}

static god_status copy_entry(void *user, const char *name, god_error *err)
{
    const copying *state = user;
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    struct stat info;
    if (strcmp(name, ".git") == 0) {
        return GOD_OK;
    }
    GOD_TRY(god_path_join(state->from, name, from, err));
    GOD_TRY(god_path_join(state->to, name, to, err));
    if (lstat(from, &info) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot look at \"%s\"", from);
    }
    if (S_ISDIR(info.st_mode)) {
        return copy_tree(from, to, state->links_are_fine, err);
    }
    if (S_ISLNK(info.st_mode) && !state->links_are_fine) {
        return copy_link(from, to, err);
    }
    if (S_ISLNK(info.st_mode) && stat(from, &info) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot follow the link \"%s\"", from);
    }
    if (!S_ISREG(info.st_mode)) {
        return god_fail(err, GOD_E_DATA, "\"%s\" is no file, folder or link", from);
    }
    return copy_file(from, to, &info, state->links_are_fine, err);
}

static god_status copy_tree(const char *from, const char *to, uint32_t links_are_fine, god_error *err)
{
    copying state = {.from = from, .to = to, .links_are_fine = links_are_fine};
    if (mkdir(to, 0755) != 0 && errno != EEXIST) {
        return god_fail_errno(err, GOD_E_IO, "cannot make the folder \"%s\"", to);
    }
    return god_dir_each(from, &state, copy_entry, err);
}

/* ---- the cache ---- */

/* "/cache/models/x" as a path on this side. */
static god_status host_path(const gdi_run_task *task, const char *inside, char ret_path[GOD_PATH_MAX], god_error *err)
{
    size_t bytes = strlen(GDI_CACHE_TARGET "/");
    char cache_dir[GOD_PATH_MAX];
    if (strncmp(inside, GDI_CACHE_TARGET "/", bytes) != 0) {
        return god_fail(err, GOD_E_INTERNAL, "\"%s\" is not below " GDI_CACHE_TARGET, inside);
    }
    GOD_TRY(god_path_join(task->dir, "cache", cache_dir, err));
    return god_path_join(cache_dir, inside + bytes, ret_path, err);
}

static god_status make_parent(const char *path, god_error *err)
{
    char parent[GOD_PATH_MAX];
    (void)snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash == NULL) {
        return GOD_OK;
    }
    *slash = '\0';
    return god_dir_make(parent, err);
}

static god_status put_model(const gdi_run_task *task, const gdi_plan *plan, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(host_path(task, plan->model_dir, path, err));
    if (task->model_dir == NULL) {
        return god_fail(err, GOD_E_INVALID, "the training finds its base model in %s; name its folder with --model",
                        plan->model_dir);
    }
    GOD_TRY(make_parent(path, err));
    return copy_tree(task->model_dir, path, 1, err);
}

static god_status put_data(const gdi_run_task *task, const gdi_plan *plan, god_error *err)
{
    char path[GOD_PATH_MAX];
    struct stat info;
    if (task->data_path == NULL) {
        return plan->data_path == NULL
                   ? GOD_OK
                   : god_fail(err, GOD_E_INVALID, "the training finds its data in %s; name the file with --data",
                              plan->data_path);
    }
    if (plan->data_path == NULL || stat(task->data_path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return god_fail(err, GOD_E_INVALID, "--data \"%s\" is no file, or this task has none", task->data_path);
    }
    GOD_TRY(host_path(task, plan->data_path, path, err));
    GOD_TRY(make_parent(path, err));
    return copy_file(task->data_path, path, &info, 1, err);
}

god_status gdi_run_task_fill_cache(const gdi_run_task *task, const gdi_plan *plan, god_error *err)
{
    char cache_dir[GOD_PATH_MAX];
    GOD_TRY(god_path_join(task->dir, "cache", cache_dir, err));
    GOD_TRY(god_dir_make(cache_dir, err));
    GOD_TRY(put_model(task, plan, err));
    return put_data(task, plan, err);
}

/* ---- the repository ---- */

static void tell_fetch(void *user, uint64_t received_objects, uint64_t total_objects, uint64_t received_bytes)
{
    (void)user;
    (void)fprintf(stderr, "fetching %llu of %llu objects, %.1f MB\n", (unsigned long long)received_objects,
                  (unsigned long long)total_objects, (double)received_bytes / 1e6);
}

god_status gdi_run_task_fetch_source(const gdi_run_task *task, const gdi_layout *layout, god_error *err)
{
    char source_dir[GOD_PATH_MAX];
    struct stat info;
    GOD_TRY(god_path_join(task->dir, "source", source_dir, err));
    if (strstr(task->repo, "://") == NULL) {
        if (stat(task->repo, &info) != 0 || !S_ISDIR(info.st_mode)) {
            return god_fail(err, GOD_E_NOT_FOUND, "--repo \"%s\" is no folder and no address", task->repo);
        }
        return copy_tree(task->repo, source_dir, 0, err);
    }
    if (task->commit == NULL) {
        return god_fail(err, GOD_E_INVALID, "--repo is an address, so --commit with its 40 digits is needed");
    }
    const gdi_repository_request request = {.url = task->repo,
                                            .commit = task->commit,
                                            .token = getenv("GITHUB_TOKEN"),
                                            .dest_dir = source_dir,
                                            .allow_local = 1,
                                            .progress = tell_fetch};
    gdi_repository repository;
    return gdi_repository_fetch(layout, &request, &repository, err);
}
