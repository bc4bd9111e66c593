/* Plug-in god.image: ImageTask. Adapters for image models; the lower loss wins. It checks tasks, builds their training
 * command (spec/training.md 13.2), names what they need and says what a trainer prepares. */
#include <float.h>
#include <stdlib.h>

#include "common/need.h"
#include "common/task_args.h"
#include "god/dataset.h"
#include "god/eval.h"
#include "image_args.h"
#include "image_intake.h"
#include "image_training.h"

struct god_instance {
    char *model_hash_salt; /* own; "" when nothing is said */
};

static god_status open_instance(const god_host *host, const char *config_json, god_instance **ret_instance,
                                god_error *err)
{
    (void)host;
    char *salt = NULL;
    GOD_TRY(gtx_salt_read(config_json, &salt, err));
    god_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        free(salt);
        return god_fail(err, GOD_E_NOMEM, "out of memory for an instance");
    }
    instance->model_hash_salt = salt;
    *ret_instance = instance;
    return GOD_OK;
}

static void close_instance(god_instance *instance)
{
    if (instance != NULL) {
        free(instance->model_hash_salt);
        free(instance);
    }
}

static god_status task_check(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    gim_spec spec;
    GOD_TRY(gim_spec_parse(spec_json, &spec, err));
    uint32_t has_data = spec.dataset_zip != NULL && spec.dataset_zip[0] != '\0';
    gim_spec_free(&spec);
    return has_data ? GOD_OK : god_fail(err, GOD_E_INVALID, "task: \"dataset_zip\" is missing");
}

static god_status task_build_args(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err)
{
    gim_spec spec;
    GOD_TRY(gim_spec_parse(spec_json, &spec, err));
    god_status status = gim_image_args(&spec, instance->model_hash_salt, sink, err);
    gim_spec_free(&spec);
    return status;
}

static god_status training_claim(god_instance *instance, const char *training_data_json, void *user,
                                 god_status (*claimed)(void *user, const god_claim *claim), god_error *err)
{
    (void)instance;
    return gim_training_claim(training_data_json, user, claimed, err);
}

static god_status training_plan(god_instance *instance, const char *spec_json, const god_training_sink *sink,
                                god_training_plan *ret_plan, god_error *err)
{
    (void)instance;
    gim_spec spec;
    GOD_TRY(gim_spec_parse(spec_json, &spec, err));
    god_status status = gim_training_plan(&spec, sink, ret_plan, err);
    gim_spec_free(&spec);
    return status;
}

static god_status dataset_needs(god_instance *instance, const char *spec_json, void *user,
                                god_status (*need)(void *user, const god_need *item), god_error *err)
{
    (void)instance;
    gim_spec spec;
    GOD_TRY(gim_spec_parse(spec_json, &spec, err));
    god_status status = gtx_need_report("data", spec.dataset_zip, user, need, err);
    if (status == GOD_OK) {
        status = gtx_need_report("base", spec.model, user, need, err);
    }
    gim_spec_free(&spec);
    return status;
}

static god_status fail_not_evaluated(god_error *err)
{
    return god_fail(err, GOD_E_UNSUPPORTED,
                    GIM_TASK_TYPE ": this version starts trainings, the evaluation of image "
                                  "models comes later");
}

static god_status dataset_cache_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                                    size_t buf_bytes, god_error *err)
{
    (void)inputs;
    (void)buf;
    (void)buf_bytes;
    GOD_TRY(task_check(instance, spec_json, err));
    return fail_not_evaluated(err);
}

static god_status dataset_prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                  const char *staging_dir, god_error *err)
{
    (void)inputs;
    (void)staging_dir;
    GOD_TRY(task_check(instance, spec_json, err));
    return fail_not_evaluated(err);
}

/* A task that is being made has no archive yet, so its spec says nothing that matters here. */
static god_status intake_plan(god_instance *instance, const char *spec_json, god_intake_plan *ret_plan, god_error *err)
{
    (void)instance;
    gim_spec spec;
    GOD_TRY(gim_spec_parse(spec_json, &spec, err));
    gim_spec_free(&spec);
    gim_intake_plan(ret_plan);
    return GOD_OK;
}

static god_status intake_read(god_instance *instance, const char *spec_json, const char *const *paths,
                              uint32_t path_count, const god_intake_sink *sink, god_error *err)
{
    (void)instance;
    (void)spec_json;
    return gim_intake_read(paths, path_count, sink, err);
}

static const god_metric_info metric_loss = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss", "loss", 6};
static const god_metric_info *const metrics[] = {&metric_loss, NULL};

static god_status eval_score_spec(god_instance *instance, const char *spec_json, god_score_spec *ret_spec,
                                  god_error *err)
{
    GOD_TRY(task_check(instance, spec_json, err));
    *ret_spec = (god_score_spec){.size = GOD_SIZE_TO(god_score_spec, metrics),
                                 .direction = GOD_LOWER_WINS,
                                 .primary = "eval_loss",
                                 .lowest = 0.0,
                                 .highest = FLT_MAX,
                                 .tie_epsilon = 0.0,
                                 .metrics = metrics};
    return GOD_OK;
}

static god_status eval_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    (void)report;
    GOD_TRY(task_check(instance, job->spec_json, err));
    return fail_not_evaluated(err);
}

static const void *query(const char *id)
{
    static const god_task task = {GOD_SIZE_TO(god_task, build_args), task_check, task_build_args};
    static const god_training training = {GOD_SIZE_TO(god_training, plan), training_claim, training_plan};
    static const god_dataset dataset = {GOD_SIZE_TO(god_dataset, prepare), dataset_needs, dataset_cache_key,
                                        dataset_prepare};
    static const god_eval eval = {
        .size = GOD_SIZE_TO(god_eval, score_group), .score_spec = eval_score_spec, .run = eval_run};
    static const god_intake intake = {GOD_SIZE_TO(god_intake, read), intake_plan, intake_read};
    const struct {
        const char *id;
        const void *table;
    } tables[] = {{GOD_TASK_ID, &task},
                  {GOD_INTAKE_ID, &intake},
                  {GOD_TRAINING_ID, &training},
                  {GOD_DATASET_ID, &dataset},
                  {GOD_EVAL_ID, &eval}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(id, tables[i].id) == 0) {
            return tables[i].table;
        }
    }
    return NULL;
}

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    static const char *const task_types[] = {GIM_TASK_TYPE, NULL};
    static const god_plugin plugin = {
        .size = GOD_SIZE_TO(god_plugin, query),
        .abi_major = GOD_ABI_MAJOR,
        .abi_minor = GOD_ABI_MINOR,
        .id = "god.image",
        .version = "0.1.0",
        .build = "cc " __VERSION__,
        .config_schema_json = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
                              "\"model_hash_salt\": {\"type\": \"string\", \"description\": \"put before a model id "
                              "when it is hashed to hide it from miners; the same on every trainer\"}}}",
        .task_types = task_types,
        .open = open_instance,
        .close = close_instance,
        .query = query};
    (void)host_abi_major;
    (void)host_abi_minor;
    return &plugin;
}
