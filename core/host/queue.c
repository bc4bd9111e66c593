#include "core/host/queue.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/signals.h"
#include "core/host/devices.h"
#include "core/worker/job.h"
#include "god/helpers/json.h"

static const char job_file[] = "job.json", result_file[] = "result.json", cancel_file[] = "cancel";

static god_status join_all(gdi_queue *queue, god_error *err)
{
    char jobs[GOD_PATH_MAX];
    GOD_TRY(god_path_join(queue->config->paths_state_dir, "jobs", jobs, err));
    GOD_TRY(god_path_join(jobs, "queued", queue->queued_dir, err));
    GOD_TRY(god_path_join(jobs, "running", queue->running_dir, err));
    GOD_TRY(god_path_join(jobs, "done", queue->done_dir, err));
    GOD_TRY(god_dir_make(queue->queued_dir, err));
    GOD_TRY(god_dir_make(queue->running_dir, err));
    return god_dir_make(queue->done_dir, err);
}

/* Moves the folder to done/, beside an older one of the same name if need be. */
static god_status move_to_done(const gdi_queue *queue, const char *name, god_error *err)
{
    enum { same_names_max = 10000 };
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX], numbered[GDI_QUEUE_NAME_BYTES_MAX + 16];
    GOD_TRY(god_path_join(queue->running_dir, name, from, err));
    for (int i = 1; i < same_names_max; i++) {
        (void)snprintf(numbered, sizeof numbered, i == 1 ? "%s" : "%s.%d", name, i);
        GOD_TRY(god_path_join(queue->done_dir, numbered, to, err));
        if (god_file_exists(to)) {
            continue;
        }
        if (rename(from, to) != 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot move \"%s\" to done", name);
        }
        return GOD_OK;
    }
    return god_fail(err, GOD_E_INVALID, "there are %d finished jobs named \"%s\"", same_names_max, name);
}

/* A result for a job that never reached a plug-in. */
static god_status write_refusal(const char *dir, const char *name, const char *message, god_error *err)
{
    char path[GOD_PATH_MAX], now[GDI_CLOCK_UTC_BYTES];
    gdi_clock_utc(now);
    GOD_TRY(god_path_join(dir, result_file, path, err));
    json_t *result = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:[], s:{}, s:s, s:s}", "version", 1, "job_id", name,
                               "outcome", "no_result", "status", "GOD_OK", "message", message, "task_type", "",
                               "submissions", "facts", "started_at", now, "finished_at", now);
    if (result == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the result of \"%s\"", name);
    }
    god_status status = god_json_write(path, result, err);
    json_decref(result);
    return status;
}

static god_status refuse(const gdi_queue *queue, const char *name, const char *message, god_error *err)
{
    char dir[GOD_PATH_MAX];
    gdi_log_write(queue->log, GOD_LOG_WARNING, "refused a job", "job", name, "reason", message, NULL);
    GOD_TRY(god_path_join(queue->running_dir, name, dir, err));
    GOD_TRY(write_refusal(dir, name, message, err));
    return move_to_done(queue, name, err);
}

/* Sets what the job leaves out. */
static int set_missing(json_t *object, const char *key, json_t *value_take)
{
    if (json_object_get(object, key) != NULL) {
        json_decref(value_take);
        return 0;
    }
    return json_object_set_new(object, key, value_take);
}

static god_status add_plugin(const gdi_queue *queue, json_t *root, god_error *err)
{
    const gdi_plugin_info *info = NULL;
    const char *id = NULL, *task_type = "";
    json_t *plugin = json_object_get(root, "plugin");
    if (json_object_get(plugin, "path") != NULL) {
        return GOD_OK;
    }
    if (plugin != NULL) {
        GOD_TRY(god_json_opt_str(job_file, plugin, "id", &id, err));
    }
    json_t *spec = NULL;
    GOD_TRY(god_json_get_object(job_file, root, "spec", &spec, err));
    GOD_TRY(god_json_opt_str(job_file, spec, "task_type", &task_type, err));
    GOD_TRY(gdi_catalogue_find(queue->catalogue, id, task_type, &info, err));
    json_t *section = json_object_get(queue->config->plugins_config, info->id);
    json_t *found = json_pack("{s:s, s:s, s:s, s:O?}", "path", info->path, "sha256", info->sha256, "id", info->id,
                              "config", section);
    return json_object_set_new(root, "plugin", found) == 0 ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory");
}

static god_status add_settings(const gdi_queue *queue, json_t *root, god_error *err)
{
    const gdi_config *config = queue->config;
    json_t *allow = json_array();
    for (size_t i = 0; i < config->http_allow.count; i++) {
        (void)json_array_append_new(allow, json_string(config->http_allow.items[i]));
    }
    json_t *http = json_pack("{s:o, s:I, s:I}", "allow", allow, "bytes_max", (json_int_t)config->http_bytes_max,
                             "time_limit_ms", (json_int_t)config->http_time_limit_ms);
    int failed = set_missing(root, "cache_dir", json_string(config->paths_cache_dir));
    failed |= set_missing(root, "nn_dir", json_string(queue->layout->nn_dir));
    failed |= set_missing(root, "threads", json_integer(config->worker_threads));
    failed |= set_missing(root, "time_limit_ms", json_integer(config->worker_time_limit_ms));
    failed |= set_missing(root, "grace_ms", json_integer(config->worker_grace_ms));
    failed |= set_missing(root, "http", http);
    return failed ? god_fail(err, GOD_E_NOMEM, "out of memory") : GOD_OK;
}

/* Completes RUNNING/NAME/job.json. Doing it again changes nothing. */
static god_status complete_job(const gdi_queue *queue, const char *dir, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *root = NULL;
    gdi_job job;
    GOD_TRY(god_path_join(dir, job_file, path, err));
    GOD_TRY(god_json_read(path, GDI_JOB_BYTES_MAX, &root, err));
    god_status status = json_is_object(root) ? add_plugin(queue, root, err)
                                             : god_fail(err, GOD_E_DATA, "%s is not a JSON object", job_file);
    if (status == GOD_OK) {
        status = add_settings(queue, root, err);
    }
    if (status != GOD_OK) {
        json_decref(root);
        return status;
    }
    GOD_TRY(gdi_job_from_json_take(job_file, root, &job, err));
    status = gdi_job_write(path, &job, err);
    gdi_job_clear(&job);
    return status;
}

static god_status start_worker(gdi_queue *queue, gdi_running *place, god_error *err)
{
    char dir[GOD_PATH_MAX];
    GOD_TRY(god_path_join(queue->running_dir, place->name, dir, err));
    const char *const argv[] = {queue->layout->worker_path, dir, NULL};
    const gdi_child_options options = {.argv = argv};
    place->attempts++;
    return gdi_child_start(&options, &place->child, err);
}

static gdi_running *free_place(gdi_queue *queue)
{
    for (uint32_t i = 0; i < queue->running_max; i++) {
        if (queue->running[i].name[0] == '\0') {
            return &queue->running[i];
        }
    }
    return NULL;
}

/* The place is free again, and so is its device. */
static void vacate(gdi_running *place)
{
    if (place->device_fd >= 0) {
        (void)close(place->device_fd);
    }
    *place = (gdi_running){.device_fd = -1};
}

/* Starts RUNNING/NAME, or ends it with a result that says why it cannot run. The lease of its device goes with it. */
static god_status begin_take(gdi_queue *queue, gdi_running *place, const char *name, int device_fd_take, god_error *err)
{
    char dir[GOD_PATH_MAX];
    god_error why = GOD_ERROR_INIT;
    *place = (gdi_running){.device_fd = device_fd_take};
    GOD_TRY(god_path_join(queue->running_dir, name, dir, err));
    if (complete_job(queue, dir, &why) != GOD_OK) {
        vacate(place);
        return refuse(queue, name, why.message, err);
    }
    (void)snprintf(place->name, sizeof place->name, "%s", name);
    god_status status = start_worker(queue, place, err);
    if (status != GOD_OK) {
        vacate(place);
        return status;
    }
    gdi_log_write(queue->log, GOD_LOG_INFO, "a job began", "job", name, NULL);
    return GOD_OK;
}

static uint32_t is_running(const gdi_queue *queue, const char *name)
{
    for (uint32_t i = 0; i < queue->running_max; i++) {
        if (strcmp(queue->running[i].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

static uint32_t is_job_folder(const char *parent, const char *name)
{
    char dir[GOD_PATH_MAX];
    struct stat info;
    return name[0] != '.' && strlen(name) <= GDI_QUEUE_NAME_BYTES_MAX &&
           god_path_join(parent, name, dir, NULL) == GOD_OK && lstat(dir, &info) == 0 && S_ISDIR(info.st_mode);
}

static god_status resume(void *user, const char *name, god_error *err)
{
    gdi_queue *queue = user;
    char dir[GOD_PATH_MAX];
    int device_fd = -1;
    gdi_running *place = free_place(queue);
    if (place == NULL || is_running(queue, name) || !is_job_folder(queue->running_dir, name)) {
        return GOD_OK; /* what does not fit now is found again by the next turn */
    }
    GOD_TRY(god_path_join(queue->running_dir, name, dir, err));
    god_status status = gdi_device_lease(queue->config->paths_cache_dir, dir, &device_fd, err);
    if (status != GOD_OK) {
        queue->waits_for_device += status == GOD_E_TIMEOUT;
        return status == GOD_E_TIMEOUT ? GOD_OK : status;
    }
    return begin_take(queue, place, name, device_fd, err);
}

static god_status take_queued(void *user, const char *name, god_error *err)
{
    gdi_queue *queue = user;
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    gdi_running *place = free_place(queue);
    if (place == NULL || !is_job_folder(queue->queued_dir, name)) {
        return GOD_OK;
    }
    GOD_TRY(god_path_join(queue->queued_dir, name, from, err));
    GOD_TRY(god_path_join(queue->running_dir, name, to, err));
    if (god_file_exists(to)) {
        return GOD_OK; /* a job of this name runs: this one waits */
    }
    int device_fd = -1;
    god_status status = gdi_device_lease(queue->config->paths_cache_dir, from, &device_fd, err);
    if (status != GOD_OK) {
        queue->waits_for_device += status == GOD_E_TIMEOUT;
        return status == GOD_E_TIMEOUT ? GOD_OK : status; /* its device is in use: it waits */
    }
    if (rename(from, to) != 0) {
        status = errno == ENOENT ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot take the job \"%s\"", name);
        if (device_fd >= 0) {
            (void)close(device_fd);
        }
        return status;
    }
    return begin_take(queue, place, name, device_fd, err);
}

static void describe_end(const gdi_child_end *end, char *ret_text, size_t bytes)
{
    if (end->how == GDI_CHILD_SIGNALLED) {
        (void)snprintf(ret_text, bytes, "the worker that supervised the job was killed by signal %d (%s), %d times",
                       end->code, gdi_signals_name(end->code), GDI_QUEUE_ATTEMPTS_MAX);
    } else {
        (void)snprintf(ret_text, bytes, "the worker that supervised the job ended with exit status %d and no result",
                       end->code);
    }
}

static god_status finish(gdi_queue *queue, gdi_running *place, const gdi_child_end *end, god_error *err)
{
    char dir[GOD_PATH_MAX], path[GOD_PATH_MAX], name[sizeof place->name], message[200];
    GOD_TRY(god_path_join(queue->running_dir, place->name, dir, err));
    GOD_TRY(god_path_join(dir, result_file, path, err));
    uint32_t has_result = god_file_exists(path);
    gdi_child_free(place->child);
    place->child = NULL;
    if (!has_result && end->how == GDI_CHILD_SIGNALLED && !place->stop_asked &&
        place->attempts < GDI_QUEUE_ATTEMPTS_MAX) {
        gdi_log_write(queue->log, GOD_LOG_WARNING, "a worker was killed without a result, starting it again", "job",
                      place->name, NULL);
        return start_worker(queue, place, err);
    }
    memcpy(name, place->name, sizeof name);
    vacate(place);
    if (!has_result) {
        describe_end(end, message, sizeof message);
        return refuse(queue, name, message, err);
    }
    gdi_log_write(queue->log, GOD_LOG_INFO, "a job ended", "job", name, "exit",
                  end->how == GDI_CHILD_EXITED && end->code == 0 ? "result" : "no result", NULL);
    return move_to_done(queue, name, err);
}

/* Somebody does not want the result any more. */
static void stop_if_asked(const gdi_queue *queue, gdi_running *place)
{
    char dir[GOD_PATH_MAX], path[GOD_PATH_MAX];
    if (place->stop_asked || god_path_join(queue->running_dir, place->name, dir, NULL) != GOD_OK ||
        god_path_join(dir, cancel_file, path, NULL) != GOD_OK || !god_file_exists(path)) {
        return;
    }
    gdi_log_write(queue->log, GOD_LOG_INFO, "a job is cancelled", "job", place->name, NULL);
    place->stop_asked = 1;
    gdi_child_signal(place->child, SIGTERM);
}

god_status gdi_queue_turn(gdi_queue *queue, god_error *err)
{
    queue->waits_for_device = 0;
    for (uint32_t i = 0; i < queue->running_max; i++) {
        gdi_running *place = &queue->running[i];
        gdi_child_end end;
        if (place->child == NULL) {
            continue;
        }
        stop_if_asked(queue, place);
        if (gdi_child_wait(place->child, 0, &end, NULL) == GOD_OK) {
            GOD_TRY(finish(queue, place, &end, err));
        }
    }
    if (free_place(queue) == NULL) {
        return GOD_OK;
    }
    GOD_TRY(god_dir_each(queue->running_dir, queue, resume, err)); /* left over by an earlier daemon: these go first */
    return god_dir_each(queue->queued_dir, queue, take_queued, err);
}

god_status gdi_queue_open(gdi_queue *queue, const gdi_config *config, const gdi_layout *layout, const gdi_log *log,
                          const gdi_catalogue *catalogue, god_error *err)
{
    *queue = (gdi_queue){.config = config,
                         .layout = layout,
                         .log = log,
                         .catalogue = catalogue,
                         .running_max = (uint32_t)config->host_jobs_max};
    for (uint32_t i = 0; i < GDI_QUEUE_RUNNING_MAX; i++) {
        queue->running[i].device_fd = -1;
    }
    return join_all(queue, err);
}

void gdi_queue_stop(gdi_queue *queue)
{
    uint64_t grace_ms = (uint64_t)queue->config->worker_grace_ms + 1000; /* the worker has its own worker to stop */
    for (uint32_t i = 0; i < queue->running_max; i++) {
        if (queue->running[i].child != NULL) {
            gdi_child_signal(queue->running[i].child, SIGTERM);
        }
    }
    for (uint32_t i = 0; i < queue->running_max; i++) {
        gdi_child_end end;
        if (queue->running[i].child != NULL) {
            (void)gdi_child_wait(queue->running[i].child, grace_ms, &end, NULL);
            gdi_child_free(queue->running[i].child);
        }
        vacate(&queue->running[i]);
    }
}
