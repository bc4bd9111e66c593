#include "common/instance.h"

#include <stdlib.h>

#include "god/helpers/json.h"

god_status gtx_instance_open(const gtx_task_type *type, const god_host *host, const char *config_json,
                             god_instance **ret_instance, god_error *err)
{
    json_t *config = NULL;
    const char *salt = "";
    int64_t states_mib = GTX_BASE_STATES_MIB;
    GOD_TRY(god_json_parse("config", config_json, strlen(config_json), &config, err));
    god_status status = json_is_object(config) ? god_json_opt_str("config", config, "model_hash_salt", &salt, err)
                                               : god_fail(err, GOD_E_INVALID, "config: an object is needed");
    if (status == GOD_OK) {
        status = god_json_opt_int("config", config, "base_states_mib", 0, INT32_MAX, &states_mib, err);
    }
    god_instance *instance = calloc(1, sizeof *instance);
    char *salt_copy = strdup(salt);
    json_decref(config);
    if (status == GOD_OK && (instance == NULL || salt_copy == NULL)) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for an instance");
    }
    if (status != GOD_OK) {
        free(salt_copy);
        free(instance);
        return status;
    }
    *instance = (god_instance){type, host, salt_copy, (uint64_t)states_mib << 20};
    *ret_instance = instance;
    return GOD_OK;
}

void gtx_instance_close(god_instance *instance)
{
    if (instance == NULL) {
        return;
    }
    free(instance->model_hash_salt);
    free(instance);
}
