/* core/cli/job_work.h: `god job take|renew|answer`: work of the tournaments done by somebody else's program. [one] */
#ifndef GDI_CLI_JOB_WORK_H
#define GDI_CLI_JOB_WORK_H

#include "core/config/config.h"

typedef struct gdi_job_work {
    const char *owner, *result_path, *failed;
    int64_t minutes, fence; /* 0: not given */
} gdi_job_work;

/* Takes the option when it is one of these commands': then *ret_taken is 1. */
god_status gdi_job_work_option(gdi_job_work *work, const char *name, const char *value, uint32_t *ret_taken,
                               god_error *err);
/* `what` is the job, or for "take" the kinds with commas between them. Prints the host's answer as JSON. */
god_status gdi_job_work_do(const gdi_config *config, const gdi_job_work *work, const char *action, const char *what,
                           god_error *err);

#endif
