/* core/net/socket_http.h: HTTP over a Unix socket, for the API of a container engine.
 *
 * One connection, kept open between requests. Answers are collected up to a limit, or handed on as they come. Programs
 * that use it have one of these per thread. [one]
 */
#ifndef GDI_NET_SOCKET_HTTP_H
#define GDI_NET_SOCKET_HTTP_H

#include "god/error.h"
#include "god/helpers/text.h"

typedef struct gdi_socket_http gdi_socket_http; /* owned by whoever opened it */

enum { GDI_SOCKET_ANSWER_BYTES_MAX = 16 << 20 };

/* Does not connect yet. GOD_E_INVALID when the path is too long for a socket. */
god_status gdi_socket_http_open(const char *socket_path, gdi_socket_http **ret_http, god_error *err);
void gdi_socket_http_close(gdi_socket_http *http); /* accepts NULL */

typedef struct gdi_socket_request {
    const char *method;     /* "GET", "POST", "DELETE" */
    const char *path;       /* "/v1.41/containers/json?all=1" */
    const char *body_json;  /* NULL: none */
    const char *body_file;  /* NULL: none; sent as application/x-tar */
    uint64_t time_limit_ms; /* 0: a minute */
    /* The body as it comes, instead of collecting it; anything but GOD_OK ends the transfer with that status. Called
     * for answers of the 2xx kind only. May be NULL. */
    god_status (*take)(void *user, const char *bytes, size_t count, god_error *err);
    uint32_t (*stop_asked)(void *user); /* several times a second; may be NULL */
    void *user;
} gdi_socket_request;

typedef struct gdi_socket_answer {
    long code;     /* of HTTP */
    god_text body; /* own: ended with god_text_free; empty when `take` had it */
} gdi_socket_answer;

/* GOD_OK for every answer that HTTP allows, whatever its code. GOD_E_IO: no connection, or it broke; GOD_E_TIMEOUT;
 * GOD_E_CANCELLED when stop_asked said so; GOD_E_DATA when the answer is too long. *ret_answer is written only on
 * success. */
god_status gdi_socket_http_send(gdi_socket_http *http, const gdi_socket_request *request, gdi_socket_answer *ret_answer,
                                god_error *err);

#endif
