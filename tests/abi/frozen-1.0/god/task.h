/* god/task.h: interface "god.task/1": is this task well formed, and how is a miner's training container started?
 *
 * A task travels as one JSON object, the `spec`. The keys that every task shares are `task_id`, `task_type`, `model`,
 * `hours_to_complete`, `expected_repo_name` and `hotkey`; the rest belong to the task type and only its plug-in reads
 * them. sdk/docs/task.md lists those of the plug-ins in this repository.
 */
#ifndef GOD_TASK_H
#define GOD_TASK_H

#include "god/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_TASK_ID "god.task/1"

/* The host's sink for the training command. Strings are copied before a call returns; a status other than GOD_OK is
 * to be returned by the plug-in unchanged. [any] during build_args */
typedef struct god_args {
    uint32_t size;
    void *ctx;
    god_status (*arg)(void *ctx, const char *name, const char *value_or_null); /* "--task-id", "abc"; in argv order */
    god_status (*env)(void *ctx, const char *name, const char *value);
    /* artifact_key names something the host holds ("cache", "checkpoints"); target is the path in the container. */
    god_status (*mount)(void *ctx, const char *artifact_key, const char *target, uint32_t read_only);
} god_args;

typedef struct god_task {
    uint32_t size;
    /* [one] GOD_OK, or GOD_E_INVALID with a sentence that names the key and the value. */
    god_status (*check)(god_instance *instance, const char *spec_json, god_error *err);
    /* [one] Writes the whole training command into the sink. The same spec gives the same calls in the same order. */
    god_status (*build_args)(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err);
} god_task;

#ifdef __cplusplus
}
#endif
#endif
