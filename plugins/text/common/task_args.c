#include "common/task_args.h"

#include "common/float_text.h"
#include "common/python_json.h"
#include "god/helpers/json.h"
#include "god/helpers/sha256.h"

enum { MODEL_HASH_DIGITS = 16, HOTKEY_SHORT = 8 };

static god_status require(const char *key, const char *value, god_error *err)
{
    return value != NULL && value[0] != '\0' ? GOD_OK : god_fail(err, GOD_E_INVALID, "task: \"%s\" is missing", key);
}

static god_status require_all(const gtx_task_spec *spec, god_error *err)
{
    GOD_TRY(require("task_id", spec->task_id, err));
    GOD_TRY(require("model", spec->model, err));
    GOD_TRY(require("dataset", spec->dataset, err));
    GOD_TRY(require("file_format", spec->file_format, err));
    GOD_TRY(require("expected_repo_name", spec->expected_repo_name, err));
    GOD_TRY(require("hotkey", spec->hotkey, err));
    if (spec->hours_to_complete < 0.0) {
        return god_fail(err, GOD_E_INVALID, "task: \"hours_to_complete\" is missing");
    }
    return GOD_OK;
}

god_status gtx_model_argument(const char *model, uint32_t anonymous, const char *salt, god_text *text, god_error *err)
{
    char hex[GOD_SHA256_HEX];
    god_text_clear(text);
    if (!anonymous) {
        return god_text_append_str(text, model, err);
    }
    GOD_TRY(god_text_append_f(text, err, "%s%s", salt, model));
    god_sha256_bytes(text->data, text->bytes, hex);
    god_text_clear(text);
    return god_text_append(text, hex, MODEL_HASH_DIGITS, err);
}

god_status gtx_salt_read(const char *config_json, char **ret_salt, god_error *err)
{
    json_t *config = NULL;
    const char *salt = "";
    GOD_TRY(god_json_parse("config", config_json, strlen(config_json), &config, err));
    god_status status = json_is_object(config) ? god_json_opt_str("config", config, "model_hash_salt", &salt, err)
                                               : god_fail(err, GOD_E_INVALID, "config: an object is needed");
    char *copy = status == GOD_OK ? strdup(salt) : NULL;
    json_decref(config);
    GOD_TRY(status);
    if (copy == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an instance");
    }
    *ret_salt = copy;
    return GOD_OK;
}

static god_status write_argv(const gtx_task_spec *spec, const char *model, const char *dataset_type,
                             const god_args *sink)
{
    char hours[GTX_FLOAT_TEXT_BYTES];
    gtx_float_text(spec->hours_to_complete, hours);
    GOD_TRY(sink->arg(sink->ctx, "--task-id", spec->task_id));
    GOD_TRY(sink->arg(sink->ctx, "--model", model));
    GOD_TRY(sink->arg(sink->ctx, "--dataset", spec->dataset));
    GOD_TRY(sink->arg(sink->ctx, "--dataset-type", dataset_type));
    GOD_TRY(sink->arg(sink->ctx, "--task-type", spec->task_type));
    GOD_TRY(sink->arg(sink->ctx, "--file-format", spec->file_format));
    GOD_TRY(sink->arg(sink->ctx, "--expected-repo-name", spec->expected_repo_name));
    return sink->arg(sink->ctx, "--hours-to-complete", hours);
}

static god_status write_env(const gtx_task_spec *spec, god_text *scratch, const god_args *sink, god_error *err)
{
    static const char *const directories[] = {"WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_ARTIFACT_DIR", "WANDB_DATA_DIR",
                                              "WANDB_CONFIG_DIR"};
    char coefficient[GTX_FLOAT_TEXT_BYTES];
    GOD_TRY(sink->env(sink->ctx, "WANDB_MODE", "offline"));
    god_text_clear(scratch);
    GOD_TRY(god_text_append_f(scratch, err, "/app/checkpoints/wandb_logs/%s_%s", spec->task_id, spec->hotkey));
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
        GOD_TRY(sink->env(sink->ctx, directories[i], scratch->data));
    }
    if (spec->has_baseline_stats) {
        god_text_clear(scratch);
        GOD_TRY(god_text_append_f(scratch, err, "/cache/baseline_stats_%s_%.*s.json", spec->task_id, HOTKEY_SHORT,
                                  spec->hotkey));
        GOD_TRY(sink->env(sink->ctx, "BASELINE_STATS_PATH", scratch->data));
    }
    if (spec->use_kl) {
        gtx_float_text(spec->kl_coef, coefficient);
        GOD_TRY(sink->env(sink->ctx, "USE_KL", "1"));
        GOD_TRY(sink->env(sink->ctx, "KL_COEF", coefficient));
    }
    return GOD_OK;
}

god_status gtx_task_args(const gtx_task_spec *spec, const char *model_hash_salt, const god_args *sink, god_error *err)
{
    god_text model = GOD_TEXT_INIT, dataset_type = GOD_TEXT_INIT;
    GOD_TRY(require_all(spec, err));
    god_status status = gtx_model_argument(spec->model, spec->has_baseline_stats, model_hash_salt, &model, err);
    if (status == GOD_OK) {
        status = gtx_python_json(spec->dataset_type, &dataset_type, err);
    }
    if (status == GOD_OK) {
        status = write_argv(spec, model.data, dataset_type.data, sink);
    }
    if (status == GOD_OK) {
        status = write_env(spec, &model, sink, err);
    }
    if (status == GOD_OK) {
        status = sink->mount(sink->ctx, "checkpoints", "/app/checkpoints/", 0);
    }
    if (status == GOD_OK) {
        status = sink->mount(sink->ctx, "cache", "/cache", 1);
    }
    god_text_free(&dataset_type);
    god_text_free(&model);
    return status;
}
