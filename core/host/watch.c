#include "core/host/watch.h"

#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { event_bytes = 64 << 10 };

static const uint32_t interesting =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

god_status gdi_watch_open(gdi_watch *watch, god_error *err)
{
    *watch = (gdi_watch){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    return watch->fd >= 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot watch folders");
}

void gdi_watch_close(gdi_watch *watch)
{
    for (uint32_t i = 0; i < watch->count; i++) {
        free(watch->folders[i]);
    }
    if (watch->fd >= 0) {
        (void)close(watch->fd);
    }
    *watch = (gdi_watch){.fd = -1};
}

static void try_folder(gdi_watch *watch, uint32_t index)
{
    watch->handles[index] = inotify_add_watch(watch->fd, watch->folders[index], interesting);
}

god_status gdi_watch_add(gdi_watch *watch, const char *folder, uint32_t *ret_index, god_error *err)
{
    if (watch->count == GDI_WATCH_FOLDERS_MAX) {
        return god_fail(err, GOD_E_INVALID, "more than %d folders are to be watched", GDI_WATCH_FOLDERS_MAX);
    }
    watch->folders[watch->count] = strdup(folder);
    if (watch->folders[watch->count] == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a watched folder");
    }
    try_folder(watch, watch->count);
    *ret_index = watch->count++;
    return GOD_OK;
}

static uint64_t take_event(gdi_watch *watch, const struct inotify_event *event)
{
    uint64_t changed = 0;
    for (uint32_t i = 0; i < watch->count; i++) {
        if ((event->mask & IN_Q_OVERFLOW) == 0 && watch->handles[i] != event->wd) {
            continue;
        }
        changed |= UINT64_C(1) << i;
        if ((event->mask & IN_MOVE_SELF) != 0) {
            (void)inotify_rm_watch(watch->fd, watch->handles[i]); /* it is somewhere else now */
        }
        if ((event->mask & (IN_IGNORED | IN_MOVE_SELF)) != 0) {
            watch->handles[i] = -1;
        }
    }
    return changed;
}

uint64_t gdi_watch_take(gdi_watch *watch)
{
    _Alignas(struct inotify_event) char events[event_bytes];
    uint64_t changed = 0;
    for (;;) {
        ssize_t count = read(watch->fd, events, sizeof events);
        if (count <= 0) {
            break;
        }
        for (ssize_t at = 0; at < count;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)(events + at);
            changed |= take_event(watch, event);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    for (uint32_t i = 0; i < watch->count; i++) {
        if (watch->handles[i] < 0) {
            try_folder(watch, i);
            changed |= watch->handles[i] >= 0 ? UINT64_C(1) << i : 0;
        }
    }
    return changed;
}
