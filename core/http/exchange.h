/* core/http/exchange.h: one request on its way, and how it is answered. Internal to core/http.
 *
 * libmicrohttpd shows the raw address first (began), then the header (checked), then the body in pieces, then its end
 * (answered). An exchange is what server.c remembers of it in between; libmicrohttpd hands it back at each step and
 * tells when it is over, however it ends. [one]
 */
#ifndef GDI_HTTP_EXCHANGE_H
#define GDI_HTTP_EXCHANGE_H

#include <microhttpd.h>

#include "core/http/server.h"
#include "god/helpers/text.h"

/* A socket that is open; the list finds those that take too long. */
typedef struct gdi_peer {
    struct gdi_peer *next, **previous;
    int fd;
    uint64_t since_ms; /* when it was opened, or its last answer was complete */
    uint32_t waits;    /* 1: for an answer that comes later */
} gdi_peer;

struct gdi_server {
    gdi_server_options options;
    struct MHD_Daemon *daemon;
    gdi_peer *peers;
    struct gdi_exchange *waiting; /* list of those whose answer comes later */
    char *unix_path;              /* own; NULL on TCP */
    uint32_t port;
    gdi_server_counts counts;
};

typedef struct gdi_exchange {
    struct gdi_exchange *next, **previous; /* in the list of waiting ones; previous NULL: not in it */
    struct MHD_Connection *connection;     /* while it waits */
    char memo[GDI_REQUEST_MEMO_BYTES];
    gdi_target target;
    const gdi_route *route; /* NULL: not found yet, or none */
    const char *parameters[GDI_ROUTE_PARAMETERS_MAX];
    god_text body;
    uint32_t checked, too_large;
    uint64_t began_ms;
    god_status target_status;
    god_error target_error;
} gdi_exchange;

#define GDI_EXCHANGE_JSON "application/json"

/* The value of a header, NULL when it is not there. */
const char *gdi_exchange_header(struct MHD_Connection *connection, const char *name);

/* {"detail": ...} with this status; `allow` is the Allow header of a 405, otherwise NULL. */
enum MHD_Result gdi_exchange_refuse(gdi_server *server, struct MHD_Connection *connection, const gdi_exchange *x,
                                    const char *method, uint32_t status, const char *detail, const char *allow);
/* The same from a failure: what went wrong inside stays in the log, except on the operator's socket. */
enum MHD_Result gdi_exchange_fail(gdi_server *server, struct MHD_Connection *connection, const gdi_exchange *x,
                                  const char *method, const god_error *why);
/* What a handler answered, or 304 when the client has it already. Takes what is in the answer. */
enum MHD_Result gdi_exchange_answer_take(gdi_server *server, struct MHD_Connection *connection, const gdi_exchange *x,
                                         const char *method, gdi_answer *answer);

#endif
