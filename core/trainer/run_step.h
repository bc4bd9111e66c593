/* core/trainer/run_step.h: the step that builds and trains: run.json, a god-runner, waiting for it, and what the log
 * says of it (training specification 4.3, 9 and 11 to 14). Internal to core/trainer. [one] */
#ifndef GDI_TRAINER_RUN_STEP_H
#define GDI_TRAINER_RUN_STEP_H

#include "core/trainer/job.h"

/* sidecars: array for run.json, NULL: none. Leaves JOB/result.json, or a failed job. GOD_E_CANCELLED after a pause; the
 * training then runs on. */
god_status gdi_run_step(gdi_job *job, const json_t *sidecars, god_error *err);

/* Ends and removes what a run of this job has left outside its folder. Takes up to a minute when the engine is slow. */
god_status gdi_run_remove(const gdi_work *work, god_error *err);

enum { GDI_RUN_TRIES = 3, GDI_RUN_PAUSE_MS = 3000 };

#endif
