#include "core/store/sqlite_wake.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "god/helpers/file.h"

enum { channels_max = 16 };

typedef struct channel {
    char name[GDI_CHANNEL_BYTES_MAX + 1];
    int fd;        /* of its wake file, open for writing; -1: not yet, or in memory */
    bool listened; /* by this connection */
    bool marked;   /* to be sent after the commit */
} channel;

struct gdi_sqlite_wake {
    char *file; /* own; "": in memory */
    int fd;     /* inotify, or an eventfd for a store in memory */
    bool is_inotify;
    channel channels[channels_max];
    size_t count;
    bool any_marked;
};

god_status gdi_sqlite_wake_new(const char *file, gdi_sqlite_wake **ret_wake, god_error *err)
{
    gdi_sqlite_wake *wake = calloc(1, sizeof *wake);
    char *copy = strdup(file);
    if (wake == NULL || copy == NULL) {
        free(copy);
        free(wake);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to the store");
    }
    wake->file = copy;
    wake->fd = *file == '\0' ? -1 : inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    wake->is_inotify = wake->fd >= 0;
    if (wake->fd < 0) {
        wake->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    if (wake->fd < 0) {
        god_status status = god_fail_errno(err, GOD_E_IO, "no descriptor is left for the wakes of the store");
        gdi_sqlite_wake_free(wake);
        return status;
    }
    *ret_wake = wake;
    return GOD_OK;
}

void gdi_sqlite_wake_free(gdi_sqlite_wake *wake)
{
    if (wake == NULL) {
        return;
    }
    for (size_t i = 0; i < wake->count; i++) {
        if (wake->channels[i].fd >= 0) {
            (void)close(wake->channels[i].fd);
        }
    }
    if (wake->fd >= 0) {
        (void)close(wake->fd);
    }
    free(wake->file);
    free(wake);
}

static god_status channel_of(gdi_sqlite_wake *wake, const char *name, channel **ret_channel, god_error *err)
{
    for (size_t i = 0; i < wake->count; i++) {
        if (strcmp(wake->channels[i].name, name) == 0) {
            *ret_channel = &wake->channels[i];
            return GOD_OK;
        }
    }
    if (wake->count == channels_max) {
        return god_fail(err, GOD_E_INTERNAL, "the store has more than %d channels", channels_max);
    }
    channel *c = &wake->channels[wake->count++];
    c->fd = -1;
    (void)snprintf(c->name, sizeof c->name, "%s", name);
    *ret_channel = c;
    return GOD_OK;
}

static god_status path_of(const gdi_sqlite_wake *wake, const channel *c, char ret_path[GOD_PATH_MAX], god_error *err)
{
    int bytes = snprintf(ret_path, GOD_PATH_MAX, "%s-wake-%s", wake->file, c->name);
    return bytes < GOD_PATH_MAX
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "the path of the store is longer than %d bytes", GOD_PATH_MAX);
}

static god_status open_file(const gdi_sqlite_wake *wake, channel *c, god_error *err)
{
    char path[GOD_PATH_MAX];
    if (c->fd >= 0 || wake->file[0] == '\0') {
        return GOD_OK;
    }
    GOD_TRY(path_of(wake, c, path, err));
    c->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return c->fd >= 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot open \"%s\"", path);
}

god_status gdi_sqlite_wake_mark(gdi_sqlite_wake *wake, const char *name, god_error *err)
{
    channel *c = NULL;
    GOD_TRY(channel_of(wake, name, &c, err));
    GOD_TRY(open_file(wake, c, err));
    c->marked = true;
    wake->any_marked = true;
    return GOD_OK;
}

void gdi_sqlite_wake_forget(gdi_sqlite_wake *wake)
{
    for (size_t i = 0; wake->any_marked && i < wake->count; i++) {
        wake->channels[i].marked = false;
    }
    wake->any_marked = false;
}

void gdi_sqlite_wake_send(gdi_sqlite_wake *wake)
{
    /* The commit has happened, so nothing may fail here: a wake that gets lost is what the backstop is for. */
    for (size_t i = 0; wake->any_marked && i < wake->count; i++) {
        const channel *c = &wake->channels[i];
        if (!c->marked) {
            continue;
        }
        if (c->fd >= 0) {
            (void)!pwrite(c->fd, "w", 1, 0);
        } else if (c->listened) {
            (void)eventfd_write(wake->fd, 1);
        }
    }
    gdi_sqlite_wake_forget(wake);
}

god_status gdi_sqlite_wake_listen(gdi_sqlite_wake *wake, const char *name, god_error *err)
{
    channel *c = NULL;
    char path[GOD_PATH_MAX];
    GOD_TRY(channel_of(wake, name, &c, err));
    if (c->listened) {
        return GOD_OK;
    }
    if (wake->is_inotify) {
        GOD_TRY(open_file(wake, c, err));
        GOD_TRY(path_of(wake, c, path, err));
        if (inotify_add_watch(wake->fd, path, IN_MODIFY) < 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot watch \"%s\"", path);
        }
    }
    c->listened = true;
    return GOD_OK;
}

int gdi_sqlite_wake_fd(const gdi_sqlite_wake *wake)
{
    return wake->fd;
}

uint32_t gdi_sqlite_wake_take(gdi_sqlite_wake *wake)
{
    uint32_t woken = 0;
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    for (ssize_t bytes = 1; bytes > 0;) { /* an inotify without events and an eventfd at 0 answer EAGAIN */
        bytes = read(wake->fd, events, sizeof events);
        woken |= bytes > 0;
    }
    return woken;
}
