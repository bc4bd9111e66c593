/* core/runner/container/pull_stream.h: reads the progress of a pull, and tells it in lines for people.
 *
 * The engine answers a pull with objects (progress.h): {"status": "Downloading", "id": "e5bff2e857d4",
 * "progressDetail":
 * {"current": 10, "total": 200}} for each layer. Zero-initialise, fill the first three, end with clear. [one]
 */
#ifndef GDI_RUNNER_CONTAINER_PULL_STREAM_H
#define GDI_RUNNER_CONTAINER_PULL_STREAM_H

#include "core/runner/container/progress.h"

enum { GDI_PULL_LAYERS_MAX = 128 };

typedef struct gdi_pull_layer {
    char id[32];
    uint32_t is_done;
    uint64_t current, total; /* bytes; 0: not said */
} gdi_pull_layer;

typedef struct gdi_pull_stream {
    const char *image; /* as it was asked for; borrowed */
    god_status (*printed)(void *user, const char *bytes, size_t count, god_error *err);
    void *user;
    gdi_progress progress;
    gdi_pull_layer layers[GDI_PULL_LAYERS_MAX]; /* what is more is not shown */
    size_t layer_count;
    uint64_t next_ms; /* not before, another line is printed */
} gdi_pull_stream;

/* The next bytes of the answer; `user` is the gdi_pull_stream. */
god_status gdi_pull_stream_take(void *user, const char *bytes, size_t count, god_error *err);
void gdi_pull_stream_clear(gdi_pull_stream *stream);

#endif
