/* core/runner/container/engine_parts.h: what the files that implement engine.h share. Internal to them. */
#ifndef GDI_RUNNER_CONTAINER_ENGINE_PARTS_H
#define GDI_RUNNER_CONTAINER_ENGINE_PARTS_H

#include "core/runner/container/engine.h"
#include "god/helpers/file.h"

enum { GDI_ENGINE_PATH_BYTES = 1024 };

struct gdi_engine {
    gdi_socket_http *http; /* own */
    uint32_t is_podman;
    char storage[GOD_PATH_MAX], driver[32]; /* of gdi_engine_storage; "": not asked yet */
};

/* One request; *ret_value (may be NULL) is the JSON of its answer, owned by the caller, NULL for an empty one. `what`
 * ends "the container engine refused to ...". */
god_status gdi_engine_send(gdi_engine *engine, const char *what, const gdi_socket_request *request, json_t **ret_value,
                           god_error *err);
/* The same for a short one; `body` may be NULL. */
god_status gdi_engine_ask(gdi_engine *engine, const char *what, const char *method, const char *path,
                          const json_t *body, json_t **ret_value, god_error *err);

/* before + text, percent-encoded, + after; and text, percent-encoded, at the end of a path. */
void gdi_engine_path(char path[GDI_ENGINE_PATH_BYTES], const char *before, const char *text, const char *after);
void gdi_engine_path_add(char path[GDI_ENGINE_PATH_BYTES], const char *text);

#endif
