#include "core/runner/container/service.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/layout.h"
#include "god/helpers/json.h"

enum { start_limit_ms = 30 * 1000, first_pause_ms = 5, pause_ms_max = 200, stop_grace_ms = 2000 };
static const char podman_path[] = "/usr/bin/podman";

static uint32_t answers(const char *socket_path)
{
    gdi_engine *engine = NULL;
    god_error ignored = GOD_ERROR_INIT;
    uint32_t fine = gdi_engine_open(socket_path, &engine, &ignored) == GOD_OK;
    gdi_engine_close(engine);
    return fine;
}

/* 1 when the path fits and an engine answers there; ret_service has it then. */
static uint32_t try_socket(const char *path, gdi_service *ret_service)
{
    if (path == NULL || *path == '\0' || strlen(path) >= sizeof ret_service->socket_path || !answers(path)) {
        return 0;
    }
    (void)snprintf(ret_service->socket_path, sizeof ret_service->socket_path, "%s", path);
    return 1;
}

/* An engine that was started just now needs a moment before it listens; each try waits longer than the last. */
static god_status wait_until_it_answers(gdi_service *service, god_error *err)
{
    const uint64_t deadline_ms = gdi_clock_ms() + start_limit_ms;
    for (int pause_ms = first_pause_ms; !answers(service->socket_path);
         pause_ms = pause_ms * 2 < pause_ms_max ? pause_ms * 2 : pause_ms_max) {
        gdi_child_end end;
        god_error ignored = GOD_ERROR_INIT;
        if (gdi_child_wait(service->podman, (uint64_t)pause_ms, &end, &ignored) == GOD_OK) {
            return god_fail(err, GOD_E_IO, "`podman system service` ended at once: %.300s",
                            gdi_child_output(service->podman));
        }
        if (gdi_clock_ms() >= deadline_ms) {
            return god_fail(err, GOD_E_TIMEOUT, "`podman system service` did not answer within %d s",
                            start_limit_ms / 1000);
        }
    }
    return GOD_OK;
}

/* It dies with this program, also when that is killed, and what it leaves lying about lies in `dir`. */
static god_status start_podman(const char *dir, gdi_service *service, god_error *err)
{
    char url[160], conf[512], start[GOD_PATH_MAX];
    gdi_layout layout;
    const char *given_conf = getenv("CONTAINERS_CONF");
    int count = snprintf(service->socket_path, sizeof service->socket_path, "%s/podman.sock", dir);
    if (count < 0 || (size_t)count >= sizeof service->socket_path) {
        count = snprintf(service->socket_path, sizeof service->socket_path, "/run/god-podman-%ld.sock", (long)getpid());
    }
    (void)snprintf(url, sizeof url, "unix://%s", service->socket_path);
    (void)snprintf(conf, sizeof conf, "CONTAINERS_CONF=%s", given_conf != NULL ? given_conf : "");
    const char *const argv[] = {start, "--die-with-parent", "--", podman_path, "system", "service", "--time", "0", url,
                                NULL};
    const char *const env[] = {given_conf != NULL ? conf : NULL, NULL};
    const gdi_child_options options = {.argv = argv, .extra_env = env, .cwd = dir};
    GOD_TRY(gdi_layout_find(&layout, err));
    GOD_TRY(god_path_join(layout.root, "libexec/god/god-start", start, err));
    (void)unlink(service->socket_path);
    GOD_TRY(gdi_child_start(&options, &service->podman, err));
    god_status status = wait_until_it_answers(service, err);
    if (status != GOD_OK) {
        gdi_service_close(service);
    }
    return status;
}

god_status gdi_service_find(const json_t *config, const char *dir, gdi_service *ret_service, god_error *err)
{
    const char *configured = NULL, *docker_host = getenv("DOCKER_HOST");
    gdi_service service = {.podman = NULL};
    GOD_TRY(god_json_opt_str("runner", config, "socket", &configured, err));
    if (configured != NULL) {
        if (!try_socket(configured, &service)) {
            return god_fail(err, GOD_E_NOT_FOUND, "no container engine answers on \"%.200s\"", configured);
        }
        *ret_service = service;
        return GOD_OK;
    }
    if (docker_host != NULL && strncmp(docker_host, "unix://", 7) == 0 && try_socket(docker_host + 7, &service)) {
        *ret_service = service;
        return GOD_OK;
    }
    if (!try_socket("/run/podman/podman.sock", &service) && !try_socket("/var/run/docker.sock", &service)) {
        if (access(podman_path, X_OK) != 0) {
            return god_fail(err, GOD_E_NOT_FOUND,
                            "no container engine answers on /run/podman/podman.sock or /var/run/docker.sock and %s is "
                            "not installed; install podman or name the engine's socket in god.yaml",
                            podman_path);
        }
        GOD_TRY(start_podman(dir, &service, err));
    }
    *ret_service = service;
    return GOD_OK;
}

void gdi_service_close(gdi_service *service)
{
    if (service->podman != NULL) {
        gdi_child_end end;
        gdi_child_stop(service->podman, stop_grace_ms, &end);
        gdi_child_free(service->podman);
        (void)unlink(service->socket_path);
    }
    *service = (gdi_service){.podman = NULL};
}
