/* core/net/http.h: downloads that end whole or not at all; what stands behind "god.http/1" (god/http.h).
 *
 *   destination.part   grows; a broken connection is resumed at its end with a Range request
 *   destination        appears by rename when the bytes are all there and have the digest that was asked for
 *
 * Addresses must begin with one of the allowed prefixes, after each redirect too. Connections that break, 408, 429 and
 * 5xx are tried again, with a pause that doubles. Messages name the address without its query part.
 *
 * One gdi_http may be used by several threads at once. [any]
 */
#ifndef GDI_NET_HTTP_H
#define GDI_NET_HTTP_H

#include <jansson.h>

#include "god/error.h"
#include "god/http.h"

typedef struct gdi_http gdi_http; /* owned by whoever opened it */

typedef struct gdi_http_options {
    const json_t *allow;                /* array of prefixes; copied */
    uint64_t bytes_max;                 /* of one download; 0: no limit of our own */
    uint64_t time_limit_ms;             /* of one download, repeats included; 0: an hour */
    uint64_t first_pause_ms;            /* before the second try; 0: half a second */
    uint32_t (*stop_asked)(void *user); /* several times a second during a transfer; may be NULL */
    void *user;
} gdi_http_options;

/* In the host or worker only, from main, before other threads start: it initialises libcurl for the process. */
god_status gdi_http_open(const gdi_http_options *options, gdi_http **ret_http, god_error *err);
void gdi_http_close(gdi_http *http); /* accepts NULL */

god_status gdi_http_download(gdi_http *http, const god_http_request *request, god_error *err);

#endif
