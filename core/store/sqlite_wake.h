/* core/store/sqlite_wake.h: waking whoever listens to a channel of one SQLite file. Internal to core/store.
 *
 *     notify, after the commit ──► one byte into  <file>-wake-<channel>  ──► inotify of every listener, this process
 *                                                                           and others alike
 *
 * The content of those files means nothing, and removing them is harmless while nobody listens. A store in memory has
 * one connection, which an eventfd wakes. Where the kernel lends no inotify (its limit is used up) listeners are not
 * woken, and the backstop of the caller, a look at the clock, does the work. [one]
 */
#ifndef GDI_STORE_SQLITE_WAKE_H
#define GDI_STORE_SQLITE_WAKE_H

#include "core/store/engine.h"

typedef struct gdi_sqlite_wake gdi_sqlite_wake;

/* `file` is "" for a store in memory. */
god_status gdi_sqlite_wake_new(const char *file, gdi_sqlite_wake **ret_wake, god_error *err);
void gdi_sqlite_wake_free(gdi_sqlite_wake *wake); /* accepts NULL */

god_status gdi_sqlite_wake_mark(gdi_sqlite_wake *wake, const char *channel, god_error *err); /* inside a transaction */
void gdi_sqlite_wake_forget(gdi_sqlite_wake *wake);                                          /* rolled back */
void gdi_sqlite_wake_send(gdi_sqlite_wake *wake);                                            /* committed */

god_status gdi_sqlite_wake_listen(gdi_sqlite_wake *wake, const char *channel, god_error *err);
int gdi_sqlite_wake_fd(const gdi_sqlite_wake *wake);
uint32_t gdi_sqlite_wake_take(gdi_sqlite_wake *wake); /* 1: something arrived */

#endif
