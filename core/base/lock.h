/* core/base/lock.h: locks between processes, as files. The kernel lets go of one when its holder ends, however it
 * ends, so a lock is never left behind. Lock files themselves stay where they are: removing one would let two
 * processes hold "the same" lock. [any] */
#ifndef GDI_BASE_LOCK_H
#define GDI_BASE_LOCK_H

#include "god/error.h"

/* Takes the lock at path (the file is made when it is missing; its folder must exist). Waits at most timeout_ms, and
 * asks `stop_asked` (may be NULL) while it waits. *ret_fd is the lock: close it to let go.
 * GOD_E_TIMEOUT when somebody else holds it, GOD_E_CANCELLED when stop_asked said so. */
god_status gdi_lock_take(const char *path, uint64_t timeout_ms, uint32_t (*stop_asked)(void *user), void *user,
                         int *ret_fd, god_error *err);
/* The same, shared: any number may hold it this way, and nobody the other way meanwhile. */
god_status gdi_lock_share(const char *path, uint64_t timeout_ms, uint32_t (*stop_asked)(void *user), void *user,
                          int *ret_fd, god_error *err);

#endif
