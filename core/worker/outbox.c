#include "core/worker/outbox.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/frame.h"

enum { lowest_fd = 64 };

god_status gdi_outbox_open(gdi_outbox *outbox, god_error *err)
{
    outbox->fd = fcntl(GDI_FRAME_FD, F_DUPFD_CLOEXEC, lowest_fd);
    if (outbox->fd < 0) {
        return god_fail_errno(err, GOD_E_INVALID, "this program is started by the host, descriptor %d is not there",
                              GDI_FRAME_FD);
    }
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nothing < 0 || dup3(nothing, GDI_FRAME_FD, O_CLOEXEC) < 0) {
        (void)close(GDI_FRAME_FD);
    }
    if (nothing >= 0) {
        (void)close(nothing);
    }
    (void)pthread_mutex_init(&outbox->lock, NULL);
    return GOD_OK;
}

god_status gdi_outbox_send_take(gdi_outbox *outbox, json_t *frame, god_error *err)
{
    if (frame == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a frame");
    }
    (void)pthread_mutex_lock(&outbox->lock);
    god_status status = gdi_frame_write_json(outbox->fd, frame, err);
    (void)pthread_mutex_unlock(&outbox->lock);
    json_decref(frame);
    return status;
}

/* How many bytes the character at text has, 0 when it is not UTF-8. Shortest forms only, no surrogates. */
static size_t character_bytes(const unsigned char *text, size_t left)
{
    static const struct {
        unsigned char lowest, highest, second_lowest, second_highest;
        size_t bytes;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (text[0] < forms[f].lowest || text[0] > forms[f].highest) {
            continue;
        }
        size_t bytes = forms[f].bytes;
        if (bytes > left || (bytes > 1 && (text[1] < forms[f].second_lowest || text[1] > forms[f].second_highest))) {
            return 0;
        }
        for (size_t i = 2; i < bytes; i++) {
            if ((text[i] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return bytes;
    }
    return 0;
}

json_t *gdi_outbox_text(const char *text, size_t bytes_max)
{
    size_t left = strnlen(text, bytes_max), used = 0;
    char *clean = malloc(left + 1);
    if (clean == NULL) {
        return NULL;
    }
    for (const unsigned char *at = (const unsigned char *)text; left > 0;) {
        size_t bytes = character_bytes(at, left);
        if (bytes == 0) {
            clean[used++] = '?';
            bytes = 1;
        } else {
            memcpy(clean + used, at, bytes);
            used += bytes;
        }
        at += bytes;
        left -= bytes;
    }
    json_t *value = json_stringn(clean, used);
    free(clean);
    return value;
}
