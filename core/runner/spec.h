/* core/runner/spec.h: what a runner is told about one training, as run.json.
 *
 *   {"version": 1, "run_id": "0f3c...", "runner": "container", "config": {...},
 *    "trusted": false, "source_dir": "/abs/source", "dockerfile": "dockerfiles/standalone-text-trainer.dockerfile",
 *    "argv": ["--task-id", ...], "env": ["WANDB_MODE=offline", ...],
 *    "cache_dir": "/abs/cache", "output": "TASK/NAME", "labels": {"task_id": ...}, "gpu_ids": ["0"],
 *    "memory_bytes": ..., "nano_cpus": ..., "shm_bytes": ..., "pids_max": ..., "open_files_max": ...,
 *    "disk_bytes_max": ..., "log_bytes_max": ..., "build_network": false, "build_time_limit_s": 1800,
 *    "build_disk_bytes_max": ...,
 *    "time_limit_s": 3600, "sidecars": [{"image": "...", "command": [...]}]}
 *
 * A word of argv may hold "{server:0}": the address of the first sidecar, which is known only when it runs.
 *
 * Inside, whatever the runner: /cache read-only, /app/checkpoints writable (RUNDIR/checkpoints), the argv appended to
 * what the image starts, the variables of "env" and those that every engine sets (PATH, HOME, HOSTNAME), no way to any
 * network except to the run's own sidecars. Sources: training specification, sections 11 to 14; the two [S] figures of
 * memory and processors per GPU come in with the numbers.
 *
 * Owned by whoever read it; ended with gdi_run_spec_clear. [one] to read, [any] after.
 */
#ifndef GDI_RUNNER_SPEC_H
#define GDI_RUNNER_SPEC_H

#include <jansson.h>

#include "god/error.h"

enum { GDI_RUN_ID_BYTES_MAX = 64, GDI_RUN_SIDECARS_MAX = 16, GDI_RUN_GPUS_MAX = 64 };
/* Images for training with everything that belongs to CUDA take 20 to 40 GiB. */
#define GDI_RUN_BUILD_DISK_BYTES (INT64_C(200) << 30)

typedef struct gdi_run_spec {
    json_t *root;       /* own; every text below is borrowed from it */
    const char *run_id; /* letters, digits and -, at most GDI_RUN_ID_BYTES_MAX */
    const char *runner, *source_dir, *dockerfile, *cache_dir;
    const char *output; /* below checkpoints/: where the training must leave its result */
    const json_t *config, *argv, *env, *labels, *gpu_ids, *sidecars;
    uint32_t trusted, build_network;
    int64_t memory_bytes, nano_cpus, shm_bytes, pids_max, open_files_max, disk_bytes_max, log_bytes_max;
    int64_t build_time_limit_s, time_limit_s;
    int64_t build_disk_bytes_max; /* GDI_RUN_BUILD_DISK_BYTES when nobody said */
} gdi_run_spec;

/* GOD_E_DATA names the field. */
god_status gdi_run_spec_read(const char *run_dir, gdi_run_spec *ret_spec, god_error *err);
/* From a value that was read already (reference taken). `where` opens messages. */
god_status gdi_run_spec_take(const char *where, json_t *root, gdi_run_spec *ret_spec, god_error *err);
void gdi_run_spec_clear(gdi_run_spec *spec); /* accepts an empty one */

#endif
