#include "core/trainer/run_logs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/net/credential.h"
#include "core/training/places.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { depth_max = 16, said_bytes_max = 64 << 10 };
static const char name_start[] = "offline-run-";

/* ---- taking ---- */

typedef struct taking {
    const char *from, *to;
    uint64_t bytes, files;
    uint32_t depth;
} taking;

static god_status take_entry(void *user, const char *name, god_error *err);

static god_status take_folder(taking *state, const char *from, const char *to, god_error *err)
{
    taking below = {.from = from, .to = to, .bytes = state->bytes, .files = state->files, .depth = state->depth + 1};
    GOD_TRY(god_dir_make(to, err));
    GOD_TRY(god_dir_each(from, &below, take_entry, err));
    state->bytes = below.bytes;
    state->files = below.files;
    return GOD_OK;
}

/* Nobody writes there any more: what lstat says stays so. */
static god_status take_entry(void *user, const char *name, god_error *err)
{
    taking *state = user;
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    struct stat info;
    GOD_TRY(god_path_join(state->from, name, from, err));
    GOD_TRY(god_path_join(state->to, name, to, err));
    if (lstat(from, &info) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot look at \"%.200s\"", name);
    }
    state->files++;
    state->bytes += S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
    if (state->files > GDI_RUN_LOGS_FILES_MAX || state->bytes > GDI_RUN_LOGS_BYTES_MAX || state->depth > depth_max) {
        return god_fail(err, GOD_E_DATA, "it has more than %d files, %llu MiB or %d folders in each other",
                        GDI_RUN_LOGS_FILES_MAX, (unsigned long long)GDI_RUN_LOGS_BYTES_MAX >> 20, depth_max);
    }
    if (S_ISDIR(info.st_mode)) {
        return take_folder(state, from, to, err);
    }
    return !S_ISREG(info.st_mode) || link(from, to) == 0
               ? GOD_OK
               : god_fail_errno(err, GOD_E_IO, "cannot take \"%.200s\"", name);
}

god_status gdi_run_logs_take(const char *from, const char *to, god_error *err)
{
    taking state = {.from = NULL};
    god_status status = take_folder(&state, from, to, err);
    if (status != GOD_OK) {
        (void)god_dir_remove(to, NULL);
    }
    return status;
}

/* 1 when every part of "a/b/c" below `top` is a folder and no link. */
static uint32_t is_plain_folder(const char *top, const char *below, char ret_dir[GOD_PATH_MAX])
{
    char part[GOD_PATH_MAX];
    struct stat info;
    for (const char *at = below;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        (void)snprintf(part, sizeof part, "%.*s", (int)(at - below), below);
        if (god_path_join(top, part, ret_dir, NULL) != GOD_OK || lstat(ret_dir, &info) != 0 || !S_ISDIR(info.st_mode)) {
            return 0;
        }
        if (*at == '\0') {
            return 1;
        }
    }
}

typedef struct collecting {
    gdi_job *job;
    const char *from, *to;
    uint32_t count;
} collecting;

/* One that cannot be taken is said and passed over. */
static god_status collect_one(void *user, const char *name, god_error *err)
{
    collecting *c = user;
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    struct stat info;
    god_error why = GOD_ERROR_INIT;
    if (strncmp(name, name_start, sizeof name_start - 1) != 0 ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(name) ||
        c->count == GDI_RUN_LOGS_MAX) {
        return GOD_OK;
    }
    GOD_TRY(god_path_join(c->from, name, from, err));
    GOD_TRY(god_path_join(c->to, name, to, err));
    if (lstat(from, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return GOD_OK;
    }
    if (gdi_run_logs_take(from, to, &why) == GOD_OK) {
        c->count++;
    } else {
        gdi_job_say(c->job, "The run log %s is not taken: %s", name, why.message);
    }
    return GOD_OK;
}

static god_status collect(gdi_job *job, const char *logs_dir, god_error *err)
{
    char checkpoints_dir[GOD_PATH_MAX], below[GOD_PATH_MAX], from[GOD_PATH_MAX], part[GOD_PATH_MAX];
    const char *inside = job->plan.run_log_dir + strlen(GDI_CHECKPOINTS_TARGET) + 1;
    GOD_TRY(gdi_job_path(job, "checkpoints", checkpoints_dir, err));
    GOD_TRY(gdi_job_path(job, "run_logs.part", part, err));
    GOD_TRY(god_path_join(inside, "wandb", below, err));
    if (god_file_exists(logs_dir) || !is_plain_folder(checkpoints_dir, below, from)) {
        return GOD_OK;
    }
    GOD_TRY(god_dir_remove(part, err));
    GOD_TRY(god_dir_make(part, err));
    collecting c = {.job = job, .from = from, .to = part};
    GOD_TRY(god_dir_each(from, &c, collect_one, err));
    return rename(part, logs_dir) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot make \"%s\"", logs_dir);
}

/* ---- sending ---- */

typedef struct sending {
    gdi_job *job;
    const char *logs_dir, *key;
} sending;

static god_status count_one(void *user, const char *name, god_error *err)
{
    (void)name;
    (void)err;
    ++*(uint32_t *)user;
    return GOD_OK;
}

static god_status send_one(void *user, const char *name, god_error *err)
{
    sending *s = user;
    char dir[GOD_PATH_MAX], url[GDI_RUN_URL_BYTES] = "";
    god_error why = GOD_ERROR_INIT;
    GOD_TRY(god_path_join(s->logs_dir, name, dir, err));
    god_status status = gdi_run_logs_send(s->job, dir, s->key, url, &why);
    if (status == GOD_E_CANCELLED) {
        return god_fail(err, status, "%s", why.message);
    }
    if (status != GOD_OK) {
        gdi_job_say(s->job, "The run log %s was not sent: %s", name, why.message);
        return GOD_OK;
    }
    gdi_job_say(s->job, "The run log %s was sent%s%s", name, url[0] != '\0' ? ": " : "", url);
    if (s->job->end.run_url[0] == '\0') {
        (void)snprintf(s->job->end.run_url, sizeof s->job->end.run_url, "%s", url);
    }
    return god_dir_remove(dir, err);
}

static god_status send_all(gdi_job *job, const char *logs_dir, god_error *err)
{
    const gdi_config *config = job->work->config;
    char *key = NULL;
    uint32_t count = 0;
    if (!god_file_exists(logs_dir)) {
        return GOD_OK;
    }
    GOD_TRY(god_dir_each(logs_dir, &count, count_one, err));
    GOD_TRY(gdi_credential_read("the key of Weights & Biases", config->trainer_wandb_key_file,
                                config->trainer_wandb_key_variable, &key, err));
    if (count > 0 && (key == NULL || config->trainer_wandb_command.count == 0)) {
        gdi_job_say(job, "%u offline run logs stay in the job's folder: no %s is configured.", count,
                    key == NULL ? "key of Weights & Biases" : "trainer.wandb_command");
        gdi_credential_free(key);
        return GOD_OK;
    }
    sending s = {.job = job, .logs_dir = logs_dir, .key = key};
    god_status status = god_dir_each(logs_dir, &s, send_one, err);
    gdi_credential_free(key);
    return status;
}

/* ---- the step ---- */

static god_status read_done(gdi_job *job, const char *path, god_error *err)
{
    json_t *root = NULL;
    const char *url = "";
    GOD_TRY(god_json_read(path, said_bytes_max, &root, err));
    god_status status = god_json_get_str(path, root, "url", &url, err);
    (void)snprintf(job->end.run_url, sizeof job->end.run_url, "%s", url);
    json_decref(root);
    return status;
}

static god_status write_done(const gdi_job *job, const char *path, god_error *err)
{
    json_t *root = json_pack("{s:s}", "url", job->end.run_url);
    god_status status =
        root == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for run logs") : god_json_write(path, root, err);
    json_decref(root);
    return status;
}

god_status gdi_run_logs_step(gdi_job *job, god_error *err)
{
    char logs_dir[GOD_PATH_MAX], done[GOD_PATH_MAX];
    god_error why = GOD_ERROR_INIT;
    if (!job->plan.keeps_run_log || job->plan.run_log_dir == NULL) {
        return GOD_OK;
    }
    GOD_TRY(gdi_job_path(job, "run_logs", logs_dir, err));
    GOD_TRY(gdi_job_path(job, "run_logs.json", done, err));
    if (god_file_exists(done)) {
        return read_done(job, done, err);
    }
    god_status status = collect(job, logs_dir, &why);
    status = status == GOD_OK ? send_all(job, logs_dir, &why) : status;
    if (status == GOD_E_CANCELLED) {
        return god_fail(err, status, "%s", why.message);
    }
    if (status != GOD_OK) {
        gdi_job_say(job, "Offline run logs: %s", why.message);
    }
    return god_file_exists(logs_dir) ? write_done(job, done, err) : GOD_OK;
}
