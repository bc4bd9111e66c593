#include "core/loader/memory.h"

#include "god/helpers/json.h"
#include "god/plugin.h"

enum { memory_bytes_max = 64 << 20 };

/* Raise this number whenever describing starts to accept or refuse other plug-ins than before. */
enum { rules_number = 2, rules_bytes = 64 };

static const char *current_rules(char buf[static rules_bytes])
{
    (void)snprintf(buf, rules_bytes, "abi %u.%u, rules %d", GOD_ABI_MAJOR, GOD_ABI_MINOR, rules_number);
    return buf;
}

static god_status new_memory(json_t **ret_memory, god_error *err)
{
    char rules[rules_bytes];
    json_t *memory = json_pack("{s:i, s:s, s:{}}", "version", 1, "rules", current_rules(rules), "plugins");
    if (memory == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the list of known plug-ins");
    }
    *ret_memory = memory;
    return GOD_OK;
}

static god_status read_checked(const char *path, json_t **ret_memory, uint32_t *ret_same_rules, god_error *err)
{
    json_t *memory = NULL, *plugins = NULL;
    const char *written_by = NULL;
    char rules[rules_bytes];
    GOD_TRY(god_json_read(path, memory_bytes_max, &memory, err));
    god_status status = god_json_get_str(path, memory, "rules", &written_by, err);
    if (status == GOD_OK) {
        status = god_json_get_object(path, memory, "plugins", &plugins, err);
    }
    if (status != GOD_OK) {
        json_decref(memory);
        return status;
    }
    *ret_same_rules = strcmp(written_by, current_rules(rules)) == 0;
    *ret_memory = memory;
    return GOD_OK;
}

god_status gdi_memory_read(const char *path, const gdi_log *log, json_t **ret_memory, god_error *err)
{
    god_error problem = GOD_ERROR_INIT;
    json_t *memory = NULL;
    uint32_t same_rules = 0;
    god_status status = read_checked(path, &memory, &same_rules, &problem);
    if (status == GOD_OK && same_rules) {
        *ret_memory = memory;
        return GOD_OK;
    }
    json_decref(memory);
    if (status == GOD_E_NOMEM) {
        return god_fail(err, status, "%s", problem.message);
    }
    if (status != GOD_OK && status != GOD_E_NOT_FOUND) {
        gdi_log_write(log, GOD_LOG_WARNING, "cannot read the memory of plug-ins, starting with an empty one", "reason",
                      problem.message, NULL);
    }
    return new_memory(ret_memory, err);
}

const json_t *gdi_memory_find(const json_t *memory, const char *sha256)
{
    return json_object_get(json_object_get(memory, "plugins"), sha256);
}

god_status gdi_memory_add(json_t *memory, const char *path, const char *sha256, json_t *description, god_error *err)
{
    json_t *plugins = json_object_get(memory, "plugins");
    (void)json_object_del(plugins, sha256); /* so that it becomes the newest */
    while (json_object_size(plugins) >= GDI_MEMORY_PLUGINS_MAX) {
        (void)json_object_del(plugins, json_object_iter_key(json_object_iter(plugins)));
    }
    if (json_object_set(plugins, sha256, description) != 0) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the list of known plug-ins");
    }
    return god_json_write(path, memory, err);
}
