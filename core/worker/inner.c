#include "core/worker/inner.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/signals.h"
#include "core/host/cache.h"
#include "core/host/fetcher.h"
#include "core/host/services.h"
#include "core/loader/loader.h"
#include "core/worker/example.h"
#include "core/worker/inputs.h"
#include "core/worker/intake.h"
#include "core/worker/report.h"

typedef struct inner {
    char job_dir[GOD_PATH_MAX], work_dir[GOD_PATH_MAX], data_dir[GOD_PATH_MAX];
    gdi_outbox outbox;
    gdi_job job;
    gdi_services services;
    gdi_reporter reporter;
    gdi_explainer explainer;
    gdi_intake intake;
    const gdi_plugin *plugin;
    god_instance *instance;
    gdi_inputs inputs;
} inner;

/* A plug-in may have been built with a later, longer god_score_spec and may fill all of it. */
typedef union score_room {
    god_score_spec spec;
    char room[1024];
} score_room;

static god_status read_job(inner *w, const char *job_dir, god_error *err)
{
    char path[GOD_PATH_MAX], *real = realpath(job_dir, NULL);
    if (real == NULL) {
        return god_fail_errno(err, GOD_E_NOT_FOUND, "cannot open the job folder \"%s\"", job_dir);
    }
    (void)snprintf(w->job_dir, sizeof w->job_dir, "%s", real);
    free(real);
    GOD_TRY(god_path_join(w->job_dir, "job.json", path, err));
    GOD_TRY(gdi_job_read(path, &w->job, err));
    GOD_TRY(god_path_join(w->job_dir, "work", w->work_dir, err));
    GOD_TRY(god_dir_remove(w->work_dir, err)); /* of an earlier attempt */
    GOD_TRY(god_dir_make(w->work_dir, err));
    if (chdir(w->work_dir) != 0) { /* whatever a plug-in writes without a path lands there */
        return god_fail_errno(err, GOD_E_IO, "cannot enter \"%s\"", w->work_dir);
    }
    return GOD_OK;
}

static god_status open_plugin(inner *w, god_error *err)
{
    gdi_services_progress(&w->services, "opening the plug-in");
    GOD_TRY(gdi_plugin_load(w->job.plugin_path, w->job.plugin_sha256, &w->plugin, err));
    if (strcmp(w->plugin->plugin.id, w->job.plugin_id) != 0) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is the plug-in \"%s\", not \"%s\"", w->job.plugin_path,
                        w->plugin->plugin.id, w->job.plugin_id);
    }
    god_status status = w->plugin->plugin.open(&w->services.host, w->job.plugin_config, &w->instance, err);
    if (status == GOD_OK && w->instance == NULL) {
        return god_fail(err, GOD_E_INTERNAL, "the plug-in opened no instance and did not say why");
    }
    return status;
}

/* A finite bound for JSON; a plug-in may say that there is none. */
static double bounded(double bound)
{
    return bound > DBL_MAX ? DBL_MAX : bound < -DBL_MAX ? -DBL_MAX : bound;
}

static json_t *metrics_to_json(const god_metric_info *const *metrics)
{
    json_t *array = json_array();
    for (; array != NULL && metrics != NULL && *metrics != NULL; metrics++) {
        const god_metric_info *info = *metrics;
        if (!GOD_HAS(info, god_metric_info, decimals) || info->name == NULL) {
            continue;
        }
        json_t *entry = json_pack("{s:o, s:o, s:I}", "name", gdi_outbox_text(info->name, 64), "title",
                                  gdi_outbox_text(info->title == NULL ? info->name : info->title, 64), "decimals",
                                  (json_int_t)info->decimals);
        if (json_array_append_new(array, entry) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static god_status state_score(inner *w, god_error *err)
{
    score_room score;
    memset(&score, 0, sizeof score);
    score.spec.size = GOD_SIZE_TO(god_score_spec, metrics);
    GOD_TRY(w->plugin->eval.score_spec(w->instance, w->job.spec_json, &score.spec, err));
    const god_score_spec *spec = &score.spec;
    if (!GOD_HAS(spec, god_score_spec, highest) || spec->primary == NULL || isnan(spec->lowest) ||
        isnan(spec->highest) || (spec->direction != GOD_LOWER_WINS && spec->direction != GOD_HIGHER_WINS)) {
        return god_fail(
            err, GOD_E_INTERNAL,
            "the plug-in's score has direction %u, primary metric \"%.60s\" and range %g to %g, which is no "
            "score",
            spec->direction, spec->primary == NULL ? "" : spec->primary, spec->lowest, spec->highest);
    }
    double tie_epsilon = GOD_HAS(spec, god_score_spec, tie_epsilon) ? spec->tie_epsilon : 0;
    const god_metric_info *const *metrics = GOD_HAS(spec, god_score_spec, metrics) ? spec->metrics : NULL;
    json_t *frame = json_pack("{s:s, s:I, s:o, s:f, s:f, s:f, s:o}", "frame", "score", "direction",
                              (json_int_t)spec->direction, "primary", gdi_outbox_text(spec->primary, 256), "lowest",
                              bounded(spec->lowest), "highest", bounded(spec->highest), "tie_epsilon",
                              isfinite(tie_epsilon) ? tie_epsilon : 0.0, "metrics", metrics_to_json(metrics));
    return gdi_outbox_send_take(&w->outbox, frame, err);
}

static god_status make_data(void *user, const char *staging_dir, god_error *err)
{
    inner *w = user;
    gdi_services_progress(&w->services, "preparing the data");
    return w->plugin->dataset.prepare(w->instance, w->job.spec_json, &w->inputs.inputs, staging_dir, err);
}

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count();
}

static god_status prepare_data(inner *w, god_error *err)
{
    char key[GDI_CACHE_KEY_BYTES_MAX + 1] = "";
    w->inputs.inputs.size = GOD_SIZE_TO(god_inputs, items);
    if (!w->plugin->has_dataset) {
        return GOD_OK;
    }
    const gdi_cache_maker maker = {.user = w, .make = make_data, .stop_asked = stop_asked};
    gdi_services_progress(&w->services, "reading the inputs");
    GOD_TRY(gdi_inputs_meet(&w->inputs, &w->job, w->plugin, w->instance, &w->services, w->work_dir, err));
    GOD_TRY(w->plugin->dataset.cache_key(w->instance, w->job.spec_json, &w->inputs.inputs, key, sizeof key, err));
    key[sizeof key - 1] = '\0';
    return gdi_cache_get(w->job.cache_dir, w->job.plugin_id, key, &maker, w->data_dir, err);
}

static god_status check_device_bytes(const inner *w, const god_eval_job *job, god_error *err)
{
    uint64_t bytes = 0;
    if (job->device_bytes_max == 0) {
        return GOD_OK;
    }
    god_status status = w->plugin->eval.device_bytes(w->instance, job, &bytes, err);
    if (status == GOD_E_UNSUPPORTED) {
        return GOD_OK;
    }
    GOD_TRY(status);
    if (bytes > job->device_bytes_max) {
        return god_fail(err, GOD_E_NOMEM, "the job needs %llu bytes on its device, %llu are lent to it",
                        (unsigned long long)bytes, (unsigned long long)job->device_bytes_max);
    }
    return GOD_OK;
}

static god_status run_eval(inner *w, const god_submission *const *submissions, god_error *err)
{
    const gdi_job *job = &w->job;
    const god_eval_job eval_job = {
        .size = GOD_SIZE_TO(god_eval_job, submission_count),
        .device = job->device,
        .device_index = job->device_index,
        .precision = job->precision,
        .threads = job->threads,
        .batch_tokens_max = job->batch_tokens_max,
        .seq_len_max = job->seq_len_max,
        .seed = job->seed,
        .device_bytes_max = job->device_bytes_max,
        .time_limit_ms = job->time_limit_ms,
        .spec_json = job->spec_json,
        .data_dir = w->data_dir[0] == '\0' ? NULL : w->data_dir,
        .base_model_dir = job->base_model_dir,
        .submissions = submissions,
        .submission_count = job->submission_count,
    };
    GOD_TRY(check_device_bytes(w, &eval_job, err));
    gdi_services_progress(&w->services, "evaluating");
    return w->plugin->eval.run(w->instance, &eval_job, &w->reporter.report, err);
}

static god_status evaluate(inner *w, god_error *err)
{
    if (!w->plugin->has_eval) {
        return god_fail(err, GOD_E_UNSUPPORTED, "the plug-in \"%s\" evaluates nothing", w->job.plugin_id);
    }
    if (w->plugin->has_task) {
        GOD_TRY(w->plugin->task.check(w->instance, w->job.spec_json, err));
    }
    GOD_TRY(state_score(w, err));
    GOD_TRY(prepare_data(w, err));
    uint32_t count = w->job.submission_count;
    god_submission *submissions = calloc((size_t)count + 1, sizeof *submissions);
    const god_submission **pointers = calloc((size_t)count + 1, sizeof *pointers);
    if (submissions == NULL || pointers == NULL) {
        free(submissions);
        free(pointers);
        return god_fail(err, GOD_E_NOMEM, "out of memory for %u submissions", count);
    }
    for (uint32_t i = 0; i < count; i++) {
        submissions[i] = (god_submission){.size = GOD_SIZE_TO(god_submission, model_dir),
                                          .id = w->job.submissions[i].id,
                                          .model_dir = w->job.submissions[i].model_dir};
        pointers[i] = &submissions[i];
    }
    god_status status = run_eval(w, pointers, err);
    free(submissions);
    free(pointers);
    return status;
}

static god_status tell(inner *w, const char *key, const char *what, const char *value)
{
    char name[GDI_JOB_ID_BYTES_MAX + 32];
    if (value == NULL) {
        return GOD_OK;
    }
    (void)snprintf(name, sizeof name, "need.%s%s", key, what);
    return gdi_outbox_send_take(&w->outbox, json_pack("{s:s, s:s, s:s}", "frame", "fact", "name", name, "value", value),
                                NULL);
}

/* Needs that a worker cannot meet by itself, for it has no tokens: whoever starts it fetches them before. */
static god_status tell_need(void *user, const god_need *need)
{
    inner *w = user;
    if (!GOD_HAS(need, god_need, sha256) || need->key == NULL || strlen(need->key) > GDI_JOB_ID_BYTES_MAX ||
        need->uri == NULL || !gdi_fetcher_knows(need->uri)) {
        return GOD_OK;
    }
    GOD_TRY(tell(w, need->key, "", need->uri));
    GOD_TRY(tell(w, need->key, ".revision", need->revision));
    return tell(w, need->key, ".sha256", need->sha256);
}

static god_status check(inner *w, god_error *err)
{
    if (!w->plugin->has_task) {
        return god_fail(err, GOD_E_UNSUPPORTED, "the plug-in \"%s\" checks no tasks", w->job.plugin_id);
    }
    GOD_TRY(w->plugin->task.check(w->instance, w->job.spec_json, err));
    if (w->plugin->has_dataset) { /* a plug-in that cannot say what it needs is told so when it is asked to prepare */
        (void)w->plugin->dataset.needs(w->instance, w->job.spec_json, w, tell_need, NULL);
    }
    return GOD_OK;
}

static god_status explain(inner *w, god_error *err)
{
    const gdi_job *job = &w->job;
    if (!w->plugin->has_explain) {
        return god_fail(err, GOD_E_UNSUPPORTED, "the plug-in \"%s\" cannot show what it scores (it has no %s)",
                        job->plugin_id, GOD_EXPLAIN_ID);
    }
    if (w->plugin->has_task) {
        GOD_TRY(w->plugin->task.check(w->instance, job->spec_json, err));
    }
    GOD_TRY(prepare_data(w, err));
    gdi_explainer_init(&w->explainer, &w->outbox);
    god_status status = w->plugin->explain.explain(w->instance, job->spec_json, &w->inputs.inputs,
                                                   w->data_dir[0] == '\0' ? NULL : w->data_dir, job->row,
                                                   job->seq_len_max, &w->explainer.sink, err);
    gdi_explainer_fini(&w->explainer);
    return status == GOD_OK ? gdi_explainer_check(&w->explainer, err) : status;
}

static god_status intake(inner *w, god_error *err)
{
    if (!w->plugin->has_intake) {
        return god_fail(err, GOD_E_UNSUPPORTED, "the plug-in \"%s\" makes no tasks of data sets (it has no %s)",
                        w->job.plugin_id, GOD_INTAKE_ID);
    }
    gdi_services_progress(&w->services, "reading the data set");
    return gdi_intake_run(&w->intake, &w->job, w->plugin, w->instance, &w->outbox, w->job_dir, err);
}

static god_status run_operation(inner *w, god_error *err)
{
    switch (w->job.operation) {
    case GDI_OPERATION_CHECK: return check(w, err);
    case GDI_OPERATION_EXPLAIN: return explain(w, err);
    case GDI_OPERATION_INTAKE: return intake(w, err);
    default: return evaluate(w, err);
    }
}

/* What the host's calls refused last, "" when nothing. */
static const char *refusal_of(const inner *w)
{
    return w->explainer.refusal[0] != '\0' ? w->explainer.refusal
           : w->intake.refusal[0] != '\0'  ? w->intake.refusal
                                           : w->reporter.refusal;
}

static god_status work(inner *w, const char *job_dir, god_error *err)
{
    GOD_TRY(read_job(w, job_dir, err));
    GOD_TRY(gdi_services_open(&w->services, &w->outbox, &w->job, w->work_dir, err));
    gdi_reporter_init(&w->reporter, &w->outbox, &w->job, w->job_dir, w->work_dir);
    GOD_TRY(open_plugin(w, err));
    return run_operation(w, err);
}

int gdi_worker_inner(const char *job_dir)
{
    static inner w; /* large, and it lives as long as the process */
    const struct rlimit no_core = {.rlim_cur = 0};
    god_error err = GOD_ERROR_INIT;
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)umask(S_IRWXG | S_IRWXO);
    if (gdi_outbox_open(&w.outbox, &err) != GOD_OK) {
        (void)fprintf(stderr, "god-worker: %s\n", err.message);
        return 2;
    }
    god_status status = work(&w, job_dir, &err);
    if (status == GOD_E_INVALID && err.message[0] == '\0' && refusal_of(&w)[0] != '\0') {
        status = god_fail(&err, GOD_E_INTERNAL, "the plug-in made a mistake: %s", refusal_of(&w));
    } else if (status != GOD_OK && err.message[0] == '\0') {
        (void)god_fail(&err, status, "the plug-in returned %s and did not say why", god_status_name(status));
    }
    json_t *done = json_pack("{s:s, s:i, s:o}", "frame", "done", "status", status, "message",
                             gdi_outbox_text(status == GOD_OK ? "" : err.message, sizeof err.message));
    god_status sent = gdi_outbox_send_take(&w.outbox, done, &err);
    (void)fflush(NULL);
    _exit(sent == GOD_OK ? 0 : 3);
}
