/* core/net/call.h: one HTTP request with a small answer, kept in memory: interfaces of other programs, and our own Unix
 * socket. For files there is core/net/http.h.
 *
 * Nothing is repeated and redirects are not followed: the caller knows whether a second try is right. Messages name the
 * host, never path, query, headers or body. Any thread, once gdi_calls_begin was called from main. [any]
 */
#ifndef GDI_NET_CALL_H
#define GDI_NET_CALL_H

#include "god/error.h"

typedef struct gdi_call {
    const char *method;                 /* "GET", "POST", "DELETE" */
    const char *url;                    /* http:// or https:// */
    const char *unix_path;              /* the connection goes to this socket instead; NULL: to the host of the url */
    const char *const *headers;         /* NULL-ended "Name: value"; may be NULL */
    const char *body;                   /* sent as application/json; NULL: none */
    uint32_t time_limit_ms;             /* 0: 10 s */
    size_t bytes_max;                   /* of the answer; 0: 1 MiB */
    uint32_t (*stop_asked)(void *user); /* several times a second; may be NULL */
    void *user;
} gdi_call;

typedef struct gdi_reply {
    long status; /* 200 ... */
    char *body;  /* own; NUL-ended */
    size_t bytes;
} gdi_reply;
void gdi_reply_clear(gdi_reply *reply); /* accepts an empty one */

/* From main, before other threads start; ended with gdi_calls_end. */
god_status gdi_calls_begin(god_error *err);
void gdi_calls_end(void);

/* GOD_OK for an answer of any status. GOD_E_NOT_FOUND: nobody listens there; GOD_E_TIMEOUT; GOD_E_CANCELLED;
 * GOD_E_DATA: an answer that is too large or no HTTP; GOD_E_INVALID: no address; GOD_E_IO: anything else. */
god_status gdi_call_send(const gdi_call *call, gdi_reply *ret_reply, god_error *err);

#endif
