/* core/training/run_json.h: a plan as the run.json that a runner takes (core/runner/spec.h). What a runner gives beyond
 * the plan's own values is chosen here: limits that the published contract leaves open, with safe values. [any]
 */
#ifndef GDI_TRAINING_RUN_JSON_H
#define GDI_TRAINING_RUN_JSON_H

#include "core/training/plan.h"

typedef struct gdi_run_settings {
    const char *run_id, *runner;
    const char *source_dir, *cache_dir; /* absolute */
    const json_t *config;               /* of the runner; NULL: {} */
    const json_t *sidecars;             /* array; NULL: none */
    uint32_t trusted, build_network;
    /* 0: the value in brackets */
    uint64_t memory_bytes;         /* [that of the plan: 110 GiB per GPU] */
    uint64_t nano_cpus;            /* [that of the plan: 24 per GPU] */
    uint64_t pids_max;             /* [16,384] */
    uint64_t open_files_max;       /* [65,536, or what this process may have] */
    uint64_t disk_bytes_max;       /* [500 GiB] */
    uint64_t log_bytes_max;        /* [64 MiB] */
    uint64_t build_time_limit_s;   /* [30 minutes, training specification 11] */
    uint64_t build_disk_bytes_max; /* [that of core/runner/spec.h] */
    uint64_t time_limit_s;         /* [that of the plan] */
} gdi_run_settings;

/* The published image of environment servers. */
#define GDI_RUN_ENVIRONMENT_IMAGE "gradientsio/mcts-api:latest"
/* The servers of a training, one for each GPU, all of the environment that the plan names: [] for none. environments:
 * {"gin_rummy": {"image": "...", "command": [...]}, ...}; NULL, or no entry: GDI_RUN_ENVIRONMENT_IMAGE with its own
 * command. Owned by the caller; NULL: no memory. */
json_t *gdi_run_sidecars(const gdi_plan *plan, const json_t *environments);

/* Owned by the caller. */
god_status gdi_run_json(const gdi_plan *plan, const gdi_run_settings *settings, json_t **ret_root, god_error *err);

#endif
