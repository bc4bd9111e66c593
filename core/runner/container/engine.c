#include "core/runner/container/engine.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/runner/container/engine_parts.h"
#include "core/runner/container/log_stream.h"
#include "core/runner/container/remains.h"
#include "god/helpers/json.h"

enum { quick_ms = 60 * 1000, day_ms = 24 * 60 * 60 * 1000 };

/* ---- requests ---- */

/* The engine's sentence, from {"message": "..."}. */
static god_status fail_answer(const char *what, const gdi_socket_answer *answer, god_error *err)
{
    god_status code = answer->code == 404 ? GOD_E_NOT_FOUND : answer->code < 500 ? GOD_E_INVALID : GOD_E_IO;
    god_error ignored = GOD_ERROR_INIT;
    json_t *root = NULL;
    const char *message = "";
    if (answer->body.bytes > 0 &&
        god_json_parse("engine", answer->body.data, answer->body.bytes, &root, &ignored) == GOD_OK) {
        (void)god_json_opt_str("engine", root, "message", &message, &ignored);
    }
    god_status status = god_fail(err, code, "the container engine refused to %s: %.300s (HTTP %ld)", what,
                                 *message != '\0' ? message : "no reason given", answer->code);
    json_decref(root);
    return status;
}

god_status gdi_engine_send(gdi_engine *engine, const char *what, const gdi_socket_request *request, json_t **ret_value,
                           god_error *err)
{
    gdi_socket_answer answer;
    json_t *value = NULL;
    GOD_TRY(gdi_socket_http_send(engine->http, request, &answer, err));
    god_status status = GOD_OK;
    if (answer.code >= 300 && answer.code != 304) {
        status = fail_answer(what, &answer, err);
    } else if (ret_value != NULL && answer.body.bytes > 0) {
        status = god_json_parse("engine", answer.body.data, answer.body.bytes, &value, err);
    }
    god_text_free(&answer.body);
    if (status == GOD_OK && ret_value != NULL) {
        *ret_value = value;
    }
    return status;
}

god_status gdi_engine_ask(gdi_engine *engine, const char *what, const char *method, const char *path,
                          const json_t *body, json_t **ret_value, god_error *err)
{
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    if (body != NULL && text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a request to the container engine");
    }
    const gdi_socket_request request = {.method = method, .path = path, .body_json = text, .time_limit_ms = quick_ms};
    god_status status = gdi_engine_send(engine, what, &request, ret_value, err);
    free(text);
    return status;
}

void gdi_engine_path_add(char path[GDI_ENGINE_PATH_BYTES], const char *text)
{
    size_t used = strlen(path);
    (void)god_percent_encode(text, path + used, GDI_ENGINE_PATH_BYTES - used);
}

void gdi_engine_path(char path[GDI_ENGINE_PATH_BYTES], const char *before, const char *text, const char *after)
{
    (void)snprintf(path, GDI_ENGINE_PATH_BYTES, "%s", before);
    gdi_engine_path_add(path, text);
    size_t used = strlen(path);
    (void)snprintf(path + used, GDI_ENGINE_PATH_BYTES - used, "%s", after);
}

/* ---- the engine ---- */

/* Not by its version: Podman asks the machine's package manager about its parts before it says that. */
static god_status recognise(gdi_engine *engine, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    god_status status = gdi_engine_ask(engine, "answer", "GET", "/libpod/_ping", NULL, NULL, &why);
    engine->is_podman = status == GOD_OK;
    return status == GOD_OK || status == GOD_E_NOT_FOUND || status == GOD_E_INVALID
               ? GOD_OK
               : god_fail(err, status, "%s", why.message);
}

god_status gdi_engine_open(const char *socket_path, gdi_engine **ret_engine, god_error *err)
{
    gdi_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to the container engine");
    }
    god_status status = gdi_socket_http_open(socket_path, &engine->http, err);
    if (status == GOD_OK) {
        status = recognise(engine, err);
    }
    if (status != GOD_OK) {
        gdi_engine_close(engine);
        return status;
    }
    *ret_engine = engine;
    return GOD_OK;
}

void gdi_engine_close(gdi_engine *engine)
{
    if (engine != NULL) {
        gdi_socket_http_close(engine->http);
        free(engine);
    }
}

uint32_t gdi_engine_is_podman(const gdi_engine *engine)
{
    return engine->is_podman;
}

/* Asked once, and only by who needs it: Podman asks the machine's package manager before it answers. */
god_status gdi_engine_storage(gdi_engine *engine, const char **ret_dir, god_error *err)
{
    json_t *info = NULL;
    const char *dir = NULL, *driver = NULL;
    if (engine->storage[0] == '\0') {
        GOD_TRY(gdi_engine_ask(engine, "describe itself", "GET", "/v1.41/info", NULL, &info, err));
        god_status status = god_json_get_str("engine", info, "DockerRootDir", &dir, err);
        status = status == GOD_OK ? god_json_get_str("engine", info, "Driver", &driver, err) : status;
        if (status == GOD_OK) {
            (void)snprintf(engine->driver, sizeof engine->driver, "%s", driver);
            (void)snprintf(engine->storage, sizeof engine->storage, "%s", dir);
        }
        json_decref(info);
        GOD_TRY(status);
    }
    *ret_dir = engine->storage;
    return GOD_OK;
}

void gdi_engine_network_name(const char *run_id, char ret_name[128])
{
    (void)snprintf(ret_name, 128, "god-net-%s", run_id);
}

void gdi_engine_image_name(const char *run_id, char ret_name[128])
{
    /* Repository names are lower case; run ids are compared as they are everywhere else. */
    (void)snprintf(ret_name, 128, "god-run-%s:latest", run_id);
    for (char *c = ret_name; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
}

/* ---- networks and containers ---- */

god_status gdi_engine_make_network(gdi_engine *engine, const char *name, const char *run_id, god_error *err)
{
    json_t *body = json_pack("{s:s, s:s, s:b, s:b, s:{s:s}}", "Name", name, "Driver", "bridge", "Internal", 1,
                             "CheckDuplicate", 1, "Labels", "god.run", run_id);
    if (body == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a request to the container engine");
    }
    god_error refused = GOD_ERROR_INIT;
    god_status status =
        gdi_engine_ask(engine, "make a network", "POST", "/v1.41/networks/create", body, NULL, &refused);
    json_decref(body);
    if (status == GOD_OK || strstr(refused.message, "already") != NULL) {
        return GOD_OK; /* the one that is there was asked for by this run, see gdi_engine_create */
    }
    return god_fail(err, status, "%s", refused.message);
}

static god_status remove_path(gdi_engine *engine, const char *what, const char *path, god_error *err)
{
    god_error refused = GOD_ERROR_INIT;
    god_status status = gdi_engine_ask(engine, what, "DELETE", path, NULL, NULL, &refused);
    return status == GOD_OK || status == GOD_E_NOT_FOUND ? GOD_OK : god_fail(err, status, "%s", refused.message);
}

/* A caller that was killed may have left a request which the engine answers only after this run has looked around: the
 * container that has taken the name is that one. */
god_status gdi_engine_create(gdi_engine *engine, const char *api, const char *name, const json_t *body,
                             char ret_id[GDI_ENGINE_ID_BYTES], god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES], earlier[GDI_ENGINE_PATH_BYTES];
    json_t *answer = NULL;
    const char *id = NULL;
    god_error refused = GOD_ERROR_INIT;
    if (strcmp(api, "podman") == 0) {
        (void)snprintf(path, sizeof path, "/v4.0.0/libpod/containers/create");
    } else {
        gdi_engine_path(path, "/v1.41/containers/create?name=", name, "");
    }
    god_status status = gdi_engine_ask(engine, "create a container", "POST", path, body, &answer, &refused);
    if (status != GOD_OK && strstr(refused.message, "in use") != NULL) {
        gdi_engine_path(earlier, "/v1.41/containers/", name, "?force=1&v=1");
        GOD_TRY(remove_path(engine, "remove a container", earlier, err));
        status = gdi_engine_ask(engine, "create a container", "POST", path, body, &answer, &refused);
    }
    if (status != GOD_OK) {
        return god_fail(err, status, "%s", refused.message);
    }
    status = god_json_get_str("engine", answer, "Id", &id, err);
    if (status == GOD_OK) {
        (void)snprintf(ret_id, GDI_ENGINE_ID_BYTES, "%s", id);
    }
    json_decref(answer);
    return status;
}

god_status gdi_engine_start(gdi_engine *engine, const char *id, god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES];
    gdi_engine_path(path, "/v1.41/containers/", id, "/start");
    return gdi_engine_ask(engine, "start the container", "POST", path, NULL, NULL, err);
}

god_status gdi_engine_kill(gdi_engine *engine, const char *id, god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES];
    gdi_engine_path(path, "/v1.41/containers/", id, "/kill");
    god_error refused = GOD_ERROR_INIT;
    god_status status = gdi_engine_ask(engine, "kill the container", "POST", path, NULL, NULL, &refused);
    if (status == GOD_OK || status == GOD_E_INVALID || status == GOD_E_NOT_FOUND ||
        strstr(refused.message, "state improper") != NULL) {
        return GOD_OK; /* it runs no more; Podman says so with a 500 */
    }
    return god_fail(err, status, "%s", refused.message);
}

/* Podman reads files of the container's process for this, and says with a 500 that they are gone when it ends just
 * then: asked again it knows that it has ended. */
god_status gdi_engine_inspect(gdi_engine *engine, const char *id, uint32_t with_size, json_t **ret_value,
                              god_error *err)
{
    enum { tries_max = 5, pause_ms = 50 };
    char path[GDI_ENGINE_PATH_BYTES];
    gdi_engine_path(path, "/v1.41/containers/", id, with_size ? "/json?size=1" : "/json");
    for (int tries = 1;; tries++) {
        god_error why = GOD_ERROR_INIT;
        god_status status = gdi_engine_ask(engine, "describe the container", "GET", path, NULL, ret_value, &why);
        if (status == GOD_OK) {
            return GOD_OK;
        }
        if (tries == tries_max || strstr(why.message, "no such process") == NULL) {
            return god_fail(err, status, "%s", why.message);
        }
        (void)poll(NULL, 0, pause_ms);
    }
}

typedef struct following {
    const gdi_engine_calls *calls;
    gdi_log_stream stream;
    uint64_t to_skip;
} following;

static god_status print_unseen(void *user, const char *bytes, size_t count, god_error *err)
{
    following *state = user;
    const size_t seen = state->to_skip < count ? (size_t)state->to_skip : count;
    state->to_skip -= seen;
    return seen < count ? state->calls->printed(state->calls->user, bytes + seen, count - seen, err) : GOD_OK;
}

static god_status take_log(void *user, const char *bytes, size_t count, god_error *err)
{
    following *state = user;
    return gdi_log_stream_take(&state->stream, bytes, count, print_unseen, state, err);
}

static uint32_t following_stop_asked(void *user)
{
    following *state = user;
    return state->calls->stop_asked != NULL ? state->calls->stop_asked(state->calls->user) : 0;
}

god_status gdi_engine_log(gdi_engine *engine, const char *id, uint32_t follows, uint64_t skipped,
                          const gdi_engine_calls *calls, god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES];
    following state = {.calls = calls, .to_skip = skipped};
    gdi_engine_path(path, "/v1.41/containers/", id,
                    follows ? "/logs?follow=1&stdout=1&stderr=1" : "/logs?follow=0&stdout=1&stderr=1");
    const gdi_socket_request request = {.method = "GET",
                                        .path = path,
                                        .time_limit_ms = day_ms,
                                        .take = take_log,
                                        .stop_asked = following_stop_asked,
                                        .user = &state};
    return gdi_engine_send(engine, "show the log", &request, NULL, err);
}

god_status gdi_engine_wait(gdi_engine *engine, const char *id, const gdi_engine_calls *calls, god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES];
    following state = {.calls = calls};
    gdi_engine_path(path, "/v1.41/containers/", id, "/wait?condition=not-running");
    const gdi_socket_request request = {
        .method = "POST", .path = path, .time_limit_ms = day_ms, .stop_asked = following_stop_asked, .user = &state};
    return gdi_engine_send(engine, "wait for the container", &request, NULL, err);
}

/* ---- the end ---- */

static god_status remove_containers(gdi_engine *engine, const char *run_id, god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES], filter[160];
    json_t *list = NULL;
    size_t i = 0;
    const json_t *item = NULL;
    god_status status = GOD_OK;
    (void)snprintf(filter, sizeof filter, "{\"label\":[\"god.run=%s\"]}", run_id);
    gdi_engine_path(path, "/v1.41/containers/json?all=1&filters=", filter, "");
    GOD_TRY(gdi_engine_ask(engine, "list containers", "GET", path, NULL, &list, err));
    json_array_foreach(list, i, item)
    {
        const char *id = json_string_value(json_object_get(item, "Id"));
        if (id != NULL) {
            gdi_engine_path(path, "/v1.41/containers/", id, "?force=1&v=1");
            god_status removed = remove_path(engine, "remove a container", path, err);
            status = status == GOD_OK ? removed : status;
        }
    }
    json_decref(list);
    return status;
}

/* Is it the name of a container of the run, as container.c gives them? */
static uint32_t is_name_of(const char *name, const char *run_id)
{
    char own[128], servers[128];
    (void)snprintf(own, sizeof own, "god-run-%s", run_id);
    const int bytes = snprintf(servers, sizeof servers, "environment-server-%s-", run_id);
    return strcmp(name, own) == 0 || strncmp(name, servers, (size_t)bytes) == 0;
}

/* Podman makes a container in its storage first and then in its own records. Killed in between, it knows the first half
 * only as "external": a name without labels, which keeps the layers of the image. */
static god_status remove_half_made(gdi_engine *engine, const char *run_id, god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES] = "/v4.0.0/libpod/containers/json?all=true&external=true";
    json_t *list = NULL;
    size_t i = 0;
    const json_t *item = NULL;
    god_status status = GOD_OK;
    if (!engine->is_podman) {
        return GOD_OK;
    }
    GOD_TRY(gdi_engine_ask(engine, "list containers", "GET", path, NULL, &list, err));
    json_array_foreach(list, i, item)
    {
        const char *id = json_string_value(json_object_get(item, "Id"));
        const char *name = json_string_value(json_array_get(json_object_get(item, "Names"), 0));
        if (id != NULL && name != NULL && is_name_of(name, run_id)) {
            gdi_engine_path(path, "/v1.41/containers/", id, "?force=1&v=1");
            god_status removed = remove_path(engine, "remove a container", path, err);
            status = status == GOD_OK ? removed : status;
        }
    }
    json_decref(list);
    return status;
}

/* The containers are gone: who still has an address in the run's network was forgotten by a killed engine. */
static void remove_forgotten_namespaces(gdi_engine *engine, const char *network_path)
{
    json_t *network = NULL;
    god_error ignored = GOD_ERROR_INIT;
    if (gdi_engine_ask(engine, "describe a network", "GET", network_path, NULL, &network, &ignored) != GOD_OK) {
        return;
    }
    const json_t *config = json_object_get(json_object_get(network, "IPAM"), "Config");
    const char *subnet = json_string_value(json_object_get(json_array_get(config, 0), "Subnet"));
    if (subnet != NULL) {
        (void)gdi_remove_namespaces(GDI_NETWORK_NAMESPACES, subnet);
    }
    json_decref(network);
}

god_status gdi_engine_remove_run(gdi_engine *engine, const char *run_id, god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES], name[128];
    god_status status = remove_containers(engine, run_id, err);
    status = status == GOD_OK ? remove_half_made(engine, run_id, err) : status;
    gdi_engine_network_name(run_id, name);
    gdi_engine_path(path, "/v1.41/networks/", name, "");
    if (status == GOD_OK) {
        remove_forgotten_namespaces(engine, path);
    }
    god_status removed = remove_path(engine, "remove a network", path, err);
    gdi_remove_address_files(name);
    status = status == GOD_OK ? removed : status;
    gdi_engine_image_name(run_id, name);
    gdi_engine_path(path, "/v1.41/images/", name, "?force=1");
    removed = remove_path(engine, "remove an image", path, err);
    return status == GOD_OK ? removed : status;
}
