#include "core/trainer/job.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/git/address.h"
#include "core/runner/spec.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { job_bytes_max = GDI_REQUEST_BYTES_MAX + (1 << 20), end_bytes_max = 8 << 20, line_bytes = 2048 };

/* ---- making ---- */

static god_status check_id(const char *id, god_error *err)
{
    size_t bytes = strlen(id);
    return bytes > 0 && bytes <= GDI_RUN_ID_BYTES_MAX &&
                   strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == bytes
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID,
                          "\"%.80s\" is no id of a job, 1 to %d letters, digits and \"-\" are needed", id,
                          GDI_RUN_ID_BYTES_MAX);
}

/* {"version", "token": sealed or null, "request": without the token} */
static god_status make_file(const json_t *request, const gdi_secrets *secrets, json_t **ret_root, god_error *err)
{
    const char *token = json_string_value(json_object_get(request, "github_token"));
    char *sealed = NULL;
    json_t *open = json_copy((json_t *)(uintptr_t)request);
    god_status status = open == NULL ? god_fail(err, GOD_E_INVALID, "the request of a job is no object") : GOD_OK;
    if (status == GOD_OK && token != NULL && *token != '\0') {
        status = gdi_secret_seal(secrets, token, &sealed, err);
    }
    if (status == GOD_OK) {
        (void)json_object_del(open, "github_token");
        *ret_root = json_pack("{s:i, s:s?, s:O}", "version", 1, "token", sealed, "request", open);
        status = *ret_root == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a job") : GOD_OK;
    }
    json_decref(open);
    free(sealed);
    return status;
}

/* Into JOBS/.<id>.new, then one rename. */
static god_status write_folder(const char *jobs_dir, const char *id, const char *job_dir, const json_t *file,
                               god_error *err)
{
    char name[80], staged[GOD_PATH_MAX], path[GOD_PATH_MAX];
    (void)snprintf(name, sizeof name, ".%s.new", id);
    GOD_TRY(god_path_join(jobs_dir, name, staged, err));
    GOD_TRY(god_path_join(staged, "job.json", path, err));
    GOD_TRY(god_dir_remove(staged, err));
    GOD_TRY(god_dir_make(staged, err));
    GOD_TRY(god_json_write(path, file, err));
    return rename(staged, job_dir) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot make \"%s\"", job_dir);
}

god_status gdi_work_make(const char *jobs_dir, const char *id, const json_t *request, const gdi_secrets *secrets,
                         char ret_job_dir[GOD_PATH_MAX], god_error *err)
{
    char job_dir[GOD_PATH_MAX];
    json_t *file = NULL;
    GOD_TRY(check_id(id, err));
    GOD_TRY(god_path_join(jobs_dir, id, job_dir, err));
    if (god_file_exists(job_dir)) {
        return god_fail(err, GOD_E_INVALID, "there is a job \"%s\" already", id);
    }
    GOD_TRY(make_file(request, secrets, &file, err));
    god_status status = write_folder(jobs_dir, id, job_dir, file, err);
    json_decref(file);
    if (status == GOD_OK) {
        (void)snprintf(ret_job_dir, GOD_PATH_MAX, "%s", job_dir);
    }
    return status;
}

/* ---- opening ---- */

god_status gdi_job_path(const gdi_job *job, const char *name, char ret_path[GOD_PATH_MAX], god_error *err)
{
    return god_path_join(job->work->job_dir, name, ret_path, err);
}

uint32_t gdi_job_has(const gdi_job *job, const char *name)
{
    char path[GOD_PATH_MAX];
    return gdi_job_path(job, name, path, NULL) == GOD_OK && god_file_exists(path);
}

static god_status find_places(gdi_job *job, god_error *err)
{
    const char *slash = strrchr(job->work->job_dir, '/');
    char name[80];
    if (slash == NULL) {
        return god_fail(err, GOD_E_INVALID, "the folder of a job must be an absolute path, not \"%s\"",
                        job->work->job_dir);
    }
    GOD_TRY(check_id(slash + 1, err));
    (void)snprintf(job->id, sizeof job->id, "%s", slash + 1);
    (void)snprintf(name, sizeof name, "views/%s", job->id);
    return god_path_join(job->work->config->paths_cache_dir, name, job->view_dir, err);
}

static god_status read_request(gdi_job *job, const char *where, json_t *request, god_error *err)
{
    job->is_prep = gdi_prep_request_is_one(request);
    if (job->is_prep) {
        return gdi_prep_request_take(where, json_incref(request), &job->prep, err);
    }
    char *text = json_dumps(request, JSON_COMPACT | JSON_REAL_PRECISION(17));
    god_status status = text == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a request")
                                     : gdi_start_request_parse(where, text, strlen(text), &job->request, err);
    free(text);
    return status;
}

static god_status read_file(gdi_job *job, god_error *err)
{
    char path[GOD_PATH_MAX];
    const char *sealed = NULL;
    json_t *root = NULL, *request = NULL;
    GOD_TRY(gdi_job_path(job, "job.json", path, err));
    GOD_TRY(god_json_read(path, job_bytes_max, &root, err));
    god_status status = god_json_get_object(path, root, "request", &request, err);
    status = status == GOD_OK ? god_json_opt_str(path, root, "token", &sealed, err) : status;
    status =
        status == GOD_OK && sealed != NULL ? gdi_secret_open(job->work->secrets, sealed, &job->token, err) : status;
    status = status == GOD_OK ? read_request(job, path, request, err) : status;
    json_decref(root);
    return status;
}

god_status gdi_job_open(const gdi_work *work, gdi_job *ret_job, god_error *err)
{
    *ret_job = (gdi_job){.work = work};
    god_status status = find_places(ret_job, err);
    status = status == GOD_OK ? read_file(ret_job, err) : status;
    if (status != GOD_OK) {
        gdi_job_close(ret_job);
    }
    return status;
}

void gdi_job_close(gdi_job *job)
{
    gdi_secret_free(job->token);
    job->token = NULL;
    gdi_plan_clear(&job->plan);
    gdi_prep_plan_clear(&job->prep_plan);
    gdi_start_request_clear(&job->request);
    gdi_prep_request_clear(&job->prep);
}

god_status gdi_job_plan(gdi_job *job, const gdi_strings *datasets_here, god_error *err)
{
    const gdi_work *work = job->work;
    const gdi_plan_options options = {.datasets_here = datasets_here};
    gdi_plan plan;
    if (work->types_mutex != NULL) {
        (void)pthread_mutex_lock(work->types_mutex);
    }
    god_status status = gdi_plan_make(work->types, &job->request, &options, &plan, err);
    if (work->types_mutex != NULL) {
        (void)pthread_mutex_unlock(work->types_mutex);
    }
    if (status == GOD_OK) {
        gdi_plan_clear(&job->plan);
        job->plan = plan;
    }
    return status;
}

/* ---- saying ---- */

void gdi_job_say(const gdi_job *job, const char *format, ...)
{
    char line[line_bytes];
    va_list values;
    if (job->work->calls->log == NULL) {
        return;
    }
    va_start(values, format);
    (void)vsnprintf(line, sizeof line, format, values);
    va_end(values);
    for (char *c = line; *c != '\0'; c++) {
        *c = (unsigned char)*c < ' ' ? ' ' : *c; /* one line */
    }
    gdi_address_scrub(line, job->token);
    job->work->calls->log(job->work->calls->user, line);
}

void gdi_job_give_up(gdi_job *job, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    (void)vsnprintf(job->end.message, sizeof job->end.message, format, values);
    va_end(values);
    gdi_address_scrub(job->end.message, job->token);
    job->end.succeeded = 0;
    job->has_ended = 1;
}

uint32_t gdi_job_stop_asked(const gdi_job *job)
{
    return job->work->calls->stop_asked(job->work->calls->user);
}

god_status gdi_job_cancelled(gdi_job *job, god_error *err)
{
    if (gdi_job_stop_asked(job) != GDI_WORK_CANCEL) {
        return god_fail(err, GOD_E_CANCELLED, "the job \"%s\" pauses", job->id);
    }
    gdi_job_say(job, "[INFO] Training cancelled.");
    gdi_job_give_up(job, "cancelled");
    return GOD_OK;
}

/* ---- the end ---- */

void gdi_work_end_clear(gdi_work_end *end)
{
    json_decref(end->answer);
    *end = (gdi_work_end){.succeeded = 0};
}

static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    return value != NULL ? value : json_string("(a message that is not UTF-8 text)");
}

god_status gdi_job_write_end(const gdi_job *job, const char *name, god_error *err)
{
    char path[GOD_PATH_MAX];
    const gdi_work_end *end = &job->end;
    GOD_TRY(gdi_job_path(job, name, path, err));
    json_t *root =
        json_pack("{s:i, s:b, s:I, s:o, s:s, s:s, s:s, s:O?}", "version", 1, "succeeded", (int)end->succeeded,
                  "ended_us", (json_int_t)end->ended_us, "message", text_value(end->message), "repository",
                  end->repository, "commit", end->commit, "run_url", end->run_url, "answer", end->answer);
    god_status status = root == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for the end of a job")
                                     : god_json_write(path, root, err);
    json_decref(root);
    return status;
}

static god_status read_end(const char *path, const json_t *root, gdi_work_end *ret_end, god_error *err)
{
    gdi_work_end end = {.succeeded = 0};
    const char *message = "", *repository = "", *commit = "", *run_url = "";
    json_t *answer = NULL;
    GOD_TRY(god_json_get_bool(path, root, "succeeded", &end.succeeded, err));
    GOD_TRY(god_json_get_int(path, root, "ended_us", 0, INT64_MAX, &end.ended_us, err));
    GOD_TRY(god_json_get_str(path, root, "message", &message, err));
    GOD_TRY(god_json_get_str(path, root, "repository", &repository, err));
    GOD_TRY(god_json_get_str(path, root, "commit", &commit, err));
    GOD_TRY(god_json_opt_str(path, root, "run_url", &run_url, err));
    GOD_TRY(god_json_opt_object(path, root, "answer", &answer, err));
    (void)snprintf(end.message, sizeof end.message, "%s", message);
    (void)snprintf(end.repository, sizeof end.repository, "%s", repository);
    (void)snprintf(end.commit, sizeof end.commit, "%s", commit);
    (void)snprintf(end.run_url, sizeof end.run_url, "%s", run_url == NULL ? "" : run_url);
    end.answer = json_incref(answer);
    *ret_end = end;
    return GOD_OK;
}

god_status gdi_job_read_end(const char *job_dir, const char *name, gdi_work_end *ret_end, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *root = NULL;
    GOD_TRY(god_path_join(job_dir, name, path, err));
    GOD_TRY(god_json_read(path, end_bytes_max, &root, err));
    god_status status = read_end(path, root, ret_end, err);
    json_decref(root);
    return status;
}

god_status gdi_work_look(const char *job_dir, gdi_work_end *ret_end, god_error *err)
{
    return gdi_job_read_end(job_dir, "end.json", ret_end, err);
}
