/* core/training/plan.h: everything that a training is started with: one request, one plan, no side effects.
 *
 *   request ──resolve──► task type ──build_args──► argv, environment, mounts
 *                                  ──plan────────► Dockerfile, names, downloads, labels
 *                         + what the host adds for every type: limits, places, sidecars, requested data sets
 *
 * Values are those of training specification 9 to 15, to the letter: miners' repositories depend on them. Runners take
 * what they need from here. A plan owns all of its strings. [one] to make, [any] to look at.
 */
#ifndef GDI_TRAINING_PLAN_H
#define GDI_TRAINING_PLAN_H

#include "core/training/datasets.h"
#include "core/training/types.h"

enum {
    GDI_PLAN_MOUNTS_MAX = 8,
    GDI_PLAN_STRINGS_MAX = 256,       /* in each list */
    GDI_PLAN_LIST_BYTES_MAX = 2 << 20 /* all strings of a list together; a kernel takes no longer command */
};

/* Limits of one GPU's share of a machine (section 1.1). */
#define GDI_PLAN_MEMORY_BYTES_PER_GPU (UINT64_C(110) << 30)
#define GDI_PLAN_NANO_CPUS_PER_GPU UINT64_C(24000000000)
#define GDI_PLAN_SHM_BYTES (UINT64_C(8) << 30)
#define GDI_PLAN_SHM_BYTES_MANY (UINT64_C(16) << 30) /* with GDI_PLAN_SHM_MANY_GPUS or more */
enum { GDI_PLAN_SHM_MANY_GPUS = 4, GDI_PLAN_SIDECAR_PORT = 8000 };

/* Names that every container of a training shares with the engine. */
#define GDI_PLAN_NETWORK "internal_bridge"

typedef struct gdi_plan_mount {
    char *key, *target; /* own; "checkpoints" at "/app/checkpoints/" */
    uint32_t read_only;
} gdi_plan_mount;

/* What only the caller knows. Everything is borrowed; a zeroed struct is fine. */
typedef struct gdi_plan_options {
    const char *clone_root;           /* NULL: GDI_CLONE_ROOT */
    const json_t *whitelist;          /* array of data set ids; NULL: the one that the program came with */
    const gdi_strings *datasets_here; /* those that could be fetched; NULL: every one that may be asked for */
    const gdi_strings *sidecar_urls;  /* in the order of the GPUs; NULL: not started yet */
} gdi_plan_options;

typedef struct gdi_plan {
    char *task_type, *spec_json;
    /* the training container */
    gdi_strings argv;
    gdi_strings environment; /* "NAME=value" */
    gdi_strings labels;      /* "name=value" */
    gdi_plan_mount mounts[GDI_PLAN_MOUNTS_MAX];
    uint32_t mount_count;
    char *dockerfile, *image, *container_prefix;
    uint64_t memory_bytes, nano_cpus, shm_bytes, timeout_seconds;
    uint32_t gpu_ids[GDI_REQUEST_GPUS_MAX], gpu_count;
    /* around it */
    char *clone_dir, *model_dir, *data_path; /* the last two as the container sees them */
    char *stats_path;                        /* of the baseline statistics in the container; NULL: there are none */
    gdi_strings downloader_argv;
    gdi_strings extras;             /* "repository" or "repository file", fetched beside the model */
    gdi_strings requested_datasets; /* ids that may be fetched for the miner */
    uint64_t single_file_bytes_min; /* see god_training_plan */
    uint32_t row_count, anonymous;  /* anonymous 1: the model id is hidden, the downloader gets the salt */
    char *row_json;                 /* NULL without row_count */
    char *sidecar;                  /* environment of the servers; NULL: none */
    uint32_t sidecar_count;         /* one for each GPU */
    /* afterwards */
    char *upload_local_folder;
    char *upload_subfolder; /* NULL: the root of the repository */
    char *upload_model;     /* the real id */
    char *run_log_dir;
    uint32_t keeps_run_log;
} gdi_plan;

/* GOD_E_INVALID when the request is at fault, with a sentence; otherwise what the plug-in says. */
god_status gdi_plan_make(const gdi_training_types *types, const gdi_start_request *request,
                         const gdi_plan_options *options, gdi_plan *ret_plan, god_error *err);
void gdi_plan_clear(gdi_plan *plan); /* accepts a zeroed one */

/* The value of a variable of the container, NULL when it is not set. */
const char *gdi_plan_variable(const gdi_plan *plan, const char *name);

/* floor(hours * 3600), at least 1. hours from 0 to GDI_REQUEST_HOURS_MAX. */
uint64_t gdi_plan_seconds(double hours);

/* What `god task args` shows, and its "host_config" alone. Owned by the caller. NULL: out of memory. */
json_t *gdi_plan_to_json(const gdi_plan *plan);
json_t *gdi_plan_host_config(const gdi_plan *plan);

#endif
