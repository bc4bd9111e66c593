/* core/runner/container/build_stream.h: reads the progress of an image build.
 *
 * The engine answers a build with one JSON object per line: {"stream": "text"} while it works, {"error": "sentence"}
 * when it failed, although HTTP said 200 long before. An object with "error" is a failure (training specification,
 * section 11). Lines longer than 256 KiB are passed over. Zero-initialise, fill the first three, end with clear. [one]
 */
#ifndef GDI_RUNNER_CONTAINER_BUILD_STREAM_H
#define GDI_RUNNER_CONTAINER_BUILD_STREAM_H

#include "god/error.h"
#include "god/helpers/text.h"

typedef struct gdi_build_stream {
    god_status (*printed)(void *user, const char *bytes, size_t count, god_error *err);
    uint32_t (*stop_asked)(void *user);
    void *user;
    god_text line; /* own: the line that is being put together */
    uint32_t too_long;
    char failure[400]; /* the builder's sentence; "" while there is none */
} gdi_build_stream;

/* The next bytes of the answer; `user` is the gdi_build_stream. */
god_status gdi_build_stream_take(void *user, const char *bytes, size_t count, god_error *err);
uint32_t gdi_build_stream_stop_asked(void *user);
/* After the last byte: GOD_OK, or GOD_E_DATA with the builder's sentence. `status` is how the transfer ended. */
god_status gdi_build_stream_end(gdi_build_stream *stream, god_status status, god_error *err);
void gdi_build_stream_clear(gdi_build_stream *stream);

#endif
