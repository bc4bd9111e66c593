/* The container runner.
 *
 *     building     images of sidecars that are missing; source/ ─► context.tar ─► image god-run-ID
 *     starting     network god-net-ID, sidecars, container (its id goes into state.json before it is started)
 *     training     follow the log until it ends; kill it at the time limit, on request, or when the disk share is full
 *     collecting   look at the output, remove everything that carries the run's id
 *
 * Started again on the same folder it goes on: a container whose id is in state.json is looked at, and started, waited
 * for or judged, whatever its state calls for.
 *
 * Configuration: {"socket": "/run/podman/podman.sock", "api": "podman" or "docker", "gpu_kind": "nvidia.com/gpu",
 * "processes_rlimit": 0, "pull_time_limit_s": 1800}, each optional; see service.h, engine.h, body.h and sidecars.h. */
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "core/runner/confine.h"
#include "core/runner/container/body.h"
#include "core/runner/container/builders.h"
#include "core/runner/container/context.h"
#include "core/runner/container/engine.h"
#include "core/runner/container/service.h"
#include "core/runner/container/sidecars.h"
#include "core/runner/judge.h"
#include "core/runner/output.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { urls_bytes = 2048, looks_max = 30, look_pause_ns = 100 * 1000 * 1000 };
/* Below this a machine has no room for its logs and results any more. */
static const uint64_t free_bytes_min = UINT64_C(4) << 30;

typedef struct container {
    gdi_run *run;
    const char *socket_path;
    gdi_engine *engine, *second; /* own; the second is opened when it is needed */
    char checkpoints_dir[GOD_PATH_MAX];
    char network[128], image[128], name[128];
    const char *api;      /* "docker" or "podman" */
    const char *gpu_kind; /* of the Container Device Interface */
    int64_t processes_rlimit;
} container;

/* ---- building ---- */

typedef struct build_space {
    container *self;
    uint64_t free_at_first; /* of the storage's file system; 0: not looked yet */
    uint64_t free_bytes;    /* by now */
    uint32_t is_short;      /* the machine needs the rest itself */
} build_space;

/* Through a connection of its own: the other one is busy with the build or the log. */
static god_status second_engine(container *self, god_error *err)
{
    return self->second != NULL ? GOD_OK : gdi_engine_open(self->socket_path, &self->second, err);
}

/* What is pulled for a build, and what Docker's builds write, cannot be told from what others write: only a file system
 * that comes to its end meanwhile ends the build. */
static void look_at_free_space(build_space *space, const char *storage)
{
    struct statvfs info;
    if (statvfs(storage, &info) == 0) {
        space->free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
        space->free_at_first = space->free_at_first == 0 ? space->free_bytes : space->free_at_first;
        space->is_short = space->free_bytes < free_bytes_min && space->free_bytes < space->free_at_first;
    }
}

static god_status measure_build(void *user, uint64_t *ret_bytes, god_error *err)
{
    build_space *space = user;
    container *self = space->self;
    gdi_builders builders;
    const char *storage = NULL;
    uint64_t total = 0;
    GOD_TRY(second_engine(self, err));
    GOD_TRY(gdi_engine_storage(self->second, &storage, err));
    look_at_free_space(space, storage);
    GOD_TRY(gdi_builders_find(self->second, self->run->spec->run_id, &builders, err));
    for (size_t i = 0; i < builders.count; i++) {
        uint64_t bytes = 0;
        if (builders.items[i].written_dir[0] != '\0' &&
            gdi_output_size(builders.items[i].written_dir, &bytes, err) == GOD_OK) {
            total += bytes;
        }
    }
    *ret_bytes = space->is_short ? UINT64_MAX / 2 : total;
    return GOD_OK;
}

static void end_full_build(gdi_run *run, const build_space *space, uint64_t written)
{
    if (space->is_short) {
        gdi_run_end_with(run, GDI_RUN_BUILD_FAILED,
                         "the build was stopped: %llu MiB are left where the machine keeps images; make the image "
                         "smaller, or ask for the machine to be cleaned",
                         (unsigned long long)(space->free_bytes >> 20));
        return;
    }
    gdi_run_end_with(run, GDI_RUN_BUILD_FAILED,
                     "the build wrote more than %lld MiB (%llu MiB when it was stopped); leave caches and models out "
                     "of the image, models and data are below /cache; see build.log",
                     (long long)(run->spec->build_disk_bytes_max >> 20), (unsigned long long)(written >> 20));
}

static god_status build(container *self, god_error *err)
{
    gdi_run *run = self->run;
    char tar_path[GOD_PATH_MAX];
    gdi_run_watch watch;
    GOD_TRY(god_path_join(run->run_dir, "context.tar", tar_path, err));
    GOD_TRY(gdi_context_write(run->spec->source_dir, run->spec->run_id, tar_path, err));
    GOD_TRY(gdi_run_watch_open(run, "build.log", &watch, err));
    const gdi_engine_build image = {.tar_path = tar_path,
                                    .dockerfile = run->spec->dockerfile,
                                    .tag = self->image,
                                    .network = run->spec->build_network,
                                    .memory_bytes = run->spec->memory_bytes,
                                    .nano_cpus = run->spec->nano_cpus,
                                    .time_limit_ms = run->spec->build_time_limit_s * 1000,
                                    .run_id = run->spec->run_id};
    const gdi_engine_calls calls = {
        .stop_asked = gdi_run_watch_stop_asked, .printed = gdi_run_watch_printed, .user = &watch};
    build_space space = {.self = self};
    watch.measure_layer = measure_build;
    watch.layer_user = &space;
    god_status status = gdi_engine_build_image(self->engine, &image, &calls, err);
    gdi_run_watch_close(&watch);
    (void)unlink(tar_path);
    if (watch.reason == GDI_RUN_DISK_FULL) {
        end_full_build(run, &space, watch.layer_bytes);
        return GOD_OK;
    }
    return status;
}

/* A build that an earlier god-runner had begun. */
static god_status end_earlier_build(container *self, god_error *err)
{
    return self->run->state.phase == GDI_RUN_BUILDING ? gdi_engine_end_build(self->engine, self->run->spec->run_id, err)
                                                      : GOD_OK;
}

/* What the miner can act on ends the run; what the engine did wrong is an error to be tried again. */
static god_status build_or_end(container *self, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    god_status status = build(self, &why);
    if (status == GOD_E_CANCELLED) {
        gdi_run_end_with(self->run, GDI_RUN_CANCELLED, "cancelled while the image was built");
    } else if (status == GOD_E_DATA || status == GOD_E_INVALID) {
        gdi_run_end_with(self->run, GDI_RUN_BUILD_FAILED, "%s; see build.log", why.message);
    } else if (status != GOD_OK) {
        return god_fail(err, status, "%s", why.message);
    }
    return GOD_OK;
}

/* ---- starting ---- */

static god_status address_of(container *self, const char *id, char *ret_url, size_t cap, god_error *err)
{
    json_t *info = NULL;
    const char *address = NULL;
    GOD_TRY(gdi_engine_inspect(self->engine, id, 0, &info, err));
    const json_t *networks = json_object_get(json_object_get(info, "NetworkSettings"), "Networks");
    address = json_string_value(json_object_get(json_object_get(networks, self->network), "IPAddress"));
    god_status status = GOD_OK;
    if (address == NULL || *address == '\0') {
        status = god_fail(err, GOD_E_IO, "an environment server got no address on its network");
    } else {
        (void)snprintf(ret_url, cap, "http://%s:8000", address);
    }
    json_decref(info);
    return status;
}

/* "url,url,..." in the order of the sidecars. */
static god_status start_sidecars(container *self, const gdi_body *parts, char urls[urls_bytes], god_error *err)
{
    const gdi_run_spec *spec = self->run->spec;
    size_t i = 0;
    const json_t *sidecar = NULL;
    urls[0] = '\0';
    json_array_foreach(spec->sidecars, i, sidecar)
    {
        char name[128], id[GDI_ENGINE_ID_BYTES], url[128];
        (void)snprintf(name, sizeof name, "environment-server-%s-%zu", spec->run_id, i);
        json_t *body = gdi_body_sidecar(parts, sidecar);
        if (body == NULL) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for an environment server");
        }
        god_status status = gdi_engine_create(self->engine, "docker", name, body, id, err);
        json_decref(body);
        GOD_TRY(status);
        GOD_TRY(gdi_engine_start(self->engine, id, err));
        GOD_TRY(address_of(self, id, url, sizeof url, err));
        size_t used = strlen(urls);
        (void)snprintf(urls + used, urls_bytes - used, "%s%s", used > 0 ? "," : "", url);
    }
    return GOD_OK;
}

static god_status create(container *self, god_error *err)
{
    gdi_run *run = self->run;
    char urls[urls_bytes], id[GDI_ENGINE_ID_BYTES];
    GOD_TRY(gdi_engine_make_network(self->engine, self->network, run->spec->run_id, err));
    gdi_body parts = {.spec = run->spec,
                      .image = self->image,
                      .network = self->network,
                      .checkpoints_dir = self->checkpoints_dir,
                      .gpu_kind = self->gpu_kind,
                      .processes_rlimit = self->processes_rlimit};
    GOD_TRY(start_sidecars(self, &parts, urls, err));
    parts.server_urls = urls[0] != '\0' ? urls : NULL;
    json_t *body = strcmp(self->api, "podman") == 0 ? gdi_body_podman(&parts, self->name) : gdi_body_docker(&parts);
    if (body == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the container of a run");
    }
    god_status status = gdi_engine_create(self->engine, self->api, self->name, body, id, err);
    json_decref(body);
    if (status == GOD_OK) {
        (void)snprintf(run->state.handle, sizeof run->state.handle, "%s", id);
        status = gdi_run_enter(run, GDI_RUN_STARTING, err);
    }
    return status;
}

/* "running", "exited", "created"... and the process number of the container. */
static god_status look(container *self, char status_word[32], pid_t *ret_pid, god_error *err)
{
    json_t *info = NULL;
    GOD_TRY(gdi_engine_inspect(self->engine, self->run->state.handle, 0, &info, err));
    const json_t *state = json_object_get(info, "State");
    const char *word = json_string_value(json_object_get(state, "Status"));
    (void)snprintf(status_word, 32, "%s", word != NULL ? word : "");
    *ret_pid = (pid_t)json_integer_value(json_object_get(state, "Pid"));
    json_decref(info);
    return GOD_OK;
}

static int is_over(const char *status_word)
{
    return strcmp(status_word, "exited") == 0 || strcmp(status_word, "stopped") == 0 ||
           strcmp(status_word, "dead") == 0;
}

/* A container that ended before it could be looked at did nothing that matters any more; an engine takes a moment to
 * say that it ended. One that still runs and is not to be seen is on another machine, or hidden from us. */
static god_status check_confined(container *self, god_error *err)
{
    const struct timespec pause = {.tv_nsec = look_pause_ns};
    god_error why = GOD_ERROR_INIT;
    god_status status = GOD_E_NOT_FOUND;
    for (int i = 0; i < looks_max && status == GOD_E_NOT_FOUND; i++) {
        char word[32];
        pid_t pid = 0;
        GOD_TRY(look(self, word, &pid, err));
        if (is_over(word)) {
            return GOD_OK;
        }
        status = gdi_confine_check(pid, self->run->spec->gpu_ids, &why);
        if (status == GOD_E_NOT_FOUND) {
            (void)nanosleep(&pause, NULL);
        }
    }
    if (status != GOD_OK) {
        GOD_TRY(gdi_engine_kill(self->engine, self->run->state.handle, err));
        gdi_run_end_with(self->run, GDI_RUN_NOT_CONFINED, "%s", why.message);
    }
    return GOD_OK;
}

/* What runc and crun say when the image itself cannot be started, as opposed to their own trouble. */
static int blames_image(const char *message)
{
    static const char *const sentences[] = {"exec: \"", "exec format error", "no command or entrypoint",
                                            "No command specified"};
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        if (strstr(message, sentences[i]) != NULL) {
            return 1;
        }
    }
    return 0;
}

static god_status start(container *self, god_error *err)
{
    gdi_run *run = self->run;
    god_error why = GOD_ERROR_INIT;
    god_status status = gdi_engine_start(self->engine, run->state.handle, &why);
    if (status != GOD_OK && blames_image(why.message)) {
        gdi_run_end_with(run, GDI_RUN_FAILED, "the container could not be started, check its ENTRYPOINT: %.400s",
                         why.message);
        return GOD_OK;
    }
    if (status != GOD_OK) {
        return god_fail(err, status, "%s", why.message);
    }
    run->state.started_us = gdi_run_now_us();
    GOD_TRY(gdi_run_enter(run, GDI_RUN_TRAINING, err));
    return check_confined(self, err);
}

static god_status remove_entry(void *user, const char *name, god_error *err)
{
    const char *dir = user;
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(dir, name, path, err));
    return god_dir_remove(path, err);
}

/* After a kill between "created" and "training": whatever state the container has by now. */
static god_status go_on_starting(container *self, god_error *err)
{
    char word[32];
    pid_t pid = 0;
    GOD_TRY(look(self, word, &pid, err));
    if (strcmp(word, "created") == 0 || strcmp(word, "configured") == 0 || strcmp(word, "initialized") == 0) {
        /* Podman says so too of one that ran to its end while the engine was dead: its output is made anew, in the
         * folder that the container has mounted. */
        GOD_TRY(god_dir_each(self->checkpoints_dir, self->checkpoints_dir, remove_entry, err));
        return start(self, err);
    }
    self->run->state.started_us = gdi_run_now_us();
    GOD_TRY(gdi_run_enter(self->run, GDI_RUN_TRAINING, err));
    return check_confined(self, err);
}

/* ---- training ---- */

static god_status follow(container *self, gdi_run_watch *watch, god_error *err)
{
    const gdi_engine_calls calls = {
        .stop_asked = gdi_run_watch_stop_asked, .printed = gdi_run_watch_printed, .user = watch};
    const char *id = self->run->state.handle;
    const gdi_engine_calls no_stop = {.printed = gdi_run_watch_printed, .user = watch};
    god_status status = gdi_engine_log(self->engine, id, 1, 0, &calls, err);
    if (status == GOD_OK) {
        status = gdi_engine_wait(self->engine, id, &calls, err);
    }
    if (status == GOD_E_CANCELLED) { /* ours: there is a reason */
        status = gdi_engine_kill(self->engine, id, err);
        status = status == GOD_OK ? gdi_engine_wait(self->engine, id, &no_stop, err) : status;
    }
    if (status == GOD_OK && watch->logged_bytes <= (uint64_t)self->run->spec->log_bytes_max) {
        status = gdi_engine_log(self->engine, id, 0, watch->logged_bytes, &no_stop, err);
    }
    return status;
}

/* A machine that was started anew still knows the container, but as one that never ran. */
static god_status judge(container *self, const gdi_run_watch *watch, god_error *err)
{
    gdi_run *run = self->run;
    json_t *info = NULL;
    GOD_TRY(gdi_engine_inspect(self->engine, run->state.handle, 0, &info, err));
    const json_t *state = json_object_get(info, "State");
    const char *word = json_string_value(json_object_get(state, "Status"));
    const int32_t exit_code = (int32_t)json_integer_value(json_object_get(state, "ExitCode"));
    const uint32_t out_of_memory = json_is_true(json_object_get(state, "OOMKilled"));
    if (word == NULL || !is_over(word)) {
        gdi_run_end_with(run, GDI_RUN_LOST, "the machine was started anew while it trained; start it again");
    }
    gdi_run_judge(run, watch, exit_code, out_of_memory);
    json_decref(info);
    return GOD_OK;
}

static god_status measure_layer(void *user, uint64_t *ret_bytes, god_error *err)
{
    container *self = user;
    json_t *info = NULL;
    GOD_TRY(second_engine(self, err));
    GOD_TRY(gdi_engine_inspect(self->second, self->run->state.handle, 1, &info, err));
    const json_int_t bytes = json_integer_value(json_object_get(info, "SizeRw"));
    json_decref(info);
    *ret_bytes = bytes > 0 ? (uint64_t)bytes : 0;
    return GOD_OK;
}

static god_status train(container *self, god_error *err)
{
    gdi_run_watch watch;
    GOD_TRY(gdi_run_watch_open(self->run, "training.log", &watch, err));
    watch.measure_layer = measure_layer;
    watch.layer_user = self;
    god_status status = follow(self, &watch, err);
    gdi_run_watch_close(&watch);
    if (status == GOD_OK) {
        status = judge(self, &watch, err);
    } else if (status == GOD_E_NOT_FOUND) {
        gdi_run_end_with(self->run, GDI_RUN_LOST, "the container engine does not know the container any more");
        status = GOD_OK;
    }
    return status;
}

/* ---- the whole ---- */

static god_status collect(container *self, god_error *err)
{
    gdi_run *run = self->run;
    gdi_run_judge_output(run, self->checkpoints_dir);
    GOD_TRY(gdi_run_enter(run, GDI_RUN_COLLECTING, err));
    GOD_TRY(gdi_engine_remove_run(self->engine, run->spec->run_id, err));
    return gdi_run_enter(run, GDI_RUN_ENDED, err);
}

/* From wherever the state says to the outcome. */
static god_status advance(container *self, god_error *err)
{
    gdi_run *run = self->run;
    if (run->state.outcome == 0 && run->state.phase == GDI_RUN_STARTING && run->state.handle[0] != '\0') {
        GOD_TRY(go_on_starting(self, err));
    } else if (run->state.outcome == 0 && run->state.phase < GDI_RUN_TRAINING) {
        GOD_TRY(end_earlier_build(self, err));
        GOD_TRY(gdi_engine_remove_run(self->engine, run->spec->run_id, err));
        GOD_TRY(gdi_run_enter(run, GDI_RUN_BUILDING, err));
        GOD_TRY(gdi_sidecars_pull(run, self->engine, err)); /* first: it is quick to fail */
        if (run->state.outcome == 0) {
            GOD_TRY(build_or_end(self, err));
        }
        if (run->state.outcome == 0) {
            GOD_TRY(gdi_run_enter(run, GDI_RUN_STARTING, err));
            GOD_TRY(create(self, err));
            GOD_TRY(start(self, err));
        }
    }
    if (run->state.outcome == 0 && run->state.phase == GDI_RUN_TRAINING) {
        GOD_TRY(train(self, err));
    }
    return collect(self, err);
}

static god_status prepare(container *self, god_error *err)
{
    const gdi_run *run = self->run;
    const char *api = gdi_engine_is_podman(self->engine) ? "podman" : "docker", *gpu_kind = "nvidia.com/gpu";
    GOD_TRY(god_path_join(run->run_dir, "checkpoints", self->checkpoints_dir, err));
    GOD_TRY(god_dir_make(self->checkpoints_dir, err));
    GOD_TRY(god_json_opt_str("runner", run->config, "api", &api, err));
    GOD_TRY(god_json_opt_str("runner", run->config, "gpu_kind", &gpu_kind, err));
    GOD_TRY(god_json_opt_int("runner", run->config, "processes_rlimit", 0, INT32_MAX, &self->processes_rlimit, err));
    self->api = api;
    self->gpu_kind = gpu_kind;
    gdi_engine_network_name(run->spec->run_id, self->network);
    gdi_engine_image_name(run->spec->run_id, self->image);
    (void)snprintf(self->name, sizeof self->name, "god-run-%s", run->spec->run_id);
    return GOD_OK;
}

static god_status run_container(gdi_run *run, god_error *err)
{
    gdi_service service = {.podman = NULL};
    container self = {.run = run};
    GOD_TRY(gdi_service_find(run->config, run->run_dir, &service, err));
    self.socket_path = service.socket_path;
    god_status status = gdi_engine_open(service.socket_path, &self.engine, err);
    if (status == GOD_OK) {
        status = prepare(&self, err);
    }
    if (status == GOD_OK) {
        status = advance(&self, err);
    }
    gdi_engine_close(self.second);
    gdi_engine_close(self.engine);
    gdi_service_close(&service);
    return status;
}

static god_status remove_run(const char *run_id, const json_t *config, god_error *err)
{
    gdi_service service = {.podman = NULL};
    gdi_engine *engine = NULL;
    GOD_TRY(gdi_service_find(config, "/run", &service, err));
    god_status status = gdi_engine_open(service.socket_path, &engine, err);
    if (status == GOD_OK) {
        status = gdi_engine_end_build(engine, run_id, err);
    }
    if (status == GOD_OK) {
        status = gdi_engine_remove_run(engine, run_id, err);
    }
    gdi_engine_close(engine);
    gdi_service_close(&service);
    return status;
}

const gdi_runner gdi_runner_container = {.name = "container", .run = run_container, .remove = remove_run};
