#include "core/runner/container/build_stream.h"

#include <string.h>

static god_status print(void *user, const json_t *object, god_error *err)
{
    gdi_build_stream *stream = user;
    const json_t *text = json_object_get(object, "stream");
    return json_is_string(text) ? stream->printed(stream->user, json_string_value(text), json_string_length(text), err)
                                : GOD_OK;
}

god_status gdi_build_stream_take(void *user, const char *bytes, size_t count, god_error *err)
{
    gdi_build_stream *stream = user;
    return gdi_progress_take(&stream->progress, bytes, count, print, stream, err);
}

uint32_t gdi_build_stream_stop_asked(void *user)
{
    gdi_build_stream *stream = user;
    return stream->stop_asked != NULL ? stream->stop_asked(stream->user) : 0;
}

god_status gdi_build_stream_end(gdi_build_stream *stream, god_status status, god_error *err)
{
    char *failure = stream->progress.failure;
    GOD_TRY(gdi_progress_finish(&stream->progress, print, stream, err));
    if (failure[0] != '\0') {
        size_t bytes = strlen(failure);
        while (bytes > 0 && strchr(" \n.", failure[bytes - 1]) != NULL) {
            failure[--bytes] = '\0';
        }
        return god_fail(err, GOD_E_DATA, "the image could not be built: %.300s", failure);
    }
    return status;
}

void gdi_build_stream_clear(gdi_build_stream *stream)
{
    gdi_progress_clear(&stream->progress);
}
