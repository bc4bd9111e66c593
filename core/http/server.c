#include "core/http/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/http/exchange.h"
#include "core/http/listen.h"
#include "god/helpers/json.h"

enum {
    connections_max_default = 64,
    body_bytes_max_default = 1 << 20,
    request_ms_default = 30 * 1000,
};

static god_status check_peer(gdi_server *server, struct MHD_Connection *connection, god_error *err)
{
    char peer[INET6_ADDRSTRLEN] = "";
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;
    if (address != NULL && address->sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, peer, sizeof peer);
    } else if (address != NULL && address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(six)) {
            (void)inet_ntop(AF_INET, &six->s6_addr[12], peer, sizeof peer);
        } else {
            (void)inet_ntop(AF_INET6, six, peer, sizeof peer);
        }
    }
    return server->options.check_peer(server->options.context, peer, err);
}

static god_status check_access(gdi_server *server, struct MHD_Connection *connection, const gdi_route *route,
                               god_error *err)
{
    if (route->access == GDI_ACCESS_PUBLIC) {
        return GOD_OK;
    }
    if (route->access == GDI_ACCESS_KEY && server->options.check_key != NULL) {
        return server->options.check_key(server->options.context,
                                         gdi_exchange_header(connection, MHD_HTTP_HEADER_AUTHORIZATION), err);
    }
    if (route->access == GDI_ACCESS_PEER && server->options.check_peer != NULL) {
        return check_peer(server, connection, err);
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred who;
    socklen_t bytes = sizeof who;
    if (server->unix_path != NULL && info != NULL &&
        getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &who, &bytes) == 0 &&
        (who.uid == geteuid() || who.uid == 0)) {
        return GOD_OK;
    }
    return god_fail(err, GOD_E_CANCELLED, "only the user that runs the host may ask this");
}

static uint32_t is_json_type(const char *type)
{
    size_t bytes = sizeof GDI_EXCHANGE_JSON - 1;
    return type != NULL && strncasecmp(type, GDI_EXCHANGE_JSON, bytes) == 0 &&
           (type[bytes] == '\0' || strchr("; ", type[bytes]));
}

/* What may be refused before the body comes. Answers when it is; *ret_refused says so. */
static enum MHD_Result check(gdi_server *server, struct MHD_Connection *connection, gdi_exchange *x, const char *method,
                             uint32_t *ret_refused)
{
    char allow[GDI_ROUTE_ALLOW_BYTES];
    god_error err = GOD_ERROR_INIT;
    *ret_refused = 1;
    if (x->target_status != GOD_OK) {
        return gdi_exchange_fail(server, connection, x, method, &x->target_error);
    }
    x->route = gdi_route_find(server->options.tables, method, &x->target, x->parameters, allow);
    if (x->route == NULL && allow[0] != '\0') {
        return gdi_exchange_refuse(server, connection, x, method, MHD_HTTP_METHOD_NOT_ALLOWED,
                                   "this address does not know this method", allow);
    }
    if (x->route == NULL) {
        return gdi_exchange_refuse(server, connection, x, method, MHD_HTTP_NOT_FOUND,
                                   "there is nothing at this address", NULL);
    }
    if (check_access(server, connection, x->route, &err) != GOD_OK ||
        (x->route->access != GDI_ACCESS_LOCAL && !server->options.raw &&
         gdi_route_check_names(x->parameters, &err) != GOD_OK)) {
        return gdi_exchange_fail(server, connection, x, method, &err);
    }
    const char *length = gdi_exchange_header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (length != NULL && strtoull(length, NULL, 10) > server->options.body_bytes_max) {
        return gdi_exchange_refuse(server, connection, x, method, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large",
                                   NULL);
    }
    *ret_refused = 0;
    return MHD_YES;
}

static void take_body(gdi_server *server, gdi_exchange *x, const char *bytes, size_t count)
{
    if (x->too_large || x->body.bytes + count > server->options.body_bytes_max ||
        god_text_append(&x->body, bytes, count, NULL) != GOD_OK) {
        x->too_large = 1; /* the rest is read and dropped, within the time of the request */
        god_text_free(&x->body);
    }
}

static uint64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static gdi_peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static void set_waits(struct MHD_Connection *connection, uint32_t waits)
{
    gdi_peer *p = peer_of(connection);
    if (p != NULL) {
        p->waits = waits;
    }
}

/* The connection rests until gdi_server_retry. */
static enum MHD_Result wait_for_answer(gdi_server *server, struct MHD_Connection *connection, gdi_exchange *x)
{
    x->next = server->waiting;
    x->previous = &server->waiting;
    x->connection = connection;
    if (x->next != NULL) {
        x->next->previous = &x->next;
    }
    server->waiting = x;
    set_waits(connection, 1);
    MHD_suspend_connection(connection);
    return MHD_YES;
}

static void leave_waiting(gdi_exchange *x)
{
    if (x->previous == NULL) {
        return;
    }
    *x->previous = x->next;
    if (x->next != NULL) {
        x->next->previous = x->previous;
    }
    x->previous = NULL;
}

void gdi_server_retry(gdi_server *server)
{
    while (server->waiting != NULL) {
        gdi_exchange *x = server->waiting;
        leave_waiting(x);
        MHD_resume_connection(x->connection);
    }
}

static enum MHD_Result handle(gdi_server *server, struct MHD_Connection *connection, gdi_exchange *x,
                              const char *method, const json_t *body)
{
    gdi_request request = {
        .method = method, .target = &x->target, .body = body, .connection = connection, .memo = x->memo};
    if (server->options.raw) {
        request.text = x->body.bytes > 0 ? x->body.data : NULL;
        request.text_bytes = x->body.bytes;
        request.content_type = gdi_exchange_header(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
    }
    gdi_answer answer = {.status = 0};
    god_error err = GOD_ERROR_INIT;
    memcpy(request.parameters, x->parameters, sizeof request.parameters);
    uint64_t began = now_us();
    god_status status = x->route->handle(server->options.context, &request, &answer, &err);
    server->counts.handler_us += now_us() - began;
    if (status != GOD_OK) {
        err.code = status;
        gdi_answer_clear(&answer);
        return gdi_exchange_fail(server, connection, x, method, &err);
    }
    if (answer.later) {
        gdi_answer_clear(&answer);
        return wait_for_answer(server, connection, x);
    }
    return gdi_exchange_answer_take(server, connection, x, method, &answer);
}

static enum MHD_Result finish(gdi_server *server, struct MHD_Connection *connection, gdi_exchange *x,
                              const char *method)
{
    json_t *body = NULL;
    god_error err = GOD_ERROR_INIT;
    if (x->too_large) {
        return gdi_exchange_refuse(server, connection, x, method, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large",
                                   NULL);
    }
    uint32_t wants_body = !server->options.raw && strcmp(method, "POST") == 0 && x->body.bytes > 0;
    if (wants_body && !is_json_type(gdi_exchange_header(connection, MHD_HTTP_HEADER_CONTENT_TYPE))) {
        return gdi_exchange_refuse(server, connection, x, method, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                   "the body must be application/json", NULL);
    }
    if (wants_body && god_json_parse("body", x->body.data, x->body.bytes, &body, &err) != GOD_OK) {
        return gdi_exchange_fail(server, connection, x, method, &err);
    }
    enum MHD_Result result = handle(server, connection, x, method, body);
    json_decref(body);
    return result;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *verb,
                                  const char *version, const char *upload, size_t *upload_bytes, void **state)
{
    (void)url;
    (void)version;
    gdi_server *server = user;
    gdi_exchange *x = *state;
    if (x == NULL) {
        return MHD_NO; /* out of memory: the connection ends */
    }
    const char *method = strcmp(verb, "HEAD") == 0 ? "GET" : verb;
    if (!x->checked) {
        uint32_t refused = 0;
        x->checked = 1;
        server->counts.requests++;
        return check(server, connection, x, method, &refused);
    }
    if (*upload_bytes > 0) {
        take_body(server, x, upload, *upload_bytes);
        *upload_bytes = 0;
        return MHD_YES;
    }
    return finish(server, connection, x, method);
}

static void *on_target(void *user, const char *target, struct MHD_Connection *connection)
{
    (void)user;
    (void)connection;
    gdi_exchange *x = calloc(1, sizeof *x);
    if (x != NULL) {
        const god_error none = GOD_ERROR_INIT;
        x->began_ms = gdi_clock_ms();
        x->target_error = none;
        x->target_status = gdi_target_parse(target, &x->target, &x->target_error);
    }
    return x;
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    (void)user;
    (void)how;
    gdi_exchange *x = *state;
    *state = NULL;
    if (x != NULL) {
        leave_waiting(x);
        gdi_target_clear(&x->target);
        god_text_free(&x->body);
        free(x);
    }
    gdi_peer *p = peer_of(connection);
    if (p != NULL) {
        p->since_ms = gdi_clock_ms();
        p->waits = 0;
    }
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    gdi_server *server = user;
    gdi_peer *p = *context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        p = calloc(1, sizeof *p);
        if (p == NULL || info == NULL) {
            free(p);
            return; /* it lives without our limit, with libmicrohttpd's own */
        }
        *p = (gdi_peer){
            .next = server->peers, .previous = &server->peers, .fd = info->connect_fd, .since_ms = gdi_clock_ms()};
        if (p->next != NULL) {
            p->next->previous = &p->next;
        }
        server->peers = p;
        server->counts.connections++;
        *context = p;
    } else if (p != NULL) {
        *p->previous = p->next;
        if (p->next != NULL) {
            p->next->previous = p->previous;
        }
        free(p);
        *context = NULL;
        server->counts.connections--;
    }
}

/* Addresses are decoded by target.c, which cuts first. */
static size_t leave_escaped(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user;
    (void)connection;
    return strlen(text);
}

static god_status start(gdi_server *server, int fd, god_error *err)
{
    const gdi_server_options *o = &server->options;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned int)o->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        server->unix_path != NULL ? 0U : (unsigned int)o->per_address_max, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned int)((o->request_ms + 999) / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)GDI_SERVER_HEADER_BYTES_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escaped, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
    if (server->daemon == NULL) {
        (void)close(fd);
        return god_fail(err, GOD_E_INTERNAL, "the HTTP server cannot start");
    }
    return GOD_OK;
}

static god_status listen_on(gdi_server *server, int *ret_fd, god_error *err)
{
    if (server->options.unix_path == NULL) {
        return gdi_listen_tcp(server->options.address, ret_fd, &server->port, err);
    }
    GOD_TRY(gdi_listen_unix(server->options.unix_path, ret_fd, err));
    server->unix_path = strdup(server->options.unix_path);
    if (server->unix_path == NULL) {
        (void)close(*ret_fd);
        return god_fail(err, GOD_E_NOMEM, "out of memory for the HTTP server");
    }
    return GOD_OK;
}

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value == 0 ? fallback : value;
}

god_status gdi_server_open(const gdi_server_options *options, gdi_server **ret_server, god_error *err)
{
    int fd = -1;
    gdi_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the HTTP server");
    }
    server->options = *options;
    gdi_server_options *o = &server->options;
    o->connections_max = or_default(o->connections_max, connections_max_default);
    o->per_address_max = or_default(o->per_address_max, o->connections_max);
    o->body_bytes_max = or_default(o->body_bytes_max, body_bytes_max_default);
    o->request_ms = or_default(o->request_ms, request_ms_default);
    god_status status = listen_on(server, &fd, err);
    if (status == GOD_OK) {
        status = start(server, fd, err);
    }
    if (status != GOD_OK) {
        gdi_server_close(server);
        return status;
    }
    *ret_server = server;
    return GOD_OK;
}

void gdi_server_close(gdi_server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->daemon != NULL) {
        gdi_server_retry(server);
        MHD_stop_daemon(server->daemon);
    }
    if (server->unix_path != NULL) {
        (void)unlink(server->unix_path);
    }
    free(server->unix_path);
    free(server);
}

int gdi_server_fd(const gdi_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -1 : info->epoll_fd;
}

int gdi_server_wait_ms(const gdi_server *server)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    int wait = -1;
    if (MHD_get_timeout(server->daemon, &ms) == MHD_YES) {
        wait = ms > 60 * 1000 ? 60 * 1000 : (int)ms;
    }
    if (server->peers != NULL && (wait < 0 || wait > 1000)) {
        wait = 1000; /* somebody may be dripping */
    }
    return wait;
}

/* libmicrohttpd closes who is silent; whoever keeps sending a little without ever finishing is cut here. */
static void cut_slow_ones(const gdi_server *server)
{
    uint64_t now = gdi_clock_ms();
    for (const gdi_peer *p = server->peers; p != NULL; p = p->next) {
        if (!p->waits && now - p->since_ms > 2 * (uint64_t)server->options.request_ms) {
            (void)shutdown(p->fd, SHUT_RDWR);
        }
    }
}

void gdi_server_turn(gdi_server *server)
{
    cut_slow_ones(server);
    (void)MHD_run(server->daemon);
}

uint32_t gdi_server_port(const gdi_server *server)
{
    return server->port;
}

gdi_server_counts gdi_server_count(const gdi_server *server)
{
    return server->counts;
}
