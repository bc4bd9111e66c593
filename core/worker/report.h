/* core/worker/report.h: the god_report of a worker: what a plug-in says about its submissions, as frames.
 *
 * Mistakes of the plug-in are answered here with a status, so that it learns of them; the supervisor checks again,
 * because it trusts nothing that comes from this process. [any] */
#ifndef GDI_WORKER_REPORT_H
#define GDI_WORKER_REPORT_H

#include "core/worker/job.h"
#include "core/worker/outbox.h"

typedef struct gdi_reporter {
    god_report report; /* hand this to the plug-in */
    gdi_outbox *outbox;
    uint32_t submission_count;
    const char *job_dir, *work_dir; /* artifacts are copied from the second into the first */
    char refusal[200];              /* what was refused last: "it reported submission 7 of 3"; guarded by lock */
    pthread_mutex_t lock;
} gdi_reporter;

/* All arguments are borrowed for as long as the reporter is used. */
void gdi_reporter_init(gdi_reporter *reporter, gdi_outbox *outbox, const gdi_job *job, const char *job_dir,
                       const char *work_dir);

#endif
