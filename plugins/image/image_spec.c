#include "image_spec.h"

#include <math.h>

#include "common/task_spec.h"
#include "god/helpers/json.h"

#define PLAIN "dockerfiles/standalone-image-trainer.dockerfile"
#define TOOLKIT "dockerfiles/standalone-image-toolkit-trainer.dockerfile"

/* spec/training.md 1.3 and 10.3 */
static const gim_model_type model_types[] = {
    {"sdxl", PLAIN, 1, NULL, NULL},
    {"flux", PLAIN, 1, NULL, NULL},
    {"z-image", TOOLKIT, 0, "ostris/zimage_turbo_training_adapter", "zimage_turbo_training_adapter_v2.safetensors"},
    {"qwen-image", TOOLKIT, 0, "ostris/accuracy_recovery_adapters", "qwen_image_torchao_uint3.safetensors"},
};

const gim_model_type *gim_model_type_find(const char *name)
{
    for (size_t i = 0; i < sizeof model_types / sizeof model_types[0]; i++) {
        if (strcmp(model_types[i].name, name) == 0) {
            return &model_types[i];
        }
    }
    return NULL;
}

static god_status read_hours(gim_spec *spec, god_error *err)
{
    spec->hours_to_complete = -1.0;
    GOD_TRY(god_json_opt_num("task", spec->root, "hours_to_complete", &spec->hours_to_complete, err));
    if (json_is_number(json_object_get(spec->root, "hours_to_complete")) &&
        !(spec->hours_to_complete >= 0.0 && isfinite(spec->hours_to_complete))) {
        return god_fail(err, GOD_E_INVALID, "task: \"hours_to_complete\" is %g, it must be 0 or more",
                        spec->hours_to_complete);
    }
    return GOD_OK;
}

static god_status read_model_type(gim_spec *spec, god_error *err)
{
    const char *name = "sdxl";
    GOD_TRY(god_json_opt_str("task", spec->root, "model_type", &name, err));
    spec->model_type = gim_model_type_find(name);
    if (spec->model_type == NULL) {
        return god_fail(err, GOD_E_INVALID, "task: \"model_type\" is \"%.100s\": known are " GIM_MODEL_TYPES, name);
    }
    return GOD_OK;
}

static god_status read_members(gim_spec *spec, god_error *err)
{
    const char *task_type = GIM_TASK_TYPE;
    const struct {
        const char *key;
        const char **value;
    } strings[] = {{"task_type", &task_type},
                   {"task_id", &spec->task_id},
                   {"model", &spec->model},
                   {"dataset_zip", &spec->dataset_zip},
                   {"trigger_word", &spec->trigger_word},
                   {"expected_repo_name", &spec->expected_repo_name},
                   {"hotkey", &spec->hotkey}};
    json_t *stats = NULL;
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        GOD_TRY(god_json_opt_str("task", spec->root, strings[i].key, strings[i].value, err));
    }
    if (strcmp(task_type, GIM_TASK_TYPE) != 0) {
        return god_fail(err, GOD_E_INVALID,
                        "task: \"task_type\" is \"%.100s\", this plug-in does \"" GIM_TASK_TYPE "\"", task_type);
    }
    GOD_TRY(god_json_opt_object("task", spec->root, "baseline_stats", &stats, err));
    spec->has_baseline_stats = stats != NULL;
    GOD_TRY(gtx_check_name("task_id", spec->task_id, err));
    GOD_TRY(gtx_check_name("hotkey", spec->hotkey, err));
    GOD_TRY(gtx_check_name("expected_repo_name", spec->expected_repo_name, err));
    GOD_TRY(read_hours(spec, err));
    return read_model_type(spec, err);
}

god_status gim_spec_parse(const char *spec_json, gim_spec *ret_spec, god_error *err)
{
    gim_spec spec = {0};
    god_status status = god_json_parse("task", spec_json, strlen(spec_json), &spec.root, err);
    if (status == GOD_OK && !json_is_object(spec.root)) {
        status = god_fail(err, GOD_E_INVALID, "task: an object is needed");
    }
    if (status == GOD_OK) {
        status = read_members(&spec, err);
    }
    if (status != GOD_OK) {
        gim_spec_free(&spec);
        if (status == GOD_E_DATA) { /* the JSON helpers blame data; here the data is the caller's request */
            status = GOD_E_INVALID;
            if (err != NULL) {
                err->code = GOD_E_INVALID;
            }
        }
        return status;
    }
    *ret_spec = spec;
    return GOD_OK;
}

void gim_spec_free(gim_spec *spec)
{
    json_decref(spec->root);
    *spec = (gim_spec){0};
}
