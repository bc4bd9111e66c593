/* core/trainer/prep.h: the job that looks at a model before its task is trained (training specification 17), run as a
 * training is: its own steps around god-runner. Internal to core/trainer. [one]
 *
 * The container gets what section 17.2 says, with three differences that come from running it like a miner's: it has no
 * way out of its network and no token, so the data is fetched by the host and --training-data names its file in /cache;
 * a model that it has changed is left in /app/checkpoints/<task>/model and uploaded by the host; /cache is read-only.
 */
#ifndef GDI_TRAINER_PREP_H
#define GDI_TRAINER_PREP_H

#include "core/trainer/job.h"

/* The plan: what is downloaded, and in job->plan what is run. */
god_status gdi_prep_plan_step(gdi_job *job, god_error *err);
/* JOB/source: a Dockerfile that is nothing but the configured image, or a link to the configured folder. */
god_status gdi_prep_source_step(gdi_job *job, god_error *err);
/* One environment server for each pair of image and command. NULL: none; owned by the caller. */
json_t *gdi_prep_sidecars(const gdi_job *job);
/* The answer in what the container printed, and the changed model when there is one; or a failed job. */
god_status gdi_prep_answer_step(gdi_job *job, god_error *err);

#endif
