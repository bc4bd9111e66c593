/* core/worker/result.h: result.json, how a job ended.
 *
 *   {"version": 1, "job_id": "a1", "outcome": "result", "status": "GOD_OK", "message": "",
 *    "task_type": "InstructTextTask", "direction": "lower", "primary": "eval_loss",
 *    "score": {"lowest": 0, "highest": 100, "tie_epsilon": 0,
 *              "metrics": [{"name": "eval_loss", "title": "loss", "decimals": 4}]},
 *    "submissions": [{"id": "alice", "status": "ok", "message": "",
 *                     "metrics": {"eval_loss": {"value": 1.25, "items": 64}}, "notes": [],
 *                     "artifacts": {"examples": "artifacts/0-examples"}}],      relative to the job folder
 *    "example": [...],                       of an "explain" job, see core/worker/example.h; absent otherwise
 *    "facts": {"engine": "..."}, "digests": {...}, "started_at": "...Z", "finished_at": "...Z"}
 *
 * "status" of a submission is "ok", "failed", or the word that the plug-in excluded it with. Only "ok" may be ranked,
 * and only when the outcome is "result". direction, primary and score are there as soon as the plug-in stated them.
 *
 * A gdi_result is owned by its caller and ended with gdi_result_clear. [one]
 */
#ifndef GDI_WORKER_RESULT_H
#define GDI_WORKER_RESULT_H

#include "core/base/clock.h"
#include "core/worker/job.h"

enum {
    GDI_OUTCOME_RESULT = 1,   /* done, and the worker ended well */
    GDI_OUTCOME_PLUGIN_ERROR, /* the plug-in returned a status; see `status` */
    GDI_OUTCOME_CRASH,        /* a signal, or a bad exit after it said it was done */
    GDI_OUTCOME_TIMEOUT,      /* the deadline passed */
    GDI_OUTCOME_NO_RESULT,    /* it ended without saying that it was done */
    GDI_OUTCOME_CANCELLED     /* we asked it to stop */
};

typedef struct gdi_result {
    uint32_t outcome;
    god_status status;  /* of a plug-in error; GOD_OK otherwise */
    uint32_t hung;      /* it had to be killed because it did not react */
    char message[600];  /* one sentence; "" for a result */
    uint32_t direction; /* GOD_LOWER_WINS, GOD_HIGHER_WINS; 0: not stated yet */
    double lowest, highest, tie_epsilon;
    json_t *primary;     /* own: string or NULL */
    json_t *metrics;     /* own: array of {name, title, decimals} */
    json_t *submissions; /* own: array, one object per submission of the job, in its order */
    json_t *facts;       /* own: object of strings */
    json_t *example;     /* own: array, or NULL */
    char started_at[GDI_CLOCK_UTC_BYTES], finished_at[GDI_CLOCK_UTC_BYTES];
} gdi_result;

/* An open result for a job: every submission is "ok" and has nothing yet. */
god_status gdi_result_begin(const gdi_job *job, gdi_result *ret_result, god_error *err);
void gdi_result_clear(gdi_result *result); /* accepts an empty one */

/* Writes JOBDIR/result.json, whole or not at all. */
god_status gdi_result_write(const char *job_dir, const gdi_job *job, const gdi_result *result, god_error *err);
/* GOD_E_NOT_FOUND when there is none yet. */
god_status gdi_result_read(const char *job_dir, gdi_result *ret_result, god_error *err);

const char *gdi_outcome_name(uint32_t outcome);                          /* "result"; static text */
const char *gdi_result_primary(const gdi_result *result);                /* "" when not stated */
json_t *gdi_result_submission(const gdi_result *result, uint32_t index); /* borrowed */
const char *gdi_result_submission_status(const gdi_result *result, uint32_t index);
/* Returns 1 and the value when the submission has this metric. */
uint32_t gdi_result_metric(const gdi_result *result, uint32_t index, const char *name, double *ret_value);

/* Sets status and message of a submission; the first one that is not "ok" stays. */
god_status gdi_result_set_status(gdi_result *result, uint32_t index, const char *status, const char *message,
                                 god_error *err);
/* "failed" for every submission, whatever was reported, and no metrics: nothing from a worker that died counts. */
god_status gdi_result_fail_all(gdi_result *result, const char *message, god_error *err);

#endif
