/* core/host/watch.h: which of these folders has changed? inotify, for folders that may come and go. [one] */
#ifndef GDI_HOST_WATCH_H
#define GDI_HOST_WATCH_H

#include "god/error.h"

enum { GDI_WATCH_FOLDERS_MAX = 64 };

typedef struct gdi_watch {
    int fd;                               /* readable when something may have changed: poll it */
    char *folders[GDI_WATCH_FOLDERS_MAX]; /* own */
    int handles[GDI_WATCH_FOLDERS_MAX];   /* -1: the folder is not there */
    uint32_t count;
} gdi_watch;

god_status gdi_watch_open(gdi_watch *watch, god_error *err);
void gdi_watch_close(gdi_watch *watch);

/* *ret_index names the folder in gdi_watch_take. A folder that does not exist is watched as soon as it does. */
god_status gdi_watch_add(gdi_watch *watch, const char *folder, uint32_t *ret_index, god_error *err);

/* Takes what has happened since the last call, without waiting. Bit i of the result: entries of folder i were written
 * to their end, renamed into or out of it, or removed; or the folder itself came or went. */
uint64_t gdi_watch_take(gdi_watch *watch);

#endif
