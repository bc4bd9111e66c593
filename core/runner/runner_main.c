/* The program god-runner: one training, from its folder to its result. It holds RUNDIR/lock while it works, so that a
 * daemon that was started again sees that it is there, and a second god-runner waits. It goes on when its parent dies.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/lock.h"
#include "core/base/signals.h"
#include "core/runner/runner.h"

enum { exit_fine = 0, exit_usage = 2, exit_failed = 3, lock_wait_ms = 5000 };

static const char usage[] =
    "usage: god-runner RUNDIR\n"
    "       god-runner --remove RUNDIR\n"
    "\n"
    "Builds and trains what RUNDIR/run.json says and writes RUNDIR/result.json; goes on where an earlier one stopped.\n"
    "SIGTERM cancels the training. --remove ends and removes what a run has left outside its folder.\n"
    "\n"
    "exit codes: 0 there is a result, 2 the folder is at fault, 3 the runner failed and can be started again\n";

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count() > 0;
}

static void print(void *user, const char *bytes, size_t count)
{
    (void)user;
    (void)fwrite(bytes, 1, count, stdout);
    (void)fflush(stdout);
}

static god_status open_run(const char *run_dir, gdi_run_spec *spec, const gdi_runner **ret_runner, god_error *err)
{
    GOD_TRY(gdi_run_spec_read(run_dir, spec, err));
    *ret_runner = gdi_runner_find(spec->runner);
    return *ret_runner != NULL
               ? GOD_OK
               : god_fail(err, GOD_E_DATA, "%s/run.json: there is no runner \"%.40s\"", run_dir, spec->runner);
}

/* On a node of a cluster the GPUs are those that the cluster assigned, "0,3", not those of the request. */
static god_status take_assigned_gpus(gdi_run_spec *spec, god_error *err)
{
    const char *assigned = getenv("GOD_GPU_IDS");
    if (assigned == NULL || json_array_size(spec->gpu_ids) == 0) {
        return GOD_OK;
    }
    json_t *list = json_array();
    for (const char *at = assigned; *at != '\0';) {
        size_t bytes = strcspn(at, ",");
        (void)json_array_append_new(list, json_stringn(at, bytes));
        at += bytes + (at[bytes] == ',');
    }
    if (json_array_size(list) != json_array_size(spec->gpu_ids)) {
        json_decref(list);
        return god_fail(err, GOD_E_DATA, "the cluster assigned the GPUs \"%.100s\", %zu are needed", assigned,
                        json_array_size(spec->gpu_ids));
    }
    spec->gpu_ids = list;
    return json_object_set_new(spec->root, "gpu_ids", list) == 0 ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory");
}

/* The holder's number, for whoever wants to cancel the training and did not start us. */
static void note_holder(int lock)
{
    if (ftruncate(lock, 0) == 0) {
        (void)dprintf(lock, "%ld\n", (long)getpid());
    }
}

static god_status run(const char *run_dir, god_error *err)
{
    char dir[GOD_PATH_MAX], lock_path[GOD_PATH_MAX];
    int lock = -1;
    gdi_layout layout;
    gdi_run_spec spec = {.root = NULL};
    const gdi_runner *runner = NULL;
    const gdi_run_calls calls = {.stop_asked = stop_asked, .printed = print};
    if (realpath(run_dir, dir) == NULL) {
        return god_fail_errno(err, GOD_E_NOT_FOUND, "cannot find the folder \"%s\"", run_dir);
    }
    GOD_TRY(god_path_join(dir, "lock", lock_path, err));
    GOD_TRY(gdi_layout_find(&layout, err));
    GOD_TRY(gdi_lock_take(lock_path, lock_wait_ms, stop_asked, NULL, &lock, err));
    note_holder(lock);
    god_status status = open_run(dir, &spec, &runner, err);
    status = status == GOD_OK ? take_assigned_gpus(&spec, err) : status;
    gdi_run one = {.run_dir = dir, .spec = &spec, .calls = &calls, .layout = &layout, .config = spec.config};
    if (status == GOD_OK) {
        status = gdi_run_state_read(dir, &one.state, err);
    }
    if (status == GOD_OK && one.state.phase != GDI_RUN_ENDED) {
        status = runner->run(&one, err);
    }
    gdi_run_spec_clear(&spec);
    (void)close(lock);
    return status;
}

static god_status remove_run(const char *run_dir, god_error *err)
{
    gdi_run_spec spec = {.root = NULL};
    const gdi_runner *runner = NULL;
    god_status status = open_run(run_dir, &spec, &runner, err);
    if (status == GOD_OK) {
        status = runner->remove(spec.run_id, spec.config, err);
    }
    gdi_run_spec_clear(&spec);
    return status;
}

int main(int argc, char **argv)
{
    god_error err = GOD_ERROR_INIT;
    const int removes = argc == 3 && strcmp(argv[1], "--remove") == 0;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return exit_fine;
    }
    if ((argc != 2 && !removes) || argv[argc - 1][0] == '-') {
        (void)fputs(usage, stderr);
        return exit_usage;
    }
    gdi_signals_catch();
    god_status status = removes ? remove_run(argv[2], &err) : run(argv[1], &err);
    if (status == GOD_OK) {
        return exit_fine;
    }
    (void)fprintf(stderr, "god-runner: %s\n", err.message);
    return status == GOD_E_DATA || status == GOD_E_INVALID || status == GOD_E_NOT_FOUND ? exit_usage : exit_failed;
}
