#include "core/host/scratch.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/lock.h"

enum { lock_wait_ms = 60 * 1000 };

static const char run_start[] = "run-";

/* `name` is an entry of jobs/. One that cannot be removed is left for another day: it is in nobody's way. */
static god_status sweep_entry(void *user, const char *name, god_error *err)
{
    char dir[GOD_PATH_MAX], lock_path[GOD_PATH_MAX];
    int lock = -1;
    if (strncmp(name, run_start, sizeof run_start - 1) != 0) {
        return GOD_OK;
    }
    GOD_TRY(god_path_join(user, name, dir, err));
    GOD_TRY(god_path_join(dir, "owner.lock", lock_path, err));
    if (gdi_lock_take(lock_path, 0, NULL, NULL, &lock, NULL) == GOD_OK) {
        (void)god_dir_remove(dir, NULL);
        (void)close(lock);
    }
    return GOD_OK;
}

static god_status make(const char *jobs_dir, gdi_scratch_dir *scratch, god_error *err)
{
    char lock_path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(jobs_dir, scratch->keep ? "kept-XXXXXX" : "run-XXXXXX", scratch->dir, err));
    if (mkdtemp(scratch->dir) == NULL) {
        return god_fail_errno(err, GOD_E_IO, "cannot make a folder in \"%s\"", jobs_dir);
    }
    GOD_TRY(god_path_join(scratch->dir, "owner.lock", lock_path, err));
    return gdi_lock_take(lock_path, 0, NULL, NULL, &scratch->lock_fd, err);
}

god_status gdi_scratch_dir_open(const char *cache_dir, uint32_t keep, gdi_scratch_dir *ret_scratch, god_error *err)
{
    char jobs_dir[GOD_PATH_MAX], lock_path[GOD_PATH_MAX];
    gdi_scratch_dir scratch = {.lock_fd = -1, .keep = keep};
    int lock = -1;
    GOD_TRY(god_path_join(cache_dir, "jobs", jobs_dir, err));
    GOD_TRY(god_path_join(jobs_dir, ".lock", lock_path, err));
    GOD_TRY(god_dir_make(jobs_dir, err));
    GOD_TRY(gdi_lock_take(lock_path, lock_wait_ms, NULL, NULL, &lock, err));
    god_status status = god_dir_each(jobs_dir, jobs_dir, sweep_entry, err);
    if (status == GOD_OK) {
        status = make(jobs_dir, &scratch, err);
    }
    (void)close(lock);
    GOD_TRY(status);
    *ret_scratch = scratch;
    return GOD_OK;
}

void gdi_scratch_dir_close(gdi_scratch_dir *scratch)
{
    if (scratch->dir[0] == '\0') {
        return;
    }
    if (!scratch->keep) {
        (void)god_dir_remove(scratch->dir, NULL);
    }
    if (scratch->lock_fd >= 0) {
        (void)close(scratch->lock_fd);
    }
    *scratch = (gdi_scratch_dir){.lock_fd = -1};
}
