#include "core/trainer/work.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/lock.h"
#include "core/git/repository.h"
#include "core/trainer/download.h"
#include "core/trainer/job.h"
#include "core/trainer/prep.h"
#include "core/trainer/run_logs.h"
#include "core/trainer/run_step.h"
#include "core/trainer/upload.h"
#include "god/helpers/file.h"

enum { lock_wait_ms = 0 };

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void tell_step(const gdi_job *job, uint32_t step)
{
    if (job->work->calls->step != NULL) {
        job->work->calls->step(job->work->calls->user, step);
    }
}

/* ---- clone ---- */

static uint32_t clone_stop_asked(void *user)
{
    return gdi_job_stop_asked(user) != GDI_WORK_GO_ON;
}

static void tell_clone(void *user, uint64_t received_objects, uint64_t total_objects, uint64_t received_bytes)
{
    const gdi_job *job = user;
    (void)received_objects;
    (void)total_objects;
    if (job->work->calls->progress != NULL) {
        job->work->calls->progress(job->work->calls->user, "repository", received_bytes, 0);
    }
}

static god_status fetch_repository(gdi_job *job, god_error *err)
{
    char source_dir[GOD_PATH_MAX], head[GDI_COMMIT_HEX + 1];
    gdi_repository repository;
    GOD_TRY(gdi_job_path(job, "source", source_dir, err));
    gdi_repository_request request = {.url = job->request.github_repo,
                                      .commit = job->request.github_commit_hash,
                                      .token = job->token,
                                      .dest_dir = source_dir,
                                      .allow_local = job->work->allow_local_repository,
                                      .time_limit_ms = job->work->clone_time_limit_ms,
                                      .stop_asked = clone_stop_asked,
                                      .progress = tell_clone,
                                      .user = job};
    if (request.commit == NULL) { /* the default branch, as a winner's backup repository has it */
        GOD_TRY(gdi_repository_head(job->work->layout, &request, "", head, err));
        request.commit = head;
    }
    return gdi_repository_fetch(job->work->layout, &request, &repository, err);
}

static god_status clone_step(gdi_job *job, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    god_status status = gdi_job_has(job, "source") ? GOD_OK : fetch_repository(job, &why);
    if (status == GOD_E_CANCELLED) {
        return god_fail(err, status, "%s", why.message);
    }
    if (status != GOD_OK) {
        gdi_job_say(job, "Failed to clone repository: Error in cloning: %s", why.message);
        gdi_job_give_up(job, "Failed to clone: %s", why.message);
    }
    return GOD_OK;
}

/* ---- downloads ---- */

static god_status datasets_step(gdi_job *job, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    god_status status = gdi_download_datasets(job, &why);
    if (status == GOD_E_CANCELLED) {
        return god_fail(err, status, "%s", why.message);
    }
    if (status != GOD_OK) {
        gdi_job_say(job, "[ERROR] Job failed: %s", why.message);
        gdi_job_give_up(job, "%s", why.message);
    }
    return GOD_OK;
}

static god_status download_step(gdi_job *job, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    const uint32_t is_new = !gdi_job_has(job, "fetched.json");
    if (is_new) {
        gdi_job_say(job, "Downloading data");
    }
    god_status status = job->is_prep ? gdi_download_for_prep(job, &why) : gdi_download_all(job, &why);
    if (status == GOD_E_CANCELLED) {
        return god_fail(err, status, "%s", why.message);
    }
    if (status != GOD_OK) {
        gdi_job_say(job, "[ERROR] Download container failed | ExitCode: 1 | LastError: %s", why.message);
        gdi_job_give_up(job, "%s", why.message);
    } else if (is_new) {
        gdi_job_say(job, "Download container completed successfully");
    }
    return GOD_OK;
}

/* ---- run ---- */

static god_status run_step(gdi_job *job, god_error *err)
{
    json_t *sidecars = job->is_prep ? gdi_prep_sidecars(job) : gdi_run_sidecars(&job->plan, job->work->environments);
    god_status status = gdi_run_step(job, sidecars, err);
    json_decref(sidecars);
    return status;
}

/* ---- all steps ---- */

static god_status finish_step(gdi_job *job, god_error *err)
{
    if (job->is_prep) {
        return gdi_prep_answer_step(job, err);
    }
    GOD_TRY(gdi_upload_step(job, err));
    return job->has_ended ? GOD_OK : gdi_run_logs_step(job, err);
}

static god_status source_step(gdi_job *job, god_error *err)
{
    return job->is_prep ? gdi_prep_source_step(job, err) : clone_step(job, err);
}

static god_status no_datasets(gdi_job *job, god_error *err)
{
    return job->is_prep ? GOD_OK : datasets_step(job, err);
}

static const struct {
    uint32_t step;
    god_status (*take)(gdi_job *job, god_error *err);
} steps[] = {{GDI_WORK_CLONING, source_step},
             {GDI_WORK_DATASETS, no_datasets},
             {GDI_WORK_DOWNLOADING, download_step},
             {GDI_WORK_RUNNING, run_step},
             {GDI_WORK_UPLOADING, finish_step}};

static god_status make_plan(gdi_job *job, god_error *err)
{
    return job->is_prep ? gdi_prep_plan_step(job, err) : gdi_job_plan(job, NULL, err);
}

/* A plan that cannot be made fails the job: its request is at fault. */
static void plan_or_fail(gdi_job *job)
{
    god_error why = GOD_ERROR_INIT;
    if (make_plan(job, &why) != GOD_OK) {
        gdi_job_say(job, "[ERROR] Job failed: %s", why.message);
        gdi_job_give_up(job, "%s", why.message);
    }
}

/* What goes wrong outside of what a step foresees is an ending too: `[ERROR] Job failed`. */
static god_status take_step(gdi_job *job, size_t i, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    tell_step(job, steps[i].step);
    god_status status = gdi_job_stop_asked(job) != GDI_WORK_GO_ON && steps[i].step != GDI_WORK_RUNNING
                            ? GOD_E_CANCELLED
                            : steps[i].take(job, &why);
    if (status == GOD_E_CANCELLED) {
        return gdi_job_cancelled(job, err);
    }
    if (status != GOD_OK) {
        gdi_job_say(job, "[ERROR] Job failed: %s", why.message);
        gdi_job_give_up(job, "%s", why.message);
    }
    return GOD_OK;
}

static god_status decide(gdi_job *job, god_error *err)
{
    plan_or_fail(job);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !job->has_ended; i++) {
        GOD_TRY(take_step(job, i, err));
    }
    if (!job->has_ended) {
        job->end.succeeded = 1;
        job->has_ended = 1;
    }
    job->end.ended_us = now_us();
    return gdi_job_write_end(job, "outcome.json", err);
}

/* ---- cleaning ---- */

static void say_trouble(const gdi_job *job, god_status status, const god_error *why)
{
    if (status != GOD_OK) {
        gdi_job_say(job, "Cleaning up: %s", why->message);
    }
}

static void remove_part(const gdi_job *job, const char *name)
{
    char path[GOD_PATH_MAX];
    god_error why = GOD_ERROR_INIT;
    god_status status = gdi_job_path(job, name, path, &why);
    say_trouble(job, status == GOD_OK ? god_dir_remove(path, &why) : status, &why);
}

/* An output that nobody has yet stays for the operator, until the folder of the job is removed. */
static void remove_output(const gdi_job *job)
{
    const char *below = job->plan.upload_local_folder;
    char name[GOD_PATH_MAX];
    if (!job->end.succeeded || job->end.repository[0] == '\0' || below == NULL) {
        return;
    }
    (void)snprintf(name, sizeof name, "checkpoints%s", below + strlen("/app/checkpoints"));
    remove_part(job, name);
}

/* Every part is tried, whatever happens to the others. */
static god_status clean(gdi_job *job, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    tell_step(job, GDI_WORK_CLEANING);
    if (gdi_job_has(job, "run.json") && !gdi_job_has(job, "result.json")) {
        say_trouble(job, gdi_run_remove(job->work, &why), &why);
    }
    remove_output(job);
    remove_part(job, "source");
    remove_part(job, "source.part");
    remove_part(job, "context.tar");
    say_trouble(job, god_dir_remove(job->view_dir, &why), &why);
    GOD_TRY(gdi_job_write_end(job, "end.json", err));
    tell_step(job, GDI_WORK_ENDED);
    return GOD_OK;
}

/* ---- the call ---- */

static god_status work_on(gdi_job *job, god_error *err)
{
    if (gdi_job_has(job, "outcome.json")) {
        GOD_TRY(gdi_job_read_end(job->work->job_dir, "outcome.json", &job->end, err));
        (void)make_plan(job, NULL); /* only to know where the output lies */
    } else {
        GOD_TRY(decide(job, err));
    }
    return clean(job, err);
}

static god_status take_lock(const char *job_dir, int *ret_lock, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(job_dir, "work.lock", path, err));
    return gdi_lock_take(path, lock_wait_ms, NULL, NULL, ret_lock, err);
}

static god_status run_locked(const gdi_work *work, gdi_work_end *ret_end, god_error *err)
{
    gdi_job job;
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(work->job_dir, "end.json", path, err));
    if (god_file_exists(path)) {
        return gdi_work_look(work->job_dir, ret_end, err);
    }
    GOD_TRY(gdi_job_open(work, &job, err));
    god_status status = work_on(&job, err);
    if (status == GOD_OK) {
        *ret_end = job.end;
    } else {
        gdi_work_end_clear(&job.end);
    }
    gdi_job_close(&job);
    return status;
}

god_status gdi_work_run(const gdi_work *work, gdi_work_end *ret_end, god_error *err)
{
    int lock = -1;
    GOD_TRY(take_lock(work->job_dir, &lock, err));
    god_status status = run_locked(work, ret_end, err);
    (void)close(lock);
    return status;
}

/* ---- removing ---- */

static god_status remove_view(const gdi_work *work, god_error *err)
{
    char name[80], view_dir[GOD_PATH_MAX];
    const char *slash = strrchr(work->job_dir, '/');
    if (slash == NULL || slash[1] == '\0' || slash[1] == '.') {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is no folder of a job", work->job_dir);
    }
    (void)snprintf(name, sizeof name, "views/%.64s", slash + 1);
    GOD_TRY(god_path_join(work->config->paths_cache_dir, name, view_dir, err));
    return god_dir_remove(view_dir, err);
}

static god_status remove_folder(const gdi_work *work, god_error *err)
{
    char run_path[GOD_PATH_MAX], result_path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(work->job_dir, "run.json", run_path, err));
    GOD_TRY(god_path_join(work->job_dir, "result.json", result_path, err));
    if (god_file_exists(run_path) && !god_file_exists(result_path)) {
        GOD_TRY(gdi_run_remove(work, err));
    }
    GOD_TRY(remove_view(work, err));
    return god_dir_remove(work->job_dir, err);
}

god_status gdi_work_remove(const gdi_work *work, god_error *err)
{
    int lock = -1;
    if (!god_file_exists(work->job_dir)) {
        return remove_view(work, err);
    }
    GOD_TRY(take_lock(work->job_dir, &lock, err));
    god_status status = remove_folder(work, err);
    (void)close(lock);
    return status;
}
