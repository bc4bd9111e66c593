/* The program god-worker. It opens plug-ins, so everything that can crash, leak or hang happens below it. */
#include <unistd.h>

#include "core/base/layout.h"
#include "core/base/lock.h"
#include "core/base/signals.h"
#include "core/loader/conformance_child.h"
#include "core/loader/describe_child.h"
#include "core/worker/inner.h"
#include "core/worker/split.h"

enum { exit_fine = 0, exit_usage = 2, exit_failed = 3, exit_stopped = 130 };
enum { lock_wait_ms = 30 * 1000 }; /* the worker of a host that was just killed may still be ending */

static const char usage[] =
    "usage: god-worker JOBDIR\n"
    "\n"
    "Runs the job in JOBDIR/job.json and writes JOBDIR/result.json, whatever happens to the plug-in.\n"
    "SIGTERM asks it to stop.\n"
    "\n"
    "exit codes: 0 there are results, 2 the folder or the command line is at fault, 3 there are none, 130 stopped\n"
    "\n"
    "The host also calls: god-worker --inner JOBDIR, --describe FILE, --conformance FILE ....\n";

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count();
}

static god_status run_locked(const char *job_dir, gdi_result *ret_result, god_error *err)
{
    gdi_layout layout;
    gdi_job job;
    char path[GOD_PATH_MAX];
    GOD_TRY(gdi_layout_find(&layout, err));
    GOD_TRY(god_path_join(job_dir, "job.json", path, err));
    GOD_TRY(gdi_job_read(path, &job, err));
    const gdi_supervise_options options = {
        .worker_path = layout.worker_path, .nn_dir = layout.nn_dir, .stop_asked = stop_asked};
    god_status status = gdi_job_run(&options, job_dir, &job, ret_result, err);
    gdi_job_clear(&job);
    return status;
}

static int run_job(const char *job_dir)
{
    char lock_path[GOD_PATH_MAX];
    int lock = -1;
    gdi_result result;
    god_error err = GOD_ERROR_INIT;
    god_status status = god_path_join(job_dir, "lock", lock_path, &err);
    if (status == GOD_OK) {
        status = gdi_lock_take(lock_path, lock_wait_ms, stop_asked, NULL, &lock, &err);
    }
    if (status == GOD_OK) {
        status = run_locked(job_dir, &result, &err);
        (void)close(lock);
    }
    if (status != GOD_OK) {
        (void)fprintf(stderr, "god-worker: %s\n", err.message);
        return status == GOD_E_NOMEM ? exit_failed : exit_usage;
    }
    uint32_t outcome = result.outcome;
    gdi_result_clear(&result);
    return outcome == GDI_OUTCOME_RESULT ? exit_fine : outcome == GDI_OUTCOME_CANCELLED ? exit_stopped : exit_failed;
}

int main(int argc, char **argv)
{
    gdi_signals_die_with_parent();
    gdi_signals_catch();
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return exit_fine;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("god-worker %s\n", GDI_VERSION);
        return exit_fine;
    }
    if (argc == 3 && strcmp(argv[1], "--inner") == 0) {
        return gdi_worker_inner(argv[2]);
    }
    if (argc == 3 && strcmp(argv[1], "--describe") == 0) {
        return gdi_describe_child(argv[2]);
    }
    if (argc >= 3 && strcmp(argv[1], "--conformance") == 0) {
        return gdi_conformance_child(argc - 2, argv + 2);
    }
    if (argc == 2 && argv[1][0] != '-') {
        return run_job(argv[1]);
    }
    (void)fputs(usage, stderr);
    return exit_usage;
}
