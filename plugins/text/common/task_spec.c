#include "common/task_spec.h"

#include <math.h>

#include "god/helpers/json.h"

/* One key of a record: its JSON type and what stands there when the task does not say. */
typedef struct record_key {
    const char *name;
    enum { STRING, NUMBER, BOOLEAN, REWARDS, ENVIRONMENTS } type;
    const char *text_default; /* of a STRING; NULL: null */
    uint32_t required;
} record_key;

static const record_key instruct_keys[] = {{"system_prompt", STRING, "", 0},  {"system_format", STRING, "{system}", 0},
                                           {"field_system", STRING, NULL, 0}, {"field_instruction", STRING, NULL, 0},
                                           {"field_input", STRING, NULL, 0},  {"field_output", STRING, NULL, 0},
                                           {"format", STRING, NULL, 0},       {"no_input_format", STRING, NULL, 0},
                                           {"field", STRING, NULL, 0},        {NULL, STRING, NULL, 0}};
static const record_key dpo_keys[] = {{"field_prompt", STRING, NULL, 0},
                                      {"field_system", STRING, NULL, 0},
                                      {"field_chosen", STRING, NULL, 0},
                                      {"field_rejected", STRING, NULL, 0},
                                      {"prompt_format", STRING, "{prompt}", 0},
                                      {"chosen_format", STRING, "{chosen}", 0},
                                      {"rejected_format", STRING, "{rejected}", 0},
                                      {NULL, STRING, NULL, 0}};
static const record_key grpo_keys[] = {{"field_prompt", STRING, NULL, 0},
                                       {"reward_functions", REWARDS, NULL, 0},
                                       {"extra_column", STRING, NULL, 0},
                                       {NULL, STRING, NULL, 0}};
static const record_key chat_keys[] = {{"chat_template", STRING, "chatml", 0},
                                       {"chat_column", STRING, "conversations", 0},
                                       {"chat_role_field", STRING, "from", 0},
                                       {"chat_content_field", STRING, "value", 0},
                                       {"chat_user_reference", STRING, "user", 0},
                                       {"chat_assistant_reference", STRING, "assistant", 0},
                                       {NULL, STRING, NULL, 0}};
static const record_key environment_keys[] = {{"environment_names", ENVIRONMENTS, NULL, 0}, {NULL, STRING, NULL, 0}};
static const record_key reward_keys[] = {
    {"reward_id", STRING, NULL, 0}, {"reward_func", STRING, NULL, 1}, {"reward_weight", NUMBER, NULL, 1},
    {"func_hash", STRING, NULL, 0}, {"is_generic", BOOLEAN, NULL, 0}, {"is_manual", BOOLEAN, NULL, 0},
    {NULL, STRING, NULL, 0}};

static const record_key *keys_of(gtx_kind kind)
{
    switch (kind) {
    case GTX_KIND_INSTRUCT: return instruct_keys;
    case GTX_KIND_DPO: return dpo_keys;
    case GTX_KIND_GRPO: return grpo_keys;
    case GTX_KIND_ENVIRONMENT: return environment_keys;
    default: return chat_keys;
    }
}

static const char *type_name(int type)
{
    switch (type) {
    case STRING: return "a string";
    case NUMBER: return "a number";
    case BOOLEAN: return "true or false";
    default: return "a list";
    }
}

static uint32_t has_type(const json_t *value, int type)
{
    switch (type) {
    case STRING: return json_is_string(value);
    case NUMBER: return json_is_number(value);
    case BOOLEAN: return json_is_boolean(value);
    default: return json_is_array(value);
    }
}

static god_status refuse_unknown_keys(const char *where, const record_key *keys, const json_t *record, god_error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)record, name, value)
    {
        const record_key *key = keys;
        while (key->name != NULL && strcmp(key->name, name) != 0) {
            key++;
        }
        if (key->name == NULL) {
            return god_fail(err, GOD_E_INVALID, "%s: unknown key \"%s\"", where, name);
        }
    }
    return GOD_OK;
}

static god_status complete(const char *where, const record_key *keys, const json_t *record, json_t **ret_record,
                           god_error *err);

static god_status complete_rewards(const json_t *rewards, json_t **ret_list, god_error *err)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(rewards); i++) {
        char where[64];
        json_t *reward = NULL;
        (void)snprintf(where, sizeof where, "dataset_type: reward function %zu", i + 1);
        god_status status = complete(where, reward_keys, json_array_get(rewards, i), &reward, err);
        double weight = json_number_value(json_object_get(reward, "reward_weight"));
        if (status == GOD_OK && !(weight >= 0.0 && isfinite(weight))) {
            status = god_fail(err, GOD_E_INVALID, "%s: \"reward_weight\" is %g, it must be 0 or more", where, weight);
        }
        if (status != GOD_OK || json_array_append_new(list, reward) != 0) {
            json_decref(status != GOD_OK ? reward : NULL);
            json_decref(list);
            return status != GOD_OK ? status : god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
        }
    }
    *ret_list = list;
    return GOD_OK;
}

static god_status check_environments(const char *where, const json_t *names, god_error *err)
{
    static const char *const known[] = {"gin_rummy", "liars_dice", "leduc_poker", "intercode"};
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        uint32_t found = 0;
        for (size_t k = 0; name != NULL && k < sizeof known / sizeof known[0]; k++) {
            found |= strcmp(name, known[k]) == 0;
        }
        if (!found) {
            return god_fail(err, GOD_E_INVALID,
                            "%s: \"environment_names\" has \"%.60s\": known are gin_rummy, liars_dice, leduc_poker and "
                            "intercode",
                            where, name == NULL ? "a value that is no string" : name);
        }
    }
    return GOD_OK;
}

/* The value of one key: what the record says, or the default. A new reference. */
static god_status complete_value(const char *where, const record_key *key, json_t *given, json_t **ret_value,
                                 god_error *err)
{
    if (given == NULL || json_is_null(given)) {
        if (key->required) {
            return god_fail(err, GOD_E_INVALID, "%s: \"%s\" is missing", where, key->name);
        }
        /* An explicit null stays null: the text that the container receives says what the task said. */
        uint32_t use_default = given == NULL;
        *ret_value = use_default && key->type == REWARDS        ? json_array()
                     : use_default && key->text_default != NULL ? json_string(key->text_default)
                                                                : json_null();
        return GOD_OK;
    }
    if (!has_type(given, (int)key->type)) {
        return god_fail(err, GOD_E_INVALID, "%s: \"%s\" must be %s", where, key->name, type_name((int)key->type));
    }
    if (key->type == REWARDS) {
        return complete_rewards(given, ret_value, err);
    }
    if (key->type == ENVIRONMENTS) {
        GOD_TRY(check_environments(where, given, err));
    }
    *ret_value = key->type == NUMBER ? json_real(json_number_value(given)) : json_incref(given);
    return GOD_OK;
}

static god_status complete(const char *where, const record_key *keys, const json_t *record, json_t **ret_record,
                           god_error *err)
{
    if (!json_is_object(record)) {
        return god_fail(err, GOD_E_INVALID, "%s: an object is needed", where);
    }
    GOD_TRY(refuse_unknown_keys(where, keys, record, err));
    json_t *result = json_object();
    for (const record_key *key = keys; key->name != NULL; key++) {
        json_t *value = NULL;
        god_status status = complete_value(where, key, json_object_get(record, key->name), &value, err);
        if (status == GOD_OK && json_object_set_new(result, key->name, value) != 0) {
            status = god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
        }
        if (status != GOD_OK) {
            json_decref(result);
            return status;
        }
    }
    *ret_record = result;
    return GOD_OK;
}

god_status gtx_record_complete(gtx_kind kind, const json_t *record, json_t **ret_record, god_error *err)
{
    return complete("dataset_type", keys_of(kind), record, ret_record, err);
}

static json_t *known_part(const record_key *keys, const json_t *record, uint32_t *keys_there);

static json_t *known_rewards(const json_t *rewards, uint32_t *keys_there)
{
    json_t *list = json_array(), *item = NULL;
    size_t i = 0;
    json_array_foreach(rewards, i, item)
    {
        json_t *known = json_is_object(item) ? known_part(reward_keys, item, keys_there) : json_incref(item);
        (void)json_array_append_new(list, known);
    }
    return list;
}

/* A new reference to the part of the record that `keys` names; *keys_there grows by what is in it. NULL: out of memory.
 */
static json_t *known_part(const record_key *keys, const json_t *record, uint32_t *keys_there)
{
    json_t *part = json_object();
    for (const record_key *key = keys; part != NULL && key->name != NULL; key++) {
        json_t *value = json_object_get(record, key->name);
        if (value == NULL) {
            continue;
        }
        *keys_there += 1;
        json_t *copy =
            key->type == REWARDS && json_is_array(value) ? known_rewards(value, keys_there) : json_incref(value);
        if (json_object_set_new(part, key->name, copy) != 0) {
            json_decref(part);
            part = NULL;
        }
    }
    return part;
}

god_status gtx_record_known(gtx_kind kind, const json_t *record, uint32_t *ret_keys, json_t **ret_record,
                            god_error *err)
{
    uint32_t keys_there = 0;
    if (!json_is_object(record)) {
        return god_fail(err, GOD_E_INVALID, "dataset_type: an object is needed");
    }
    json_t *part = known_part(keys_of(kind), record, &keys_there);
    if (part == NULL) {
        return god_fail(err, GOD_E_NOMEM, "dataset_type: out of memory");
    }
    god_status status = gtx_record_complete(kind, part, ret_record, err);
    json_decref(part);
    if (status == GOD_OK) {
        *ret_keys = keys_there;
    }
    return status;
}

god_status gtx_check_name(const char *key, const char *value, god_error *err)
{
    if (value == NULL) {
        return GOD_OK;
    }
    size_t allowed = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    if (value[0] == '\0' || value[allowed] != '\0' || strstr(value, "..") != NULL) {
        return god_fail(err, GOD_E_INVALID,
                        "task: \"%s\" is \"%.100s\": only letters, digits, \".\", \"_\" and \"-\" are allowed, \"..\" "
                        "is not",
                        key, value);
    }
    return GOD_OK;
}

static god_status check_file_format(const char *value, god_error *err)
{
    static const char *const known[] = {"s3", "json", "hf", "csv"};
    if (value == NULL) {
        return GOD_OK;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i], value) == 0) {
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_INVALID, "task: \"file_format\" is \"%.100s\": known are s3, json, hf and csv", value);
}

static god_status read_kl(gtx_task_spec *spec, god_error *err)
{
    double coefficient = NAN;
    GOD_TRY(god_json_opt_bool("task", spec->root, "use_kl", &spec->use_kl, err));
    GOD_TRY(god_json_opt_num("task", spec->root, "kl_coef", &coefficient, err));
    if (!spec->use_kl) {
        return GOD_OK;
    }
    if (isnan(coefficient)) {
        return god_fail(err, GOD_E_INVALID, "task: \"use_kl\" is true and \"kl_coef\" is missing");
    }
    if (!(coefficient >= 0.0 && isfinite(coefficient))) {
        return god_fail(err, GOD_E_INVALID, "task: \"kl_coef\" is %g, it must be 0 or more", coefficient);
    }
    spec->kl_coef = coefficient;
    return GOD_OK;
}

static god_status read_members(gtx_task_spec *spec, god_error *err)
{
    const struct {
        const char *key;
        const char **value;
    } strings[] = {{"task_id", &spec->task_id},
                   {"task_type", &spec->task_type},
                   {"model", &spec->model},
                   {"dataset", &spec->dataset},
                   {"file_format", &spec->file_format},
                   {"expected_repo_name", &spec->expected_repo_name},
                   {"hotkey", &spec->hotkey},
                   {"profile", &spec->profile}};
    json_t *stats = NULL;
    spec->profile = "P1";
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        GOD_TRY(god_json_opt_str("task", spec->root, strings[i].key, strings[i].value, err));
    }
    spec->hours_to_complete = -1.0;
    GOD_TRY(god_json_opt_num("task", spec->root, "hours_to_complete", &spec->hours_to_complete, err));
    if (json_is_number(json_object_get(spec->root, "hours_to_complete")) && !(spec->hours_to_complete >= 0.0)) {
        return god_fail(err, GOD_E_INVALID, "task: \"hours_to_complete\" is %g, it must be 0 or more",
                        spec->hours_to_complete);
    }
    GOD_TRY(god_json_opt_object("task", spec->root, "baseline_stats", &stats, err));
    spec->has_baseline_stats = stats != NULL;
    GOD_TRY(gtx_check_name("task_id", spec->task_id, err));
    GOD_TRY(gtx_check_name("hotkey", spec->hotkey, err));
    GOD_TRY(gtx_check_name("expected_repo_name", spec->expected_repo_name, err));
    GOD_TRY(check_file_format(spec->file_format, err));
    if (strcmp(spec->profile, "P1") != 0 && strcmp(spec->profile, "P2") != 0) {
        return god_fail(err, GOD_E_INVALID, "task: \"profile\" is \"%.100s\": known are P1 and P2", spec->profile);
    }
    return read_kl(spec, err);
}

god_status gtx_task_spec_parse(const char *spec_json, const char *task_type, gtx_kind kind, gtx_task_spec *ret_spec,
                               god_error *err)
{
    gtx_task_spec spec = {0};
    json_t *record = NULL;
    god_status status = god_json_parse("task", spec_json, strlen(spec_json), &spec.root, err);
    if (status == GOD_OK && !json_is_object(spec.root)) {
        status = god_fail(err, GOD_E_INVALID, "task: an object is needed");
    }
    if (status == GOD_OK) {
        status = read_members(&spec, err);
    }
    if (status == GOD_OK && spec.task_type != NULL && strcmp(spec.task_type, task_type) != 0) {
        status = god_fail(err, GOD_E_INVALID, "task: \"task_type\" is \"%.100s\", this plug-in does \"%s\"",
                          spec.task_type, task_type);
    }
    if (status == GOD_OK) {
        status = god_json_get_object("task", spec.root, "dataset_type", &record, err);
    }
    if (status == GOD_OK) {
        status = gtx_record_complete(kind, record, &spec.dataset_type, err);
    }
    if (status != GOD_OK) {
        gtx_task_spec_free(&spec);
        if (status == GOD_E_DATA) { /* the JSON helpers blame data; here the data is the caller's request */
            status = GOD_E_INVALID;
            if (err != NULL) {
                err->code = GOD_E_INVALID;
            }
        }
        return status;
    }
    spec.task_type = task_type;
    *ret_spec = spec;
    return GOD_OK;
}

void gtx_task_spec_free(gtx_task_spec *spec)
{
    json_decref(spec->dataset_type);
    json_decref(spec->root);
    *spec = (gtx_task_spec){0};
}
