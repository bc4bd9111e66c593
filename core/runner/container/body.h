/* core/runner/container/body.h: a run as the JSON that creates its container, in Docker's and in Podman's words.
 *
 * Both say the same: /cache read-only, /app/checkpoints/ writable, memory, processors, shared memory and processes
 * limited, no capabilities, no new privileges, the run's own network, only the named GPUs. Source: training
 * specification, section 13.5, with its hazards mended: a network and an output folder for each run. [any]
 */
#ifndef GDI_RUNNER_CONTAINER_BODY_H
#define GDI_RUNNER_CONTAINER_BODY_H

#include "core/runner/spec.h"

typedef struct gdi_body {
    const gdi_run_spec *spec;
    const char *image, *network, *checkpoints_dir;
    const char *gpu_kind;     /* Podman's name for GPUs: "nvidia.com/gpu" */
    const char *server_urls;  /* of the sidecars, "http://10.1.2.3:8000,..."; NULL: none */
    int64_t processes_rlimit; /* RLIMIT_NPROC; 0: the engine's own */
} gdi_body;

/* Own; NULL only without memory. */
json_t *gdi_body_docker(const gdi_body *body);
json_t *gdi_body_podman(const gdi_body *body, const char *name);
/* A sidecar: an image on the run's network and nothing else. */
json_t *gdi_body_sidecar(const gdi_body *body, const json_t *sidecar);

#endif
