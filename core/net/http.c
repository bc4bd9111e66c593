/* Downloads for plug-ins: which addresses are allowed; the work is that of core/net/download.c. */
#include "core/net/http.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "core/net/download.h"

struct gdi_http {
    char **allow; /* own */
    size_t allow_count;
    gdi_http_options options;
};

/* A prefix that ends inside the name of a host must not allow a longer name, nor a path that climbs out of it. */
static uint32_t has_prefix(const char *url, const char *prefix)
{
    size_t bytes = strlen(prefix);
    const char *host = strstr(prefix, "://");
    if (strncmp(url, prefix, bytes) != 0 || host == NULL) {
        return 0;
    }
    uint32_t ends_in_host = strchr(host + 3, '/') == NULL;
    return !ends_in_host || url[bytes] == '\0' || strchr("/?#", url[bytes]) != NULL;
}

static uint32_t is_allowed(void *user, const char *url)
{
    const gdi_http *http = user;
    if ((strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) || strstr(url, "/..") != NULL) {
        return 0;
    }
    for (size_t i = 0; i < http->allow_count; i++) {
        if (has_prefix(url, http->allow[i])) {
            return 1;
        }
    }
    return 0;
}

god_status gdi_http_open(const gdi_http_options *options, gdi_http **ret_http, god_error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return god_fail(err, GOD_E_IO, "the network library cannot start");
    }
    size_t count = json_array_size(options->allow);
    gdi_http *http = calloc(1, sizeof *http);
    if (http != NULL) {
        http->options = *options;
        http->allow = calloc(count + 1, sizeof *http->allow);
    }
    for (size_t i = 0; http != NULL && http->allow != NULL && i < count; i++) {
        http->allow[i] = strdup(json_string_value(json_array_get(options->allow, i)));
        http->allow_count += http->allow[i] != NULL;
    }
    if (http == NULL || http->allow_count != count || http->allow == NULL) {
        gdi_http_close(http);
        return god_fail(err, GOD_E_NOMEM, "out of memory for the network");
    }
    *ret_http = http;
    return GOD_OK;
}

void gdi_http_close(gdi_http *http)
{
    if (http == NULL) {
        return;
    }
    for (size_t i = 0; i < http->allow_count; i++) {
        free(http->allow[i]);
    }
    free(http->allow);
    free(http);
    curl_global_cleanup();
}

static uint64_t smaller_limit(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0) {
        return a == 0 ? b : a;
    }
    return a < b ? a : b;
}

static uint32_t stop_asked(void *user)
{
    const gdi_http *http = user;
    return http->options.stop_asked != NULL && http->options.stop_asked(http->options.user);
}

god_status gdi_http_download(gdi_http *http, const god_http_request *request, god_error *err)
{
    if (request == NULL || !GOD_HAS(request, god_http_request, time_limit_ms) || request->url == NULL ||
        request->destination == NULL || request->destination[0] != '/') {
        return god_fail(err, GOD_E_INVALID, "a download needs an address and an absolute destination");
    }
    const gdi_download download = {.url = request->url,
                                   .destination = request->destination,
                                   .sha256 = request->sha256,
                                   .bytes_max = smaller_limit(request->bytes_max, http->options.bytes_max),
                                   .time_limit_ms = smaller_limit(request->time_limit_ms, http->options.time_limit_ms),
                                   .first_pause_ms = http->options.first_pause_ms,
                                   .allowed = is_allowed,
                                   .stop_asked = stop_asked,
                                   .user = http};
    return gdi_download_run(&download, err);
}
