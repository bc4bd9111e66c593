#include "ask.h"

#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { reply_bytes_max = 8 << 20, patience_ms = 20 * 1000 };

int ask_connect(const gdi_server *server, const char *unix_path)
{
    int fd = -1;
    if (unix_path != NULL) {
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", unix_path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    } else {
        struct sockaddr_in at = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)gdi_server_port(server)),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    }
    return fd;
}

/* Whether head and body are there in full. */
static int is_whole(const char *bytes, size_t count, int is_head)
{
    const char *end = strstr(bytes, "\r\n\r\n");
    if (end == NULL) {
        return 0;
    }
    const char *length = strcasestr(bytes, "\r\nContent-Length:");
    size_t body = length == NULL || length > end || is_head ? 0 : strtoul(length + 17, NULL, 10);
    return count >= (size_t)(end + 4 - bytes) + body;
}

static reply parse(char *bytes_take)
{
    reply r = {.status = 0};
    char *end = strstr(bytes_take, "\r\n\r\n");
    if (end != NULL) {
        r.status = atoi(bytes_take + strlen("HTTP/1.1 "));
        (void)snprintf(r.head, sizeof r.head, "%.*s", (int)(end + 2 - bytes_take), bytes_take);
        r.body = strdup(end + 4);
        r.json = json_loads(r.body, JSON_DECODE_ANY, NULL);
    }
    free(bytes_take);
    return r;
}

reply ask_raw(gdi_server *server, int fd, const char *bytes, size_t count)
{
    size_t sent = 0, got = 0;
    int is_head = strncmp(bytes, "HEAD", 4) == 0;
    char *buffer = calloc(1, reply_bytes_max + 1);
    ck_assert_ptr_nonnull(buffer);
    for (int waited = 0; waited < patience_ms && !is_whole(buffer, got, is_head);) {
        struct pollfd ready[] = {{.fd = gdi_server_fd(server), .events = POLLIN},
                                 {.fd = fd, .events = (short)(POLLIN | (sent < count ? POLLOUT : 0))}};
        int wait = gdi_server_wait_ms(server);
        waited += poll(ready, 2, wait < 0 || wait > 10 ? 10 : wait) == 0 ? 10 : 0;
        if (sent < count && (ready[1].revents & POLLOUT) != 0) {
            ssize_t n = send(fd, bytes + sent, count - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            sent = n < 0 ? count : sent + (size_t)n;
        }
        gdi_server_turn(server);
        ssize_t n = recv(fd, buffer + got, reply_bytes_max - got, MSG_DONTWAIT);
        if (n == 0) {
            break;
        }
        got += n > 0 ? (size_t)n : 0;
    }
    return parse(buffer);
}

reply ask(gdi_server *server, const char *method_and_target, const char *headers, const char *body_or_null)
{
    char *text = NULL;
    size_t body_bytes = body_or_null == NULL ? 0 : strlen(body_or_null);
    int count = body_or_null == NULL ? asprintf(&text, "%s HTTP/1.1\r\nHost: h\r\n%s\r\n", method_and_target, headers)
                                     : asprintf(&text, "%s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n%s\r\n%s",
                                                method_and_target, body_bytes, headers, body_or_null);
    ck_assert_int_gt(count, 0);
    int fd = ask_connect(server, NULL);
    reply r = ask_raw(server, fd, text, (size_t)count);
    (void)close(fd);
    free(text);
    return r;
}

void reply_clear(reply *r)
{
    free(r->body);
    json_decref(r->json);
    *r = (reply){.status = 0};
}

const char *reply_header(const reply *r, const char *name)
{
    static char value[1024];
    char wanted[128];
    (void)snprintf(wanted, sizeof wanted, "\r\n%s: ", name);
    const char *at = strcasestr(r->head, wanted);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(wanted);
    (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    return value;
}
