/* core/base/frame.h: JSON messages on a pipe, each with its length in front.
 *
 *     ┌────────────────────┬──────────────────────────┐
 *     │ length, 4 bytes LE │ that many bytes of JSON  │   1 to GDI_FRAME_BYTES_MAX
 *     └────────────────────┴──────────────────────────┘
 *
 * A worker writes frames to descriptor GDI_FRAME_FD; its parent cuts the bytes it reads back into frames. A frame is
 * only an envelope here: what is inside is checked by whoever reads it.
 */
#ifndef GDI_BASE_FRAME_H
#define GDI_BASE_FRAME_H

#include <jansson.h>

#include "core/base/child.h"

/* Writes one frame, all of it, also to a pipe that takes only part at a time. GOD_E_IO when the reader is gone,
 * GOD_E_INVALID when it is empty or longer than GDI_FRAME_BYTES_MAX. One writer at a time. */
god_status gdi_frame_write(int fd, const char *json, size_t bytes, god_error *err);
god_status gdi_frame_write_json(int fd, const json_t *value, god_error *err);

/* Cuts a stream into frames. Zero-initialised, ended with gdi_frame_reader_free. [one] */
typedef struct gdi_frame_reader {
    char *data; /* own */
    size_t start, end, capacity;
} gdi_frame_reader;

/* Adds bytes that came from the pipe. GOD_E_NOMEM. */
god_status gdi_frame_reader_add(gdi_frame_reader *reader, const char *bytes, size_t count, god_error *err);
/* *ret_frame is the next whole frame, NUL-ended and valid until the next call, or NULL when more bytes are needed.
 * GOD_E_DATA for a length of 0 or above GDI_FRAME_BYTES_MAX, or a NUL inside: the stream cannot be read further. */
god_status gdi_frame_reader_next(gdi_frame_reader *reader, const char **ret_frame, god_error *err);
void gdi_frame_reader_free(gdi_frame_reader *reader);

#endif
