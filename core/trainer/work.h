/* core/trainer/work.h: the background job of a trainer: from an accepted request to an uploaded model, or to the answer
 * of a model preparation (training specification 7 to 17).
 *
 *   JOB/job.json        the request; its token sealed (core/store/seal.h), never in clear. Made by gdi_work_make
 *   JOB/source/         clone ─► the repository at its commit
 *   JOB/datasets.json   requested data sets ─► which of them could be fetched
 *   JOB/fetched.json    downloads ─► model, data and extras lie in the view, which the container sees as /cache
 *   JOB/run.json        run ─► core/runner/runner.h; JOB is the run's folder. god-runner works on it in a process of
 *   JOB/result.json            its own that does not die with this one
 *   JOB/uploaded.json   upload ─► the commit on the hub
 *   JOB/run_logs.json   run logs ─► core/trainer/run_logs.h
 *   JOB/end.json        cleanup ─► how it ended; from here on nothing but logs is left
 *
 *   <paths.cache_dir>/views/<id>/   the view: hard links into the cache (core/host/cache.h), this job's files only
 *
 * Each step first looks for what it would make. A process that is killed at any instant leaves a folder on which the
 * same call goes on: downloads where they broke off, and a training that survived is waited for, not started twice.
 * A log line may then come a second time.
 *
 * How a job ends is no status: a job whose repository cannot be cloned has ended, as a failure, with a sentence in its
 * log. A status other than GOD_OK means that the job has not ended and that the call is to be made again later.
 *
 * One call at a time for each folder (JOB/work.lock is held meanwhile), any number of folders at once, each in a thread
 * of its own. Blocks for hours. libcurl must have been started. [any]
 */
#ifndef GDI_TRAINER_WORK_H
#define GDI_TRAINER_WORK_H

#include <pthread.h>

#include "core/base/layout.h"
#include "core/config/config.h"
#include "core/store/seal.h"
#include "core/training/run_json.h"
#include "core/training/types.h"

/* ids of jobs: letters, digits and '-', at most GDI_RUN_ID_BYTES_MAX (64); containers, images and networks carry it. */

enum { /* steps, in their order */
       GDI_WORK_CLONING = 1,
       GDI_WORK_DATASETS,
       GDI_WORK_DOWNLOADING,
       GDI_WORK_RUNNING, /* building, sidecars, training; see gdi_run_state */
       GDI_WORK_UPLOADING,
       GDI_WORK_CLEANING,
       GDI_WORK_ENDED
};

enum { /* what stop_asked answers */
       GDI_WORK_GO_ON = 0,
       GDI_WORK_PAUSE = 1, /* this process is to end: the call returns GOD_E_CANCELLED at once, a training runs on */
       GDI_WORK_CANCEL = 2 /* the job is to end: what runs is ended, what is there removed, and the job is a failure */
};

/* Called from the thread of gdi_work_run, except stop_asked and progress, which downloads and uploads call from several
 * threads. All but stop_asked may be NULL. */
typedef struct gdi_work_calls {
    void *user;
    uint32_t (*stop_asked)(void *user); /* several times a second; cheap */
    /* A line for the job's log, without time and line feed: milestones and failures of training specification 4.3. */
    void (*log)(void *user, const char *line);
    void (*step)(void *user, uint32_t step); /* this step begins; also when there is nothing left to do in it */
    /* The training container runs; its time limit counts from started_us (time of day). Again after a restart. */
    void (*container_started)(void *user, const char *container_name, int64_t started_us);
    void (*progress)(void *user, const char *what, uint64_t done_bytes, uint64_t total_bytes); /* total 0: not known */
} gdi_work_calls;

/* What the host lends to a job. Everything is borrowed until the call returns. */
typedef struct gdi_work {
    const char *job_dir;      /* absolute; its last part is the id */
    const gdi_config *config; /* paths, hub, s3, limits of downloads */
    const gdi_layout *layout;
    const gdi_training_types *types;
    pthread_mutex_t *types_mutex; /* held while a plan is made: plug-ins take one call at a time; NULL: nobody else */
    const gdi_secrets *secrets;   /* what sealed the token */
    const char *salt;             /* MODEL_HASH_SALT; "" when there is none */
    const char *hub_user;         /* results become <hub_user>/<expected_repo_name>; NULL: they are not uploaded and
                                   * stay in JOB/checkpoints */
    const gdi_work_calls *calls;
    /* How to run: name and configuration of the runner, trusted, build_network, limits. run_id, source_dir, cache_dir
     * and sidecars are filled in here. runner NULL: "container". */
    gdi_run_settings run;
    const json_t *environments; /* their servers, see gdi_run_sidecars; may be NULL */
    /* Images of the model preparation; NULL: those of core/training/model_prep.h. prep_dir, when set, is a folder with
     * a Dockerfile that is built instead. */
    const char *prep_image, *prep_dir;
    uint64_t clone_time_limit_ms;    /* 0: ten minutes */
    uint64_t upload_pause_ms;        /* between tries; 0: ten seconds */
    uint32_t allow_local_repository; /* 1: file: and http: to loopback, for tests and one's own repositories */
} gdi_work;

enum { GDI_WORK_DATASET_TIME_LIMIT_S = 1800, GDI_WORK_MESSAGE_BYTES = 600 };

/* How a job ended. */
typedef struct gdi_work_end {
    uint32_t succeeded;
    int64_t ended_us;                     /* time of day */
    char message[GDI_WORK_MESSAGE_BYTES]; /* a sentence; "" for success */
    char repository[256], commit[41];     /* what was uploaded; "" for nothing, and when the hub does not say */
    char run_url[256];                    /* of its run log at Weights & Biases; "" for none */
    json_t *answer;                       /* own; of a model preparation that succeeded (2.4); else NULL */
} gdi_work_end;
void gdi_work_end_clear(gdi_work_end *end); /* accepts a zeroed one */

/* Makes JOBS/<id>/ with its job.json, whole or not at all. `request` is the object that the validator sent, of a
 * training or of a model preparation, checked already (core/training/request.h, model_prep.h). GOD_E_INVALID: bad id,
 * or the folder is there. */
god_status gdi_work_make(const char *jobs_dir, const char *id, const json_t *request, const gdi_secrets *secrets,
                         char ret_job_dir[GOD_PATH_MAX], god_error *err);

/* From wherever the folder stands to the end. A job that has ended already is only reported. GOD_E_CANCELLED after
 * GDI_WORK_PAUSE; GOD_E_TIMEOUT when another call works on the folder; GOD_E_IO, GOD_E_NOMEM and others when this
 * machine is at fault: the job goes on when the call is made again. */
god_status gdi_work_run(const gdi_work *work, gdi_work_end *ret_end, god_error *err);

/* How it ended. GOD_E_NOT_FOUND: it has not ended. */
god_status gdi_work_look(const char *job_dir, gdi_work_end *ret_end, god_error *err);

/* Ends and removes everything of a job, containers and folder too. Fine when there is nothing. Not while a call works
 * on it: GOD_E_TIMEOUT. */
god_status gdi_work_remove(const gdi_work *work, god_error *err);

#endif
