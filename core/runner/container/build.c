/* Images: gdi_engine_build_image and gdi_engine_end_build of engine.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/runner/container/build_stream.h"
#include "core/runner/container/builders.h"
#include "core/runner/container/engine_parts.h"

enum { looks_max = 150, patient_looks = 20, pause_ns = 100 * 1000 * 1000 };

/* ---- ending ---- */

god_status gdi_engine_end_build(gdi_engine *engine, const char *run_id, god_error *err)
{
    const struct timespec pause = {.tv_nsec = pause_ns};
    char mark[GDI_GROUP_NAME_BYTES];
    gdi_builders builders = {.count = 1};
    gdi_builders_mark(run_id, mark);
    for (size_t look = 0; look < looks_max && builders.count > 0; look++) {
        gdi_group_end(mark);
        GOD_TRY(gdi_builders_find(engine, run_id, &builders, err));
        /* One whose engine lives sees that its step has died, and goes. */
        for (size_t i = 0; look >= patient_looks && i < builders.count; i++) {
            GOD_TRY(gdi_builders_remove(engine, run_id, &builders.items[i], err));
        }
        (void)(builders.count > 0 ? nanosleep(&pause, NULL) : 0);
    }
    gdi_builders_remove_contexts(run_id);
    return GOD_OK;
}

/* ---- building ---- */

/* The steps of a build go into a group of their own: Podman 4 lets a step run on when its client has gone away. Only an
 * engine that makes control groups itself can be told a path; systemd has other names for them, and the build is marked
 * by a name in its /etc/hosts that leads to itself. */
static god_status mark_build(gdi_engine *engine, const char *run_id, char path[GDI_ENGINE_PATH_BYTES], god_error *err)
{
    json_t *info = NULL;
    char mark[GDI_GROUP_NAME_BYTES], hosts[GDI_GROUP_NAME_BYTES + 32];
    uint32_t makes_groups = 1;
    if (!gdi_engine_is_podman(engine)) {
        return GOD_OK;
    }
    if (access("/run/systemd/system", F_OK) == 0) { /* otherwise nobody but the engine can make them */
        GOD_TRY(gdi_engine_ask(engine, "describe itself", "GET", "/v1.41/info", NULL, &info, err));
        const char *driver = json_string_value(json_object_get(info, "CgroupDriver"));
        makes_groups = driver != NULL && strcmp(driver, "cgroupfs") == 0;
        json_decref(info);
    }
    gdi_builders_mark(run_id, mark);
    (void)snprintf(hosts, sizeof hosts, "[\"%s:127.0.0.1\"]", mark);
    (void)strncat(path, makes_groups ? "&cgroupparent=%2F" : "&extrahosts=", GDI_ENGINE_PATH_BYTES - strlen(path) - 1);
    gdi_engine_path_add(path, makes_groups ? mark : hosts);
    return GOD_OK;
}

/* Podman's builder shares the network of the machine unless it is told otherwise, and does not know Docker's "none". */
static const char *build_network(const gdi_engine *engine, uint32_t network)
{
    if (!gdi_engine_is_podman(engine)) {
        return network ? "" : "&networkmode=none";
    }
    return network ? "&networkmode=NetworkEnabled&nsoptions=%5B%7B%22Name%22%3A%22network%22%7D%5D"
                   : "&networkmode=NetworkDisabled&nsoptions=%5B%7B%22Name%22%3A%22network%22%7D%5D";
}

static god_status make_path(gdi_engine *engine, const gdi_engine_build *build, char path[GDI_ENGINE_PATH_BYTES],
                            god_error *err)
{
    char rest[400];
    gdi_engine_path(path, "/v1.41/build?t=", build->tag, "&dockerfile=");
    gdi_engine_path_add(path, build->dockerfile);
    GOD_TRY(mark_build(engine, build->run_id, path, err));
    /* layers=0: Podman leaves no images of single steps behind. Memory and processors of the builder are limited, too.
     */
    (void)snprintf(rest, sizeof rest,
                   "&nocache=1&rm=1&forcerm=1&layers=0&memory=%lld&memswap=%lld&cpuperiod=100000&cpuquota=%lld"
                   "&labels=%%7B%%22god.run%%22%%3A%%22%s%%22%%7D%s",
                   (long long)build->memory_bytes, (long long)build->memory_bytes,
                   (long long)(build->nano_cpus / 10000), build->run_id, build_network(engine, build->network));
    if (strlen(path) + strlen(rest) >= GDI_ENGINE_PATH_BYTES) {
        return god_fail(err, GOD_E_INVALID, "the name of the Dockerfile is too long");
    }
    (void)strcat(path, rest);
    return GOD_OK;
}

god_status gdi_engine_build_image(gdi_engine *engine, const gdi_engine_build *build, const gdi_engine_calls *calls,
                                  god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES];
    gdi_build_stream stream = {.printed = calls->printed, .user = calls->user, .stop_asked = calls->stop_asked};
    GOD_TRY(make_path(engine, build, path, err));
    const gdi_socket_request request = {.method = "POST",
                                        .path = path,
                                        .body_file = build->tar_path,
                                        .time_limit_ms = (uint64_t)build->time_limit_ms,
                                        .take = gdi_build_stream_take,
                                        .stop_asked = gdi_build_stream_stop_asked,
                                        .user = &stream};
    god_status status = gdi_engine_send(engine, "build the image", &request, NULL, err);
    if (status == GOD_E_TIMEOUT || status == GOD_E_CANCELLED) {
        god_error ignored = GOD_ERROR_INIT;
        (void)gdi_engine_end_build(engine, build->run_id, &ignored);
    }
    if (status == GOD_E_TIMEOUT) {
        status = god_fail(err, GOD_E_DATA, "Docker image build exceeded %lld seconds",
                          (long long)(build->time_limit_ms / 1000));
    } else if (status == GOD_OK || status == GOD_E_IO) {
        status = gdi_build_stream_end(&stream, status, err);
    }
    gdi_build_stream_clear(&stream);
    return status;
}
