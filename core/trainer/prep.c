#include "core/trainer/prep.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/trainer/upload.h"
#include "core/training/places.h"
#include "core/training/times.h"
#include "god/helpers/file.h"
#include "god/helpers/sha256.h"

#define PREP_MODEL "model"
enum { hash_digits = 16 };

/* ---- the plan ---- */

/* The host fetches the data; the container finds it in its cache. */
static god_status add_argument(const gdi_prep_request *prep, const char *before, const char *word, gdi_strings *argv,
                               god_error *err)
{
    char path[GDI_REQUEST_NAME_BYTES_MAX + 64];
    if (before == NULL || strcmp(before, "--training-data") != 0 || strstr(word, "://") == NULL) {
        return gdi_strings_add(argv, word, err);
    }
    (void)snprintf(path, sizeof path, GDI_CACHE_TARGET "/datasets/%s_train_data.json", prep->task_id);
    return gdi_strings_add(argv, path, err);
}

static god_status add_label(const char *name, const char *value, gdi_strings *labels, god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    god_status status = god_text_append_f(&text, err, "%s=%s", name, value);
    status = status == GOD_OK ? gdi_strings_add(labels, text.data, err) : status;
    god_text_free(&text);
    return status;
}

/* What is run, as a plan like that of a training. */
static god_status make_run_plan(const gdi_prep_request *prep, const gdi_prep_plan *given, gdi_plan *plan,
                                god_error *err)
{
    god_text folder = GOD_TEXT_INIT;
    for (size_t i = 0; i < given->argv.count; i++) {
        GOD_TRY(add_argument(prep, i == 0 ? NULL : given->argv.items[i - 1], given->argv.items[i], &plan->argv, err));
    }
    GOD_TRY(add_label("task_id", prep->task_id, &plan->labels, err));
    GOD_TRY(add_label("hotkey", prep->hotkey == NULL ? "" : prep->hotkey, &plan->labels, err));
    GOD_TRY(add_label("model", prep->model_id, &plan->labels, err));
    GOD_TRY(add_label("task_type", prep->task_type, &plan->labels, err));
    GOD_TRY(gdi_output_dir(prep->task_id, PREP_MODEL, &folder, err));
    plan->upload_local_folder = folder.data; /* taken over */
    plan->dockerfile = strdup("Dockerfile");
    if (plan->dockerfile == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a plan");
    }
    memcpy(plan->gpu_ids, prep->gpu_ids, sizeof plan->gpu_ids);
    plan->gpu_count = prep->gpu_count;
    plan->memory_bytes = given->memory_bytes;
    plan->nano_cpus = given->nano_cpus;
    plan->shm_bytes = plan->gpu_count >= GDI_PLAN_SHM_MANY_GPUS ? GDI_PLAN_SHM_BYTES_MANY : GDI_PLAN_SHM_BYTES;
    plan->timeout_seconds = GDI_PREP_STALE_S;
    return GOD_OK;
}

/* "{server:0}" stands for an address that is not known before the servers run; god-runner fills it in. */
static god_status name_servers(const gdi_prep_request *prep, gdi_strings *urls, god_error *err)
{
    for (uint32_t i = 0; i < json_object_size(prep->environments); i++) {
        char url[32];
        (void)snprintf(url, sizeof url, "{server:%" PRIu32 "}", i);
        GOD_TRY(gdi_strings_add(urls, url, err));
    }
    return GOD_OK;
}

god_status gdi_prep_plan_step(gdi_job *job, god_error *err)
{
    gdi_strings urls = {.items = NULL};
    god_status status = name_servers(&job->prep, &urls, err);
    if (status == GOD_OK) {
        status = gdi_prep_plan_make(&job->prep, job->work->salt, &urls, &job->prep_plan, err);
    }
    gdi_strings_clear(&urls);
    return status == GOD_OK ? make_run_plan(&job->prep, &job->prep_plan, &job->plan, err) : status;
}

json_t *gdi_prep_sidecars(const gdi_job *job)
{
    const gdi_prep_plan *plan = &job->prep_plan;
    json_t *list = json_array();
    for (uint32_t i = 0; i < plan->environment_count; i++) {
        const json_t *given = json_object_get(job->prep.environments, plan->environments[i]);
        if (plan->sidecar_of[i] < json_array_size(list)) {
            continue; /* shares that of an earlier one */
        }
        json_t *sidecar = json_pack("{s:O}", "image", json_object_get(given, "env_image"));
        json_t *command = json_object_get(given, "env_server_command");
        if (json_is_array(command)) {
            (void)json_object_set(sidecar, "command", command);
        }
        (void)json_array_append_new(list, sidecar);
    }
    return list;
}

/* ---- the source ---- */

static god_status link_source(const char *from, const char *path, god_error *err)
{
    struct stat info;
    if (from[0] != '/' || stat(from, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return god_fail(err, GOD_E_NOT_FOUND, "the folder of the model preparation, \"%s\", is not there", from);
    }
    return symlink(from, path) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot make the link \"%s\"", path);
}

static god_status write_source(const char *image, const char *path, god_error *err)
{
    char dockerfile[GOD_PATH_MAX], part[GOD_PATH_MAX + 8], text[600];
    int bytes = snprintf(text, sizeof text, "FROM %s\n", image);
    (void)snprintf(part, sizeof part, "%s.part", path);
    if (bytes < 0 || (size_t)bytes >= sizeof text || strpbrk(image, " \t\n\\") != NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%.100s\" is no name of an image", image);
    }
    GOD_TRY(god_dir_remove(part, err));
    GOD_TRY(god_dir_make(part, err));
    GOD_TRY(god_path_join(part, "Dockerfile", dockerfile, err));
    GOD_TRY(god_file_write(dockerfile, text, (size_t)bytes, err));
    return rename(part, path) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot make \"%s\"", path);
}

god_status gdi_prep_source_step(gdi_job *job, god_error *err)
{
    const gdi_work *work = job->work;
    char path[GOD_PATH_MAX];
    if (gdi_job_has(job, "source")) {
        return GOD_OK;
    }
    GOD_TRY(gdi_job_path(job, "source", path, err));
    return work->prep_dir != NULL
               ? link_source(work->prep_dir, path, err)
               : write_source(work->prep_image != NULL ? work->prep_image : job->prep_plan.image, path, err);
}

/* ---- the answer ---- */

/* The last part of a log, from the start of a line. *ret_text is freed with free(). */
static god_status read_end(const char *path, char **ret_text, size_t *ret_bytes, god_error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &info) != 0) {
        god_status status = god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    size_t cap = info.st_size < GDI_PREP_ANSWER_BYTES_MAX ? (size_t)info.st_size : GDI_PREP_ANSWER_BYTES_MAX;
    char *text = malloc(cap + 1);
    ssize_t bytes = text == NULL ? -1 : pread(fd, text, cap, info.st_size - (off_t)cap);
    (void)close(fd);
    if (bytes < 0) {
        free(text);
        return god_fail(err, GOD_E_IO, "cannot read the end of \"%s\"", path);
    }
    *ret_text = text;
    *ret_bytes = (size_t)bytes;
    return GOD_OK;
}

static god_status read_answer(gdi_job *job, god_error *err)
{
    char path[GOD_PATH_MAX];
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(gdi_job_path(job, "training.log", path, err));
    GOD_TRY(read_end(path, &text, &bytes, err));
    god_status status = gdi_prep_answer(text, bytes, &job->end.answer, err);
    free(text);
    return status;
}

/* "augmented-<16 digits of SHA-256 over model:seed>" */
static god_status augmented_name(const gdi_prep_request *prep, char ret_name[64], god_error *err)
{
    char hex[GOD_SHA256_HEX];
    god_text text = GOD_TEXT_INIT;
    const json_int_t seed = json_integer_value(json_object_get(prep->augmentation, "seed"));
    god_status status = god_text_append_f(&text, err, "%s:%" JSON_INTEGER_FORMAT, prep->model_id, seed);
    if (status == GOD_OK) {
        god_sha256_bytes(text.data, text.bytes, hex);
        (void)snprintf(ret_name, 64, "augmented-%.*s", hash_digits, hex);
    }
    god_text_free(&text);
    return status;
}

/* A changed model that the container has left becomes a repository, and the answer names it. */
static god_status upload_model(gdi_job *job, god_error *err)
{
    char name[64], folder[GOD_PATH_MAX], dir[GOD_PATH_MAX];
    int bytes = snprintf(folder, sizeof folder, "checkpoints/%s/" PREP_MODEL, job->prep.task_id);
    if (job->prep.augmentation == NULL || bytes < 0 || !job->has_output) {
        return GOD_OK;
    }
    if (job->work->hub_user == NULL) {
        return god_fail(err, GOD_E_INVALID, "the changed model cannot be uploaded: no hub account is configured");
    }
    GOD_TRY(augmented_name(&job->prep, name, err));
    GOD_TRY(gdi_job_path(job, folder, dir, err));
    GOD_TRY(gdi_upload_folder(job, dir, NULL, name, err));
    return json_object_set_new(job->end.answer, "augmented_model_id", json_string(job->end.repository)) == 0
               ? GOD_OK
               : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

god_status gdi_prep_answer_step(gdi_job *job, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    god_status status = read_answer(job, &why);
    status = status == GOD_OK ? upload_model(job, &why) : status;
    if (status == GOD_E_CANCELLED) {
        json_decref(job->end.answer);
        job->end.answer = NULL;
        return god_fail(err, status, "%s", why.message);
    }
    if (status != GOD_OK) {
        gdi_job_say(job, "[ERROR] Job failed: %s", why.message);
        gdi_job_give_up(job, "%s", why.message);
    }
    return GOD_OK;
}
