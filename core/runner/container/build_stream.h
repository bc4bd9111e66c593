/* core/runner/container/build_stream.h: reads the progress of an image build.
 *
 * The engine answers a build with objects (progress.h) of which {"stream": "text"} is what the builder prints. One with
 * "error" is a failure (training specification, section 11). Zero-initialise, fill the first three, end with clear.
 * [one]
 */
#ifndef GDI_RUNNER_CONTAINER_BUILD_STREAM_H
#define GDI_RUNNER_CONTAINER_BUILD_STREAM_H

#include "core/runner/container/progress.h"

typedef struct gdi_build_stream {
    god_status (*printed)(void *user, const char *bytes, size_t count, god_error *err);
    uint32_t (*stop_asked)(void *user);
    void *user;
    gdi_progress progress;
} gdi_build_stream;

/* The next bytes of the answer; `user` is the gdi_build_stream. */
god_status gdi_build_stream_take(void *user, const char *bytes, size_t count, god_error *err);
uint32_t gdi_build_stream_stop_asked(void *user);
/* After the last byte: GOD_OK, or GOD_E_DATA with the builder's sentence. `status` is how the transfer ended. */
god_status gdi_build_stream_end(gdi_build_stream *stream, god_status status, god_error *err);
void gdi_build_stream_clear(gdi_build_stream *stream);

#endif
