/* Plug-in god.text.instruct: InstructTextTask. Scores by masked cross-entropy over answer tokens, lower wins, with an
 * optional KL term against the base model. spec/evaluation.md 3 and 5; the command for training: spec/training.md 13.
 */
#include <float.h>

#include "common/explain.h"
#include "common/float_text.h"
#include "common/group.h"
#include "common/inputs.h"
#include "common/lm_eval.h"
#include "common/task_type.h"
#include "instruct/example.h"
#include "instruct/prepare.h"

#define TASK_TYPE "InstructTextTask"
#define PROFILE "P1"            /* library generation whose ids and divisors these are, spec/evaluation.md 0.2 */
#define PREPARED_FORM "pairs/1" /* counts up when the same inputs are prepared to other bytes */

/* A loss or a divergence can round to just below zero; anything lower is a mistake. */
#define SCORE_LOWEST (-1e-3)

static god_status check(const gtx_task_spec *spec, god_error *err)
{
    instruct_record record;
    return instruct_record_read(spec->dataset_type, &record, err);
}

static god_status prepared_form(const gtx_task_spec *spec, god_text *line, god_error *err)
{
    (void)spec;
    return god_text_append_f(line, err, PREPARED_FORM " " PROFILE);
}

static god_status prepare(const gtx_scene *scene, const gtx_rows *rows, const gtx_tokenizer *tokenizer,
                          gtx_prepared_writer *writer, god_error *err)
{
    instruct_record record;
    GOD_TRY(instruct_record_read(scene->spec->dataset_type, &record, err));
    return instruct_prepare(&record, rows, &tokenizer->encoder, writer, err);
}

static god_status plan_memory(const gtx_scene *scene, const god_eval_job *job, gtx_memory *ret_memory, god_error *err)
{
    const gtx_prepared_header *header = scene->prepared->header;
    const gtx_memory_need need = {.longest = gtx_prepared_longest(scene->prepared) + 1, /* EOS */
                                  .with_kl = scene->spec->kl_coef > 0.0,
                                  .rows_max = header->id_count + header->row_count,
                                  .states_max = scene->instance->base_states_bytes_max};
    return gtx_group_plan(job, &need, ret_memory, err);
}

static god_status device_bytes(const gtx_scene *scene, const god_eval_job *job, uint64_t *ret_bytes, god_error *err)
{
    gtx_memory memory;
    GOD_TRY(plan_memory(scene, job, &memory, err));
    return gtx_group_device_bytes(job, &memory, ret_bytes, err);
}

/* The prepared file and the tokenizer for the few texts that have to be cut. */
typedef struct source {
    const gtx_scene *scene;
    gtx_tokenizer tokenizer; /* opened at the first text that has to be cut */
    uint32_t tokenizer_open;
} source;

static god_status encode_lazily(void *ctx, const char *text, size_t bytes, uint32_t flags, size_t ids_max, gtx_ids *ids,
                                god_error *err)
{
    source *self = ctx;
    if (!self->tokenizer_open) {
        GOD_TRY(gtx_tokenizer_open(self->scene->base_dir, &self->tokenizer, err));
        self->tokenizer_open = 1;
    }
    return self->tokenizer.encoder.encode(&self->tokenizer, text, bytes, flags, ids_max, ids, err);
}

static god_status source_samples(void *ctx, gtx_samples *samples, god_error *err)
{
    source *self = ctx;
    const gtx_prepared *prepared = self->scene->prepared;
    const gtx_encoder encoder = {self, encode_lazily, prepared->header->bos, prepared->header->eos};
    return instruct_samples(prepared, &encoder, samples, err);
}

static god_status report_facts(const gtx_scene *scene, const god_report *report, god_error *err)
{
    char coefficient[GTX_FLOAT_TEXT_BYTES];
    gtx_float_text(scene->spec->kl_coef, coefficient);
    GOD_TRY(report->fact(report->ctx, "profile", PROFILE));
    GOD_TRY(report->fact(report->ctx, "kl_coef", scene->spec->kl_coef > 0.0 ? coefficient : "none"));
    GOD_TRY(gtx_inputs_report_source(report, scene->spec, scene->base_dir, err));
    return gtx_inputs_report(report, scene->prepared->header);
}

static god_status run(const gtx_scene *scene, const god_eval_job *job, const god_report *report, god_error *err)
{
    source data = {.scene = scene, .tokenizer = {.scratch = GOD_TOKENS_INIT}};
    gtx_memory memory;
    GOD_TRY(plan_memory(scene, job, &memory, err));
    GOD_TRY(report_facts(scene, report, err));
    const gtx_lm_task lm = {.kl_coef = scene->spec->kl_coef,
                            .model_max_length = scene->prepared->header->model_max_length,
                            .memory = memory,
                            .ctx = &data,
                            .samples = source_samples};
    god_status status = gtx_lm_eval(scene->instance->host, job, report, &lm, err);
    gtx_tokenizer_close(&data.tokenizer);
    return status;
}

static god_status explain(const gtx_scene *scene, uint64_t row, uint64_t seq_len_max, const god_explain_sink *sink,
                          god_error *err)
{
    source data = {.scene = scene, .tokenizer = {.scratch = GOD_TOKENS_INIT}};
    const gtx_explained what = {.base_dir = scene->base_dir,
                                .model_max_length = scene->prepared->header->model_max_length,
                                .row = row,
                                .seq_len_max = seq_len_max,
                                .ctx = &data,
                                .samples = source_samples};
    god_status status = gtx_lm_explain(&what, sink, err);
    gtx_tokenizer_close(&data.tokenizer);
    return status;
}

static const god_metric_info metric_loss = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss", "loss", 6};
static const god_metric_info metric_raw = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss_raw", "raw loss", 6};
static const god_metric_info metric_kl = {GOD_SIZE_TO(god_metric_info, decimals), "kl_divergence", "KL", 6};
static const god_metric_info metric_samples = {GOD_SIZE_TO(god_metric_info, decimals), "samples", "samples", 0};
static const god_metric_info metric_tokens = {GOD_SIZE_TO(god_metric_info, decimals), "tokens", "tokens", 0};
static const god_metric_info *const metrics[] = {&metric_loss,    &metric_raw,    &metric_kl,
                                                 &metric_samples, &metric_tokens, NULL};

static const gtx_task_type type = {.name = TASK_TYPE,
                                   .kind = GTX_KIND_INSTRUCT,
                                   .has_kl = 1,
                                   .cache_prefix = "instruct",
                                   .score = {.size = GOD_SIZE_TO(god_score_spec, metrics),
                                             .direction = GOD_LOWER_WINS,
                                             .primary = "eval_loss",
                                             .lowest = SCORE_LOWEST,
                                             .highest = FLT_MAX,
                                             .tie_epsilon = 0.0,
                                             .metrics = metrics},
                                   .check = check,
                                   .prepared_form = prepared_form,
                                   .prepare = prepare,
                                   .device_bytes = device_bytes,
                                   .run = run,
                                   .explain = explain};
static const char config_schema[] = GTX_CONFIG_SCHEMA(GTX_CONFIG_SALT ", " GTX_CONFIG_BASE_STATES);

GTX_PLUGIN("god.text.instruct", TASK_TYPE, GTX_EVALUATES, type, config_schema)
