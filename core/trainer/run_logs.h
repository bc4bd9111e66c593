/* core/trainer/run_logs.h: the offline run logs that a training leaves for Weights & Biases (training
 * specification 13.3 and 15.2, step 8). Internal to core/trainer. [one]
 *
 *     JOB/checkpoints/wandb_logs/TASK_HOTKEY/wandb/offline-run-*   what the training wrote
 *     JOB/run_logs/offline-run-*                                  what was taken of it: plain files only, within limits
 *     JOB/run_logs.json                                           {"url": ...}; they have been dealt with
 *
 * Taking them needs nothing. Sending them needs trainer.wandb_command, a program that knows the service, and a key; it
 * is run once for each of them in a jail of its own (bubblewrap): the machine's programs and that one are all it sees,
 * besides the logs, and the key is in its environment and nowhere else. What was sent is removed, what was not stays as
 * long as the job's folder. Nothing that goes wrong here fails a job; it is said in its log.
 */
#ifndef GDI_TRAINER_RUN_LOGS_H
#define GDI_TRAINER_RUN_LOGS_H

#include "core/trainer/job.h"

enum { GDI_RUN_LOGS_MAX = 16, GDI_RUN_LOGS_FILES_MAX = 10000, GDI_RUN_LOGS_TIME_LIMIT_S = 600 };
#define GDI_RUN_LOGS_BYTES_MAX (UINT64_C(1) << 30)

/* Takes and sends; fills job->end.run_url. GOD_E_CANCELLED. */
god_status gdi_run_logs_step(gdi_job *job, god_error *err);

/* Takes what `from` holds, an offline-run-* folder of a stranger's, as `to`, which must not be there. Links and special
 * files are left out. GOD_E_DATA when it is larger than the limits: then nothing is there. */
god_status gdi_run_logs_take(const char *from, const char *to, god_error *err);

/* Sends one with the program; `key` is the service's. The address of the run, "" when none was said, goes to ret_url.
 * GOD_E_IO with the program's last line when it fails; GOD_E_TIMEOUT; GOD_E_CANCELLED. */
enum { GDI_RUN_URL_BYTES = 256 };
god_status gdi_run_logs_send(const gdi_job *job, const char *dir, const char *key, char ret_url[GDI_RUN_URL_BYTES],
                             god_error *err);

/* The first "https://wandb.ai/..." of a text, up to a blank or a colour; "" when there is none. */
void gdi_run_logs_find_url(const char *text, char ret_url[GDI_RUN_URL_BYTES]);

#endif
