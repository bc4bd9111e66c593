/* core/runner/container/log_stream.h: takes the frames of an engine's log stream apart.
 *
 *     ┌─────────────┬───────┬────────────────────┬────────────┐
 *     │ 1: stdout   │ 0 0 0 │ length, 4 bytes BE │ the bytes  │    0 stdin, 1 stdout, 2 stderr
 *     └─────────────┴───────┴────────────────────┴────────────┘
 *
 * Zero-initialised; nothing to free. [one] Source: Docker Engine API 1.41, "Attach to a container", stream format.
 */
#ifndef GDI_RUNNER_CONTAINER_LOG_STREAM_H
#define GDI_RUNNER_CONTAINER_LOG_STREAM_H

#include "god/error.h"

typedef struct gdi_log_stream {
    uint8_t head[8];
    uint32_t head_bytes; /* of the next header that are here */
    uint64_t left;       /* bytes of the present frame that are still to come */
} gdi_log_stream;

/* Hands what the bytes hold of output on to `printed`. GOD_E_DATA for a header that is none. */
god_status gdi_log_stream_take(gdi_log_stream *stream, const char *bytes, size_t count,
                               god_status (*printed)(void *user, const char *bytes, size_t count, god_error *err),
                               void *user, god_error *err);

#endif
