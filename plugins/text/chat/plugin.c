/* Plug-in god.text.chat: ChatTask. Conversations, rendered by a chat template; scored by masked cross-entropy over what
 * the assistant says, lower wins. spec/evaluation.md 4; the command for training: spec/training.md 13.
 */
#include <float.h>

#include "chat/prepare.h"
#include "chat/templates.h"
#include "common/explain.h"
#include "common/group.h"
#include "common/inputs.h"
#include "common/lm_eval.h"
#include "common/task_type.h"
#include "god/helpers/sha256.h"

#define TASK_TYPE "ChatTask"
#define PROFILE "P1"                    /* library generation whose labels these are, spec/evaluation.md 0.2 */
#define PREPARED_FORM "conversations/1" /* counts up when the same inputs are prepared to other bytes */

/* A loss can round to just below zero; anything lower is a mistake. */
#define SCORE_LOWEST (-1e-3)

static god_status check(const gtx_task_spec *spec, god_error *err)
{
    chat_record record;
    return chat_record_read(spec->dataset_type, &record, err);
}

/* A tokenizer's own template is among the files that the key covers anyway; a library template belongs to this build.
 */
static god_status prepared_form(const gtx_task_spec *spec, god_text *line, god_error *err)
{
    char hex[GOD_SHA256_HEX];
    chat_record record;
    GOD_TRY(chat_record_read(spec->dataset_type, &record, err));
    const char *source = chat_template_library_source(record.template_name);
    god_sha256_bytes(source, strlen(source), hex);
    return god_text_append_f(line, err, PREPARED_FORM " " PROFILE " template %s", hex);
}

/* The tokens that a template may name; without a pad token EOS pads. A new reference, NULL without memory. */
static json_t *special_texts(const god_tokenizer *tokenizer)
{
    const int32_t eos = god_tokenizer_eos(tokenizer), pad = god_tokenizer_pad(tokenizer);
    const struct {
        const char *name;
        int32_t id;
    } tokens[] = {{"bos_token", god_tokenizer_bos(tokenizer)},
                  {"eos_token", eos},
                  {"unk_token", god_tokenizer_unk(tokenizer)},
                  {"pad_token", pad >= 0 ? pad : eos}};
    json_t *specials = json_object();
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        const char *text = tokens[i].id >= 0 ? god_tokenizer_piece(tokenizer, tokens[i].id) : NULL;
        if (text != NULL && json_object_set_new(specials, tokens[i].name, json_string(text)) != 0) {
            json_decref(specials);
            return NULL;
        }
    }
    return specials;
}

static god_status prepare(const gtx_scene *scene, const gtx_rows *rows, const gtx_tokenizer *tokenizer,
                          gtx_prepared_writer *writer, god_error *err)
{
    const char *own = god_tokenizer_chat_template(tokenizer->tokenizer);
    chat_renderer renderer = {.host = scene->instance->host, .encoder = &tokenizer->encoder};
    chat_record record;
    GOD_TRY(chat_record_read(scene->spec->dataset_type, &record, err));
    GOD_TRY(chat_template_choose(record.template_name, own, &renderer.source, err));
    json_t *specials = special_texts(tokenizer->tokenizer);
    if (specials == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the special tokens");
    }
    renderer.specials = specials;
    god_status status = chat_prepare(&record, rows, &renderer, writer, err);
    json_decref(specials);
    return status;
}

static god_status plan_memory(const gtx_scene *scene, const god_eval_job *job, gtx_memory *ret_memory, god_error *err)
{
    const gtx_memory_need need = {.longest = gtx_prepared_longest(scene->prepared)};
    return gtx_group_plan(job, &need, ret_memory, err);
}

static god_status device_bytes(const gtx_scene *scene, const god_eval_job *job, uint64_t *ret_bytes, god_error *err)
{
    gtx_memory memory;
    GOD_TRY(plan_memory(scene, job, &memory, err));
    return gtx_group_device_bytes(job, &memory, ret_bytes, err);
}

static god_status samples_of(void *ctx, gtx_samples *samples, god_error *err)
{
    return chat_samples(ctx, samples, err);
}

static god_status describe_sample(void *ctx, const gtx_sample *sample, god_text *line, god_error *err)
{
    return chat_describe(ctx, sample, line, err);
}

static god_status run(const gtx_scene *scene, const god_eval_job *job, const god_report *report, god_error *err)
{
    gtx_memory memory;
    GOD_TRY(plan_memory(scene, job, &memory, err));
    const gtx_lm_task lm = {.model_max_length = scene->prepared->header->model_max_length,
                            .memory = memory,
                            .ctx = (void *)(uintptr_t)scene->prepared, /* read only behind the callbacks */
                            .samples = samples_of,
                            .describe = describe_sample};
    GOD_TRY(report->fact(report->ctx, "profile", PROFILE));
    GOD_TRY(gtx_inputs_report_source(report, scene->spec, scene->base_dir, err));
    GOD_TRY(gtx_inputs_report(report, scene->prepared->header));
    return gtx_lm_eval(scene->instance->host, job, report, &lm, err);
}

static god_status explain(const gtx_scene *scene, uint64_t row, uint64_t seq_len_max, const god_explain_sink *sink,
                          god_error *err)
{
    const gtx_explained what = {.base_dir = scene->base_dir,
                                .model_max_length = scene->prepared->header->model_max_length,
                                .row = row,
                                .seq_len_max = seq_len_max,
                                .ctx = (void *)(uintptr_t)scene->prepared,
                                .samples = samples_of};
    return gtx_lm_explain(&what, sink, err);
}

static const god_metric_info metric_loss = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss", "loss", 6};
static const god_metric_info metric_samples = {GOD_SIZE_TO(god_metric_info, decimals), "samples", "samples", 0};
static const god_metric_info metric_tokens = {GOD_SIZE_TO(god_metric_info, decimals), "tokens", "tokens", 0};
static const god_metric_info *const metrics[] = {&metric_loss, &metric_samples, &metric_tokens, NULL};

static const gtx_task_type type = {.name = TASK_TYPE,
                                   .kind = GTX_KIND_CHAT,
                                   .cache_prefix = "chat",
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
static const char config_schema[] = GTX_CONFIG_SCHEMA(GTX_CONFIG_SALT);

GTX_PLUGIN("god.text.chat", TASK_TYPE, GTX_EVALUATES, type, config_schema)
