#include <stdlib.h>

#include "core/base/clock.h"
#include "core/http/exchange.h"
#include "god/helpers/sha256.h"

enum { etag_bytes = 2 + 32 + 1 /* half a SHA-256 between quotation marks */ };

const char *gdi_exchange_header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

typedef struct header_visit {
    void *user;
    void (*each)(void *user, const char *name, const char *value);
} header_visit;

static enum MHD_Result visit_header(void *user, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    const header_visit *visit = user;
    visit->each(visit->user, name, value == NULL ? "" : value);
    return MHD_YES;
}

void gdi_request_each_header(const gdi_request *request, void *user,
                             void (*each)(void *user, const char *name, const char *value))
{
    header_visit visit = {.user = user, .each = each};
    if (request->connection != NULL) {
        (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, visit_header, &visit);
    }
}

static void log_request(gdi_server *server, const char *method, const gdi_exchange *x, uint32_t status)
{
    const gdi_log *log = server->options.log;
    if (log == NULL || log->lowest_level > GOD_LOG_DEBUG) {
        return;
    }
    char code[12], took[24];
    (void)snprintf(code, sizeof code, "%u", status);
    (void)snprintf(took, sizeof took, "%llu", (unsigned long long)(gdi_clock_ms() - x->began_ms));
    gdi_log_write(log, GOD_LOG_DEBUG, "answered a request", "method", method, "route",
                  x->route == NULL ? "none" : x->route->pattern, "status", code, "ms", took, NULL);
}

/* Hands over a body that libmicrohttpd frees. */
static enum MHD_Result make_take(gdi_server *server, const gdi_exchange *x, const char *method, uint32_t status,
                                 char *body_take, size_t bytes, struct MHD_Response **ret_response)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(bytes, body_take, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(body_take);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    server->counts.by_class[status / 100 % 6]++;
    log_request(server, method, x, status);
    *ret_response = response;
    return MHD_YES;
}

static enum MHD_Result queue(struct MHD_Connection *connection, uint32_t status, struct MHD_Response *response)
{
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* A sentence may have been cut inside a character; then it is shown in ASCII. */
static json_t *sentence(const char *detail)
{
    json_t *whole = json_string(detail);
    char *ascii = whole == NULL ? strdup(detail) : NULL;
    for (char *c = ascii; c != NULL && *c != '\0'; c++) {
        *c = (unsigned char)*c >= 0x80 ? '?' : *c;
    }
    whole = whole == NULL && ascii != NULL ? json_string(ascii) : whole;
    free(ascii);
    return whole;
}

enum MHD_Result gdi_exchange_refuse(gdi_server *server, struct MHD_Connection *connection, const gdi_exchange *x,
                                    const char *method, uint32_t status, const char *detail, const char *allow)
{
    struct MHD_Response *response = NULL;
    json_t *root = json_pack("{s:o}", "detail", sentence(detail));
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL || make_take(server, x, method, status, text, strlen(text), &response) != MHD_YES) {
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, GDI_EXCHANGE_JSON);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (allow != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    }
    if (status == 503) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "5");
    }
    return queue(connection, status, response);
}

/* What a person outside may read of a failure; the rest is for the log. */
enum MHD_Result gdi_exchange_fail(gdi_server *server, struct MHD_Connection *connection, const gdi_exchange *x,
                                  const char *method, const god_error *why)
{
    uint32_t status = gdi_http_status(why->code);
    const char *detail = why->message;
    if (status >= 500) {
        gdi_log_write(server->options.log, GOD_LOG_ERROR, "a request failed", "route",
                      x->route == NULL ? "none" : x->route->pattern, "reason", why->message, NULL);
        uint32_t is_local = x->route != NULL && x->route->access == GDI_ACCESS_LOCAL;
        if (!is_local) {
            detail = status == 503 ? "the store is busy, try again" : "the server failed, its log says why";
        }
    }
    return gdi_exchange_refuse(server, connection, x, method, status, detail, NULL);
}

static void etag_of(const char *text, size_t bytes, char ret_etag[etag_bytes])
{
    char hex[GOD_SHA256_HEX];
    god_sha256_bytes(text, bytes, hex);
    (void)snprintf(ret_etag, etag_bytes, "\"%.32s\"", hex);
}

/* If-None-Match is a list of tags, weak or not, or a star. */
static uint32_t has_it(struct MHD_Connection *connection, const char *etag)
{
    const char *tags = gdi_exchange_header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH);
    return tags != NULL && (strcmp(tags, "*") == 0 || strstr(tags, etag) != NULL);
}

static enum MHD_Result answer_text_take(gdi_server *server, struct MHD_Connection *connection, const gdi_exchange *x,
                                        const char *method, const gdi_answer *answer, char *text, const char *type)
{
    char etag[etag_bytes], cache[48];
    size_t bytes = strlen(text);
    uint32_t status = answer->status == 0 ? MHD_HTTP_OK : answer->status;
    uint32_t is_get = strcmp(method, "GET") == 0 && status == MHD_HTTP_OK;
    struct MHD_Response *response = NULL;
    if (is_get) {
        etag_of(text, bytes, etag);
        if (has_it(connection, etag)) {
            status = MHD_HTTP_NOT_MODIFIED;
            bytes = 0;
        }
    }
    if (make_take(server, x, method, status, text, bytes, &response) != MHD_YES) {
        return MHD_NO;
    }
    (void)snprintf(cache, sizeof cache, answer->max_age_s == 0 ? "no-cache" : "max-age=%u", answer->max_age_s);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
    if (is_get) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
    }
    if (status != MHD_HTTP_NOT_MODIFIED) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    }
    return queue(connection, status, response);
}

enum MHD_Result gdi_exchange_answer_take(gdi_server *server, struct MHD_Connection *connection, const gdi_exchange *x,
                                         const char *method, gdi_answer *answer)
{
    char *text = answer->text;
    const char *type = answer->content_type;
    answer->text = NULL;
    if (answer->json != NULL) {
        free(text);
        text = json_dumps(answer->json, JSON_COMPACT | JSON_ENCODE_ANY);
        type = GDI_EXCHANGE_JSON;
    } else if (text == NULL) {
        text = strdup("");
    }
    enum MHD_Result result = text == NULL ? MHD_NO
                                          : answer_text_take(server, connection, x, method, answer, text,
                                                             type == NULL ? "text/plain" : type);
    gdi_answer_clear(answer);
    return result;
}
