#include "core/net/call.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "god/helpers/text.h"

enum { time_limit_ms_default = 10 * 1000, bytes_max_default = 1 << 20 };

typedef struct answer {
    const gdi_call *call;
    god_text body;
    size_t bytes_max;
    uint32_t too_large;
} answer;

god_status gdi_calls_begin(god_error *err)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK
               ? GOD_OK
               : god_fail(err, GOD_E_IO, "the network library cannot start");
}

void gdi_calls_end(void)
{
    curl_global_cleanup();
}

void gdi_reply_clear(gdi_reply *reply)
{
    free(reply->body);
    *reply = (gdi_reply){.status = 0};
}

static size_t take(char *bytes, size_t size, size_t count, void *user)
{
    answer *a = user;
    size_t total = size * count;
    if (total > a->bytes_max - a->body.bytes || god_text_append(&a->body, bytes, total, NULL) != GOD_OK) {
        a->too_large = 1;
        return 0;
    }
    return total;
}

static int ask_stop(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    const gdi_call *call = user;
    return call->stop_asked != NULL && call->stop_asked(call->user);
}

/* "host:port" without user and password. */
static void host_of(const char *url, char ret_host[128])
{
    const char *scheme_end = strstr(url, "://");
    const char *from = scheme_end == NULL ? url : scheme_end + 3;
    size_t bytes = strcspn(from, "/?#");
    const char *at = memrchr(from, '@', bytes);
    size_t skip = at == NULL ? 0 : (size_t)(at + 1 - from);
    (void)snprintf(ret_host, 128, "%.*s", (int)(bytes - skip), from + skip);
}

static god_status explain(const answer *a, CURLcode code, god_error *err)
{
    char host[128];
    host_of(a->call->url, host);
    const char *where = a->call->unix_path != NULL ? a->call->unix_path : host;
    switch (code) {
    case CURLE_OK: return GOD_OK;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST: return god_fail(err, GOD_E_NOT_FOUND, "nobody answers at %s", where);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return god_fail(err, GOD_E_INVALID, "an address is no http or https address");
    case CURLE_OPERATION_TIMEDOUT: return god_fail(err, GOD_E_TIMEOUT, "%s did not answer in time", where);
    case CURLE_ABORTED_BY_CALLBACK: return god_fail(err, GOD_E_CANCELLED, "the request to %s was stopped", where);
    case CURLE_WRITE_ERROR: return god_fail(err, GOD_E_DATA, "%s answered more than %zu bytes", where, a->bytes_max);
    default: return god_fail(err, GOD_E_IO, "the request to %s failed: %s", where, curl_easy_strerror(code));
    }
}

static CURLcode set_up(CURL *curl, const gdi_call *call, struct curl_slist *headers, answer *a)
{
    const long limit_ms = call->time_limit_ms == 0 ? time_limit_ms_default : (long)call->time_limit_ms;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, call->url);
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    code = code != CURLE_OK ? code : curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    if (call->body != NULL && code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
    }
    if (call->unix_path != NULL && code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, call->unix_path);
    }
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); /* other threads run */
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, limit_ms);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_stop);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, call);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
    return code;
}

static struct curl_slist *make_headers(const gdi_call *call)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    if (call->body != NULL) {
        list = curl_slist_append(list, "Content-Type: application/json");
    }
    for (const char *const *header = call->headers; header != NULL && *header != NULL; header++) {
        list = curl_slist_append(list, *header);
    }
    return list;
}

god_status gdi_call_send(const gdi_call *call, gdi_reply *ret_reply, god_error *err)
{
    answer a = {.call = call, .bytes_max = call->bytes_max == 0 ? bytes_max_default : call->bytes_max};
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = make_headers(call);
    long status_code = 0;
    god_status status = GOD_OK;
    if (curl == NULL || headers == NULL || god_text_append(&a.body, "", 0, err) != GOD_OK) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for a request");
    } else {
        CURLcode code = set_up(curl, call, headers, &a);
        code = code != CURLE_OK ? code : curl_easy_perform(curl);
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status_code);
        status = explain(&a, code, err);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (status != GOD_OK) {
        god_text_free(&a.body);
        return status;
    }
    char *body = a.body.data != NULL ? a.body.data : strdup("");
    *ret_reply = (gdi_reply){.status = status_code, .body = body, .bytes = a.body.bytes};
    return body != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}
