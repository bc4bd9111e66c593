/* evaluate: a job of the store becomes a folder of the spool, whose worker does the rest.
 *
 *     <state_dir>/jobs/.staged/store-JOB   written here, then renamed to
 *     <state_dir>/jobs/queued/store-JOB    and on through running/ to done/ (core/host/queue.h)
 *
 * The name is that of the job, so whoever claims it after a restart finds the folder that is under way, or its result.
 * A folder that ended without one is put aside as store-JOB.FENCE. Base models and outputs are looked for in
 * tournament.models_dir as OWNER/NAME; without such a folder they come from the hub, in the background and through the
 * cache (core/host/prefetch.h). What the hub does not have stands in the job's missing.json. Test data is a file, or at
 * an address that the fetcher knows; a signed one is fetched once for all evaluations of its task. */
#include "core/cycles/work.h"
#include "core/host/executors.h"
#include "core/host/prefetch.h"
#include "core/worker/result.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

#include <stdlib.h>

enum { look_ms = 50, fetch_look_ms = 500, missing_bytes_max = 1 << 20 };

static const char missing_name[] = "missing.json"; /* of a job's folder: who had no model when it was staged */

typedef struct places {
    char name[64];
    char staged[GOD_PATH_MAX], queued[GOD_PATH_MAX], running[GOD_PATH_MAX], done[GOD_PATH_MAX];
} places;

static god_status place_at(const char *jobs, const char *kind, const char *name, char ret_path[GOD_PATH_MAX],
                           god_error *err)
{
    char dir[GOD_PATH_MAX];
    GOD_TRY(god_path_join(jobs, kind, dir, err));
    GOD_TRY(god_dir_make(dir, err));
    return god_path_join(dir, name, ret_path, err);
}

static god_status find_places(const gdi_execution *x, places *p, god_error *err)
{
    char jobs[GOD_PATH_MAX];
    (void)snprintf(p->name, sizeof p->name, "store-%lld", (long long)x->lease->job_id);
    GOD_TRY(god_path_join(x->config->paths_state_dir, "jobs", jobs, err));
    GOD_TRY(place_at(jobs, ".staged", p->name, p->staged, err));
    GOD_TRY(place_at(jobs, "queued", p->name, p->queued, err));
    GOD_TRY(place_at(jobs, "running", p->name, p->running, err));
    return place_at(jobs, "done", p->name, p->done, err);
}

/* ---- models ---- */

static uint32_t has_folder(const gdi_execution *x)
{
    return x->config->tournament_models_dir[0] != '\0';
}

/* "OWNER/NAME" below the folder of models; nothing that climbs out of it. */
static god_status model_dir(const gdi_execution *x, const char *repo, char ret_dir[GOD_PATH_MAX], god_error *err)
{
    if (repo[0] == '/' || repo[0] == '\0' || strstr(repo, "..") != NULL) {
        return god_fail(err, GOD_E_DATA, "\"%.200s\" is no name of a model", repo);
    }
    GOD_TRY(god_path_join(x->config->tournament_models_dir, repo, ret_dir, err));
    return god_file_exists(ret_dir) ? GOD_OK
                                    : god_fail(err, GOD_E_NOT_FOUND, "\"%.200s\" is not in the folder of models", repo);
}

/* What a job needs, in this order: test data, base model, submissions. */
typedef struct needs {
    const char *data, *model; /* borrowed from the payload */
    const json_t *submissions;
    const gdi_prefetched *fetched; /* NULL: nothing is fetched */
    uint32_t fetched_count;        /* only the data, where there is a folder of models */
} needs;

enum { need_data, need_model, need_first_submission };

static god_status read_needs(const gdi_execution *x, needs *ret_needs, god_error *err)
{
    json_t *list = NULL;
    needs n = {.fetched = NULL};
    GOD_TRY(god_json_get_str("payload", x->payload, "test_data", &n.data, err));
    GOD_TRY(god_json_get_str("payload", x->payload, "model_id", &n.model, err));
    GOD_TRY(god_json_get_array("payload", x->payload, "submissions", &list, err));
    n.data = strncmp(n.data, "file://", 7) == 0 ? n.data + 7 : n.data;
    n.submissions = list;
    *ret_needs = n;
    return GOD_OK;
}

/* Names of the hub become its addresses; what is none is left to the fetcher, which refuses it. */
static god_status list_addresses(const needs *n, god_text *texts, uint32_t count, god_error *err)
{
    const json_t *item = NULL;
    size_t i = 0;
    GOD_TRY(god_text_append_f(&texts[need_data], err, "%s%s", n->data[0] == '/' ? "file://" : "", n->data));
    if (count <= need_model) {
        return GOD_OK;
    }
    GOD_TRY(god_text_append_f(&texts[need_model], err, "hf://%s", n->model));
    json_array_foreach(n->submissions, i, item)
    {
        const char *repo = NULL;
        GOD_TRY(god_json_get_str("payload", item, "repo", &repo, err));
        if (need_first_submission + i < count) {
            GOD_TRY(god_text_append_f(&texts[need_first_submission + i], err, "hf://%s", repo));
        }
    }
    return GOD_OK;
}

/* n->fetched stays NULL while the downloads go on. */
static god_status fetch(const gdi_execution *x, needs *n, god_error *err)
{
    uint32_t count = has_folder(x) ? need_model : need_first_submission + (uint32_t)json_array_size(n->submissions);
    god_text *texts = calloc(count, sizeof *texts);
    const char **addresses = calloc(count, sizeof *addresses);
    god_status status = texts == NULL || addresses == NULL
                            ? god_fail(err, GOD_E_NOMEM, "out of memory for %u addresses", count)
                            : list_addresses(n, texts, count, err);
    for (uint32_t i = 0; status == GOD_OK && i < count; i++) {
        addresses[i] = texts[i].data;
    }
    if (status == GOD_OK) {
        status = gdi_prefetch_look(x->prefetch, x->lease->job_id, addresses, count, &n->fetched, err);
    }
    for (uint32_t i = 0; texts != NULL && i < count; i++) {
        god_text_free(&texts[i]);
    }
    n->fetched_count = count;
    free(texts);
    free(addresses);
    return status;
}

static god_status take_fetched(const needs *n, uint32_t place, char ret_path[GOD_PATH_MAX], god_error *err)
{
    const gdi_prefetched *item = &n->fetched[place];
    if (item->status != GOD_OK) {
        return god_fail(err, item->status, "%s", item->why.message);
    }
    (void)snprintf(ret_path, GOD_PATH_MAX, "%s", item->fetched.path);
    return GOD_OK;
}

/* The folder of a model: `place` is where it stands among the needs. */
static god_status find_model(const gdi_execution *x, const needs *n, uint32_t place, const char *repo,
                             char ret_dir[GOD_PATH_MAX], god_error *err)
{
    return place < n->fetched_count ? take_fetched(n, place, ret_dir, err) : model_dir(x, repo, ret_dir, err);
}

static god_status find_data(const needs *n, char ret_path[GOD_PATH_MAX], god_error *err)
{
    if (n->fetched != NULL) {
        return take_fetched(n, need_data, ret_path, err);
    }
    if (n->data[0] != '/' || strlen(n->data) >= GOD_PATH_MAX || !god_file_exists(n->data)) {
        return god_fail(err, GOD_E_NOT_FOUND, "the test data of the task is no file of this machine");
    }
    (void)snprintf(ret_path, GOD_PATH_MAX, "%s", n->data);
    return GOD_OK;
}

/* ---- the folder ---- */

/* A missing repository counts as failed (14.1); one that could not be fetched just now is tried again. */
static json_t *without_model(god_status why)
{
    uint32_t may_come = why == GOD_E_IO || why == GOD_E_TIMEOUT;
    return json_pack("{s:s, s:n, s:n, s:s}", "status", may_come ? "retry" : "failed", "test_loss", "synth_loss",
                     "message", may_come ? "the model could not be fetched" : "there is no such model");
}

static god_status add_submissions(const gdi_execution *x, const needs *n, json_t *job, json_t *missing, god_error *err)
{
    json_t *out = json_array();
    const json_t *item = NULL;
    size_t i = 0;
    god_status status = GOD_OK;
    json_array_foreach(n->submissions, i, item)
    {
        const char *hotkey = NULL, *repo = NULL;
        char dir[GOD_PATH_MAX];
        status = god_json_get_str("payload", item, "hotkey", &hotkey, err);
        if (status == GOD_OK) {
            status = god_json_get_str("payload", item, "repo", &repo, err);
        }
        if (status != GOD_OK) {
            break;
        }
        god_status found = find_model(x, n, need_first_submission + (uint32_t)i, repo, dir, NULL);
        if (found == GOD_OK) {
            (void)json_array_append_new(out, json_pack("{s:s, s:s}", "id", hotkey, "model_dir", dir));
        } else {
            (void)json_object_set_new(missing, hotkey, without_model(found));
        }
    }
    (void)json_object_set_new(job, "submissions", out);
    return status;
}

static json_t *make_spec(const json_t *payload)
{
    const json_t *details = json_object_get(payload, "details");
    json_t *spec = json_pack("{s:O, s:O*, s:O*, s:O*}", "task_type", json_object_get(payload, "task_type"), "model",
                             json_object_get(payload, "model_id"), "dataset_type", json_object_get(details, "fields"),
                             "kl_coef", json_object_get(details, "kl_coef"));
    if (spec != NULL && json_is_true(json_object_get(details, "use_kl"))) {
        (void)json_object_set_new(spec, "use_kl", json_true());
    }
    return spec;
}

static god_status make_job(const gdi_execution *x, const places *p, const needs *n, json_t *missing, json_t **ret_job,
                           god_error *err)
{
    const char *task_type = NULL;
    char base[GOD_PATH_MAX], data[GOD_PATH_MAX];
    GOD_TRY(god_json_get_str("payload", x->payload, "task_type", &task_type, err));
    GOD_TRY(find_data(n, data, err));
    GOD_TRY(find_model(x, n, need_model, n->model, base, err));
    json_t *job = json_pack("{s:i, s:s, s:s, s:o, s:{s:s}, s:s}", "version", 1, "id", p->name, "operation", "evaluate",
                            "spec", make_spec(x->payload), "inputs", "data", data, "base_model_dir", base);
    if (job == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a job");
    }
    god_status status = add_submissions(x, n, job, missing, err);
    if (status != GOD_OK) {
        json_decref(job);
        return status;
    }
    *ret_job = job;
    return GOD_OK;
}

/* Written beside, then renamed: the queue sees it whole. */
static god_status stage(const places *p, const json_t *job, const json_t *missing, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_dir_remove(p->staged, err));
    GOD_TRY(god_dir_make(p->staged, err));
    GOD_TRY(god_path_join(p->staged, "job.json", path, err));
    GOD_TRY(god_json_write(path, job, err));
    GOD_TRY(god_path_join(p->staged, missing_name, path, err));
    GOD_TRY(god_json_write(path, missing, err));
    return rename(p->staged, p->queued) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot queue \"%s\"", p->name);
}

/* ---- its result ---- */

static json_t *score_of(const gdi_result *result, uint32_t i)
{
    double value = 0;
    const char *status = gdi_result_submission_status(result, i);
    uint32_t counts = result->outcome == GDI_OUTCOME_RESULT && strcmp(status, "ok") == 0 &&
                      gdi_result_metric(result, i, gdi_result_primary(result), &value);
    const char *message = json_string_value(json_object_get(gdi_result_submission(result, i), "message"));
    const char *word = counts ? "ok" : strcmp(status, "not_finetuned") == 0 ? "not_finetuned" : "failed";
    return json_pack("{s:s, s:o, s:n, s:s}", "status", word, "test_loss", counts ? json_real(value) : json_null(),
                     "synth_loss", "message", message == NULL || message[0] == '\0' ? result->message : message);
}

/* It gave nothing, for a reason that need not be there the next time. */
static god_status put_aside(const gdi_execution *x, const places *p, const char *message, god_error *err)
{
    char aside[GOD_PATH_MAX + 32];
    (void)snprintf(aside, sizeof aside, "%s.%lld", p->done, (long long)x->lease->fence);
    if (rename(p->done, aside) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot put \"%s\" aside", p->name);
    }
    return god_fail(err, GOD_E_IO, "the evaluation gave no result: %.300s", message);
}

/* And those whose models were not there. */
static god_status add_missing(const places *p, json_t *scores, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *missing = NULL;
    GOD_TRY(god_path_join(p->done, missing_name, path, err));
    if (god_file_exists(path)) { /* not in the folder of an older host */
        GOD_TRY(god_json_read(path, missing_bytes_max, &missing, err));
    }
    (void)json_object_update_missing(scores, missing);
    json_decref(missing);
    return GOD_OK;
}

static god_status read_scores(const gdi_execution *x, const places *p, json_t **ret_result, god_error *err)
{
    gdi_result result;
    json_t *scores = json_object();
    GOD_TRY(gdi_result_read(p->done, &result, err));
    uint32_t count = (uint32_t)json_array_size(result.submissions);
    for (uint32_t i = 0; i < count; i++) {
        const char *id = json_string_value(json_object_get(gdi_result_submission(&result, i), "id"));
        (void)json_object_set_new(scores, id, score_of(&result, i));
    }
    god_status status = result.outcome == GDI_OUTCOME_CANCELLED || (count == 0 && result.outcome != GDI_OUTCOME_RESULT)
                            ? put_aside(x, p, result.message, err)
                            : add_missing(p, scores, err);
    gdi_result_clear(&result);
    if (status != GOD_OK) {
        json_decref(scores);
        return status;
    }
    *ret_result = json_pack("{s:o, s:s}", "scores", scores, "folder", p->name);
    return GOD_OK;
}

/* Finds what is needed, or waits for it, and puts the job into the spool. */
static god_status begin(const gdi_execution *x, const places *p, json_t **ret_result, uint32_t *ret_wait_ms,
                        god_error *err)
{
    needs n;
    json_t *job = NULL;
    GOD_TRY(read_needs(x, &n, err));
    if (!has_folder(x) || n.data[0] != '/') {
        GOD_TRY(fetch(x, &n, err));
        if (n.fetched == NULL) {
            *ret_wait_ms = fetch_look_ms;
            return GOD_OK;
        }
    }
    json_t *missing = json_object();
    god_status status = make_job(x, p, &n, missing, &job, err);
    if (status == GOD_OK && json_array_size(json_object_get(job, "submissions")) == 0) {
        *ret_result = json_pack("{s:O}", "scores", missing); /* nobody's model is there */
    } else if (status == GOD_OK) {
        status = stage(p, job, missing, err);
    }
    json_decref(job);
    json_decref(missing);
    return status;
}

/* Models are held until their job is over: whatever ends it lets go of them. */
god_status gdi_look_evaluate(const gdi_execution *x, json_t **ret_result, uint32_t *ret_wait_ms, god_error *err)
{
    places p;
    god_status status = find_places(x, &p, err);
    *ret_wait_ms = look_ms;
    if (status == GOD_OK && god_file_exists(p.done)) {
        status = read_scores(x, &p, ret_result, err);
    } else if (status == GOD_OK && !god_file_exists(p.queued) && !god_file_exists(p.running) &&
               !god_file_exists(p.done)) {
        status = begin(x, &p, ret_result, ret_wait_ms, err);
    }
    if (status != GOD_OK || *ret_result != NULL) {
        gdi_prefetch_drop(x->prefetch, x->lease->job_id);
    }
    return status;
}

/* Its worker is told to stop; one that waits in queued/ is taken away. */
void gdi_drop_evaluate(const gdi_execution *x)
{
    places p;
    char path[GOD_PATH_MAX];
    gdi_prefetch_drop(x->prefetch, x->lease->job_id);
    if (find_places(x, &p, NULL) != GOD_OK) {
        return;
    }
    if (god_file_exists(p.running) && god_path_join(p.running, "cancel", path, NULL) == GOD_OK) {
        (void)god_file_write(path, "", 0, NULL);
    } else if (rename(p.queued, p.staged) == 0) {
        (void)god_dir_remove(p.staged, NULL);
    }
}
