#include "core/net/socket_http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { usual_time_limit_ms = 60 * 1000, connect_limit_ms = 10 * 1000, error_body_bytes_max = 64 << 10 };

struct gdi_socket_http {
    CURL *curl; /* own */
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

typedef struct exchange {
    const gdi_socket_request *request;
    CURL *curl;
    god_text body;
    god_status status; /* why we ended it ourselves; GOD_OK otherwise */
    god_error *err;
} exchange;

god_status gdi_socket_http_open(const char *socket_path, gdi_socket_http **ret_http, god_error *err)
{
    gdi_socket_http *http = calloc(1, sizeof *http);
    if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to \"%s\"", socket_path);
    }
    if (strlen(socket_path) >= sizeof http->path) {
        free(http);
        return god_fail(err, GOD_E_INVALID, "the path of the socket \"%.120s\" is longer than %zu bytes", socket_path,
                        sizeof http->path - 1);
    }
    (void)snprintf(http->path, sizeof http->path, "%s", socket_path);
    http->curl = curl_easy_init();
    if (http->curl == NULL) {
        free(http);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to \"%s\"", socket_path);
    }
    *ret_http = http;
    return GOD_OK;
}

void gdi_socket_http_close(gdi_socket_http *http)
{
    if (http != NULL) {
        curl_easy_cleanup(http->curl);
        free(http);
    }
}

static size_t take_body(char *bytes, size_t one, size_t count, void *user)
{
    exchange *state = user;
    long code = 0;
    (void)one;
    (void)curl_easy_getinfo(state->curl, CURLINFO_RESPONSE_CODE, &code);
    if (state->request->take != NULL && code >= 200 && code < 300) {
        state->status = state->request->take(state->request->user, bytes, count, state->err);
    } else if (state->body.bytes + count > (code >= 300 ? (size_t)error_body_bytes_max : GDI_SOCKET_ANSWER_BYTES_MAX)) {
        state->status = god_fail(state->err, GOD_E_DATA, "the answer to %s %.100s is longer than %d bytes",
                                 state->request->method, state->request->path, GDI_SOCKET_ANSWER_BYTES_MAX);
    } else {
        state->status = god_text_append(&state->body, bytes, count, state->err);
    }
    return state->status == GOD_OK ? count : 0;
}

static int watch(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    exchange *state = user;
    (void)a, (void)b, (void)c, (void)d;
    if (state->request->stop_asked != NULL && state->request->stop_asked(state->request->user)) {
        state->status = god_fail(state->err, GOD_E_CANCELLED, "%s %.100s was cancelled", state->request->method,
                                 state->request->path);
        return 1;
    }
    return 0;
}

static god_status set_body(CURL *curl, const gdi_socket_request *request, struct curl_slist **headers, FILE **ret_file,
                           god_error *err)
{
    struct stat info;
    if (request->body_json != NULL) {
        *headers = curl_slist_append(*headers, "Content-Type: application/json");
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body_json);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->body_json));
    } else if (request->body_file != NULL) {
        *ret_file = fopen(request->body_file, "rbe");
        if (*ret_file == NULL || fstat(fileno(*ret_file), &info) != 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", request->body_file);
        }
        *headers = curl_slist_append(*headers, "Content-Type: application/x-tar");
        (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_READDATA, *ret_file);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)info.st_size);
    } else if (strcmp(request->method, "POST") == 0) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
    }
    *headers = curl_slist_append(*headers, "Expect:"); /* no pause before a body */
    return GOD_OK;
}

static void set_options(CURL *curl, const gdi_socket_http *http, const gdi_socket_request *request, exchange *state)
{
    uint64_t limit_ms = request->time_limit_ms != 0 ? request->time_limit_ms : usual_time_limit_ms;
    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, http->path);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_limit_ms);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(limit_ms > INT32_MAX ? INT32_MAX : limit_ms));
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, state);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, state);
}

static god_status say_why(const gdi_socket_http *http, const exchange *state, CURLcode code, god_error *err)
{
    if (state->status != GOD_OK) {
        return state->status;
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return god_fail(err, GOD_E_TIMEOUT, "\"%s\" did not answer %s %.100s in time", http->path,
                        state->request->method, state->request->path);
    }
    if (code == CURLE_COULDNT_CONNECT) {
        return god_fail(err, GOD_E_IO, "nobody listens on \"%s\"", http->path);
    }
    return god_fail(err, GOD_E_IO, "the connection to \"%s\" broke during %s %.100s: %s", http->path,
                    state->request->method, state->request->path, curl_easy_strerror(code));
}

god_status gdi_socket_http_send(gdi_socket_http *http, const gdi_socket_request *request, gdi_socket_answer *ret_answer,
                                god_error *err)
{
    exchange state = {.request = request, .curl = http->curl, .body = GOD_TEXT_INIT, .err = err};
    struct curl_slist *headers = NULL;
    FILE *file = NULL;
    char url[2048];
    int count = snprintf(url, sizeof url, "http://localhost%s", request->path);
    if (count < 0 || (size_t)count >= sizeof url) {
        return god_fail(err, GOD_E_INVALID, "the path of a request is longer than %zu bytes", sizeof url);
    }
    set_options(http->curl, http, request, &state);
    god_status status = set_body(http->curl, request, &headers, &file, err);
    if (status == GOD_OK) {
        (void)curl_easy_setopt(http->curl, CURLOPT_URL, url);
        (void)curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
        CURLcode code = curl_easy_perform(http->curl);
        status = code == CURLE_OK ? GOD_OK : say_why(http, &state, code, err);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    curl_slist_free_all(headers);
    if (status != GOD_OK) {
        god_text_free(&state.body);
        return status;
    }
    (void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &ret_answer->code);
    ret_answer->body = state.body;
    return GOD_OK;
}
