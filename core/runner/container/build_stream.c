#include "core/runner/container/build_stream.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "god/helpers/json.h"

enum { line_bytes_max = 256 << 10 };

static god_status take_line(gdi_build_stream *stream, god_error *err)
{
    json_t *root = NULL;
    god_error ignored = GOD_ERROR_INIT;
    if (stream->line.bytes == 0 ||
        god_json_parse("build", stream->line.data, stream->line.bytes, &root, &ignored) != GOD_OK) {
        return GOD_OK; /* not ours to judge */
    }
    god_status status = GOD_OK;
    const json_t *failed = json_object_get(root, "error"), *text = json_object_get(root, "stream");
    if (json_is_string(failed) && stream->failure[0] == '\0') {
        (void)snprintf(stream->failure, sizeof stream->failure, "%s", json_string_value(failed));
    }
    if (json_is_string(text)) {
        status = stream->printed(stream->user, json_string_value(text), json_string_length(text), err);
    }
    json_decref(root);
    return status;
}

god_status gdi_build_stream_take(void *user, const char *bytes, size_t count, god_error *err)
{
    gdi_build_stream *stream = user;
    while (count > 0) {
        const char *end = memchr(bytes, '\n', count);
        size_t piece = end != NULL ? (size_t)(end - bytes) : count;
        if (stream->line.bytes + piece > line_bytes_max) {
            stream->too_long = 1;
        } else {
            GOD_TRY(god_text_append(&stream->line, bytes, piece, err));
        }
        if (end != NULL) {
            GOD_TRY(stream->too_long ? GOD_OK : take_line(stream, err));
            god_text_clear(&stream->line);
            stream->too_long = 0;
            piece++;
        }
        bytes += piece;
        count -= piece;
    }
    return GOD_OK;
}

uint32_t gdi_build_stream_stop_asked(void *user)
{
    gdi_build_stream *stream = user;
    return stream->stop_asked != NULL ? stream->stop_asked(stream->user) : 0;
}

god_status gdi_build_stream_end(gdi_build_stream *stream, god_status status, god_error *err)
{
    GOD_TRY(stream->too_long ? GOD_OK : take_line(stream, err));
    if (stream->failure[0] != '\0') {
        size_t bytes = strlen(stream->failure);
        while (bytes > 0 && strchr(" \n.", stream->failure[bytes - 1]) != NULL) {
            stream->failure[--bytes] = '\0';
        }
        return god_fail(err, GOD_E_DATA, "the image could not be built: %.300s", stream->failure);
    }
    return status;
}

void gdi_build_stream_clear(gdi_build_stream *stream)
{
    god_text_free(&stream->line);
}
