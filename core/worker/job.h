/* core/worker/job.h: job.json, what a worker is asked to do.
 *
 *   {"version": 1, "id": "a1", "operation": "evaluate", "row": 1,
 *    "plugin": {"path": "/abs/x.so", "sha256": "...", "id": "god.text.instruct", "config": {}},
 *    "spec": {... the task ...},
 *    "inputs": {"data": "/abs/rows.json"},            what the plug-in's needs are met with
 *    "input_sha256": {"data": "..."},                 optional: measured already
 *    "base_model_dir": "/abs/base",                   optional
 *    "submissions": [{"id": "alice", "model_dir": "/abs/alice"}],
 *    "device": "cpu", "device_index": 0, "precision": "f32", "threads": 2, "seed": 0,
 *    "batch_tokens_max": 0, "seq_len_max": 0, "device_bytes_max": 0, "time_limit_ms": 0, "grace_ms": 10000,
 *    "cache_dir": "/abs/cache", "nn_dir": "/abs/lib/god/nn",
 *    "http": {"allow": ["https://..."], "bytes_max": 1, "time_limit_ms": 1},   optional: no network without it
 *    "digests": {...}}                                optional: copied into the result
 *
 * "operation" is "evaluate", "check" (is the spec well formed? needs neither inputs nor submissions; what the plug-in
 * needs from hub and object store becomes facts: "need.KEY", "need.KEY.revision", "need.KEY.sha256") or "explain" (what
 * is scored of the row "row", counted from 1? needs no submissions) or "intake" (core/worker/intake.h: what becomes of
 * the files "0", "1", ... of a data set? needs no submissions; without inputs, what is wanted). Everything from
 * "device" on may be left out and has a default, except cache_dir, which "evaluate" and "explain" need. Keys that are
 * not named here are passed over. Every path is absolute.
 *
 * A gdi_job owns its JSON; every string in it lives as long as the job. [one] to read, [any] to look at.
 */
#ifndef GDI_WORKER_JOB_H
#define GDI_WORKER_JOB_H

#include <jansson.h>

#include "god/eval.h"
#include "god/error.h"

enum {
    GDI_JOB_BYTES_MAX = 16 << 20,
    GDI_JOB_SPEC_BYTES_MAX = 1 << 20,
    GDI_JOB_SUBMISSIONS_MAX = 4096,
    GDI_JOB_INPUTS_MAX = 128,
    GDI_JOB_ID_BYTES_MAX = 128,
    GDI_JOB_THREADS_MAX = 1024
};
enum { GDI_OPERATION_EVALUATE = 1, GDI_OPERATION_CHECK = 2, GDI_OPERATION_EXPLAIN = 3, GDI_OPERATION_INTAKE = 4 };

typedef struct gdi_job_input {
    const char *key, *path;
    const char *sha256; /* NULL: not measured yet */
} gdi_job_input;

typedef struct gdi_job_submission {
    const char *id, *model_dir;
} gdi_job_submission;

typedef struct gdi_job {
    json_t *root;                    /* own */
    char *spec_json, *plugin_config; /* own */
    gdi_job_input *inputs;           /* own */
    gdi_job_submission *submissions; /* own */
    uint32_t input_count, submission_count;
    uint32_t operation;
    const char *id;
    const char *plugin_path, *plugin_id;
    const char *plugin_sha256;  /* NULL: whatever the file is */
    const char *task_type;      /* of the spec; "" when it does not say */
    const char *base_model_dir; /* NULL: none */
    const char *cache_dir;      /* "" in a check */
    const char *nn_dir;         /* NULL: that of the installation */
    uint32_t device, precision, threads, batch_tokens_max, seq_len_max;
    int32_t device_index;
    uint64_t seed, device_bytes_max, time_limit_ms, grace_ms;
    uint64_t row;             /* of "explain"; 1 when the job does not say */
    const json_t *http_allow; /* array of strings; NULL: no network */
    uint64_t http_bytes_max, http_time_limit_ms;
    const json_t *digests; /* object or NULL */
} gdi_job;

/* GOD_E_DATA with the place and the value: `job.json: "threads" is 0, 1 to 1024 is needed`. */
god_status gdi_job_parse(const char *where, const char *text, size_t bytes, gdi_job *ret_job, god_error *err);
god_status gdi_job_read(const char *path, gdi_job *ret_job, god_error *err);
/* Takes `root` (also on failure). */
god_status gdi_job_from_json_take(const char *where, json_t *root, gdi_job *ret_job, god_error *err);
god_status gdi_job_write(const char *path, const gdi_job *job, god_error *err);

/* The same job for `count` of its submissions, from `first` on, with id "ID.first-last". */
god_status gdi_job_part(const gdi_job *job, uint32_t first, uint32_t count, gdi_job *ret_part, god_error *err);

void gdi_job_clear(gdi_job *job); /* accepts an empty one */

#endif
