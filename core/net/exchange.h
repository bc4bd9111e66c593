/* core/net/exchange.h: one HTTP request whose answer is kept in memory, with headers, signatures and files as bodies:
 * the interfaces of the hub and of object stores. For downloads there is core/net/download.h, for small calls without
 * any of this core/net/call.h.
 *
 * Broken connections, 408, 429 and 5xx are tried again where the caller allows it. Redirects are not followed. Messages
 * name the address without user, query and fragment, and nothing of headers and bodies. [any]
 */
#ifndef GDI_NET_EXCHANGE_H
#define GDI_NET_EXCHANGE_H

#include "god/error.h"

typedef struct gdi_exchange {
    const char *method; /* "GET", "POST", "PUT", "DELETE" */
    const char *url;
    const char *const *headers; /* NULL-ended "Name: value"; may be NULL */
    const char *body;           /* body_bytes of it; NULL: none, or that of body_file */
    uint64_t body_bytes;
    const char *body_file; /* body_bytes from body_offset on; NULL: none */
    uint64_t body_offset;
    const char *sigv4, *user_password;           /* as in gdi_download */
    uint32_t tries;                              /* 0: one */
    uint64_t first_pause_ms;                     /* before the second try; 0: half a second */
    uint64_t time_limit_ms;                      /* of one try; 0: a minute */
    size_t answer_bytes_max;                     /* 0: 1 MiB */
    uint32_t (*stop_asked)(void *user);          /* several times a second; may be NULL */
    void (*progress)(void *user, int64_t bytes); /* bytes sent; negative: sent again; may be NULL */
    void *user;
} gdi_exchange;

typedef struct gdi_exchanged {
    long code;  /* of HTTP: 200 ... */
    char *body; /* own; NUL-ended */
    size_t bytes;
    uint64_t content_bytes; /* that the answer announces; of HEAD too; 0: none */
    char *etag;             /* own; without quotes; NULL: none */
} gdi_exchanged;
void gdi_exchanged_clear(gdi_exchanged *answer); /* accepts an empty one */

/* GOD_OK for an answer of any status that is not worth another try, or that came in the last one. GOD_E_IO: no
 * connection, or it broke; GOD_E_CANCELLED; GOD_E_DATA: the answer is too large. */
god_status gdi_exchange_run(const gdi_exchange *exchange, gdi_exchanged *ret_answer, god_error *err);

#endif
