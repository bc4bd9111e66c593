#include "core/host/supervised.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void gdi_supervised_tell(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof to.sun_path) {
        return;
    }
    size_t bytes = strlen(path);
    memcpy(to.sun_path, path, bytes);
    if (path[0] == '@') {
        to.sun_path[0] = '\0'; /* a name without a file */
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes);
        (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&to, length);
        (void)close(fd);
    }
}

uint32_t gdi_supervised_beat_ms(void)
{
    const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (interval == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid())) {
        return 0;
    }
    unsigned long long us = strtoull(interval, NULL, 10);
    unsigned long long half_ms = us / 2000;
    return half_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)half_ms;
}
