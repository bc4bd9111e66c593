/* `god run-task` without --repo: the whole job of a trainer (core/trainer/work.h), in the folder of the run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/signals.h"
#include "core/cli/progress.h"
#include "core/cli/run_task.h"
#include "core/trainer/work.h"
#include "god/helpers/json.h"
#include "god/helpers/sha256.h"

typedef struct whole {
    gdi_progress progress;
    uint32_t shows_progress;
} whole;

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count() > 0 ? GDI_WORK_CANCEL : GDI_WORK_GO_ON;
}

static void say(void *user, const char *line)
{
    (void)user;
    (void)fprintf(stderr, "%s\n", line);
}

static void tell(void *user, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
    whole *w = user;
    if (w->shows_progress) {
        gdi_progress_show(&w->progress, gdi_clock_ms(), done_bytes, total_bytes, "bytes", what);
    }
}

/* The same folder is the same job, so that a command that was killed goes on when it is given again. */
static void make_id(const char *dir, char ret_id[32])
{
    char hex[GOD_SHA256_HEX];
    god_sha256_bytes(dir, strlen(dir), hex);
    (void)snprintf(ret_id, 32, "local-%.12s", hex);
}

static god_status make_dir(gdi_run_task *task, const json_t *request, god_error *err)
{
    char name[300];
    const json_t *data = json_object_get(request, "training_data");
    const char *task_id = json_string_value(json_object_get(data != NULL ? data : request, "task_id"));
    (void)snprintf(name, sizeof name, "god-run-%.200s", task_id == NULL ? "task" : task_id);
    const char *dir = task->out_dir != NULL ? task->out_dir : name;
    GOD_TRY(god_dir_make(dir, err));
    return realpath(dir, task->dir) != NULL ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot find \"%s\"", dir);
}

static god_status make_job(gdi_run_task *task, const gdi_secrets *secrets, char ret_job_dir[GOD_PATH_MAX],
                           god_error *err)
{
    char id[32];
    json_t *request = NULL;
    GOD_TRY(god_json_read(task->task_path, GDI_REQUEST_BYTES_MAX, &request, err));
    god_status status = make_dir(task, request, err);
    if (status == GOD_OK) {
        make_id(task->dir, id);
        status = god_path_join(task->dir, id, ret_job_dir, err);
    }
    if (status == GOD_OK && !god_file_exists(ret_job_dir)) {
        status = gdi_work_make(task->dir, id, request, secrets, ret_job_dir, err);
    }
    json_decref(request);
    return status;
}

static void print_end(const gdi_run_task *task, const char *job_dir, const gdi_work_end *end)
{
    if (task->json) {
        json_t *root =
            json_pack("{s:b, s:s, s:s, s:s, s:s, s:O?}", "succeeded", (int)end->succeeded, "message", end->message,
                      "folder", job_dir, "repository", end->repository, "commit", end->commit, "answer", end->answer);
        (void)json_dumpf(root, stdout, JSON_INDENT(2));
        (void)fputc('\n', stdout);
        json_decref(root);
        return;
    }
    (void)printf("\njob       %s%s%s\n", end->succeeded ? "success" : "failure", end->message[0] != '\0' ? ": " : "",
                 end->message);
    if (end->repository[0] != '\0') {
        (void)printf("uploaded  %s %s\n", end->repository, end->commit);
    }
    if (end->answer != NULL) {
        (void)json_dumpf(end->answer, stdout, JSON_INDENT(2));
        (void)fputc('\n', stdout);
    }
    (void)printf("logs      %s/training.log\n", job_dir);
}

static god_status run_job(const gdi_run_task *task, gdi_work *work, gdi_work_end *ret_end, god_error *err)
{
    json_t *config = NULL;
    if (task->engine_config != NULL) {
        GOD_TRY(god_json_parse("--runner-config", task->engine_config, strlen(task->engine_config), &config, err));
    }
    work->run.config = config;
    god_status status = gdi_work_run(work, ret_end, err);
    json_decref(config);
    return status;
}

god_status gdi_run_task_whole(gdi_run_task *task, const gdi_layout *layout, const gdi_config *config,
                              const gdi_training_types *types, const char *salt, uint32_t *ret_fine, god_error *err)
{
    char job_dir[GOD_PATH_MAX];
    whole state = {.shows_progress = !task->json};
    gdi_secrets *secrets = NULL;
    gdi_work_end end = {.succeeded = 0};
    const gdi_work_calls calls = {.user = &state, .stop_asked = stop_asked, .log = say, .progress = tell};
    gdi_work work = {.job_dir = job_dir,
                     .config = config,
                     .layout = layout,
                     .types = types,
                     .salt = salt,
                     .hub_user = task->upload_user,
                     .calls = &calls,
                     .environments = config->trainer_environments,
                     .prep_image = config->trainer_prep_image[0] != '\0' ? config->trainer_prep_image : NULL,
                     .prep_dir = config->trainer_prep_folder[0] != '\0' ? config->trainer_prep_folder : NULL,
                     .run = {.runner = task->runner,
                             .trusted = 1, /* one's own code, on one's own machine */
                             .build_network = task->build_network,
                             .build_disk_bytes_max = (uint64_t)config->trainer_build_disk_gib << 30,
                             .memory_bytes = (uint64_t)task->memory_bytes,
                             .nano_cpus = (uint64_t)task->threads * 1000000000u,
                             .time_limit_s = (uint64_t)task->time_limit_s},
                     .allow_local_repository = 1};
    GOD_TRY(gdi_secrets_open(config->paths_state_dir, &secrets, err));
    gdi_progress_begin(&state.progress, state.shows_progress ? stderr : NULL);
    work.secrets = secrets;
    god_status status = make_job(task, secrets, job_dir, err);
    status = status == GOD_OK ? run_job(task, &work, &end, err) : status;
    gdi_progress_end(&state.progress);
    if (status == GOD_OK) {
        print_end(task, job_dir, &end);
        *ret_fine = end.succeeded;
    }
    gdi_work_end_clear(&end);
    gdi_secrets_close(secrets);
    return status == GOD_OK && gdi_signals_stop_count() > 0 ? god_fail(err, GOD_E_CANCELLED, "interrupted") : status;
}
