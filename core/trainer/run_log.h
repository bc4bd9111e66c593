/* core/trainer/run_log.h: what the log of a job says of its run, line by line as training specification 4.3 and 4.4
 * have it. JOB/said counts the milestones, so that a job that goes on after a restart does not repeat them. Internal to
 * core/trainer. [one] */
#ifndef GDI_TRAINER_RUN_LOG_H
#define GDI_TRAINER_RUN_LOG_H

#include "core/trainer/job.h"

void gdi_run_log_open(gdi_job *job); /* reads JOB/said */
/* Says what was reached since the last call. */
void gdi_run_log_follow(gdi_job *job, const gdi_run_state *state);
/* The end of the run: its lines, and a failed job unless its output is worth looking at. */
void gdi_run_log_end(gdi_job *job, const gdi_run_state *state);
/* "god-run-<id>" */
void gdi_run_log_container(const gdi_job *job, char ret_name[96]);

#endif
