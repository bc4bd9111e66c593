/* core/loader/checks_run.h: one evaluation of the given submissions, as a worker would do it. [one] */
#ifndef GDI_LOADER_CHECKS_RUN_H
#define GDI_LOADER_CHECKS_RUN_H

#include "core/loader/checks_data.h"
#include "core/loader/checks_report.h"

/* Everything that an evaluation needs. Points into itself: do not copy it. */
typedef struct gdi_check_job {
    gdi_check_session session;
    god_eval_job job;
    god_submission entries[GDI_CHECK_SUBMISSIONS_MAX];
    const god_submission *pointers[GDI_CHECK_SUBMISSIONS_MAX];
    char data_dir[GOD_PATH_MAX];
} gdi_check_job;

/* Opens an instance, prepares the data and lists the submissions. GDI_SKIP when something for it was not given. */
uint32_t gdi_check_job_open(const gdi_checked *what, gdi_check_job *ret_job, god_error *ret_why);
/* After a GDI_PASS. */
void gdi_check_job_close(const gdi_checked *what, gdi_check_job *job);

/* Puts one more submission in front of the others. */
void gdi_check_job_add_first(gdi_check_job *job, const char *id, const char *model_dir);

/* Runs the job into a report, which is begun here and ended by the caller, whatever is returned. *ret_status is what
 * `run` returned. GDI_FAIL when a report or a call of the host broke the contract. */
uint32_t gdi_check_job_run(const gdi_checked *what, gdi_check_job *job, gdi_check_report *ret_report,
                           god_status *ret_status, god_error *ret_err, god_error *ret_why);

/* The same for a run that must succeed. */
uint32_t gdi_check_job_run_well(const gdi_checked *what, gdi_check_job *job, gdi_check_report *ret_report,
                                god_error *ret_why);

/* Opens a job, hands it to the check and closes it. */
uint32_t gdi_check_with_job(const gdi_checked *what,
                            uint32_t (*check)(const gdi_checked *what, gdi_check_job *job, god_error *ret_why),
                            god_error *ret_why);

#endif
