/* A process that supervises one job, so that tests can kill it: test-supervise JOBDIR */
#include <stdio.h>

#include "core/base/layout.h"
#include "core/base/signals.h"
#include "core/worker/split.h"

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count();
}

int main(int argc, char **argv)
{
    gdi_layout layout;
    gdi_job job;
    gdi_result result;
    god_error err = GOD_ERROR_INIT;
    char path[GOD_PATH_MAX];
    gdi_signals_catch();
    if (argc != 2 || gdi_layout_find(&layout, &err) != GOD_OK ||
        god_path_join(argv[1], "job.json", path, &err) != GOD_OK || gdi_job_read(path, &job, &err) != GOD_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 2;
    }
    const gdi_supervise_options options = {.worker_path = layout.worker_path, .stop_asked = stop_asked};
    god_status status = gdi_job_run(&options, argv[1], &job, &result, &err);
    gdi_job_clear(&job);
    if (status != GOD_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 3;
    }
    int code = result.outcome == GDI_OUTCOME_RESULT ? 0 : 1;
    gdi_result_clear(&result);
    return code;
}
