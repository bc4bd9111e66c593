/* Plug-in god.text.dpo: DpoTask. Pairs of a chosen and a rejected answer, scored by the loss of direct preference
 * optimisation against the base model, lower wins. spec/evaluation.md 6; the command for training: spec/training.md 13.
 */
#include <float.h>

#include "common/context.h"
#include "common/explain.h"
#include "common/group.h"
#include "common/inputs.h"
#include "common/instance.h"
#include "common/task_args.h"
#include "dpo/eval.h"
#include "dpo/prepare.h"
#include "god/dataset.h"
#include "god/eval.h"
#include "god/task.h"

#define TASK_TYPE "DpoTask"
#define PREPARED_FORM "preferences/1" /* counts up when the same inputs are prepared to other bytes */

static const char config_schema[] = GTX_CONFIG_SCHEMA(GTX_CONFIG_SALT);

static god_status task_read(const char *spec_json, gtx_task_spec *ret_spec, god_error *err)
{
    gtx_task_spec spec;
    GOD_TRY(gtx_task_spec_parse(spec_json, TASK_TYPE, GTX_KIND_DPO, &spec, err));
    if (spec.use_kl) {
        gtx_task_spec_free(&spec);
        return god_fail(err, GOD_E_INVALID, "task: \"use_kl\" is true: only InstructTextTask has a KL term");
    }
    *ret_spec = spec;
    return GOD_OK;
}

static uint32_t profile_of(const gtx_task_spec *spec)
{
    return strcmp(spec->profile, "P2") == 0 ? DPO_P2 : DPO_P1;
}

static god_status task_check(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    gtx_task_spec spec;
    GOD_TRY(task_read(spec_json, &spec, err));
    gtx_task_spec_free(&spec);
    return GOD_OK;
}

static god_status task_build_args(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err)
{
    gtx_task_spec spec;
    GOD_TRY(task_read(spec_json, &spec, err));
    god_status status = gtx_task_args(&spec, instance->model_hash_salt, sink, err);
    gtx_task_spec_free(&spec);
    return status;
}

static god_status dataset_needs(god_instance *instance, const char *spec_json, void *user,
                                god_status (*need)(void *user, const god_need *item), god_error *err)
{
    (void)instance;
    gtx_task_spec spec;
    GOD_TRY(task_read(spec_json, &spec, err));
    god_status status = gtx_inputs_needs(&spec, user, need, err);
    gtx_task_spec_free(&spec);
    return status;
}

static god_status dataset_cache_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                                    size_t buf_bytes, god_error *err)
{
    (void)instance;
    char more[64];
    gtx_task_spec spec;
    GOD_TRY(task_read(spec_json, &spec, err));
    (void)snprintf(more, sizeof more, PREPARED_FORM " %s", spec.profile);
    god_status status = gtx_inputs_cache_key("dpo", &spec, inputs, more, buf, buf_bytes, err);
    gtx_task_spec_free(&spec);
    return status;
}

static god_status prepare_with(const gtx_task_spec *spec, const gtx_rows *rows, const gtx_tokenizer *tokenizer,
                               gtx_prepared_writer *writer, god_error *err)
{
    const dpo_columns columns = dpo_columns_of(spec->dataset_type);
    const int32_t eos = tokenizer->encoder.eos;
    const char *eos_text = eos >= 0 ? god_tokenizer_piece(tokenizer->tokenizer, eos) : NULL;
    gtx_inputs_fill_header(tokenizer->tokenizer, &writer->header);
    return dpo_prepare(&columns, profile_of(spec), rows, &tokenizer->encoder, eos_text, writer, err);
}

static god_status dataset_prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                  const char *staging_dir, god_error *err)
{
    (void)instance;
    const god_input *data = NULL, *base = NULL;
    gtx_rows rows = {0};
    gtx_tokenizer tokenizer = {.scratch = GOD_TOKENS_INIT};
    gtx_prepared_writer writer = {0};
    gtx_task_spec spec;
    GOD_TRY(gtx_inputs_find(inputs, "data", &data, err));
    GOD_TRY(gtx_inputs_find(inputs, "base", &base, err));
    GOD_TRY(task_read(spec_json, &spec, err));
    god_status status = gtx_rows_read(data->path, &rows, err);
    if (status == GOD_OK) {
        status = gtx_tokenizer_open(base->path, &tokenizer, err);
    }
    if (status == GOD_OK) {
        status = prepare_with(&spec, &rows, &tokenizer, &writer, err);
    }
    if (status == GOD_OK) {
        status = gtx_prepared_write(&writer, staging_dir, err);
    }
    gtx_prepared_writer_free(&writer);
    gtx_tokenizer_close(&tokenizer);
    gtx_rows_free(&rows);
    gtx_task_spec_free(&spec);
    return status;
}

static const god_metric_info metric_loss = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss", "loss", 6};
static const god_metric_info metric_recipe = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss_bf16_recipe",
                                              "bf16 recipe", 6};
static const god_metric_info metric_samples = {GOD_SIZE_TO(god_metric_info, decimals), "samples", "pairs", 0};
static const god_metric_info metric_tokens = {GOD_SIZE_TO(god_metric_info, decimals), "tokens", "tokens", 0};
static const god_metric_info *const metrics[] = {&metric_loss, &metric_recipe, &metric_samples, &metric_tokens, NULL};

static god_status eval_score_spec(god_instance *instance, const char *spec_json, god_score_spec *ret_spec,
                                  god_error *err)
{
    GOD_TRY(task_check(instance, spec_json, err));
    *ret_spec = (god_score_spec){.size = GOD_SIZE_TO(god_score_spec, metrics),
                                 .direction = GOD_LOWER_WINS,
                                 .primary = "eval_loss",
                                 .lowest = 0.0, /* log(1 + exp(x)) cannot round below it */
                                 .highest = FLT_MAX,
                                 .tie_epsilon = 0.0,
                                 .metrics = metrics};
    return GOD_OK;
}

static god_status eval_device_bytes(god_instance *instance, const god_eval_job *job, uint64_t *ret_bytes,
                                    god_error *err)
{
    uint64_t tokens = gtx_group_pack_tokens(job);
    GOD_TRY(task_check(instance, job->spec_json, err));
    tokens = tokens < DPO_LENGTH_ABSENT ? DPO_LENGTH_ABSENT : tokens; /* a long row has a pack of its own */
    return gtx_group_device_bytes(job, tokens, 0, ret_bytes, err);
}

static god_status report_facts(const god_eval_job *job, const god_report *report, const gtx_prepared_header *header,
                               const gtx_task_spec *spec, god_error *err)
{
    GOD_TRY(report->fact(report->ctx, "profile", spec->profile));
    GOD_TRY(report->fact(report->ctx, "beta", "0.1"));
    GOD_TRY(gtx_inputs_report_source(report, spec, job->base_model_dir, err));
    return gtx_inputs_report(report, header);
}

static god_status eval_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    gtx_prepared prepared = {0};
    gtx_task_spec spec;
    GOD_TRY(task_read(job->spec_json, &spec, err));
    god_status status = gtx_prepared_open(job->data_dir, &prepared, err);
    if (status == GOD_OK) {
        status = report_facts(job, report, prepared.header, &spec, err);
    }
    if (status == GOD_OK) {
        status = dpo_eval(instance->host, job, report, &prepared, err);
    }
    gtx_prepared_close(&prepared);
    gtx_task_spec_free(&spec);
    return status;
}

/* Both answers of a pair, as a submission with the base's max_position_embeddings has them. */
static god_status explain_pair(const gtx_prepared *prepared, const char *base_dir, uint64_t row, uint64_t seq_len_max,
                               const god_explain_sink *sink, god_error *err)
{
    static const char *const names[] = {[DPO_CHOSEN] = "chosen", [DPO_REJECTED] = "rejected"};
    god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, parameters)};
    gtx_samples samples;
    size_t longest = 0;
    GOD_TRY(god_nn_lm_read_info(base_dir, &info, err));
    GOD_TRY(dpo_longest(prepared, &longest, err)); /* is it of this task type at all? */
    gtx_samples_init(&samples, dpo_limit(info.max_position_embeddings, seq_len_max, INT64_MAX));
    god_status status = dpo_samples(prepared, &samples, err);
    if (status == GOD_OK) {
        status = gtx_explain_row(&samples, row, base_dir, names, sink, err);
    }
    gtx_samples_free(&samples);
    return status;
}

static god_status explain_row(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                              const char *data_dir, uint64_t row, uint64_t seq_len_max, const god_explain_sink *sink,
                              god_error *err)
{
    gtx_prepared prepared = {0};
    const god_input *base = NULL;
    GOD_TRY(task_check(instance, spec_json, err));
    GOD_TRY(gtx_inputs_find(inputs, "base", &base, err));
    GOD_TRY(gtx_prepared_open(data_dir, &prepared, err));
    god_status status = explain_pair(&prepared, base->path, row, seq_len_max, sink, err);
    gtx_prepared_close(&prepared);
    return status;
}

static const god_task task_table = {GOD_SIZE_TO(god_task, build_args), task_check, task_build_args};
static const god_dataset dataset_table = {GOD_SIZE_TO(god_dataset, prepare), dataset_needs, dataset_cache_key,
                                          dataset_prepare};
static const god_eval eval_table = {.size = GOD_SIZE_TO(god_eval, score_group),
                                    .score_spec = eval_score_spec,
                                    .device_bytes = eval_device_bytes,
                                    .run = eval_run};
static const god_explain explain_table = {GOD_SIZE_TO(god_explain, explain), explain_row};

static const void *query(const char *id)
{
    if (strcmp(id, GOD_TASK_ID) == 0) {
        return &task_table;
    }
    if (strcmp(id, GOD_DATASET_ID) == 0) {
        return &dataset_table;
    }
    if (strcmp(id, GOD_EVAL_ID) == 0) {
        return &eval_table;
    }
    return strcmp(id, GOD_EXPLAIN_ID) == 0 ? &explain_table : NULL;
}

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    static const char *const task_types[] = {TASK_TYPE, NULL};
    static const god_plugin plugin = {.size = GOD_SIZE_TO(god_plugin, query),
                                      .abi_major = GOD_ABI_MAJOR,
                                      .abi_minor = GOD_ABI_MINOR,
                                      .caps = GOD_CAP_CPU | GOD_CAP_CUDA | GOD_CAP_CANCEL | GOD_CAP_BITWISE,
                                      .id = "god.text.dpo",
                                      .version = "0.1.0",
                                      .build = "cc " __VERSION__,
                                      .config_schema_json = config_schema,
                                      .task_types = task_types,
                                      .open = gtx_instance_open,
                                      .close = gtx_instance_close,
                                      .query = query};
    (void)host_abi_major;
    (void)host_abi_minor;
    return &plugin;
}
