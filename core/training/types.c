#include "core/training/types.h"

#include <stdlib.h>

#include "god/helpers/json.h"

#define SALT_KEY "model_hash_salt"

/* ---- what is lent ---- */

static void lend_log(void *ctx, uint32_t level, const char *message)
{
    const gdi_training_types *types = ctx;
    gdi_log_write(types->log, level, message, NULL);
}

static uint32_t lend_cancelled(void *ctx)
{
    (void)ctx;
    return 0;
}

static void lend_progress(void *ctx, uint64_t done, uint64_t total, const char *unit, const char *stage)
{
    (void)ctx;
    (void)done;
    (void)total;
    (void)unit;
    (void)stage;
}

static const void *lend_nothing(void *ctx, const char *id)
{
    (void)ctx;
    (void)id;
    return NULL;
}

/* ---- opening ---- */

static uint32_t schema_has_salt(const char *schema_json)
{
    json_t *schema = json_loads(schema_json, 0, NULL);
    uint32_t has = json_object_get(json_object_get(schema, "properties"), SALT_KEY) != NULL;
    json_decref(schema);
    return has;
}

/* The plug-in's section of god.yaml, with the salt where it belongs. *ret_text is freed with free(). */
static god_status make_config(const gdi_config *config, const gdi_plugin_info *info, const char *salt, char **ret_text,
                              god_error *err)
{
    json_t *given = json_object_get(config->plugins_config, info->id);
    json_t *section = given == NULL ? json_object() : json_deep_copy(given);
    if (*salt != '\0' && json_object_get(section, SALT_KEY) == NULL && schema_has_salt(info->config_schema_json)) {
        (void)json_object_set_new(section, SALT_KEY, json_string(salt));
    }
    char *text = json_dumps(section, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    json_decref(section);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the configuration of a plug-in");
    }
    *ret_text = text;
    return GOD_OK;
}

static god_status open_one(const gdi_config *config, const gdi_plugin_info *info, const char *salt,
                           gdi_training_types *types, god_error *err)
{
    gdi_training_type *type = &types->items[types->count];
    char *section = NULL;
    GOD_TRY(gdi_plugin_load(info->path, info->sha256, &type->plugin, err));
    GOD_TRY(make_config(config, info, salt, &section, err));
    god_status status = type->plugin->plugin.open(&types->host, section, &type->instance, err);
    free(section);
    GOD_TRY(status);
    type->name = type->plugin->plugin.task_types[0];
    types->count++;
    return GOD_OK;
}

god_status gdi_training_types_open(const gdi_config *config, const gdi_layout *layout, const gdi_log *log,
                                   const char *salt, gdi_training_types *types, god_error *err)
{
    gdi_plugins plugins;
    *types = (gdi_training_types){.host = {.size = GOD_SIZE_TO(god_host, extension),
                                           .abi_minor = GOD_ABI_MINOR,
                                           .ctx = types,
                                           .log = lend_log,
                                           .cancelled = lend_cancelled,
                                           .progress = lend_progress,
                                           .cache_dir = config->paths_cache_dir,
                                           .extension = lend_nothing},
                                  .log = log};
    GOD_TRY(gdi_plugins_open(config, layout, log, &plugins, err));
    god_status status = GOD_OK;
    for (uint32_t i = 0; status == GOD_OK && i < plugins.count; i++) {
        if (plugins.uses[i] == GDI_PLUGIN_USABLE && plugins.infos[i].has_training && plugins.infos[i].has_task) {
            status = open_one(config, &plugins.infos[i], salt, types, err);
        }
    }
    gdi_plugins_close(&plugins);
    if (status == GOD_OK && types->count == 0) {
        status = god_fail(err, GOD_E_NOT_FOUND, "there is no plug-in for trainings, see god plugin list");
    }
    if (status != GOD_OK) {
        gdi_training_types_close(types);
    }
    return status;
}

void gdi_training_types_close(gdi_training_types *types)
{
    for (uint32_t i = 0; i < types->count; i++) {
        types->items[i].plugin->plugin.close(types->items[i].instance);
    }
    types->count = 0;
}

/* ---- whose request is it ---- */

typedef struct claim {
    uint32_t keys, order;
    char *spec_json; /* own; NULL: not claimed */
} claim;

static god_status take_claim(void *user, const god_claim *given)
{
    claim *mine = user;
    if (given == NULL || !GOD_HAS(given, god_claim, spec_json) || given->spec_json == NULL || mine->spec_json != NULL) {
        return GOD_E_INVALID;
    }
    mine->keys = given->keys;
    mine->order = given->order;
    mine->spec_json = strdup(given->spec_json);
    return mine->spec_json == NULL ? GOD_E_NOMEM : GOD_OK;
}

static uint32_t is_better(const claim *a, const claim *b)
{
    return b->spec_json == NULL || a->keys > b->keys || (a->keys == b->keys && a->order < b->order);
}

/* Asks all. *best is the winner's claim; a refusal that is not about the form is kept in `why` for the error. */
static god_status ask_all(const gdi_training_types *types, const char *data_json, claim *best,
                          const gdi_training_type **ret_type, god_error *why)
{
    for (uint32_t i = 0; i < types->count; i++) {
        const gdi_training_type *type = &types->items[i];
        claim mine = {.spec_json = NULL};
        god_error refusal = GOD_ERROR_INIT;
        god_status status = type->plugin->training.claim(type->instance, data_json, &mine, take_claim, &refusal);
        if (status == GOD_OK && mine.spec_json != NULL && is_better(&mine, best)) {
            free(best->spec_json);
            *best = mine;
            *ret_type = type;
            continue;
        }
        free(mine.spec_json);
        if (status == GOD_E_NOMEM) {
            return god_fail(why, GOD_E_NOMEM, "%s", refusal.message);
        }
        if (status != GOD_OK && (why->code == GOD_OK || (why->code == GOD_E_NOT_FOUND && status != GOD_E_NOT_FOUND))) {
            *why = refusal;
        }
    }
    return GOD_OK;
}

/* Adds what the plug-in cannot know: whose training it is. */
static god_status complete_spec(const char *spec_json, const char *hotkey, char **ret_spec_json, god_error *err)
{
    json_t *spec = NULL;
    GOD_TRY(god_json_parse("the task", spec_json, strlen(spec_json), &spec, err));
    char *text = NULL;
    if (json_object_set_new(spec, "hotkey", json_string(hotkey)) == 0) {
        text = json_dumps(spec, JSON_COMPACT | JSON_REAL_PRECISION(17));
    }
    json_decref(spec);
    if (text == NULL) {
        return god_fail(err, GOD_E_INVALID, "the plug-in's form of the task is no JSON object, or memory ran out");
    }
    *ret_spec_json = text;
    return GOD_OK;
}

/* The training data without members that mean something to plug-ins and nothing in a request. */
static char *bare_data(const gdi_start_request *request)
{
    json_t *data = json_copy(request->training_data);
    (void)json_object_del(data, "task_type");
    (void)json_object_del(data, "hotkey");
    (void)json_object_del(data, "profile");
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(data);
    return text;
}

god_status gdi_training_types_resolve(const gdi_training_types *types, const gdi_start_request *request,
                                      const gdi_training_type **ret_type, char **ret_spec_json, god_error *err)
{
    claim best = {.spec_json = NULL};
    const gdi_training_type *type = NULL;
    god_error why = GOD_ERROR_INIT;
    char *data_json = bare_data(request);
    if (data_json == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a training request");
    }
    god_status status = ask_all(types, data_json, &best, &type, &why);
    free(data_json);
    if (status == GOD_OK && type == NULL) {
        status = god_fail(err, GOD_E_INVALID, "no task type has this request: %.400s",
                          why.code == GOD_OK ? "the plug-ins do not say why" : why.message);
    } else if (status == GOD_OK) {
        status = complete_spec(best.spec_json, request->hotkey, ret_spec_json, err);
    } else {
        (void)god_fail(err, status, "%s", why.message);
    }
    if (status == GOD_OK) {
        *ret_type = type;
    }
    free(best.spec_json);
    return status;
}
