#include "common/task_type.h"

#include "common/inputs.h"
#include "common/intake.h"
#include "common/task_args.h"
#include "common/training.h"
#include "god/dataset.h"
#include "god/task.h"

/* The task of a call, parsed and checked. */
static god_status spec_open(const gtx_task_type *type, const char *spec_json, gtx_task_spec *ret_spec, god_error *err)
{
    gtx_task_spec spec;
    GOD_TRY(gtx_task_spec_parse(spec_json, type->name, type->kind, &spec, err));
    god_status status = GOD_OK;
    if (spec.use_kl && !type->has_kl) {
        status = god_fail(err, GOD_E_INVALID, "task: \"use_kl\" is true: only InstructTextTask has a KL term");
    }
    if (status == GOD_OK && type->check != NULL) {
        status = type->check(&spec, err);
    }
    if (status != GOD_OK) {
        gtx_task_spec_free(&spec);
        return status;
    }
    *ret_spec = spec;
    return GOD_OK;
}

static god_status task_check(god_instance *instance, const char *spec_json, god_error *err)
{
    gtx_task_spec spec;
    GOD_TRY(spec_open(instance->type, spec_json, &spec, err));
    gtx_task_spec_free(&spec);
    return GOD_OK;
}

/* What only evaluation minds (a record that names nothing to score) does not keep anybody from training. */
static god_status task_build_args(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err)
{
    gtx_task_spec spec;
    GOD_TRY(gtx_task_spec_parse(spec_json, instance->type->name, instance->type->kind, &spec, err));
    god_status status = gtx_task_args(&spec, instance->model_hash_salt, sink, err);
    gtx_task_spec_free(&spec);
    return status;
}

static god_status dataset_needs(god_instance *instance, const char *spec_json, void *user,
                                god_status (*need)(void *user, const god_need *item), god_error *err)
{
    gtx_task_spec spec;
    GOD_TRY(spec_open(instance->type, spec_json, &spec, err));
    god_status status = gtx_inputs_needs(&spec, user, need, err);
    gtx_task_spec_free(&spec);
    return status;
}

static god_status fail_trained_only(const gtx_task_type *type, god_error *err)
{
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: this plug-in starts its training and evaluates no submissions",
                    type->name);
}

static god_status dataset_cache_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                                    size_t buf_bytes, god_error *err)
{
    const gtx_task_type *type = instance->type;
    gtx_task_spec spec;
    god_text form = GOD_TEXT_INIT;
    GOD_TRY(spec_open(type, spec_json, &spec, err));
    god_status status =
        type->prepared_form != NULL ? type->prepared_form(&spec, &form, err) : fail_trained_only(type, err);
    if (status == GOD_OK) {
        status = gtx_inputs_cache_key(type->cache_prefix, &spec, inputs, form.data, buf, buf_bytes, err);
    }
    god_text_free(&form);
    gtx_task_spec_free(&spec);
    return status;
}

static god_status prepare_rows(const gtx_scene *scene, const char *data_path, const char *staging_dir, god_error *err)
{
    gtx_rows rows = {0};
    gtx_tokenizer tokenizer = {.scratch = GOD_TOKENS_INIT};
    gtx_prepared_writer writer = {0};
    god_status status = gtx_rows_read(data_path, &rows, err);
    if (status == GOD_OK) {
        status = gtx_tokenizer_open(scene->base_dir, &tokenizer, err);
    }
    if (status == GOD_OK) {
        gtx_inputs_fill_header(tokenizer.tokenizer, &writer.header);
        status = scene->instance->type->prepare(scene, &rows, &tokenizer, &writer, err);
    }
    if (status == GOD_OK) {
        status = gtx_prepared_write(&writer, staging_dir, err);
    }
    gtx_prepared_writer_free(&writer);
    gtx_tokenizer_close(&tokenizer);
    gtx_rows_free(&rows);
    return status;
}

static god_status dataset_prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                  const char *staging_dir, god_error *err)
{
    const god_input *data = NULL, *base = NULL;
    gtx_task_spec spec;
    if (instance->type->prepare == NULL) {
        return fail_trained_only(instance->type, err);
    }
    GOD_TRY(gtx_inputs_find(inputs, "data", &data, err));
    GOD_TRY(gtx_inputs_find(inputs, "base", &base, err));
    GOD_TRY(spec_open(instance->type, spec_json, &spec, err));
    const gtx_scene scene = {instance, &spec, NULL, base->path};
    god_status status = prepare_rows(&scene, data->path, staging_dir, err);
    gtx_task_spec_free(&spec);
    return status;
}

static god_status eval_score_spec(god_instance *instance, const char *spec_json, god_score_spec *ret_spec,
                                  god_error *err)
{
    GOD_TRY(task_check(instance, spec_json, err));
    *ret_spec = instance->type->score;
    return GOD_OK;
}

/* What a call about prepared data has open; ended with open_scene_close in any case. */
typedef struct open_scene {
    gtx_task_spec spec;
    gtx_prepared prepared;
    gtx_scene scene; /* points into this struct: do not move it */
} open_scene;

static god_status open_scene_open(god_instance *instance, const char *spec_json, const char *data_dir,
                                  const char *base_dir, open_scene *open, god_error *err)
{
    *open = (open_scene){.scene = {instance, &open->spec, &open->prepared, base_dir}};
    GOD_TRY(spec_open(instance->type, spec_json, &open->spec, err));
    return gtx_prepared_open(data_dir, &open->prepared, err);
}

static void open_scene_close(open_scene *open)
{
    gtx_prepared_close(&open->prepared);
    gtx_task_spec_free(&open->spec);
}

static god_status eval_device_bytes(god_instance *instance, const god_eval_job *job, uint64_t *ret_bytes,
                                    god_error *err)
{
    open_scene open;
    if (instance->type->device_bytes == NULL) {
        return fail_trained_only(instance->type, err);
    }
    god_status status = open_scene_open(instance, job->spec_json, job->data_dir, job->base_model_dir, &open, err);
    if (status == GOD_OK) {
        status = instance->type->device_bytes(&open.scene, job, ret_bytes, err);
    }
    open_scene_close(&open);
    return status;
}

static god_status eval_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    open_scene open;
    if (instance->type->run == NULL) {
        return fail_trained_only(instance->type, err);
    }
    god_status status = open_scene_open(instance, job->spec_json, job->data_dir, job->base_model_dir, &open, err);
    if (status == GOD_OK) {
        status = instance->type->run(&open.scene, job, report, err);
    }
    open_scene_close(&open);
    return status;
}

static god_status explain_row(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                              const char *data_dir, uint64_t row, uint64_t seq_len_max, const god_explain_sink *sink,
                              god_error *err)
{
    open_scene open;
    const god_input *base = NULL;
    GOD_TRY(gtx_inputs_find(inputs, "base", &base, err));
    god_status status = open_scene_open(instance, spec_json, data_dir, base->path, &open, err);
    if (status == GOD_OK) {
        status = instance->type->explain(&open.scene, row, seq_len_max, sink, err);
    }
    open_scene_close(&open);
    return status;
}

static god_status training_claim(god_instance *instance, const char *training_data_json, void *user,
                                 god_status (*claimed)(void *user, const god_claim *claim), god_error *err)
{
    return gtx_training_claim(instance->type->name, instance->type->kind, training_data_json, user, claimed, err);
}

static god_status training_plan(god_instance *instance, const char *spec_json, const god_training_sink *sink,
                                god_training_plan *ret_plan, god_error *err)
{
    gtx_task_spec spec;
    GOD_TRY(gtx_task_spec_parse(spec_json, instance->type->name, instance->type->kind, &spec, err));
    god_status status = gtx_training_plan(&spec, sink, ret_plan, err);
    gtx_task_spec_free(&spec);
    return status;
}

static god_status intake_plan(god_instance *instance, const char *spec_json, god_intake_plan *ret_plan, god_error *err)
{
    gtx_task_spec spec;
    GOD_TRY(gtx_task_spec_parse(spec_json, instance->type->name, instance->type->kind, &spec, err));
    god_status status = gtx_intake_plan(&spec, instance->type->kind, ret_plan, err);
    gtx_task_spec_free(&spec);
    return status;
}

static god_status intake_read(god_instance *instance, const char *spec_json, const char *const *paths,
                              uint32_t path_count, const god_intake_sink *sink, god_error *err)
{
    gtx_task_spec spec;
    GOD_TRY(gtx_task_spec_parse(spec_json, instance->type->name, instance->type->kind, &spec, err));
    god_status status = gtx_intake_read(&spec, instance->type->kind, paths, path_count, sink, err);
    gtx_task_spec_free(&spec);
    return status;
}

const void *gtx_task_type_query(const gtx_task_type *type, const char *id)
{
    static const god_task task = {GOD_SIZE_TO(god_task, build_args), task_check, task_build_args};
    static const god_dataset dataset = {GOD_SIZE_TO(god_dataset, prepare), dataset_needs, dataset_cache_key,
                                        dataset_prepare};
    static const god_eval eval = {.size = GOD_SIZE_TO(god_eval, score_group),
                                  .score_spec = eval_score_spec,
                                  .device_bytes = eval_device_bytes,
                                  .run = eval_run};
    static const god_explain explain = {GOD_SIZE_TO(god_explain, explain), explain_row};
    static const god_training training = {GOD_SIZE_TO(god_training, plan), training_claim, training_plan};
    static const god_intake intake = {GOD_SIZE_TO(god_intake, read), intake_plan, intake_read};
    const struct {
        const char *id;
        const void *table;
    } tables[] = {{GOD_TASK_ID, &task},         {GOD_INTAKE_ID, &intake},
                  {GOD_DATASET_ID, &dataset},   {GOD_EVAL_ID, &eval},
                  {GOD_TRAINING_ID, &training}, {GOD_EXPLAIN_ID, type->explain != NULL ? &explain : NULL}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(id, tables[i].id) == 0) {
            return tables[i].table;
        }
    }
    return NULL;
}
