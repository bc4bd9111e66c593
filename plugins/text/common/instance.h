/* instance.h: an opened text plug-in: the host and what its section of god.yaml says. [any] */
#ifndef GTX_INSTANCE_H
#define GTX_INSTANCE_H

#include "god/plugin.h"

/* Members of a config schema, for the plug-ins to choose from. */
#define GTX_CONFIG_SALT                                                                                               \
    "\"model_hash_salt\": {\"type\": \"string\", \"description\": \"put before a model id when it is hashed to hide " \
    "it from miners; the same on every trainer\"}"
#define GTX_CONFIG_BASE_STATES                                                                                    \
    "\"base_states_mib\": {\"type\": \"integer\", \"minimum\": 0, \"description\": \"device memory for the base " \
    "model's states of a task with a KL term; what does not fit is computed again for each submission\"}"
#define GTX_CONFIG_SCHEMA(members) \
    "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {" members "}}"

#define GTX_BASE_STATES_MIB 4096 /* default: 500 000 label tokens of a 7B model in bf16 */

typedef struct gtx_task_type gtx_task_type; /* common/task_type.h */

struct god_instance {
    const gtx_task_type *type;
    const god_host *host;
    char *model_hash_salt; /* "" when nothing is said */
    uint64_t base_states_bytes_max;
};

/* god_plugin.open, beside the type that the plug-in is about, and .close of every text plug-in. */
god_status gtx_instance_open(const gtx_task_type *type, const god_host *host, const char *config_json,
                             god_instance **ret_instance, god_error *err);
void gtx_instance_close(god_instance *instance);

#endif
