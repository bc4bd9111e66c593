#include "core/runner/container/log_stream.h"

#include <string.h>

enum { head_size = 8, streams = 3 };

god_status gdi_log_stream_take(gdi_log_stream *stream, const char *bytes, size_t count,
                               god_status (*printed)(void *user, const char *bytes, size_t count, god_error *err),
                               void *user, god_error *err)
{
    while (count > 0) {
        if (stream->left > 0) {
            size_t piece = stream->left < count ? (size_t)stream->left : count;
            GOD_TRY(printed(user, bytes, piece, err));
            stream->left -= piece;
            bytes += piece;
            count -= piece;
            continue;
        }
        stream->head[stream->head_bytes++] = (uint8_t)*bytes++;
        count--;
        if (stream->head_bytes == head_size) {
            static const uint8_t zeros[3] = {0};
            const uint8_t *head = stream->head;
            if (head[0] >= streams || memcmp(head + 1, zeros, sizeof zeros) != 0) {
                return god_fail(err, GOD_E_DATA, "the engine's log stream has a frame of kind %u", (unsigned)head[0]);
            }
            stream->left = (uint64_t)head[4] << 24 | (uint64_t)head[5] << 16 | (uint64_t)head[6] << 8 | head[7];
            stream->head_bytes = 0;
        }
    }
    return GOD_OK;
}
