/* core/training/request.h: the request that starts a training (training specification 2.1), checked as far as every
 * task type has it. What belongs to a task type is left to its plug-in (core/training/types.h).
 *
 *   {"training_data": {"task_id", "model", "hours_to_complete", "expected_repo_name", "baseline_stats", ...},
 *    "github_repo", "github_commit_hash", "github_token", "gpu_ids": [0], "hotkey", "requested_datasets": [...]}
 *
 * Unknown keys are passed over. The words of the original's answer 422 are not kept: ours name the key and the value.
 * A request owns its JSON; every string in it lives as long as the request. [one] to read, [any] to look at.
 */
#ifndef GDI_TRAINING_REQUEST_H
#define GDI_TRAINING_REQUEST_H

#include <jansson.h>

#include "god/error.h"

enum {
    GDI_REQUEST_BYTES_MAX = 4 << 20,
    GDI_REQUEST_GPUS_MAX = 64,
    GDI_REQUEST_GPU_ID_MAX = 1023,
    GDI_REQUEST_DATASETS_MAX = 64,
    GDI_REQUEST_NAME_BYTES_MAX = 200,  /* of names that become parts of paths */
    GDI_REQUEST_TEXT_BYTES_MAX = 2048, /* of addresses, model ids and tokens */
    GDI_REQUEST_HOURS_MAX = 24 * 366
};

typedef struct gdi_start_request {
    json_t *root;          /* own */
    json_t *training_data; /* the rest is borrowed from root */
    const char *task_id, *model, *hotkey, *github_repo;
    const char *expected_repo_name;   /* NULL: none */
    const char *github_commit_hash;   /* NULL: the default branch */
    const char *github_token;         /* NULL: none; a secret */
    const json_t *baseline_stats;     /* object; NULL: none */
    const json_t *requested_datasets; /* array of strings; NULL: none */
    double hours_to_complete;         /* 0 to GDI_REQUEST_HOURS_MAX */
    uint32_t gpu_ids[GDI_REQUEST_GPUS_MAX];
    uint32_t gpu_count; /* 1 or more, each id once */
} gdi_start_request;

/* GOD_E_INVALID: `request.json: "gpu_ids" is empty, at least one is needed`. `where` opens every message. */
god_status gdi_start_request_parse(const char *where, const char *text, size_t bytes, gdi_start_request *ret_request,
                                   god_error *err);
god_status gdi_start_request_read(const char *path, gdi_start_request *ret_request, god_error *err);
void gdi_start_request_clear(gdi_start_request *request); /* accepts a zeroed one */

#endif
