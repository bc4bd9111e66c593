/* core/trainer/job.h: one job while gdi_work_run works on it, and its files. Internal to core/trainer/work*.c and what
 * stands below them. Lives on the stack of that call. [one] */
#ifndef GDI_TRAINER_JOB_H
#define GDI_TRAINER_JOB_H

#include "core/runner/state.h"
#include "core/trainer/work.h"
#include "core/training/model_prep.h"

typedef struct gdi_job {
    const gdi_work *work;
    char id[65];
    char view_dir[GOD_PATH_MAX]; /* <paths.cache_dir>/views/<id> */
    char *token;                 /* own, in clear; NULL: none */
    /* one of them */
    uint32_t is_prep;
    gdi_start_request request;
    gdi_prep_request prep;
    gdi_plan plan; /* of a training; made anew when it is known which data sets are here */
    gdi_prep_plan prep_plan;
    /* how it goes */
    uint32_t said;       /* milestones of the run that the log has already, see run_log.c */
    uint64_t pull_said;  /* bytes of pull.log that the log has already */
    uint32_t has_output; /* 1: the run left an output that was looked at (core/runner/output.h) */
    uint32_t has_ended;  /* `end` is decided: nothing is left but cleaning */
    gdi_work_end end;
} gdi_job;

/* Reads job.json and opens the token. */
god_status gdi_job_open(const gdi_work *work, gdi_job *ret_job, god_error *err);
void gdi_job_close(gdi_job *job); /* accepts a zeroed one; keeps `end` */

god_status gdi_job_path(const gdi_job *job, const char *name, char ret_path[GOD_PATH_MAX], god_error *err);
uint32_t gdi_job_has(const gdi_job *job, const char *name);

/* The plan of a training: those of the requested data sets that are here; NULL: every one that may be asked for. */
god_status gdi_job_plan(gdi_job *job, const gdi_strings *datasets_here, god_error *err);

/* A line for the job's log. Secrets and what stands before an @ in addresses are taken out. */
GOD_PRINTF(2, 3) void gdi_job_say(const gdi_job *job, const char *format, ...);
/* Decides that the job is a failure. `format` is the sentence of its end; say what belongs into the log before. */
GOD_PRINTF(2, 3) void gdi_job_give_up(gdi_job *job, const char *format, ...);

uint32_t gdi_job_stop_asked(const gdi_job *job); /* GDI_WORK_GO_ON, ..._PAUSE, ..._CANCEL */
/* After a step that returned GOD_E_CANCELLED: GOD_E_CANCELLED again for a pause, GOD_OK and a failed job otherwise. */
god_status gdi_job_cancelled(gdi_job *job, god_error *err);

/* The end as a file: outcome.json when it is decided, end.json when everything is cleaned. */
god_status gdi_job_write_end(const gdi_job *job, const char *name, god_error *err);
god_status gdi_job_read_end(const char *job_dir, const char *name, gdi_work_end *ret_end, god_error *err);

#endif
