/* task_spec.h: the members of a task that every text and environment task type shares, read once with sentences that
 * name them. [any]
 *
 * The object is `training_data` of spec/training.md 2.1 with `task_type` and `hotkey` beside it. Members that are
 * absent stay NULL; gtx_task_args says which of them a training command needs.
 */
#ifndef GTX_TASK_SPEC_H
#define GTX_TASK_SPEC_H

#include <jansson.h>

#include "god/error.h"

typedef struct gtx_task_spec {
    json_t *root; /* owned; the rest borrows from it */
    const char *task_id, *task_type, *model, *dataset, *file_format, *expected_repo_name, *hotkey;
    const char *profile;  /* "P1" (default) or "P2": library generation whose token ids count, spec/evaluation.md 0.2 */
    json_t *dataset_type; /* complete record of the kind, keys in contract order; owned */
    double hours_to_complete;    /* -1: absent */
    double kl_coef;              /* 0 unless use_kl */
    uint32_t use_kl;             /* 1: training gets USE_KL and KL_COEF; scoring adds the term when kl_coef > 0 */
    uint32_t has_baseline_stats; /* the model id is replaced by its hash */
} gtx_task_spec;

/* Kinds of `dataset_type` (spec/training.md 2.2). */
typedef enum gtx_kind {
    GTX_KIND_INSTRUCT = 1,
    GTX_KIND_DPO,
    GTX_KIND_GRPO,
    GTX_KIND_CHAT,
    GTX_KIND_ENVIRONMENT
} gtx_kind;

/* Parses and checks. `task_type` is what the plug-in does ("InstructTextTask"): another one in the spec is refused, an
 * absent one is taken as this. GOD_E_INVALID with a sentence naming the key and the value. */
god_status gtx_task_spec_parse(const char *spec_json, const char *task_type, gtx_kind kind, gtx_task_spec *ret_spec,
                               god_error *err);
void gtx_task_spec_free(gtx_task_spec *spec); /* accepts a zeroed one */

/* The record with every key of its kind in contract order, defaults filled in. Unknown keys and wrong types are
 * GOD_E_INVALID. *ret_record is owned by the caller. */
god_status gtx_record_complete(gtx_kind kind, const json_t *record, json_t **ret_record, god_error *err);
/* What this kind knows of the record, completed in the same way; unknown keys are passed over, as a training request
 * may have them. *ret_keys is the number of known keys that are there, those of reward functions too. */
god_status gtx_record_known(gtx_kind kind, const json_t *record, uint32_t *ret_keys, json_t **ret_record,
                            god_error *err);

/* A value that becomes a part of paths and container names: letters, digits, ".", "_" and "-", no "..". NULL is fine.
 * GOD_E_INVALID names the key. */
god_status gtx_check_name(const char *key, const char *value, god_error *err);

#endif
