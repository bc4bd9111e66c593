/* core/training/model_prep.h: the job that looks at a model before its task is trained: request, plan and answer of
 * training specification 2.4 and 17. It may change the model a little and measures what miners may use as baseline
 * statistics. [one] to read and make, [any] to look at. */
#ifndef GDI_TRAINING_MODEL_PREP_H
#define GDI_TRAINING_MODEL_PREP_H

#include <jansson.h>

#include "core/config/strings.h"
#include "core/training/request.h"

#define GDI_PREP_IMAGE_TEXT "gradientsio/model-prep-text:latest"
#define GDI_PREP_IMAGE_ENVIRONMENTS "gradientsio/model-prep-env:latest"
enum { GDI_PREP_ENVIRONMENTS_MAX = 16, GDI_PREP_EPISODES = 100 };

typedef struct gdi_prep_request {
    json_t *root; /* own; the rest is borrowed from it */
    const char *task_id, *model_id, *training_data_url;
    const char *task_type;                             /* "InstructTextTask" when it does not say */
    const char *hotkey;                                /* NULL: none */
    const json_t *augmentation;                        /* object; NULL: the model stays as it is */
    const json_t *reward_functions;                    /* array; NULL: none */
    const json_t *environments;                        /* object, name -> settings; NULL: none */
    uint32_t gpu_ids[GDI_REQUEST_GPUS_MAX], gpu_count; /* GPU 0 when it does not say */
} gdi_prep_request;

/* Is this JSON object a request of this kind, and not one that starts a training? */
uint32_t gdi_prep_request_is_one(const json_t *root);
/* Takes root, on failure too. GOD_E_INVALID names key and value. */
god_status gdi_prep_request_take(const char *where, json_t *root, gdi_prep_request *ret_request, god_error *err);
void gdi_prep_request_clear(gdi_prep_request *request); /* accepts a zeroed one */

typedef struct gdi_prep_plan {
    gdi_strings argv, downloader_argv;
    char *model_dir; /* own */
    const char *image;
    /* Sidecars: one for each different pair of image and command; the environments in order of their sidecar. */
    const char *environments[GDI_PREP_ENVIRONMENTS_MAX];
    uint32_t sidecar_of[GDI_PREP_ENVIRONMENTS_MAX], environment_count, sidecar_count;
    uint64_t memory_bytes, nano_cpus;
    uint32_t uses_internal_network; /* 1: it talks to sidecars and has no way out */
} gdi_prep_plan;

/* urls: addresses of the sidecars in their order; NULL: none was started, and environments are left out. */
god_status gdi_prep_plan_make(const gdi_prep_request *request, const char *salt, const gdi_strings *urls,
                              gdi_prep_plan *ret_plan, god_error *err);
void gdi_prep_plan_clear(gdi_prep_plan *plan); /* accepts a zeroed one */
/* What `god task args` shows of it. NULL: out of memory. */
json_t *gdi_prep_plan_to_json(const gdi_prep_request *request, const gdi_prep_plan *plan);

/* The answer: {"augmented_model_id", "baseline_stats"} from what the container printed: the last of its last
 * GDI_PREP_ANSWER_LINES lines that is such an object, since a log also holds what libraries say while they end. Either
 * may be null. The statistics are looked at, because they are stored, sent to trainers and shown to miners: task_type
 * is one of instruct, dpo, grpo and env, sections are objects, a share is from 0 to 1, at most GDI_PREP_VALUES_MAX
 * values lie at most GDI_PREP_DEPTH_MAX deep, and names and texts have at most GDI_PREP_TEXT_BYTES_MAX bytes (17.4).
 * GOD_E_DATA names what is wrong. *ret_answer is owned by the caller. */
enum {
    GDI_PREP_ANSWER_LINES = 64,
    GDI_PREP_ANSWER_BYTES_MAX = 4 << 20,
    GDI_PREP_DEPTH_MAX = 8,
    GDI_PREP_VALUES_MAX = 100000,
    GDI_PREP_TEXT_BYTES_MAX = 500
};
god_status gdi_prep_answer(const char *output, size_t bytes, json_t **ret_answer, god_error *err);

#endif
