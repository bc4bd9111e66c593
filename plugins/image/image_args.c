#include "image_args.h"

#include "common/float_text.h"
#include "common/task_args.h"

static god_status require(const char *key, const char *value, god_error *err)
{
    return value != NULL && value[0] != '\0' ? GOD_OK : god_fail(err, GOD_E_INVALID, "task: \"%s\" is missing", key);
}

static god_status require_all(const gim_spec *spec, god_error *err)
{
    GOD_TRY(require("task_id", spec->task_id, err));
    GOD_TRY(require("model", spec->model, err));
    GOD_TRY(require("dataset_zip", spec->dataset_zip, err));
    GOD_TRY(require("expected_repo_name", spec->expected_repo_name, err));
    if (spec->hours_to_complete < 0.0) {
        return god_fail(err, GOD_E_INVALID, "task: \"hours_to_complete\" is missing");
    }
    return GOD_OK;
}

static god_status write_argv(const gim_spec *spec, const char *model, const god_args *sink)
{
    char hours[GTX_FLOAT_TEXT_BYTES];
    gtx_float_text(spec->hours_to_complete, hours);
    GOD_TRY(sink->arg(sink->ctx, "--task-id", spec->task_id));
    GOD_TRY(sink->arg(sink->ctx, "--model", model));
    GOD_TRY(sink->arg(sink->ctx, "--dataset-zip", spec->dataset_zip));
    GOD_TRY(sink->arg(sink->ctx, "--model-type", spec->model_type->name));
    GOD_TRY(sink->arg(sink->ctx, "--expected-repo-name", spec->expected_repo_name));
    GOD_TRY(sink->arg(sink->ctx, "--hours-to-complete", hours));
    if (spec->trigger_word == NULL || spec->trigger_word[0] == '\0') {
        return GOD_OK;
    }
    return sink->arg(sink->ctx, "--trigger-word", spec->trigger_word);
}

static god_status write_env(const gim_spec *spec, god_text *scratch, const god_args *sink, god_error *err)
{
    GOD_TRY(sink->env(sink->ctx, "TRANSFORMERS_CACHE", "/cache/hf_cache"));
    if (!spec->has_baseline_stats) {
        return GOD_OK;
    }
    god_text_clear(scratch);
    GOD_TRY(god_text_append_f(scratch, err, "/cache/baseline_stats_%s.json", spec->task_id));
    return sink->env(sink->ctx, "BASELINE_STATS_PATH", scratch->data);
}

god_status gim_image_args(const gim_spec *spec, const char *model_hash_salt, const god_args *sink, god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    GOD_TRY(require_all(spec, err));
    god_status status = gtx_model_argument(spec->model, spec->has_baseline_stats, model_hash_salt, &text, err);
    if (status == GOD_OK) {
        status = write_argv(spec, text.data, sink);
    }
    if (status == GOD_OK) {
        status = write_env(spec, &text, sink, err);
    }
    god_text_free(&text);
    GOD_TRY(status);
    GOD_TRY(sink->mount(sink->ctx, "checkpoints", "/app/checkpoints/", 0));
    return sink->mount(sink->ctx, "cache", "/cache", 1);
}
