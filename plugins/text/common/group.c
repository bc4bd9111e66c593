#include "common/group.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/finetune.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/helpers/sha256.h"

enum { CONFIG_BYTES_MAX = 4 << 20 };

static god_status read_config(const char *model_dir, json_t **ret_config, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(model_dir, "config.json", path, err));
    return god_json_read(path, CONFIG_BYTES_MAX, ret_config, err);
}

/* Smaller packs than wanted change no digit, and take longer: that is said. */
static god_status report_packs(const gtx_group *group)
{
    const god_eval_job *job = group->job;
    const uint64_t tokens = group->memory.pack_tokens;
    const uint64_t wanted = job->batch_tokens_max > 0 ? job->batch_tokens_max : GTX_PACK_TOKENS;
    char number[32], line[192];
    if (tokens < wanted) {
        (void)snprintf(line, sizeof line,
                       "packs of %" PRIu64 " tokens instead of %" PRIu64 ": the job may take %" PRIu64
                       " bytes on its device",
                       tokens, wanted, job->device_bytes_max);
        group->host->log(group->host->ctx, GOD_LOG_WARNING, line);
    }
    (void)snprintf(number, sizeof number, "%" PRIu64, tokens);
    return group->report->fact(group->report->ctx, "pack_tokens", number);
}

god_status gtx_group_open(gtx_group *group, const god_host *host, const god_eval_job *job, const gtx_memory *memory,
                          const god_report *report, god_error *err)
{
    group->host = host;
    group->job = job;
    group->memory = *memory;
    group->report = report;
    if (job->base_model_dir == NULL) {
        return god_fail(err, GOD_E_INVALID, "the job names no base model");
    }
    group->entrants = calloc((size_t)job->submission_count + 1, sizeof *group->entrants);
    if (group->entrants == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %" PRIu32 " submissions", job->submission_count);
    }
    const god_nn_engine_options options = {.size = GOD_SIZE_TO(god_nn_engine_options, module_dir),
                                           .device = job->device,
                                           .device_index = job->device_index,
                                           .precision = job->precision,
                                           .threads = job->threads};
    GOD_TRY(god_nn_engine_open(&options, &group->engine, err));
    group->base_info.size = GOD_SIZE_TO(god_nn_lm_info, parameters);
    if (god_nn_lm_read_info(job->base_model_dir, &group->base_info, err) != GOD_OK ||
        read_config(job->base_model_dir, &group->base_config, err) != GOD_OK) {
        return god_fail_in(err, "base model");
    }
    GOD_TRY(report_packs(group));
    return report->fact(report->ctx, "engine", god_nn_engine_describe(group->engine));
}

void gtx_group_close(gtx_group *group)
{
    god_nn_lm_close(group->base);
    god_nn_engine_close(group->engine);
    json_decref(group->base_config);
    free(group->entrants);
    *group = (gtx_group){0};
}

static god_status report_digest(gtx_group *group, const char *of, const char *hex)
{
    char name[160];
    (void)snprintf(name, sizeof name, "weights_sha256.%.120s", of);
    return group->report->fact(group->report->ctx, name, hex);
}

/* Is it a model, of which shape, and does it hold other weights than the base? */
static god_status inspect(gtx_group *group, gtx_entrant *entrant, const char *base_digest, char ret_digest[65],
                          god_error *err)
{
    entrant->is_adapter = god_nn_adapter_is(entrant->dir);
    if (entrant->is_adapter) {
        entrant->info = group->base_info;
        return god_nn_weights_digest(entrant->dir, ret_digest, err);
    }
    json_t *config = NULL;
    entrant->info.size = GOD_SIZE_TO(god_nn_lm_info, parameters);
    GOD_TRY(god_nn_lm_read_info(entrant->dir, &entrant->info, err));
    GOD_TRY(god_nn_weights_digest(entrant->dir, ret_digest, err));
    GOD_TRY(read_config(entrant->dir, &config, err));
    (void)gtx_is_finetune(group->base_config, config, entrant->not_finetuned, sizeof entrant->not_finetuned);
    json_decref(config);
    if (strcmp(base_digest, ret_digest) == 0) {
        entrant->over = 1;
    }
    return GOD_OK;
}

god_status gtx_group_inspect(gtx_group *group, god_error *err)
{
    const god_report *report = group->report;
    char base_digest[65];
    if (god_nn_weights_digest(group->job->base_model_dir, base_digest, err) != GOD_OK) {
        return god_fail_in(err, "base model");
    }
    GOD_TRY(report_digest(group, "base", base_digest));
    for (uint32_t i = 0; i < group->job->submission_count; i++) {
        const god_submission *submission = group->job->submissions[i];
        gtx_entrant *entrant = &group->entrants[i];
        god_error why = GOD_ERROR_INIT;
        char digest[65];
        *entrant = (gtx_entrant){.index = i, .id = submission->id, .dir = submission->model_dir};
        god_status status = inspect(group, entrant, base_digest, digest, &why);
        if (status != GOD_OK) {
            GOD_TRY(gtx_group_fail(group, entrant, status, &why, err));
            continue;
        }
        GOD_TRY(report_digest(group, entrant->id, digest));
        if (entrant->over) {
            GOD_TRY(report->excluded(report->ctx, i, "not_finetuned",
                                     "its weights are those of the base model, byte for byte"));
        }
    }
    return GOD_OK;
}

god_status gtx_group_base(gtx_group *group, god_nn_lm **ret_base, god_error *err)
{
    if (group->base == NULL && god_nn_lm_open(group->engine, group->job->base_model_dir, &group->base, err) != GOD_OK) {
        return god_fail_in(err, "base model");
    }
    *ret_base = group->base;
    return GOD_OK;
}

/* The first entrant from `from` on that is still in the running and of this kind; NULL when there is none. */
static gtx_entrant *next_entrant(gtx_group *group, uint32_t from, uint32_t is_adapter)
{
    for (uint32_t i = from; i < group->job->submission_count; i++) {
        if (!group->entrants[i].over && group->entrants[i].is_adapter == is_adapter) {
            return &group->entrants[i];
        }
    }
    return NULL;
}

static void give_back_base(gtx_group *group, uint32_t beside)
{
    if (beside == GTX_BASE_HEAD && group->base != NULL) {
        god_nn_lm_keep_head(group->base);
    }
    if (beside == GTX_BASE_CLOSED) {
        god_nn_lm_close(group->base);
        group->base = NULL;
    }
}

god_status gtx_group_run(gtx_group *group, uint32_t beside,
                         god_status (*run)(void *ctx, gtx_entrant *entrant, god_error *err), void *ctx, god_error *err)
{
    gtx_entrant *entrant = next_entrant(group, 0, 1);
    god_nn_lm *base = NULL;
    if (entrant != NULL) {
        GOD_TRY(gtx_group_base(group, &base, err));
    }
    for (; entrant != NULL; entrant = next_entrant(group, entrant->index + 1, 1)) {
        GOD_TRY(run(ctx, entrant, err));
    }
    entrant = next_entrant(group, 0, 0);
    if (entrant != NULL) {
        give_back_base(group, beside);
    }
    for (; entrant != NULL; entrant = next_entrant(group, entrant->index + 1, 0)) {
        GOD_TRY(run(ctx, entrant, err));
    }
    return GOD_OK;
}

god_status gtx_group_fail(gtx_group *group, gtx_entrant *entrant, god_status status, const god_error *why,
                          god_error *err)
{
    if (status == GOD_E_CANCELLED || status == GOD_E_DEVICE) {
        return god_fail(err, status, "%s", why->message);
    }
    entrant->over = 1;
    return group->report->failed(group->report->ctx, entrant->index, status, why->message);
}

static void tell_progress(gtx_group *group, const char *stage, const char *stage_name)
{
    char text[160];
    (void)snprintf(text, sizeof text, "%s%s%.120s", stage, stage_name != NULL ? " " : "",
                   stage_name != NULL ? stage_name : "");
    group->host->progress(group->host->ctx, group->done, group->total, "tokens", text);
}

god_status gtx_group_step(gtx_group *group, const char *stage, const char *stage_name, god_error *err)
{
    tell_progress(group, stage, stage_name);
    if (group->host->cancelled(group->host->ctx)) {
        return god_fail(err, GOD_E_CANCELLED, "stopped on request at \"%s%s%.120s\"", stage,
                        stage_name != NULL ? " " : "", stage_name != NULL ? stage_name : "");
    }
    return GOD_OK;
}

void gtx_group_done(gtx_group *group, const gtx_entrant *entrant, uint64_t done)
{
    group->done = done;
    tell_progress(group, "submission", entrant->id);
}

god_status gtx_group_finish(gtx_group *group, const gtx_entrant *entrant)
{
    const god_report *report = group->report;
    if (entrant->not_finetuned[0] == '\0') {
        return GOD_OK;
    }
    return report->excluded(report->ctx, entrant->index, "not_finetuned", entrant->not_finetuned);
}

god_status gtx_group_artifact(gtx_group *group, const gtx_entrant *entrant, const god_text *lines, god_error *err)
{
    const god_report *report = group->report;
    char name[64], path[GOD_PATH_MAX], fact[160], digest[GOD_SHA256_HEX];
    if (group->host->work_dir == NULL) {
        return GOD_OK;
    }
    (void)snprintf(name, sizeof name, "per_example-%" PRIu32 ".jsonl", entrant->index);
    (void)snprintf(fact, sizeof fact, "per_example_sha256.%.120s", entrant->id);
    GOD_TRY(god_path_join(group->host->work_dir, name, path, err));
    god_sha256_bytes(lines->data, lines->bytes, digest);
    GOD_TRY(god_file_write(path, lines->data, lines->bytes, err));
    GOD_TRY(report->artifact(report->ctx, entrant->index, "per_example.jsonl", path));
    return report->fact(report->ctx, fact, digest);
}

/* The reference does so too, instead of refusing the model. */
static const char started_afresh[] =
    "its embedding or output matrix misses the vocabulary by one row and was replaced by fresh random numbers";

god_status gtx_model_open(gtx_group *group, const gtx_entrant *entrant, gtx_model *ret_model, god_error *err)
{
    gtx_model model = {0};
    if (!entrant->is_adapter) {
        GOD_TRY(god_nn_lm_open(group->engine, entrant->dir, &model.owned, err));
        model.lm = model.owned;
        god_status status = god_nn_lm_info_of(model.lm)->reinitialised > 0
                                ? group->report->note(group->report->ctx, entrant->index, started_afresh)
                                : GOD_OK;
        if (status != GOD_OK) {
            god_nn_lm_close(model.owned);
            return status;
        }
    } else {
        /* The base itself has been opened before: only the adapter can fail here. */
        GOD_TRY(gtx_group_base(group, &model.lm, err));
        GOD_TRY(god_nn_adapter_open(model.lm, entrant->dir, &model.adapter, err));
    }
    *ret_model = model;
    return GOD_OK;
}

void gtx_model_close(gtx_model *model)
{
    god_nn_adapter_close(model->adapter);
    god_nn_lm_close(model->owned);
    *model = (gtx_model){0};
}
