/* core/runner/container/engine.h: the calls of the Docker Engine API that a run needs, on Docker or Podman.
 *
 * Podman serves the Docker API too, but ignores in it which GPUs are asked for (before 5.4); so containers are created
 * through its own API, and everything else through the shared one. An answer that is no success becomes an error with
 * the engine's own sentence: GOD_E_NOT_FOUND for 404, GOD_E_INVALID for other 4xx, GOD_E_IO for 5xx and broken
 * connections.
 *
 * One connection, one request at a time. [one] Source: Docker Engine API 1.41; libpod API 4.0.
 */
#ifndef GDI_RUNNER_CONTAINER_ENGINE_H
#define GDI_RUNNER_CONTAINER_ENGINE_H

#include <jansson.h>

#include "core/net/socket_http.h"

typedef struct gdi_engine gdi_engine; /* owned by whoever opened it */

enum { GDI_ENGINE_ID_BYTES = 80 };

/* Connects and finds out whose engine it is. */
god_status gdi_engine_open(const char *socket_path, gdi_engine **ret_engine, god_error *err);
void gdi_engine_close(gdi_engine *engine); /* accepts NULL */
uint32_t gdi_engine_is_podman(const gdi_engine *engine);
/* The folder of this machine in which it keeps images and containers; borrowed until the engine is closed. May take it
 * a second. */
god_status gdi_engine_storage(gdi_engine *engine, const char **ret_dir, god_error *err);

/* What the calls that take long ask and say. */
typedef struct gdi_engine_calls {
    uint32_t (*stop_asked)(void *user); /* several times a second; may be NULL */
    god_status (*printed)(void *user, const char *bytes, size_t count, god_error *err);
    void *user;
} gdi_engine_calls;

/* Builds the tar file into an image named `tag`. GOD_E_DATA with the builder's sentence when the build fails: also when
 * the engine says so only inside its stream. */
typedef struct gdi_engine_build {
    const char *tar_path, *dockerfile, *tag;
    uint32_t network;
    int64_t memory_bytes, nano_cpus, time_limit_ms;
    const char *run_id; /* label god.run */
} gdi_engine_build;
god_status gdi_engine_build_image(gdi_engine *engine, const gdi_engine_build *build, const gdi_engine_calls *calls,
                                  god_error *err);

/* For a build whose caller went away, or whose engine was killed. Podman 4 goes on with the first kind: its steps are
 * killed as they come, until its builder has given up. Of the second kind a builder stays that nobody works with, its
 * mount, its part of the engine's temporary folder and the state of its last step: all of them are removed. Only what
 * carries the run's mark is touched. Fine when there is nothing. */
god_status gdi_engine_end_build(gdi_engine *engine, const char *run_id, god_error *err);

/* 1: the engine has the image, "name:tag" or "name@sha256:...", itself. */
god_status gdi_engine_has_image(gdi_engine *engine, const char *image, uint32_t *ret_has, god_error *err);
/* Fetches it from its registry; prints how far it is every few seconds. The message is what the engine says. */
god_status gdi_engine_pull(gdi_engine *engine, const char *image, uint64_t time_limit_ms, const gdi_engine_calls *calls,
                           god_error *err);

/* A bridge without a way out. */
god_status gdi_engine_make_network(gdi_engine *engine, const char *name, const char *run_id, god_error *err);

/* `api` is "docker" or "podman": whose form `body` has. */
god_status gdi_engine_create(gdi_engine *engine, const char *api, const char *name, const json_t *body,
                             char ret_id[GDI_ENGINE_ID_BYTES], god_error *err);
god_status gdi_engine_start(gdi_engine *engine, const char *id, god_error *err);
god_status gdi_engine_kill(gdi_engine *engine, const char *id, god_error *err); /* fine when it does not run */
/* *ret_value is owned by the caller: the engine's own object. */
god_status gdi_engine_inspect(gdi_engine *engine, const char *id, uint32_t with_size, json_t **ret_value,
                              god_error *err);
/* Everything it printed from the start but the first `skipped` bytes. With `follows` also what it prints from then on,
 * until it ends; Podman stops looking when the container ends and may miss the last of it: ask again then, without. */
god_status gdi_engine_log(gdi_engine *engine, const char *id, uint32_t follows, uint64_t skipped,
                          const gdi_engine_calls *calls, god_error *err);
/* Returns when it has ended. */
god_status gdi_engine_wait(gdi_engine *engine, const char *id, const gdi_engine_calls *calls, god_error *err);

/* Removes every container, network and image that carries the run's label or name. */
god_status gdi_engine_remove_run(gdi_engine *engine, const char *run_id, god_error *err);

/* Names of what belongs to a run: "god-net-ID", "god-run-ID:latest". */
void gdi_engine_network_name(const char *run_id, char ret_name[128]);
void gdi_engine_image_name(const char *run_id, char ret_name[128]);

#endif
