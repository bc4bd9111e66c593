#include "server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { request_bytes_max = 8192 };

unsigned char server_file_byte(size_t i)
{
    return (unsigned char)((i * 2654435761u) >> 7 & 0xff);
}

static int send_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) {
            return 0;
        }
        bytes += sent;
        count -= (size_t)sent;
    }
    return 1;
}

static int send_text(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

/* Head and bytes of the file from `from`; the connection breaks after `limit` bytes. */
static void send_file(int fd, size_t from, int partial, size_t limit)
{
    char head[256];
    size_t left = SERVER_FILE_BYTES - from;
    if (partial) {
        (void)snprintf(head, sizeof head,
                       "HTTP/1.1 206 Partial Content\r\nContent-Length: %zu\r\nContent-Range: bytes %zu-%d/%d\r\n"
                       "Connection: close\r\n\r\n",
                       left, from, SERVER_FILE_BYTES - 1, SERVER_FILE_BYTES);
    } else {
        (void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", left);
    }
    char *bytes = malloc(left > 0 ? left : 1);
    if (bytes != NULL && send_text(fd, head)) {
        for (size_t i = 0; i < left; i++) {
            bytes[i] = (char)server_file_byte(from + i);
        }
        (void)send_all(fd, bytes, left < limit ? left : limit);
    }
    free(bytes);
}

static void send_status(int fd, const char *status)
{
    char head[256];
    (void)snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops", status);
    (void)send_text(fd, head);
}

static void send_redirect(int fd, const char *to)
{
    char head[512];
    (void)snprintf(head, sizeof head,
                   "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 9\r\nConnection: close\r\n\r\nelsewhere", to);
    (void)send_text(fd, head);
}

static void send_endless(int fd)
{
    static const char block[4096] = {'x'};
    if (send_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")) {
        while (send_all(fd, block, sizeof block)) {
        }
    }
}

/* Waits until the other side gives up, or the server stops. */
static void stay_silent(const server *s, int fd)
{
    struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = s->stop_fds[0], .events = POLLIN}};
    (void)poll(ready, 2, -1);
}

static int path_is(const char *request, const char *path)
{
    size_t bytes = strlen(path);
    return strncmp(request, "GET ", 4) == 0 && strncmp(request + 4, path, bytes) == 0 &&
           strchr(" ?", request[4 + bytes]) != NULL;
}

static void answer(server *s, int fd, const char *request, int number)
{
    const char *range = strstr(request, "Range: bytes=");
    size_t from = range == NULL ? 0 : strtoul(range + strlen("Range: bytes="), NULL, 10);
    if (from >= SERVER_FILE_BYTES) {
        send_status(fd, "416 Range Not Satisfiable");
    } else if (path_is(request, "/file")) {
        send_file(fd, from, range != NULL, SIZE_MAX);
    } else if (path_is(request, "/drop")) {
        send_file(fd, from, range != NULL, number < 3 ? 50 * 1000 : SIZE_MAX);
    } else if (path_is(request, "/forgetful")) {
        send_file(fd, 0, 0, number < 1 ? 50 * 1000 : SIZE_MAX);
    } else if (path_is(request, "/busy") && number < 2) {
        send_status(fd, "503 Service Unavailable");
    } else if (path_is(request, "/busy")) {
        send_file(fd, from, range != NULL, SIZE_MAX);
    } else if (path_is(request, "/down")) {
        send_status(fd, "500 Internal Server Error");
    } else if (path_is(request, "/gone")) {
        send_status(fd, "410 Gone");
    } else if (path_is(request, "/forbidden")) {
        send_status(fd, "403 Forbidden");
    } else if (path_is(request, "/moved")) {
        send_redirect(fd, "/file");
    } else if (path_is(request, "/round")) {
        send_redirect(fd, "/round");
    } else if (path_is(request, "/away")) {
        send_redirect(fd, "http://localhost:1/secret?token=hidden");
    } else if (path_is(request, "/endless")) {
        send_endless(fd);
    } else if (path_is(request, "/silent")) {
        stay_silent(s, fd);
    } else {
        send_status(fd, "404 Not Found");
    }
}

static void serve(server *s, int fd)
{
    char request[request_bytes_max + 1];
    size_t bytes = 0;
    request[0] = '\0';
    while (strstr(request, "\r\n\r\n") == NULL && bytes < request_bytes_max) {
        ssize_t count = recv(fd, request + bytes, request_bytes_max - bytes, 0);
        if (count <= 0) {
            return;
        }
        bytes += (size_t)count;
        request[bytes] = '\0';
    }
    (void)pthread_mutex_lock(&s->lock);
    int number = s->requests++;
    (void)pthread_mutex_unlock(&s->lock);
    answer(s, fd, request, number);
}

static void *run(void *user)
{
    server *s = user;
    for (;;) {
        struct pollfd ready[] = {{.fd = s->listen_fd, .events = POLLIN}, {.fd = s->stop_fds[0], .events = POLLIN}};
        (void)poll(ready, 2, -1);
        if (ready[1].revents != 0) {
            return NULL;
        }
        int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            serve(s, fd);
            (void)close(fd);
        }
    }
}

void server_start(server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    memset(s, 0, sizeof *s);
    s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)pthread_mutex_init(&s->lock, NULL);
    if (s->listen_fd < 0 || bind(s->listen_fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(s->listen_fd, 8) != 0 || getsockname(s->listen_fd, (struct sockaddr *)&address, &bytes) != 0 ||
        pipe(s->stop_fds) != 0 || pthread_create(&s->thread, NULL, run, s) != 0) {
        perror("the test server cannot start");
        abort();
    }
    s->port = ntohs(address.sin_port);
}

void server_stop(server *s)
{
    (void)close(s->stop_fds[1]);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->stop_fds[0]);
    (void)close(s->listen_fd);
}

int server_requests(server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    int count = s->requests;
    (void)pthread_mutex_unlock(&s->lock);
    return count;
}
