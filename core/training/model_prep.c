#include "core/training/model_prep.h"

#include <stdlib.h>

#include "core/training/places.h"
#include "core/training/plan.h"
#include "god/helpers/json.h"

uint32_t gdi_prep_request_is_one(const json_t *root)
{
    return json_object_get(root, "training_data") == NULL && json_object_get(root, "model_id") != NULL;
}

/* ---- reading ---- */

static god_status check_name(const char *where, const char *key, const char *value, god_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return value == NULL || (*value != '\0' && strlen(value) <= GDI_REQUEST_NAME_BYTES_MAX &&
                             value[strspn(value, allowed)] == '\0' && strstr(value, "..") == NULL)
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID,
                          "%s: \"%s\" is \"%.100s\": 1 to %d letters, digits, \".\", \"_\" and \"-\" are allowed, "
                          "\"..\" is not",
                          where, key, value, GDI_REQUEST_NAME_BYTES_MAX);
}

static god_status read_gpus(const char *where, gdi_prep_request *request, god_error *err)
{
    json_t *list = NULL;
    request->gpu_count = 1;
    GOD_TRY(god_json_opt_array(where, request->root, "gpu_ids", &list, err));
    size_t count = list == NULL ? 1 : json_array_size(list);
    if (count == 0 || count > GDI_REQUEST_GPUS_MAX) {
        return god_fail(err, GOD_E_INVALID, "%s: \"gpu_ids\" has %zu entries, 1 to %d are needed", where, count,
                        GDI_REQUEST_GPUS_MAX);
    }
    for (size_t i = 0; list != NULL && i < count; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_integer(item) || json_integer_value(item) < 0 ||
            json_integer_value(item) > GDI_REQUEST_GPU_ID_MAX) {
            return god_fail(err, GOD_E_INVALID, "%s: entry %zu of \"gpu_ids\" is no whole number from 0 to %d", where,
                            i + 1, GDI_REQUEST_GPU_ID_MAX);
        }
        request->gpu_ids[i] = (uint32_t)json_integer_value(item);
    }
    request->gpu_count = (uint32_t)count;
    return GOD_OK;
}

static god_status read_augmentation(const char *where, const json_t *given, god_error *err)
{
    const char *text = NULL;
    double intensity = 0.0;
    int64_t seed = 0;
    GOD_TRY(god_json_get_str(where, given, "aug_type", &text, err));
    GOD_TRY(god_json_get_str(where, given, "scope", &text, err));
    GOD_TRY(god_json_get_int(where, given, "seed", INT64_MIN, INT64_MAX, &seed, err));
    return god_json_get_num(where, given, "intensity", &intensity, err);
}

static god_status read_environments(const char *where, const json_t *given, god_error *err)
{
    const char *name = NULL, *image = NULL;
    json_t *value = NULL;
    if (json_object_size(given) > GDI_PREP_ENVIRONMENTS_MAX) {
        return god_fail(err, GOD_E_INVALID, "%s: \"env_configs\" has %zu environments, %d are allowed", where,
                        json_object_size(given), GDI_PREP_ENVIRONMENTS_MAX);
    }
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        int64_t number = 0;
        GOD_TRY(check_name(where, "env_configs", name, err));
        GOD_TRY(god_json_get_str(where, value, "env_image", &image, err));
        GOD_TRY(god_json_get_int(where, value, "task_id_min", 0, INT64_MAX, &number, err));
        GOD_TRY(god_json_get_int(where, value, "task_id_max", 0, INT64_MAX, &number, err));
        GOD_TRY(god_json_opt_int(where, value, "num_episodes", 1, 1000000, &number, err));
    }
    return GOD_OK;
}

static god_status read_members(const char *where, gdi_prep_request *request, god_error *err)
{
    json_t *root = request->root, *augmentation = NULL, *rewards = NULL, *environments = NULL;
    request->task_type = "InstructTextTask";
    GOD_TRY(god_json_get_str(where, root, "task_id", &request->task_id, err));
    GOD_TRY(god_json_get_str(where, root, "model_id", &request->model_id, err));
    GOD_TRY(god_json_get_str(where, root, "training_data_url", &request->training_data_url, err));
    GOD_TRY(god_json_opt_str(where, root, "task_type", &request->task_type, err));
    GOD_TRY(god_json_opt_str(where, root, "hotkey", &request->hotkey, err));
    GOD_TRY(god_json_opt_object(where, root, "augmentation_config", &augmentation, err));
    GOD_TRY(god_json_opt_array(where, root, "reward_functions", &rewards, err));
    GOD_TRY(god_json_opt_object(where, root, "env_configs", &environments, err));
    GOD_TRY(check_name(where, "task_id", request->task_id, err));
    GOD_TRY(check_name(where, "hotkey", request->hotkey, err));
    GOD_TRY(check_name(where, "task_type", request->task_type, err));
    if (*request->model_id == '\0' || strlen(request->model_id) > GDI_REQUEST_TEXT_BYTES_MAX) {
        return god_fail(err, GOD_E_INVALID, "%s: \"model_id\" is empty or longer than %d bytes", where,
                        GDI_REQUEST_TEXT_BYTES_MAX);
    }
    GOD_TRY(augmentation == NULL ? GOD_OK : read_augmentation(where, augmentation, err));
    GOD_TRY(environments == NULL ? GOD_OK : read_environments(where, environments, err));
    request->augmentation = augmentation;
    request->reward_functions = rewards;
    request->environments = environments;
    return read_gpus(where, request, err);
}

god_status gdi_prep_request_take(const char *where, json_t *root, gdi_prep_request *ret_request, god_error *err)
{
    gdi_prep_request request = {.root = root};
    god_status status = json_is_object(root) ? read_members(where, &request, err)
                                             : god_fail(err, GOD_E_INVALID, "%s: an object is needed", where);
    if (status != GOD_OK) {
        gdi_prep_request_clear(&request);
        if (status == GOD_E_DATA) { /* the JSON helpers blame data; here the data is the caller's request */
            status = GOD_E_INVALID;
            if (err != NULL) {
                err->code = GOD_E_INVALID;
            }
        }
        return status;
    }
    *ret_request = request;
    return GOD_OK;
}

void gdi_prep_request_clear(gdi_prep_request *request)
{
    json_decref(request->root);
    *request = (gdi_prep_request){.root = NULL};
}

/* ---- the plan ---- */

static god_status add_flag(gdi_strings *list, const char *name, const char *value, god_error *err)
{
    GOD_TRY(gdi_strings_add(list, name, err));
    return value == NULL ? GOD_OK : gdi_strings_add(list, value, err);
}

/* Takes the value. */
static god_status add_json_take(gdi_strings *list, const char *name, json_t *value_take, god_error *err)
{
    char *text = value_take == NULL
                     ? NULL
                     : json_dumps(value_take, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(17));
    json_decref(value_take);
    god_status status =
        text == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a plan") : add_flag(list, name, text, err);
    free(text);
    return status;
}

static god_status add_augmentation(const json_t *given, gdi_strings *argv, god_error *err)
{
    GOD_TRY(add_flag(argv, "--aug-type", json_string_value(json_object_get(given, "aug_type")), err));
    GOD_TRY(add_flag(argv, "--scope", json_string_value(json_object_get(given, "scope")), err));
    GOD_TRY(add_json_take(argv, "--seed", json_incref(json_object_get(given, "seed")), err));
    return add_json_take(argv, "--intensity", json_incref(json_object_get(given, "intensity")), err);
}

static uint32_t share_a_sidecar(const json_t *a, const json_t *b)
{
    const json_t *command_a = json_object_get(a, "env_server_command"),
                 *command_b = json_object_get(b, "env_server_command");
    uint32_t has_a = command_a != NULL && !json_is_null(command_a),
             has_b = command_b != NULL && !json_is_null(command_b);
    return json_equal(json_object_get(a, "env_image"), json_object_get(b, "env_image")) && has_a == has_b &&
           (!has_a || json_equal(command_a, command_b));
}

/* Environments with the same image and command share a sidecar. */
static void place_environments(const json_t *given, gdi_prep_plan *plan)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        uint32_t sidecar = plan->sidecar_count;
        for (uint32_t i = 0; i < plan->environment_count && sidecar == plan->sidecar_count; i++) {
            if (share_a_sidecar(json_object_get(given, plan->environments[i]), value)) {
                sidecar = plan->sidecar_of[i];
            }
        }
        plan->sidecar_count += sidecar == plan->sidecar_count;
        plan->environments[plan->environment_count] = name;
        plan->sidecar_of[plan->environment_count++] = sidecar;
    }
}

static json_t *environment_value(const json_t *given, const char *url)
{
    const json_t *episodes = json_object_get(given, "num_episodes");
    json_t *value = json_pack("{s:s, s:O, s:O, s:o}", "url", url, "task_id_min", json_object_get(given, "task_id_min"),
                              "task_id_max", json_object_get(given, "task_id_max"), "num_episodes",
                              json_is_integer(episodes) ? json_incref((json_t *)(uintptr_t)episodes)
                                                        : json_integer(GDI_PREP_EPISODES));
    json_t *extra = json_object_get(given, "eval_payload_extra");
    (void)json_object_set_new(value, "eval_payload_extra", extra == NULL ? json_null() : json_incref(extra));
    return value;
}

/* Those whose sidecar was not started are left out. */
static god_status add_environments(const gdi_prep_request *request, const gdi_strings *urls, gdi_prep_plan *plan,
                                   god_error *err)
{
    json_t *value = json_object();
    for (uint32_t i = 0; i < plan->environment_count; i++) {
        const json_t *given = json_object_get(request->environments, plan->environments[i]);
        if (urls != NULL && plan->sidecar_of[i] < urls->count) {
            (void)json_object_set_new(value, plan->environments[i],
                                      environment_value(given, urls->items[plan->sidecar_of[i]]));
        }
    }
    return add_json_take(&plan->argv, "--env-configs", value, err);
}

static god_status fill(const gdi_prep_request *request, const char *salt, const gdi_strings *urls, gdi_prep_plan *plan,
                       god_error *err)
{
    char hash[17];
    god_text dir = GOD_TEXT_INIT;
    GOD_TRY(gdi_model_hash(request->model_id, salt, hash, err));
    GOD_TRY(gdi_model_dir(hash, &dir, err));
    plan->model_dir = dir.data; /* taken over */
    GOD_TRY(add_flag(&plan->argv, "--model", plan->model_dir, err));
    GOD_TRY(add_flag(&plan->argv, "--training-data", request->training_data_url, err));
    GOD_TRY(add_flag(&plan->argv, "--task-type", request->task_type, err));
    GOD_TRY(request->augmentation == NULL ? GOD_OK : add_augmentation(request->augmentation, &plan->argv, err));
    GOD_TRY(request->reward_functions == NULL
                ? GOD_OK
                : add_json_take(&plan->argv, "--reward-functions",
                                json_incref((json_t *)(uintptr_t)request->reward_functions), err));
    place_environments(request->environments, plan);
    GOD_TRY(request->environments == NULL ? GOD_OK : add_environments(request, urls, plan, err));
    GOD_TRY(add_flag(&plan->downloader_argv, "--task-id", request->task_id, err));
    GOD_TRY(add_flag(&plan->downloader_argv, "--model", request->model_id, err));
    GOD_TRY(add_flag(&plan->downloader_argv, "--task-type", request->task_type, err));
    GOD_TRY(add_flag(&plan->downloader_argv, "--dataset", request->training_data_url, err));
    GOD_TRY(add_flag(&plan->downloader_argv, "--file-format", "s3", err));
    return add_flag(&plan->downloader_argv, "--anonymize", NULL, err);
}

god_status gdi_prep_plan_make(const gdi_prep_request *request, const char *salt, const gdi_strings *urls,
                              gdi_prep_plan *ret_plan, god_error *err)
{
    uint32_t has_environments = request->environments != NULL;
    gdi_prep_plan plan = {.image = has_environments ? GDI_PREP_IMAGE_ENVIRONMENTS : GDI_PREP_IMAGE_TEXT,
                          .memory_bytes = request->gpu_count * GDI_PLAN_MEMORY_BYTES_PER_GPU,
                          .nano_cpus = request->gpu_count * GDI_PLAN_NANO_CPUS_PER_GPU,
                          .uses_internal_network = has_environments};
    god_status status = fill(request, salt, urls, &plan, err);
    if (status != GOD_OK) {
        gdi_prep_plan_clear(&plan);
        return status;
    }
    *ret_plan = plan;
    return GOD_OK;
}

void gdi_prep_plan_clear(gdi_prep_plan *plan)
{
    gdi_strings_clear(&plan->argv);
    gdi_strings_clear(&plan->downloader_argv);
    free(plan->model_dir);
    *plan = (gdi_prep_plan){.model_dir = NULL};
}

/* ---- as JSON ---- */

static json_t *list_of(const gdi_strings *strings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < strings->count; i++) {
        (void)json_array_append_new(list, json_string(strings->items[i]));
    }
    return list;
}

json_t *gdi_prep_plan_to_json(const gdi_prep_request *request, const gdi_prep_plan *plan)
{
    json_t *devices = json_array(), *sidecars = json_array();
    for (uint32_t i = 0; i < request->gpu_count; i++) {
        (void)json_array_append_new(devices, json_sprintf("%u", request->gpu_ids[i]));
    }
    for (uint32_t i = 0; i < plan->environment_count; i++) {
        (void)json_array_append_new(sidecars, json_pack("{s:s, s:i}", "environment", plan->environments[i], "sidecar",
                                                        (int)plan->sidecar_of[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:s}, s:{s:I, s:I, s:[{s:s, s:i, s:o, s:[[s]], s:{}}], s:[s], s:s}, "
                     "s:s, s:o, s:{s:s}, s:o}",
                     "task_type", request->task_type, "image", plan->image, "container_prefix", "model-prep-", "argv",
                     list_of(&plan->argv), "environment", "HUGGINGFACE_TOKEN", "***", "HUGGINGFACE_USERNAME", "***",
                     "host_config", "Memory", (json_int_t)plan->memory_bytes, "NanoCpus", (json_int_t)plan->nano_cpus,
                     "DeviceRequests", "Driver", "", "Count", 0, "DeviceIDs", devices, "Capabilities", "gpu", "Options",
                     "Binds", "cache:/cache:rw", "NetworkMode",
                     plan->uses_internal_network ? GDI_PLAN_NETWORK : "bridge", "model_dir", plan->model_dir,
                     "downloader_argv", list_of(&plan->downloader_argv), "downloader_environment", "MODEL_HASH_SALT",
                     "***", "sidecars", sidecars);
}
