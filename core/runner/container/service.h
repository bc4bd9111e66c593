/* core/runner/container/service.h: finds the container engine, or starts one.
 *
 * In this order: "socket" of the runner's configuration; $DOCKER_HOST (unix://); /run/podman/podman.sock;
 * /var/run/docker.sock; and when none of them answers, `podman system service` on a socket in run_dir, which ends with
 * this object. [one]
 */
#ifndef GDI_RUNNER_CONTAINER_SERVICE_H
#define GDI_RUNNER_CONTAINER_SERVICE_H

#include "core/base/child.h"
#include "core/runner/container/engine.h"

typedef struct gdi_service {
    char socket_path[108];
    gdi_child *podman; /* own; NULL: the engine is somebody else's */
} gdi_service;

/* GOD_E_NOT_FOUND says what was tried. `dir` is where a socket of our own goes. */
god_status gdi_service_find(const json_t *config, const char *dir, gdi_service *ret_service, god_error *err);
void gdi_service_close(gdi_service *service); /* accepts an empty one */

#endif
