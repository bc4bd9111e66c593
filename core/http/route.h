/* core/http/route.h: requests, answers, and the tables that join them.
 *
 *     static const gdi_route routes[] = {
 *         {"GET", "/v1/tournaments/{tournament_id}/details", GDI_ACCESS_KEY, handle_details},
 *         {.method = NULL},
 *     };
 *
 * The first route whose pattern fits is taken, so "/a/latest" stands before "/a/{id}". A "{name}" fits one segment that
 * is not empty. A handler that fails answers {"detail": message} with the status code that suits its god_status
 * (gdi_http_status), and everything it put into the answer is dropped.
 *
 * Everything here runs on the thread that turns the server. [one]
 */
#ifndef GDI_HTTP_ROUTE_H
#define GDI_HTTP_ROUTE_H

#include <jansson.h>

#include "core/http/target.h"

/* Who may ask. 0 is nobody. */
enum {
    GDI_ACCESS_PUBLIC = 1,
    GDI_ACCESS_KEY,   /* Authorization: Bearer KEY */
    GDI_ACCESS_LOCAL, /* the Unix socket, by the user that runs the host, or root */
    GDI_ACCESS_PEER   /* connections from addresses that check_peer of the server lets in */
};

enum { GDI_ROUTE_PARAMETERS_MAX = 4, GDI_REQUEST_MEMO_BYTES = 72 };

typedef struct gdi_request {
    const char *method; /* "GET" also for a HEAD request */
    const gdi_target *target;
    const char *parameters[GDI_ROUTE_PARAMETERS_MAX]; /* what the {names} of the pattern stand for, in order */
    const json_t *body;                               /* NULL: none, or the server is raw */
    /* On a raw server, what came behind the header, unread. NULL: nothing. */
    const char *text, *content_type;
    size_t text_bytes;
    struct MHD_Connection *connection; /* for gdi_request_each_header; NULL: no headers */
    char *memo;                        /* GDI_REQUEST_MEMO_BYTES, "" at first, kept until the answer is there */
} gdi_request;

/* Calls `each` for every header, repeated ones as often as they came. */
void gdi_request_each_header(const gdi_request *request, void *user,
                             void (*each)(void *user, const char *name, const char *value));

typedef struct gdi_answer {
    uint32_t status;          /* 0: 200 */
    json_t *json;             /* own; the answer, or NULL */
    char *text;               /* own; the answer when there is no JSON */
    const char *content_type; /* of the text; static */
    uint32_t max_age_s;       /* how long others may keep it; 0: they ask each time, by ETag */
    /* 1: there is no answer yet. The connection waits, for as long as it takes, and the handler is called again after
     * gdi_server_retry; its memo says what it was about. */
    uint32_t later;
} gdi_answer;
void gdi_answer_clear(gdi_answer *answer); /* accepts an empty one */

typedef god_status gdi_handler(void *context, const gdi_request *request, gdi_answer *answer, god_error *err);

typedef struct gdi_route {
    const char *method, *pattern; /* static text; a NULL method ends a table */
    uint32_t access;
    gdi_handler *handle;
} gdi_route;

/* The route, and in ret_parameters what its names stand for (borrowed from the target). NULL when there is none; then
 * ret_allow holds the methods that the address knows ("GET, HEAD"), "" when it knows none. `routes` is a NULL-ended
 * list of tables. */
enum { GDI_ROUTE_ALLOW_BYTES = 64 };
const gdi_route *gdi_route_find(const gdi_route *const *tables, const char *method, const gdi_target *target,
                                const char *ret_parameters[GDI_ROUTE_PARAMETERS_MAX],
                                char ret_allow[GDI_ROUTE_ALLOW_BYTES]);

/* Ids, hotkeys and addresses in public addresses: 1 to GDI_ROUTE_NAME_BYTES_MAX letters, digits, '.', '_' and '-'.
 * GOD_E_INVALID otherwise; NULL is none. */
enum { GDI_ROUTE_NAME_BYTES_MAX = 128 };
god_status gdi_route_check_name(const char *name, god_error *err);
god_status gdi_route_check_names(const char *const parameters[GDI_ROUTE_PARAMETERS_MAX], god_error *err);

/* 404 for GOD_E_NOT_FOUND, 400 for GOD_E_INVALID and GOD_E_DATA, 403 for GOD_E_CANCELLED, 409 for GOD_E_UNSUPPORTED
 * (not in this state), 503 for GOD_E_TIMEOUT, otherwise 500. */
uint32_t gdi_http_status(god_status status);

/* A whole number of the query; absent leaves *ret as it was. GOD_E_INVALID: `"limit" is "x", a whole number from 1 to
 * 1000 is needed`. */
god_status gdi_request_int(const gdi_request *request, const char *name, int64_t lowest, int64_t highest, int64_t *ret,
                           god_error *err);
/* A finite number of the query, which must be there. */
god_status gdi_request_num(const gdi_request *request, const char *name, double lowest, double highest, double *ret,
                           god_error *err);

#endif
