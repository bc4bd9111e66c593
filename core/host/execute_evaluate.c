/* evaluate: a job of the store becomes a folder of the spool, whose worker does the rest.
 *
 *     <state_dir>/jobs/.staged/store-JOB   written here, then renamed to
 *     <state_dir>/jobs/queued/store-JOB    and on through running/ to done/ (core/host/queue.h)
 *
 * The name is that of the job, so whoever claims it after a restart finds the folder that is under way, or its result.
 * A folder that ended without one is put aside as store-JOB.FENCE. Base models and outputs are looked for
 * in tournament.models_dir as OWNER/NAME, test data is a file. */
#include "core/cycles/work.h"
#include "core/host/executors.h"
#include "core/worker/result.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { look_ms = 50 };

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

/* ---- the folder ---- */

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

static god_status add_submissions(const gdi_execution *x, json_t *job, json_t *missing, god_error *err)
{
    json_t *list = NULL, *out = json_array();
    const json_t *item = NULL;
    size_t i = 0;
    god_status status = god_json_get_array("payload", x->payload, "submissions", &list, err);
    json_array_foreach(list, i, item)
    {
        const char *hotkey = NULL, *repo = NULL;
        char dir[GOD_PATH_MAX];
        if (status == GOD_OK) {
            status = god_json_get_str("payload", item, "hotkey", &hotkey, err);
        }
        if (status == GOD_OK) {
            status = god_json_get_str("payload", item, "repo", &repo, err);
        }
        if (status != GOD_OK) {
            break;
        }
        if (model_dir(x, repo, dir, NULL) == GOD_OK) {
            (void)json_array_append_new(out, json_pack("{s:s, s:s}", "id", hotkey, "model_dir", dir));
        } else { /* a missing repository counts as failed (14.1) */
            (void)json_object_set_new(missing, hotkey,
                                      json_pack("{s:s, s:n, s:n, s:s}", "status", "failed", "test_loss", "synth_loss",
                                                "message", "there is no such model"));
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

static god_status make_job(const gdi_execution *x, const places *p, json_t *missing, json_t **ret_job, god_error *err)
{
    const char *task_type = NULL, *data = NULL, *model = NULL;
    char base[GOD_PATH_MAX];
    GOD_TRY(god_json_get_str("payload", x->payload, "task_type", &task_type, err));
    GOD_TRY(god_json_get_str("payload", x->payload, "test_data", &data, err));
    GOD_TRY(god_json_get_str("payload", x->payload, "model_id", &model, err));
    data = strncmp(data, "file://", 7) == 0 ? data + 7 : data;
    if (data[0] != '/' || !god_file_exists(data)) {
        return god_fail(err, GOD_E_NOT_FOUND, "the test data of the task is no file of this machine");
    }
    GOD_TRY(model_dir(x, model, base, err));
    json_t *job = json_pack("{s:i, s:s, s:s, s:o, s:{s:s}, s:s}", "version", 1, "id", p->name, "operation", "evaluate",
                            "spec", make_spec(x->payload), "inputs", "data", data, "base_model_dir", base);
    if (job == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a job");
    }
    god_status status = add_submissions(x, job, missing, err);
    if (status != GOD_OK) {
        json_decref(job);
        return status;
    }
    *ret_job = job;
    return GOD_OK;
}

/* Written beside, then renamed: the queue sees it whole. */
static god_status stage(const places *p, const json_t *job, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_dir_remove(p->staged, err));
    GOD_TRY(god_dir_make(p->staged, err));
    GOD_TRY(god_path_join(p->staged, "job.json", path, err));
    GOD_TRY(god_json_write(path, job, err));
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

static god_status read_scores(const gdi_execution *x, const places *p, json_t **ret_result, god_error *err)
{
    gdi_result result;
    json_t *scores = json_object(), *ignored = json_object();
    GOD_TRY(gdi_result_read(p->done, &result, err));
    uint32_t count = (uint32_t)json_array_size(result.submissions);
    for (uint32_t i = 0; i < count; i++) {
        const char *id = json_string_value(json_object_get(gdi_result_submission(&result, i), "id"));
        (void)json_object_set_new(scores, id, score_of(&result, i));
    }
    god_status status = result.outcome == GDI_OUTCOME_CANCELLED || (count == 0 && result.outcome != GDI_OUTCOME_RESULT)
                            ? put_aside(x, p, result.message, err)
                            : add_submissions(x, ignored, scores, err); /* and those whose models are not there */
    gdi_result_clear(&result);
    json_decref(ignored);
    if (status != GOD_OK) {
        json_decref(scores);
        return status;
    }
    *ret_result = json_pack("{s:o, s:s}", "scores", scores, "folder", p->name);
    return GOD_OK;
}

god_status gdi_look_evaluate(const gdi_execution *x, json_t **ret_result, uint32_t *ret_wait_ms, god_error *err)
{
    places p;
    json_t *job = NULL, *missing = NULL;
    GOD_TRY(find_places(x, &p, err));
    *ret_wait_ms = look_ms;
    if (god_file_exists(p.done)) {
        return read_scores(x, &p, ret_result, err);
    }
    if (god_file_exists(p.queued) || god_file_exists(p.running) || god_file_exists(p.done)) {
        return GOD_OK;
    }
    missing = json_object();
    god_status status = make_job(x, &p, missing, &job, err);
    if (status == GOD_OK && json_array_size(json_object_get(job, "submissions")) == 0) {
        *ret_result = json_pack("{s:O}", "scores", missing); /* nobody's model is there */
    } else if (status == GOD_OK) {
        status = stage(&p, job, err);
    }
    json_decref(job);
    json_decref(missing);
    return status;
}

/* Its worker is told to stop; one that waits in queued/ is taken away. */
void gdi_drop_evaluate(const gdi_execution *x)
{
    places p;
    char path[GOD_PATH_MAX];
    if (find_places(x, &p, NULL) != GOD_OK) {
        return;
    }
    if (god_file_exists(p.running) && god_path_join(p.running, "cancel", path, NULL) == GOD_OK) {
        (void)god_file_write(path, "", 0, NULL);
    } else if (rename(p.queued, p.staged) == 0) {
        (void)god_dir_remove(p.staged, NULL);
    }
}
