/* Plug-in god.text.dpo: DpoTask. Pairs of a chosen and a rejected answer, scored by the loss of direct preference
 * optimisation against the base model, lower wins. spec/evaluation.md 6; the command for training: spec/training.md 13.
 */
#include <float.h>

#include "common/explain.h"
#include "common/group.h"
#include "common/inputs.h"
#include "common/task_type.h"
#include "dpo/eval.h"
#include "dpo/prepare.h"

#define TASK_TYPE "DpoTask"
#define PREPARED_FORM "preferences/1" /* counts up when the same inputs are prepared to other bytes */

static uint32_t profile_of(const gtx_task_spec *spec)
{
    return strcmp(spec->profile, "P2") == 0 ? DPO_P2 : DPO_P1;
}

static god_status prepared_form(const gtx_task_spec *spec, god_text *line, god_error *err)
{
    return god_text_append_f(line, err, PREPARED_FORM " %s", spec->profile);
}

static god_status prepare(const gtx_scene *scene, const gtx_rows *rows, const gtx_tokenizer *tokenizer,
                          gtx_prepared_writer *writer, god_error *err)
{
    const dpo_columns columns = dpo_columns_of(scene->spec->dataset_type);
    const int32_t eos = tokenizer->encoder.eos;
    const char *eos_text = eos >= 0 ? god_tokenizer_piece(tokenizer->tokenizer, eos) : NULL;
    return dpo_prepare(&columns, profile_of(scene->spec), rows, &tokenizer->encoder, eos_text, writer, err);
}

static god_status device_bytes(const gtx_scene *scene, const god_eval_job *job, uint64_t *ret_bytes, god_error *err)
{
    gtx_memory memory;
    GOD_TRY(dpo_plan_memory(scene->prepared, job, &memory, err));
    return gtx_group_device_bytes(job, &memory, ret_bytes, err);
}

static god_status run(const gtx_scene *scene, const god_eval_job *job, const god_report *report, god_error *err)
{
    GOD_TRY(report->fact(report->ctx, "profile", scene->spec->profile));
    GOD_TRY(report->fact(report->ctx, "beta", "0.1"));
    GOD_TRY(gtx_inputs_report_source(report, scene->spec, scene->base_dir, err));
    GOD_TRY(gtx_inputs_report(report, scene->prepared->header));
    return dpo_eval(scene->instance->host, job, report, scene->prepared, err);
}

/* Both answers of a pair, as a submission with the base's max_position_embeddings has them. */
static god_status explain(const gtx_scene *scene, uint64_t row, uint64_t seq_len_max, const god_explain_sink *sink,
                          god_error *err)
{
    static const char *const names[] = {[DPO_CHOSEN] = "chosen", [DPO_REJECTED] = "rejected"};
    god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, parameters)};
    gtx_samples samples;
    size_t longest = 0;
    GOD_TRY(god_nn_lm_read_info(scene->base_dir, &info, err));
    GOD_TRY(dpo_longest(scene->prepared, &longest, err)); /* is it of this task type at all? */
    gtx_samples_init(&samples, dpo_limit(info.max_position_embeddings, seq_len_max, INT64_MAX));
    god_status status = dpo_samples(scene->prepared, &samples, err);
    if (status == GOD_OK) {
        status = gtx_explain_row(&samples, row, scene->base_dir, names, sink, err);
    }
    gtx_samples_free(&samples);
    return status;
}

static const god_metric_info metric_loss = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss", "loss", 6};
static const god_metric_info metric_recipe = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss_bf16_recipe",
                                              "bf16 recipe", 6};
static const god_metric_info metric_samples = {GOD_SIZE_TO(god_metric_info, decimals), "samples", "pairs", 0};
static const god_metric_info metric_tokens = {GOD_SIZE_TO(god_metric_info, decimals), "tokens", "tokens", 0};
static const god_metric_info *const metrics[] = {&metric_loss, &metric_recipe, &metric_samples, &metric_tokens, NULL};

static const gtx_task_type type = {.name = TASK_TYPE,
                                   .kind = GTX_KIND_DPO,
                                   .cache_prefix = "dpo",
                                   .score = {.size = GOD_SIZE_TO(god_score_spec, metrics),
                                             .direction = GOD_LOWER_WINS,
                                             .primary = "eval_loss",
                                             .lowest = 0.0, /* log(1 + exp(x)) cannot round below it */
                                             .highest = FLT_MAX,
                                             .tie_epsilon = 0.0,
                                             .metrics = metrics},
                                   .prepared_form = prepared_form,
                                   .prepare = prepare,
                                   .device_bytes = device_bytes,
                                   .run = run,
                                   .explain = explain};
static const char config_schema[] = GTX_CONFIG_SCHEMA(GTX_CONFIG_SALT);

GTX_PLUGIN("god.text.dpo", TASK_TYPE, GTX_EVALUATES, type, config_schema)
