/* core/trainer/upload.h: the step after a training: what it left is looked at, named after its real base model and
 * becomes a repository on the hub (training specification 15; core/host/publish.h). Internal to core/trainer. [one]
 *
 * Nothing is deleted here before the hub has it; JOB/uploaded.json then says so.
 */
#ifndef GDI_TRAINER_UPLOAD_H
#define GDI_TRAINER_UPLOAD_H

#include "core/trainer/job.h"

/* Says in the log what is wrong with the output, if something is, and uploads it. Fills repository and commit of
 * job->end, or fails the job. GOD_E_CANCELLED. */
god_status gdi_upload_step(gdi_job *job, god_error *err);

/* `dir` becomes the repository <hub_user>/<name>, its metadata naming base_model; fills repository and commit of
 * job->end and writes uploaded.json. As gdi_publish. */
god_status gdi_upload_folder(gdi_job *job, const char *dir, const char *base_model, const char *name, god_error *err);

#endif
