/* core/trainer/download.h: the two steps that bring a training what it needs: the data sets that the miner asked for,
 * and model, data and extras (training specification 8 and 10). Everything is fetched into the cache that all jobs
 * share, and linked into the job's view. Internal to core/trainer. [one]
 */
#ifndef GDI_TRAINER_DOWNLOAD_H
#define GDI_TRAINER_DOWNLOAD_H

#include "core/trainer/job.h"

/* Fetches what is missing and notes in datasets.json what is there; one that fails is skipped with a log line. Then the
 * plan is made anew: its variables name those that are there. Fails only with GOD_E_CANCELLED and for this machine. */
god_status gdi_download_datasets(gdi_job *job, god_error *err);

/* Fills the view; fetched.json says that it is whole. GOD_E_NOT_FOUND, GOD_E_DATA, GOD_E_IO...: what cannot be had. */
god_status gdi_download_all(gdi_job *job, god_error *err);
/* The same for a model preparation: the model, hidden, and the data. */
god_status gdi_download_for_prep(gdi_job *job, god_error *err);

#endif
