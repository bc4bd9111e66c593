/* task_args.h: the training command of a text task, byte for byte as miners' containers expect it. [any]
 *
 * argv, environment and mounts of spec/training.md 13.1, 13.3 and 13.5. What only the machine that starts the
 * container knows (ENVIRONMENT_SERVER_URLS, MINER_DATASETS_DIR, MINER_DATASETS) is added there, not here.
 */
#ifndef GTX_TASK_ARGS_H
#define GTX_TASK_ARGS_H

#include "common/task_spec.h"
#include "god/helpers/text.h"
#include "god/task.h"

/* model_hash_salt goes in front of the model id when the task has baseline statistics; "" is allowed. GOD_E_INVALID
 * names the first member that is missing; the sink's own failures are returned unchanged. */
god_status gtx_task_args(const gtx_task_spec *spec, const char *model_hash_salt, const god_args *sink, god_error *err);

/* Sets text to the value of --model: the id, or, where the miner must not learn it, the first 16 hex digits of SHA-256
 * over salt and id. */
god_status gtx_model_argument(const char *model, uint32_t anonymous, const char *salt, god_text *text, god_error *err);

/* The member "model_hash_salt" of a plug-in's section of god.yaml, "" when nothing is said. Owned by the caller. */
god_status gtx_salt_read(const char *config_json, char **ret_salt, god_error *err);

#endif
