/* Plug-in god.text.instruct: InstructTextTask. Scores by masked cross-entropy over answer tokens, lower wins, with an
 * optional KL term against the base model. spec/evaluation.md 3 and 5; the command for training: spec/training.md 13.
 */
#include <float.h>

#include "common/explain.h"
#include "common/float_text.h"
#include "common/group.h"
#include "common/inputs.h"
#include "common/instance.h"
#include "common/lm_eval.h"
#include "common/task_args.h"
#include "god/dataset.h"
#include "god/eval.h"
#include "god/task.h"
#include "instruct/example.h"
#include "instruct/prepare.h"

#define TASK_TYPE "InstructTextTask"
#define PROFILE "P1"            /* library generation whose ids and divisors these are, spec/evaluation.md 0.2 */
#define PREPARED_FORM "pairs/1" /* counts up when the same inputs are prepared to other bytes */

/* A loss or a divergence can round to just below zero; anything lower is a mistake. */
#define SCORE_LOWEST (-1e-3)

static const char config_schema[] = GTX_CONFIG_SCHEMA(GTX_CONFIG_SALT ", " GTX_CONFIG_BASE_STATES);

/* The task and what it says about columns. */
typedef struct task {
    gtx_task_spec spec;
    instruct_record record; /* borrows from spec */
} task;

static god_status task_read(const char *spec_json, task *ret_task, god_error *err)
{
    task result;
    GOD_TRY(gtx_task_spec_parse(spec_json, TASK_TYPE, GTX_KIND_INSTRUCT, &result.spec, err));
    god_status status = instruct_record_read(result.spec.dataset_type, &result.record, err);
    if (status != GOD_OK) {
        gtx_task_spec_free(&result.spec);
        return status;
    }
    *ret_task = result;
    return GOD_OK;
}

static void task_free(task *read)
{
    gtx_task_spec_free(&read->spec);
}

static god_status task_check(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    task read;
    GOD_TRY(task_read(spec_json, &read, err));
    task_free(&read);
    return GOD_OK;
}

static god_status task_build_args(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err)
{
    task read;
    GOD_TRY(task_read(spec_json, &read, err));
    god_status status = gtx_task_args(&read.spec, instance->model_hash_salt, sink, err);
    task_free(&read);
    return status;
}

static god_status dataset_needs(god_instance *instance, const char *spec_json, void *user,
                                god_status (*need)(void *user, const god_need *item), god_error *err)
{
    (void)instance;
    task read;
    GOD_TRY(task_read(spec_json, &read, err));
    god_status status = gtx_inputs_needs(&read.spec, user, need, err);
    task_free(&read);
    return status;
}

static god_status dataset_cache_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                                    size_t buf_bytes, god_error *err)
{
    (void)instance;
    task read;
    GOD_TRY(task_read(spec_json, &read, err));
    god_status status =
        gtx_inputs_cache_key("instruct", &read.spec, inputs, PREPARED_FORM " " PROFILE, buf, buf_bytes, err);
    task_free(&read);
    return status;
}

static god_status dataset_prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                  const char *staging_dir, god_error *err)
{
    (void)instance;
    const god_input *data = NULL, *base = NULL;
    gtx_rows rows = {0};
    gtx_tokenizer tokenizer = {.scratch = GOD_TOKENS_INIT};
    gtx_prepared_writer writer = {0};
    task read;
    GOD_TRY(gtx_inputs_find(inputs, "data", &data, err));
    GOD_TRY(gtx_inputs_find(inputs, "base", &base, err));
    GOD_TRY(task_read(spec_json, &read, err));
    god_status status = gtx_rows_read(data->path, &rows, err);
    if (status == GOD_OK) {
        status = gtx_tokenizer_open(base->path, &tokenizer, err);
    }
    if (status == GOD_OK) {
        gtx_inputs_fill_header(tokenizer.tokenizer, &writer.header);
        status = instruct_prepare(&read.record, &rows, &tokenizer.encoder, &writer, err);
    }
    if (status == GOD_OK) {
        status = gtx_prepared_write(&writer, staging_dir, err);
    }
    gtx_prepared_writer_free(&writer);
    gtx_tokenizer_close(&tokenizer);
    gtx_rows_free(&rows);
    task_free(&read);
    return status;
}

static const god_metric_info metric_loss = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss", "loss", 6};
static const god_metric_info metric_raw = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss_raw", "raw loss", 6};
static const god_metric_info metric_kl = {GOD_SIZE_TO(god_metric_info, decimals), "kl_divergence", "KL", 6};
static const god_metric_info metric_samples = {GOD_SIZE_TO(god_metric_info, decimals), "samples", "samples", 0};
static const god_metric_info metric_tokens = {GOD_SIZE_TO(god_metric_info, decimals), "tokens", "tokens", 0};
static const god_metric_info *const metrics[] = {&metric_loss,    &metric_raw,    &metric_kl,
                                                 &metric_samples, &metric_tokens, NULL};

static god_status eval_score_spec(god_instance *instance, const char *spec_json, god_score_spec *ret_spec,
                                  god_error *err)
{
    GOD_TRY(task_check(instance, spec_json, err));
    *ret_spec = (god_score_spec){.size = GOD_SIZE_TO(god_score_spec, metrics),
                                 .direction = GOD_LOWER_WINS,
                                 .primary = "eval_loss",
                                 .lowest = SCORE_LOWEST,
                                 .highest = FLT_MAX,
                                 .tie_epsilon = 0.0,
                                 .metrics = metrics};
    return GOD_OK;
}

/* Tokens of the largest pack and bytes for base states. */
typedef struct memory_plan {
    uint64_t tokens, states_bytes;
} memory_plan;

static god_status plan_memory(const god_instance *instance, const god_eval_job *job, const gtx_task_spec *spec,
                              const gtx_prepared *prepared, memory_plan *ret_plan, god_error *err)
{
    const uint64_t longest = gtx_prepared_longest(prepared) + 1; /* EOS */
    const uint64_t packed = gtx_group_pack_tokens(job);
    memory_plan plan = {packed < longest ? longest : packed, 0}; /* a long example has a pack of its own */
    if (spec->kl_coef > 0.0) {
        const uint64_t rows_max = prepared->header->id_count + prepared->header->row_count;
        GOD_TRY(gtx_group_states_bytes(job, plan.tokens, rows_max, instance->base_states_bytes_max, &plan.states_bytes,
                                       err));
    }
    *ret_plan = plan;
    return GOD_OK;
}

static god_status eval_device_bytes(god_instance *instance, const god_eval_job *job, uint64_t *ret_bytes,
                                    god_error *err)
{
    task read;
    gtx_prepared prepared = {0};
    memory_plan plan = {0};
    GOD_TRY(task_read(job->spec_json, &read, err));
    god_status status = gtx_prepared_open(job->data_dir, &prepared, err);
    if (status == GOD_OK) {
        status = plan_memory(instance, job, &read.spec, &prepared, &plan, err);
    }
    if (status == GOD_OK) {
        status = gtx_group_device_bytes(job, plan.tokens, plan.states_bytes, ret_bytes, err);
    }
    gtx_prepared_close(&prepared);
    task_free(&read);
    return status;
}

/* The prepared file and the tokenizer for the few texts that have to be cut. */
typedef struct source {
    gtx_prepared prepared;
    const char *base_model_dir;
    gtx_tokenizer tokenizer; /* opened at the first text that has to be cut */
    uint32_t tokenizer_open;
} source;

static god_status encode_lazily(void *ctx, const char *text, size_t bytes, uint32_t flags, size_t ids_max, gtx_ids *ids,
                                god_error *err)
{
    source *self = ctx;
    if (!self->tokenizer_open) {
        GOD_TRY(gtx_tokenizer_open(self->base_model_dir, &self->tokenizer, err));
        self->tokenizer_open = 1;
    }
    return self->tokenizer.encoder.encode(&self->tokenizer, text, bytes, flags, ids_max, ids, err);
}

static god_status source_samples(void *ctx, gtx_samples *samples, god_error *err)
{
    source *self = ctx;
    const gtx_encoder encoder = {self, encode_lazily, self->prepared.header->bos, self->prepared.header->eos};
    return instruct_samples(&self->prepared, &encoder, samples, err);
}

static god_status report_facts(const god_eval_job *job, const god_report *report, const gtx_prepared_header *header,
                               const gtx_task_spec *spec, god_error *err)
{
    char coefficient[GTX_FLOAT_TEXT_BYTES];
    gtx_float_text(spec->kl_coef, coefficient);
    GOD_TRY(report->fact(report->ctx, "profile", PROFILE));
    GOD_TRY(report->fact(report->ctx, "kl_coef", spec->kl_coef > 0.0 ? coefficient : "none"));
    GOD_TRY(gtx_inputs_report_source(report, spec, job->base_model_dir, err));
    return gtx_inputs_report(report, header);
}

static god_status eval_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    source data = {.base_model_dir = job->base_model_dir, .tokenizer = {.scratch = GOD_TOKENS_INIT}};
    memory_plan plan = {0};
    task read;
    GOD_TRY(task_read(job->spec_json, &read, err));
    god_status status = gtx_prepared_open(job->data_dir, &data.prepared, err);
    if (status == GOD_OK) {
        status = plan_memory(instance, job, &read.spec, &data.prepared, &plan, err);
    }
    if (status == GOD_OK) {
        status = report_facts(job, report, data.prepared.header, &read.spec, err);
    }
    if (status == GOD_OK) {
        const gtx_lm_task lm = {.kl_coef = read.spec.kl_coef,
                                .model_max_length = data.prepared.header->model_max_length,
                                .base_states_bytes_max = plan.states_bytes,
                                .ctx = &data,
                                .samples = source_samples};
        status = gtx_lm_eval(instance->host, job, report, &lm, err);
    }
    gtx_tokenizer_close(&data.tokenizer);
    gtx_prepared_close(&data.prepared);
    task_free(&read);
    return status;
}

static god_status explain_row(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                              const char *data_dir, uint64_t row, uint64_t seq_len_max, const god_explain_sink *sink,
                              god_error *err)
{
    source data = {.tokenizer = {.scratch = GOD_TOKENS_INIT}};
    const god_input *base = NULL;
    GOD_TRY(task_check(instance, spec_json, err));
    GOD_TRY(gtx_inputs_find(inputs, "base", &base, err));
    data.base_model_dir = base->path;
    god_status status = gtx_prepared_open(data_dir, &data.prepared, err);
    if (status == GOD_OK) {
        const gtx_explained what = {.base_dir = base->path,
                                    .model_max_length = data.prepared.header->model_max_length,
                                    .row = row,
                                    .seq_len_max = seq_len_max,
                                    .ctx = &data,
                                    .samples = source_samples};
        status = gtx_lm_explain(&what, sink, err);
    }
    gtx_tokenizer_close(&data.tokenizer);
    gtx_prepared_close(&data.prepared);
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
                                      .id = "god.text.instruct",
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
