/* Plug-in god.text.chat: ChatTask. Conversations, rendered by a chat template; scored by masked cross-entropy over what
 * the assistant says, lower wins. spec/evaluation.md 4; the command for training: spec/training.md 13.
 */
#include <float.h>

#include "chat/prepare.h"
#include "chat/templates.h"
#include "common/context.h"
#include "common/explain.h"
#include "common/group.h"
#include "common/inputs.h"
#include "common/instance.h"
#include "common/lm_eval.h"
#include "common/task_args.h"
#include "god/dataset.h"
#include "god/eval.h"
#include "god/helpers/sha256.h"
#include "god/task.h"

#define TASK_TYPE "ChatTask"
#define PROFILE "P1"                    /* library generation whose labels these are, spec/evaluation.md 0.2 */
#define PREPARED_FORM "conversations/1" /* counts up when the same inputs are prepared to other bytes */

/* A loss can round to just below zero; anything lower is a mistake. */
#define SCORE_LOWEST (-1e-3)

static const char config_schema[] = GTX_CONFIG_SCHEMA(GTX_CONFIG_SALT);

/* The task and what it says about columns. */
typedef struct task {
    gtx_task_spec spec;
    chat_record record; /* borrows from spec */
} task;

static god_status task_read(const char *spec_json, task *ret_task, god_error *err)
{
    task result;
    GOD_TRY(gtx_task_spec_parse(spec_json, TASK_TYPE, GTX_KIND_CHAT, &result.spec, err));
    god_status status = chat_record_read(result.spec.dataset_type, &result.record, err);
    if (status == GOD_OK && result.spec.use_kl) {
        status = god_fail(err, GOD_E_INVALID, "task: \"use_kl\" is true: only InstructTextTask has a KL term");
    }
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

/* A tokenizer's own template is among the files that the key covers anyway; a library template belongs to this build.
 */
static god_status dataset_cache_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                                    size_t buf_bytes, god_error *err)
{
    (void)instance;
    char hex[GOD_SHA256_HEX], more[sizeof PREPARED_FORM + sizeof PROFILE + GOD_SHA256_HEX + 16];
    task read;
    GOD_TRY(task_read(spec_json, &read, err));
    const char *source = chat_template_library_source(read.record.template_name);
    god_sha256_bytes(source, strlen(source), hex);
    (void)snprintf(more, sizeof more, PREPARED_FORM " " PROFILE " template %s", hex);
    god_status status = gtx_inputs_cache_key("chat", &read.spec, inputs, more, buf, buf_bytes, err);
    task_free(&read);
    return status;
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

static god_status prepare_with(const god_host *host, const chat_record *record, const gtx_rows *rows,
                               const gtx_tokenizer *tokenizer, gtx_prepared_writer *writer, god_error *err)
{
    const char *own = god_tokenizer_chat_template(tokenizer->tokenizer);
    chat_renderer renderer = {.host = host, .encoder = &tokenizer->encoder};
    GOD_TRY(chat_template_choose(record->template_name, own, &renderer.source, err));
    json_t *specials = special_texts(tokenizer->tokenizer);
    if (specials == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the special tokens");
    }
    renderer.specials = specials;
    gtx_inputs_fill_header(tokenizer->tokenizer, &writer->header);
    god_status status = chat_prepare(record, rows, &renderer, writer, err);
    json_decref(specials);
    return status;
}

static god_status dataset_prepare(god_instance *instance, const char *spec_json, const god_inputs *inputs,
                                  const char *staging_dir, god_error *err)
{
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
        status = prepare_with(instance->host, &read.record, &rows, &tokenizer, &writer, err);
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
static const god_metric_info metric_samples = {GOD_SIZE_TO(god_metric_info, decimals), "samples", "samples", 0};
static const god_metric_info metric_tokens = {GOD_SIZE_TO(god_metric_info, decimals), "tokens", "tokens", 0};
static const god_metric_info *const metrics[] = {&metric_loss, &metric_samples, &metric_tokens, NULL};

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

static god_status eval_device_bytes(god_instance *instance, const god_eval_job *job, uint64_t *ret_bytes,
                                    god_error *err)
{
    uint64_t tokens = gtx_group_pack_tokens(job);
    GOD_TRY(task_check(instance, job->spec_json, err));
    tokens = tokens < GTX_SEQUENCE_LEN ? GTX_SEQUENCE_LEN : tokens; /* a long example has a pack of its own */
    return gtx_group_device_bytes(job, tokens, 0, ret_bytes, err);
}

static god_status samples_of(void *ctx, gtx_samples *samples, god_error *err)
{
    return chat_samples(ctx, samples, err);
}

static god_status describe_sample(void *ctx, const gtx_sample *sample, god_text *line, god_error *err)
{
    return chat_describe(ctx, sample, line, err);
}

static god_status eval_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    gtx_prepared prepared = {0};
    GOD_TRY(task_check(instance, job->spec_json, err));
    GOD_TRY(gtx_prepared_open(job->data_dir, &prepared, err));
    const gtx_lm_task lm = {.model_max_length = prepared.header->model_max_length,
                            .ctx = &prepared,
                            .samples = samples_of,
                            .describe = describe_sample};
    god_status status = report->fact(report->ctx, "profile", PROFILE);
    if (status == GOD_OK) {
        status = gtx_inputs_report(report, prepared.header);
    }
    if (status == GOD_OK) {
        status = gtx_lm_eval(instance->host, job, report, &lm, err);
    }
    gtx_prepared_close(&prepared);
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
    const gtx_explained what = {.base_dir = base->path,
                                .model_max_length = prepared.header->model_max_length,
                                .row = row,
                                .seq_len_max = seq_len_max,
                                .ctx = &prepared,
                                .samples = samples_of};
    god_status status = gtx_lm_explain(&what, sink, err);
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
                                      .id = "god.text.chat",
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
