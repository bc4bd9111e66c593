#include "core/trainer/upload.h"

#include <stdlib.h>
#include <string.h>

#include "core/host/publish.h"
#include "core/training/places.h"
#include "core/training/verdict.h"
#include "god/helpers/json.h"

enum { uploaded_bytes_max = 64 << 10 };

static uint32_t stop_asked(void *user)
{
    return gdi_job_stop_asked(user) != GDI_WORK_GO_ON;
}

static void tell(void *user, const char *what, uint64_t done, uint64_t total)
{
    const gdi_job *job = user;
    if (job->work->calls->progress != NULL) {
        job->work->calls->progress(job->work->calls->user, what, done, total);
    }
}

/* "/app/checkpoints/x" on this side. */
static god_status output_dir(const gdi_job *job, char ret_dir[GOD_PATH_MAX], god_error *err)
{
    char checkpoints_dir[GOD_PATH_MAX];
    GOD_TRY(gdi_job_path(job, "checkpoints", checkpoints_dir, err));
    return god_path_join(checkpoints_dir, job->plan.upload_local_folder + strlen(GDI_CHECKPOINTS_TARGET) + 1, ret_dir,
                         err);
}

/* What a miner should know of the output, before anybody evaluates it. */
static void judge(const gdi_job *job)
{
    char dir[GOD_PATH_MAX], base_dir[GOD_PATH_MAX];
    gdi_verdict *verdict = calloc(1, sizeof *verdict);
    if (verdict == NULL || output_dir(job, dir, NULL) != GOD_OK ||
        god_path_join(job->view_dir, job->plan.model_dir + strlen(GDI_CACHE_TARGET) + 1, base_dir, NULL) != GOD_OK ||
        gdi_verdict_make(dir, base_dir, verdict, NULL) != GOD_OK) {
        free(verdict);
        return;
    }
    for (uint32_t i = 0; i < verdict->count; i++) {
        gdi_job_say(job, "[%s] %s", verdict->findings[i].is_fatal ? "WARNING" : "INFO", verdict->findings[i].text);
    }
    free(verdict);
}

/* ---- uploaded.json ---- */

static god_status read_uploaded(gdi_job *job, god_error *err)
{
    char path[GOD_PATH_MAX];
    const char *repository = "", *commit = "";
    json_t *root = NULL;
    GOD_TRY(gdi_job_path(job, "uploaded.json", path, err));
    GOD_TRY(god_json_read(path, uploaded_bytes_max, &root, err));
    god_status status = god_json_get_str(path, root, "repository", &repository, err);
    status = status == GOD_OK ? god_json_get_str(path, root, "commit", &commit, err) : status;
    (void)snprintf(job->end.repository, sizeof job->end.repository, "%s", repository);
    (void)snprintf(job->end.commit, sizeof job->end.commit, "%s", commit);
    json_decref(root);
    return status;
}

static god_status write_uploaded(const gdi_job *job, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(gdi_job_path(job, "uploaded.json", path, err));
    json_t *root = json_pack("{s:s, s:s}", "repository", job->end.repository, "commit", job->end.commit);
    god_status status =
        root == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for an upload") : god_json_write(path, root, err);
    json_decref(root);
    return status;
}

/* ---- the step ---- */

god_status gdi_upload_folder(gdi_job *job, const char *dir, const char *base_model, const char *name, god_error *err)
{
    char repository[sizeof job->end.repository], commit[sizeof job->end.commit] = "";
    int bytes = snprintf(repository, sizeof repository, "%s/%s", job->work->hub_user, name);
    if (bytes < 0 || (size_t)bytes >= sizeof repository) {
        return god_fail(err, GOD_E_INVALID, "the name of the repository \"%.100s\" is too long", name);
    }
    const gdi_fetcher_hooks hooks = {.stop_asked = stop_asked, .progress = tell, .user = job};
    const gdi_publication publication = {.folder = dir,
                                         .repository = repository,
                                         .task_id = job->is_prep ? job->prep.task_id : job->request.task_id,
                                         .base_model = base_model,
                                         .subfolder = job->is_prep ? NULL : job->plan.upload_subfolder,
                                         .pause_ms = job->work->upload_pause_ms};
    GOD_TRY(gdi_publish(job->work->config, &hooks, &publication, commit, err));
    (void)snprintf(job->end.repository, sizeof job->end.repository, "%s", repository);
    (void)snprintf(job->end.commit, sizeof job->end.commit, "%s", commit);
    return write_uploaded(job, err);
}

static god_status upload(gdi_job *job, god_error *err)
{
    char dir[GOD_PATH_MAX];
    const char *name = strrchr(job->plan.upload_local_folder, '/');
    GOD_TRY(output_dir(job, dir, err));
    return gdi_upload_folder(job, dir, job->plan.upload_model, name == NULL ? "" : name + 1, err);
}

god_status gdi_upload_step(gdi_job *job, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    if (gdi_job_has(job, "uploaded.json")) {
        return read_uploaded(job, err);
    }
    judge(job);
    if (job->work->hub_user == NULL) {
        gdi_job_say(job, "Nothing is uploaded: no hub account is configured. The result stays in the job's folder.");
        return GOD_OK;
    }
    god_status status = upload(job, &why);
    if (status == GOD_E_CANCELLED) {
        return god_fail(err, status, "%s", why.message);
    }
    if (status != GOD_OK) {
        gdi_job_say(job, "[ERROR] HF upload failed | exit_code=1 | container=hf-upload-%s | last_error=%s", job->id,
                    why.message);
        gdi_job_say(job, "[ERROR] Upload container failed | ExitCode: 1 | LastError: %s", why.message);
        gdi_job_give_up(job, "%s", why.message);
        return GOD_OK;
    }
    gdi_job_say(job, "Repo uploaded successfully.");
    return GOD_OK;
}
