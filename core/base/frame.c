#include "core/base/frame.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { header_bytes = 4 };

static god_status write_fully(int fd, const char *data, size_t bytes, god_error *err)
{
    while (bytes > 0) {
        ssize_t count = write(fd, data, bytes);
        if (count >= 0) {
            data += count;
            bytes -= (size_t)count;
        } else if (errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            (void)poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return god_fail_errno(err, GOD_E_IO, "cannot write a frame");
        }
    }
    return GOD_OK;
}

god_status gdi_frame_write(int fd, const char *json, size_t bytes, god_error *err)
{
    if (bytes == 0 || bytes > GDI_FRAME_BYTES_MAX) {
        return god_fail(err, GOD_E_INVALID, "a frame of %zu bytes is outside 1 to %d", bytes, GDI_FRAME_BYTES_MAX);
    }
    char header[header_bytes];
    for (int i = 0; i < header_bytes; i++) {
        header[i] = (char)(bytes >> (8 * i) & 0xff);
    }
    GOD_TRY(write_fully(fd, header, sizeof header, err));
    return write_fully(fd, json, bytes, err);
}

god_status gdi_frame_write_json(int fd, const json_t *value, god_error *err)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory while writing a frame");
    }
    god_status status = gdi_frame_write(fd, text, strlen(text), err);
    free(text);
    return status;
}

god_status gdi_frame_reader_add(gdi_frame_reader *reader, const char *bytes, size_t count, god_error *err)
{
    if (reader->start > 0) {
        memmove(reader->data, reader->data + reader->start, reader->end - reader->start);
        reader->end -= reader->start;
        reader->start = 0;
    }
    if (reader->capacity - reader->end < count + 1) { /* one more for the NUL behind a frame */
        size_t capacity = (reader->end + count + 1) * 2;
        char *data = realloc(reader->data, capacity);
        if (data == NULL) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for frames of %zu bytes", capacity);
        }
        reader->data = data;
        reader->capacity = capacity;
    }
    memcpy(reader->data + reader->end, bytes, count);
    reader->end += count;
    return GOD_OK;
}

static size_t frame_length(const gdi_frame_reader *reader)
{
    size_t length = 0;
    for (int i = 0; i < header_bytes; i++) {
        length |= (size_t)(unsigned char)reader->data[reader->start + (size_t)i] << (8 * i);
    }
    return length;
}

god_status gdi_frame_reader_next(gdi_frame_reader *reader, const char **ret_frame, god_error *err)
{
    size_t held = reader->end - reader->start;
    if (held < header_bytes) {
        *ret_frame = NULL;
        return GOD_OK;
    }
    size_t length = frame_length(reader);
    if (length == 0 || length > GDI_FRAME_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "a frame says it has %zu bytes, 1 to %d are allowed", length,
                        GDI_FRAME_BYTES_MAX);
    }
    if (held < header_bytes + length) {
        *ret_frame = NULL;
        return GOD_OK;
    }
    /* The frame moves over its own header, which makes room for the NUL without touching the next frame. */
    char *frame = reader->data + reader->start;
    memmove(frame, frame + header_bytes, length);
    frame[length] = '\0';
    reader->start += header_bytes + length;
    assert(reader->start <= reader->end);
    if (strlen(frame) != length) {
        return god_fail(err, GOD_E_DATA, "a frame of %zu bytes has a NUL inside", length);
    }
    *ret_frame = frame;
    return GOD_OK;
}

void gdi_frame_reader_free(gdi_frame_reader *reader)
{
    free(reader->data);
    *reader = (gdi_frame_reader){.data = NULL};
}
