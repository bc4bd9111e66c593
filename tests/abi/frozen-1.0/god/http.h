/* god/http.h: host extension "god.http/1": downloads for plug-ins, so that none of them links a network library.
 *
 * Get it with `host->extension(host->ctx, GOD_HTTP_ID)`; NULL means that this host lends no network. Which schemes and
 * addresses are allowed is the host's decision (god.yaml), not the plug-in's.
 */
#ifndef GOD_HTTP_H
#define GOD_HTTP_H

#include "god/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_HTTP_ID "god.http/1"

typedef struct god_http_request {
    uint32_t size;
    const char *url;         /* http or https */
    const char *destination; /* absolute path of the file to make; it appears only when whole and checked */
    const char *sha256;      /* optional: 64 lower-case hex digits that the bytes must have */
    uint64_t bytes_max;      /* more is an error; 0: the host's own limit */
    uint64_t time_limit_ms;  /* for the whole transfer, retries included; 0: the host's own limit */
} god_http_request;

typedef struct god_http {
    uint32_t size;
    /* [any] Follows redirects, resumes after a broken connection, repeats on 5xx. ctx is god_host.ctx.
     * GOD_E_NOT_FOUND for 404 and 410, GOD_E_DATA for a wrong digest or too many bytes, GOD_E_IO otherwise.
     * Messages never contain the query part of a URL, which may be a signature. */
    god_status (*download)(void *ctx, const god_http_request *request, god_error *err);
} god_http;

#ifdef __cplusplus
}
#endif
#endif
