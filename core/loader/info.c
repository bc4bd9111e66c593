#include "core/loader/info.h"

#include <stdlib.h>

#include "core/loader/tables.h"
#include "god/helpers/json.h"

static god_status out_of_memory(god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "out of memory for the description of a plug-in");
}

/* jansson's setters report the failure of what they are given, so one check at the end is enough. */
static int add_string(json_t *array, const char *text)
{
    return json_array_append_new(array, json_string(text));
}

static int add_interfaces(json_t *array, const gdi_plugin *plugin)
{
    int failed = 0;
    failed |= plugin->has_task ? add_string(array, GOD_TASK_ID) : 0;
    failed |= plugin->has_dataset ? add_string(array, GOD_DATASET_ID) : 0;
    failed |= plugin->has_eval ? add_string(array, GOD_EVAL_ID) : 0;
    failed |= plugin->has_explain ? add_string(array, GOD_EXPLAIN_ID) : 0;
    failed |= plugin->has_training ? add_string(array, GOD_TRAINING_ID) : 0;
    failed |= plugin->has_intake ? add_string(array, GOD_INTAKE_ID) : 0;
    return failed;
}

god_status gdi_info_from_plugin(const gdi_plugin *plugin, json_t **ret_value, god_error *err)
{
    const god_plugin *table = &plugin->plugin;
    json_t *task_types = json_array(), *interfaces = json_array();
    int failed = task_types == NULL || interfaces == NULL ? -1 : add_interfaces(interfaces, plugin);
    for (uint32_t i = 0; failed == 0 && table->task_types[i] != NULL; i++) {
        failed = add_string(task_types, table->task_types[i]);
    }
    /* "o" takes both arrays, on failure too. */
    json_t *value =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:[I,I], s:I, s:o, s:o}", "state", GOD_OK, "reason", "", "id",
                  table->id, "version", table->version, "build", table->build, "config_schema",
                  table->config_schema_json, "abi", (json_int_t)table->abi_major, (json_int_t)table->abi_minor, "caps",
                  (json_int_t)table->caps, "task_types", task_types, "interfaces", interfaces);
    if (failed != 0 || value == NULL) {
        json_decref(value);
        return out_of_memory(err);
    }
    *ret_value = value;
    return GOD_OK;
}

/* A reason may quote a file or be cut in the middle of a character; what is not printable ASCII is replaced then. */
static const char *plain_text(const char *text, char buf[static GDI_REASON_BYTES_MAX])
{
    (void)snprintf(buf, GDI_REASON_BYTES_MAX, "%s", text);
    for (char *c = buf; *c != '\0'; c++) {
        *c = *c < ' ' || *c > '~' ? '?' : *c;
    }
    return buf;
}

god_status gdi_info_from_refusal(god_status state, const char *reason, json_t **ret_value, god_error *err)
{
    char plain[GDI_REASON_BYTES_MAX];
    json_t *value = json_pack("{s:i, s:s}", "state", state, "reason", plain_text(reason, plain));
    if (value == NULL) {
        return out_of_memory(err);
    }
    *ret_value = value;
    return GOD_OK;
}

static god_status copy_string(const char *text, char **ret_copy, god_error *err)
{
    *ret_copy = strdup(text);
    return *ret_copy != NULL ? GOD_OK : out_of_memory(err);
}

static god_status read_string(const json_t *value, const char *key, char **ret_copy, god_error *err)
{
    const char *text = NULL;
    GOD_TRY(god_json_get_str("description", value, key, &text, err));
    return copy_string(text, ret_copy, err);
}

static god_status read_task_types(const json_t *value, gdi_plugin_info *info, god_error *err)
{
    json_t *list = NULL;
    GOD_TRY(god_json_get_array("description", value, "task_types", &list, err));
    size_t count = json_array_size(list);
    if (count > GDI_TASK_TYPES_MAX) {
        return god_fail(err, GOD_E_DATA, "description: %zu task types, %d are allowed", count, GDI_TASK_TYPES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL || !gdi_is_name(name, GDI_NAME_BYTES_MAX)) {
            return god_fail(err, GOD_E_DATA, "description: entry %zu of \"task_types\" is not a name", i);
        }
        GOD_TRY(copy_string(name, &info->task_types[i], err));
        info->task_type_count++;
    }
    return GOD_OK;
}

static god_status read_interfaces(const json_t *value, gdi_plugin_info *info, god_error *err)
{
    json_t *list = NULL, *entry = NULL;
    size_t i = 0;
    GOD_TRY(god_json_get_array("description", value, "interfaces", &list, err));
    json_array_foreach(list, i, entry)
    {
        const char *id = json_is_string(entry) ? json_string_value(entry) : "";
        info->has_task |= strcmp(id, GOD_TASK_ID) == 0;
        info->has_dataset |= strcmp(id, GOD_DATASET_ID) == 0;
        info->has_eval |= strcmp(id, GOD_EVAL_ID) == 0;
        info->has_explain |= strcmp(id, GOD_EXPLAIN_ID) == 0;
        info->has_training |= strcmp(id, GOD_TRAINING_ID) == 0;
        info->has_intake |= strcmp(id, GOD_INTAKE_ID) == 0;
    }
    return GOD_OK;
}

static god_status read_numbers(const json_t *value, gdi_plugin_info *info, god_error *err)
{
    json_t *abi = NULL;
    int64_t caps = 0;
    GOD_TRY(god_json_get_array("description", value, "abi", &abi, err));
    GOD_TRY(god_json_get_int("description", value, "caps", 0, UINT32_MAX, &caps, err));
    info->abi_major = (uint32_t)json_integer_value(json_array_get(abi, 0));
    info->abi_minor = (uint32_t)json_integer_value(json_array_get(abi, 1));
    info->caps = (uint32_t)caps;
    return GOD_OK;
}

static god_status read_accepted(const json_t *value, gdi_plugin_info *info, god_error *err)
{
    GOD_TRY(read_string(value, "id", &info->id, err));
    if (!gdi_is_name(info->id, GDI_ID_BYTES_MAX)) {
        return god_fail(err, GOD_E_DATA, "description: \"id\" is not a name");
    }
    GOD_TRY(read_string(value, "version", &info->version, err));
    GOD_TRY(read_string(value, "build", &info->build, err));
    GOD_TRY(read_string(value, "config_schema", &info->config_schema_json, err));
    GOD_TRY(read_numbers(value, info, err));
    GOD_TRY(read_task_types(value, info, err));
    return read_interfaces(value, info, err);
}

static god_status read_refused(const json_t *value, const char *path, gdi_plugin_info *info, god_error *err)
{
    god_error sentence = GOD_ERROR_INIT;
    const char *reason = NULL;
    GOD_TRY(god_json_get_str("description", value, "reason", &reason, err));
    (void)god_fail(&sentence, info->state, "%s", reason);
    (void)gdi_name_file(path, &sentence);
    GOD_TRY(copy_string(sentence.message, &info->message, err));
    GOD_TRY(copy_string("", &info->id, err));
    GOD_TRY(copy_string("", &info->version, err));
    GOD_TRY(copy_string("", &info->build, err));
    return copy_string("{}", &info->config_schema_json, err);
}

god_status gdi_info_read(const json_t *value, const char *path, gdi_plugin_info *ret_info, god_error *err)
{
    gdi_plugin_info info = {.state = GOD_OK};
    int64_t state = 0;
    god_status status = god_json_get_int("description", value, "state", GOD_E_DEVICE, GOD_OK, &state, err);
    info.state = (god_status)state;
    if (status == GOD_OK) {
        status = copy_string(path, &info.path, err);
    }
    if (status == GOD_OK && info.state == GOD_OK) {
        status = copy_string("", &info.message, err);
    }
    if (status == GOD_OK) {
        status = info.state == GOD_OK ? read_accepted(value, &info, err) : read_refused(value, path, &info, err);
    }
    if (status != GOD_OK) {
        gdi_plugin_info_clear(&info);
        return status;
    }
    *ret_info = info;
    return GOD_OK;
}

void gdi_plugin_info_clear(gdi_plugin_info *info)
{
    for (uint32_t i = 0; i < info->task_type_count; i++) {
        free(info->task_types[i]);
    }
    free(info->path);
    free(info->message);
    free(info->id);
    free(info->version);
    free(info->build);
    free(info->config_schema_json);
    *info = (gdi_plugin_info){.state = GOD_OK};
}
