/* core/http/server.h: one listening socket and the tables of routes behind it. libmicrohttpd does the protocol.
 *
 * A server has no thread of its own: whoever owns it polls gdi_server_fd, for at most gdi_server_wait_ms, and calls
 * gdi_server_turn, which runs handlers. All of it happens on that one thread, so handlers need no locks. [one]
 *
 *   read     header and address up to GDI_SERVER_HEADER_BYTES_MAX, body up to body_bytes_max, both within request_ms
 *   decide   400 malformed, 404 no such address, 405 with Allow, 403 or 500 for the key, 413 too large, 415 no JSON
 *   handle   the route's handler; HEAD is a GET without the body; one that has no answer yet is called again later
 *   answer   JSON or text with an ETag; 304 when the client has it already; errors as {"detail": "..."}
 *
 * Connections are limited in all and per address; one that is silent, or that drips its request byte by byte, is
 * closed. Requests are logged at debug level, without query, headers or body.
 */
#ifndef GDI_HTTP_SERVER_H
#define GDI_HTTP_SERVER_H

#include "core/base/log.h"
#include "core/http/route.h"

enum { GDI_SERVER_HEADER_BYTES_MAX = 32 << 10 };

typedef struct gdi_server gdi_server; /* owned by whoever opened it */

typedef struct gdi_server_options {
    const char *address;            /* "127.0.0.1:8080"; or */
    const char *unix_path;          /* a Unix socket, which only this user and root may use */
    const gdi_route *const *tables; /* NULL-ended; borrowed, as everything here */
    void *context;                  /* first argument of every handler */
    /* Asked for routes with GDI_ACCESS_KEY; what gdi_key_check answers. NULL: they are refused. */
    god_status (*check_key)(void *context, const char *authorization_or_null, god_error *err);
    /* Asked for routes with GDI_ACCESS_PEER with the address that the connection came from, "10.0.0.1" or "::1"; an
     * IPv4 caller of an IPv6 socket is shown as IPv4. NULL: they are refused. */
    god_status (*check_peer)(void *context, const char *peer, god_error *err);
    /* 1: bodies are not parsed, whatever their type, and names in addresses are not checked: handlers do both, because
     * the interface has answers of its own for what is malformed. */
    uint32_t raw;
    const gdi_log *log;       /* may be NULL */
    uint32_t connections_max; /* 0: 64 */
    uint32_t per_address_max; /* 0: as many as connections_max */
    uint32_t body_bytes_max;  /* 0: 1 MiB */
    uint32_t request_ms;      /* 0: 30 s */
} gdi_server_options;

/* What it did since it was opened. */
typedef struct gdi_server_counts {
    uint64_t requests;
    uint64_t by_class[6]; /* [2] answers 2xx ... [5] 5xx */
    uint64_t handler_us;  /* time spent in handlers */
    uint32_t connections; /* open now */
} gdi_server_counts;

god_status gdi_server_open(const gdi_server_options *options, gdi_server **ret_server, god_error *err);
/* Open connections are cut; the Unix socket's file is removed. Accepts NULL. */
void gdi_server_close(gdi_server *server);

int gdi_server_fd(const gdi_server *server);      /* readable: call gdi_server_turn */
int gdi_server_wait_ms(const gdi_server *server); /* call it after this time too; -1: no need */
void gdi_server_turn(gdi_server *server);
/* Handlers that answered "later" are called again in the next turn. */
void gdi_server_retry(gdi_server *server);
uint32_t gdi_server_port(const gdi_server *server); /* 0 for a Unix socket */
gdi_server_counts gdi_server_count(const gdi_server *server);

#endif
