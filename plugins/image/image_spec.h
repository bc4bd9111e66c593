/* image_spec.h: an image task, read once with sentences that name the key and the value. [any]
 *
 * The object is the image form of `training_data` (spec/training.md 2.1) with `task_type` and `hotkey` beside it.
 * Members that are absent stay NULL; a training command says which of them it needs.
 */
#ifndef GIM_IMAGE_SPEC_H
#define GIM_IMAGE_SPEC_H

#include <jansson.h>

#include "god/error.h"

#define GIM_TASK_TYPE "ImageTask"

/* What differs between the families of image models. */
typedef struct gim_model_type {
    const char *name;
    const char *dockerfile;
    uint32_t single_file;                      /* 1: a large .safetensors file in the root is the whole model */
    const char *extra_repository, *extra_file; /* a file that the trainer image loads beside the model, or NULL */
} gim_model_type;

/* NULL for a name that is none. `text` lists the known ones for messages. */
const gim_model_type *gim_model_type_find(const char *name);
#define GIM_MODEL_TYPES "sdxl, flux, z-image and qwen-image"

typedef struct gim_spec {
    json_t *root; /* owned; the rest borrows from it */
    const char *task_id, *model, *dataset_zip, *trigger_word, *expected_repo_name, *hotkey;
    const gim_model_type *model_type; /* sdxl unless the task says another one */
    double hours_to_complete;         /* -1: absent */
    uint32_t has_baseline_stats;      /* the model id is replaced by its hash */
} gim_spec;

/* GOD_E_INVALID with a sentence. A task_type other than ImageTask is refused, an absent one is fine. */
god_status gim_spec_parse(const char *spec_json, gim_spec *ret_spec, god_error *err);
void gim_spec_free(gim_spec *spec); /* accepts a zeroed one */

#endif
