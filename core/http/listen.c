#include "core/http/listen.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { backlog = 128, host_bytes_max = 256, port_max = 65535 };

static god_status split(const char *address, char host[host_bytes_max], const char **ret_port, god_error *err)
{
    const char *colon = strrchr(address, ':');
    size_t bytes = colon == NULL ? 0 : (size_t)(colon - address);
    char *end = NULL;
    long port = colon == NULL ? -1 : strtol(colon + 1, &end, 10);
    if (colon == NULL || colon[1] < '0' || colon[1] > '9' || *end != '\0' || port > port_max ||
        bytes >= host_bytes_max) {
        return god_fail(err, GOD_E_INVALID, "\"%.200s\" is not an address such as 127.0.0.1:8080 or [::1]:8080",
                        address);
    }
    uint32_t in_brackets = bytes >= 2 && address[0] == '[' && address[bytes - 1] == ']';
    (void)snprintf(host, host_bytes_max, "%.*s", (int)(in_brackets ? bytes - 2 : bytes), address + in_brackets);
    *ret_port = colon + 1;
    return GOD_OK;
}

static int bind_to(const struct addrinfo *at)
{
    const int on = 1, off = 0;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->ai_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, backlog) == 0) {
        return fd;
    }
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno;
    return -1;
}

static uint32_t port_of(int fd)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t bytes = sizeof at;
    char port[8] = "0";
    if (getsockname(fd, (struct sockaddr *)&at, &bytes) == 0) {
        (void)getnameinfo((struct sockaddr *)&at, bytes, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    }
    return (uint32_t)strtoul(port, NULL, 10);
}

god_status gdi_listen_tcp(const char *address, int *ret_fd, uint32_t *ret_port, god_error *err)
{
    char host[host_bytes_max];
    const char *port = NULL;
    struct addrinfo *list = NULL;
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    GOD_TRY(split(address, host, &port, err));
    int code = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &list);
    if (code != 0) {
        return god_fail(err, GOD_E_INVALID, "cannot listen on \"%.200s\": %s", address, gai_strerror(code));
    }
    int fd = -1;
    errno = EADDRNOTAVAIL;
    for (const struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
        fd = bind_to(at);
    }
    int saved_errno = errno;
    freeaddrinfo(list);
    errno = saved_errno;
    if (fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot listen on \"%.200s\"", address);
    }
    *ret_port = port_of(fd);
    *ret_fd = fd;
    return GOD_OK;
}

/* Removes a socket on which nobody answers. */
static god_status make_room(const struct sockaddr_un *at, god_error *err)
{
    struct stat info;
    if (lstat(at->sun_path, &info) != 0) {
        return GOD_OK;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint32_t answered = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (answered || !S_ISSOCK(info.st_mode)) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is %s", at->sun_path,
                        answered ? "the socket of another running host" : "there and no socket");
    }
    return unlink(at->sun_path) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot replace \"%s\"", at->sun_path);
}

god_status gdi_listen_unix(const char *path, int *ret_fd, god_error *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path) {
        return god_fail(err, GOD_E_INVALID, "the socket \"%.200s\" has a path of more than %zu bytes", path,
                        sizeof at.sun_path - 1);
    }
    memcpy(at.sun_path, path, strlen(path));
    GOD_TRY(make_room(&at, err));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make a socket");
    }
    (void)fchmod(fd, S_IRUSR | S_IWUSR); /* before it has a name: nobody else ever finds it open */
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || chmod(path, S_IRUSR | S_IWUSR) != 0 ||
        listen(fd, backlog) != 0) {
        int saved_errno = errno;
        (void)close(fd);
        errno = saved_errno;
        return god_fail_errno(err, GOD_E_IO, "cannot listen on \"%s\"", path);
    }
    *ret_fd = fd;
    return GOD_OK;
}
