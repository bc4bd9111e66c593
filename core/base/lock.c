#include "core/base/lock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { retry_ms = 20 }; /* flock has no time limit of its own */

static god_status take(const char *path, int mode, uint64_t timeout_ms, uint32_t (*stop_asked)(void *user), void *user,
                       int *ret_fd, god_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot open the lock \"%s\"", path);
    }
    god_status status = GOD_OK;
    uint64_t start_ms = gdi_clock_ms();
    while (flock(fd, mode | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            status = god_fail_errno(err, GOD_E_IO, "cannot take the lock \"%s\"", path);
        } else if (stop_asked != NULL && stop_asked(user)) {
            status = god_fail(err, GOD_E_CANCELLED, "cancelled while waiting for the lock \"%s\"", path);
        } else if (gdi_clock_ms() - start_ms >= timeout_ms) {
            status = god_fail(err, GOD_E_TIMEOUT, "another process holds the lock \"%s\"", path);
        }
        if (status != GOD_OK) {
            (void)close(fd);
            return status;
        }
        (void)poll(NULL, 0, retry_ms);
    }
    *ret_fd = fd;
    return GOD_OK;
}

god_status gdi_lock_take(const char *path, uint64_t timeout_ms, uint32_t (*stop_asked)(void *user), void *user,
                         int *ret_fd, god_error *err)
{
    return take(path, LOCK_EX, timeout_ms, stop_asked, user, ret_fd, err);
}

god_status gdi_lock_share(const char *path, uint64_t timeout_ms, uint32_t (*stop_asked)(void *user), void *user,
                          int *ret_fd, god_error *err)
{
    return take(path, LOCK_SH, timeout_ms, stop_asked, user, ret_fd, err);
}
