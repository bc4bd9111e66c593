/* core/trainer/crew.h: the threads that run the jobs of a trainer, one for each job.
 *
 *   start ─► gdi_work_run ─► its record ends         GOD_OK
 *               ▲     └────► again in half a minute  anything else: this machine is at fault
 *               └── cancel: what runs is ended, then the same
 *
 * Stopping the crew leaves trainings running: each goes on in a process of its own, and the crew of the next start
 * waits for it (core/trainer/work.h). A record is "at work" from start until its thread has ended, so that its GPUs
 * stay taken while what was cancelled is removed.
 *
 * Every function may be called by any thread. [any]
 */
#ifndef GDI_TRAINER_CREW_H
#define GDI_TRAINER_CREW_H

#include "core/trainer/store.h"
#include "core/trainer/work.h"

enum { GDI_CREW_MAX = 256 };

typedef struct gdi_crew_options {
    const gdi_config *config; /* borrowed, as everything here */
    const gdi_layout *layout;
    const gdi_log *log;
    gdi_records *records;
    const char *jobs_dir;
    const gdi_training_types *types;
    pthread_mutex_t *types_mutex;
    const gdi_secrets *secrets;
    const char *salt, *hub_user; /* hub_user NULL: results stay here */
    /* A job has ended; called from its thread. May be NULL. */
    void (*ended)(void *user);
    void *user;
    uint32_t retry_ms; /* 0: 30 s */
} gdi_crew_options;

typedef struct gdi_crew gdi_crew; /* owned by whoever opened it */

/* Signals that stop the process must be blocked by the caller: they are for its own thread. */
god_status gdi_crew_open(const gdi_crew_options *options, gdi_crew **ret_crew, god_error *err);
/* Lets go of every job, waits for the threads, frees. Accepts NULL. */
void gdi_crew_close(gdi_crew *crew);

/* The record and the folder jobs_dir/<id> must be there. GOD_E_UNSUPPORTED when GDI_CREW_MAX jobs are at work. */
god_status gdi_crew_start(gdi_crew *crew, const char *id, god_error *err);
/* Its end comes later, as a failure. Nothing when nobody works on it. */
void gdi_crew_cancel(gdi_crew *crew, const char *id);

/* GDI_WORK_CLONING and so on, 0: nobody works on it. */
uint32_t gdi_crew_step(gdi_crew *crew, const char *id);
uint32_t gdi_crew_count(gdi_crew *crew);

/* Removes a folder on which nobody works, and whatever its run has left. Blocks. */
god_status gdi_crew_remove(gdi_crew *crew, const char *id, god_error *err);

#endif
