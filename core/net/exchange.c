#include "core/net/exchange.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/net/download.h"
#include "god/helpers/text.h"

enum {
    first_pause_ms_default = 500,
    pause_ms_max = 30 * 1000,
    time_limit_ms_default = 60 * 1000,
    connect_limit_ms = 20 * 1000,
    stall_seconds = 60,
    expect_limit_ms = 200,
    answer_bytes_default = 1 << 20,
    tick_ms = 50,
};

/* One try. */
typedef struct try_of {
    const gdi_exchange *what;
    int fd; /* of body_file; -1: none */
    uint64_t sent;
    god_text body;
    char etag[256];
    size_t bytes_max;
    uint32_t too_large, stopped;
} try_of;

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    try_of *t = user;
    size_t total = size * count;
    if (total > t->bytes_max - t->body.bytes || god_text_append(&t->body, bytes, total, NULL) != GOD_OK) {
        t->too_large = 1;
        return 0;
    }
    return total;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *user)
{
    static const char name[] = "etag:";
    try_of *t = user;
    size_t total = size * count;
    if (total > sizeof name && strncasecmp(bytes, name, sizeof name - 1) == 0) {
        const char *at = bytes + sizeof name - 1, *end = bytes + total;
        while (at < end && (*at == ' ' || *at == '"')) {
            at++;
        }
        size_t length = 0;
        while (at + length < end && at[length] != '"' && at[length] != '\r' && at[length] != '\n') {
            length++;
        }
        (void)snprintf(t->etag, sizeof t->etag, "%.*s", (int)length, at);
    }
    return total;
}

static size_t give_body(char *buf, size_t size, size_t count, void *user)
{
    try_of *t = user;
    uint64_t left = t->what->body_bytes - t->sent;
    size_t total = size * count < left ? size * count : (size_t)left;
    if (t->fd >= 0) {
        ssize_t got = pread(t->fd, buf, total, (off_t)(t->what->body_offset + t->sent));
        if (got < 0 || (got == 0 && total > 0)) {
            return CURL_READFUNC_ABORT; /* the file is shorter than it was */
        }
        total = (size_t)got;
    } else if (total > 0) {
        memcpy(buf, t->what->body + t->sent, total);
    }
    t->sent += total;
    if (t->what->progress != NULL && total > 0) {
        t->what->progress(t->what->user, (int64_t)total);
    }
    return total;
}

static int seek_body(void *user, curl_off_t offset, int origin)
{
    try_of *t = user;
    if (origin != SEEK_SET || offset < 0) {
        return CURL_SEEKFUNC_CANTSEEK;
    }
    if (t->what->progress != NULL) {
        t->what->progress(t->what->user, (int64_t)offset - (int64_t)t->sent);
    }
    t->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static int look_around(void *user, curl_off_t total, curl_off_t done, curl_off_t up_total, curl_off_t up_done)
{
    try_of *t = user;
    (void)total;
    (void)done;
    (void)up_total;
    (void)up_done;
    t->stopped = t->what->stop_asked != NULL && t->what->stop_asked(t->what->user);
    return t->stopped != 0;
}

static void set_up(CURL *curl, try_of *t, struct curl_slist *headers)
{
    const gdi_exchange *what = t->what;
    long limit_ms = what->time_limit_ms == 0 ? (long)time_limit_ms_default : (long)what->time_limit_ms;
    (void)curl_easy_setopt(curl, CURLOPT_URL, what->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "god");
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_limit_ms);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, limit_ms);
    (void)curl_easy_setopt(curl, CURLOPT_EXPECT_100_TIMEOUT_MS, (long)expect_limit_ms);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)stall_seconds);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_around);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (what->body != NULL || what->body_file != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
        (void)curl_easy_setopt(curl, CURLOPT_READDATA, t);
        (void)curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, seek_body);
        (void)curl_easy_setopt(curl, CURLOPT_SEEKDATA, t);
        (void)curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)what->body_bytes);
    }
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, what->method);
    if (strcmp(what->method, "HEAD") == 0) {
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    }
    if (what->sigv4 != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, what->sigv4);
        (void)curl_easy_setopt(curl, CURLOPT_USERPWD, what->user_password);
    }
}

/* A signed request signs every line that is given here, also one that says that a header is not sent: "Expect:" keeps
 * other requests from waiting for a 100. */
static god_status make_headers(const gdi_exchange *what, struct curl_slist **ret_list, god_error *err)
{
    struct curl_slist *list = NULL;
    uint32_t failed = what->sigv4 == NULL && (list = curl_slist_append(NULL, "Expect:")) == NULL;
    for (size_t i = 0; !failed && what->headers != NULL && what->headers[i] != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(list, what->headers[i]);
        failed = longer == NULL;
        list = longer == NULL ? list : longer;
    }
    if (failed) {
        curl_slist_free_all(list);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a request");
    }
    *ret_list = list;
    return GOD_OK;
}

static god_status judge(const try_of *t, CURLcode result, god_error *err)
{
    char name[256];
    (void)gdi_url_shown(t->what->url, name);
    if (t->stopped) {
        return god_fail(err, GOD_E_CANCELLED, "the request to %s was cancelled", name);
    }
    if (t->too_large) {
        return god_fail(err, GOD_E_DATA, "%s answers with more than the %zu bytes that are allowed", name,
                        t->bytes_max);
    }
    return result == CURLE_OK ? GOD_OK : god_fail(err, GOD_E_IO, "%s failed: %s", name, curl_easy_strerror(result));
}

static god_status open_body(const gdi_exchange *what, int *ret_fd, god_error *err)
{
    *ret_fd = -1;
    if (what->body_file == NULL) {
        return GOD_OK;
    }
    *ret_fd = open(what->body_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return *ret_fd >= 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", what->body_file);
}

static god_status try_once(const gdi_exchange *what, gdi_exchanged *ret_answer, god_error *err)
{
    try_of t = {.what = what, .fd = -1};
    struct curl_slist *headers = NULL;
    CURL *curl = NULL;
    t.bytes_max = what->answer_bytes_max == 0 ? (size_t)answer_bytes_default : what->answer_bytes_max;
    GOD_TRY(open_body(what, &t.fd, err));
    god_status status = make_headers(what, &headers, err);
    if (status == GOD_OK && (curl = curl_easy_init()) == NULL) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for a request");
    }
    if (status == GOD_OK) {
        set_up(curl, &t, headers);
        status = judge(&t, curl_easy_perform(curl), err);
    }
    if (status == GOD_OK) {
        *ret_answer = (gdi_exchanged){.body = t.body.data == NULL ? strdup("") : t.body.data, .bytes = t.body.bytes};
        ret_answer->etag = t.etag[0] == '\0' ? NULL : strdup(t.etag);
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret_answer->code);
        curl_off_t announced = -1;
        (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        ret_answer->content_bytes = announced < 0 ? 0 : (uint64_t)announced;
    } else {
        god_text_free(&t.body);
        if (what->progress != NULL && t.sent > 0) {
            what->progress(what->user, -(int64_t)t.sent);
        }
    }
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (t.fd >= 0) {
        (void)close(t.fd);
    }
    return status;
}

static uint32_t is_worth_another(god_status status, long code)
{
    return status == GOD_E_IO || (status == GOD_OK && (code == 408 || code == 429 || code >= 500));
}

static void pause_for(const gdi_exchange *what, uint64_t pause_ms)
{
    uint64_t until = gdi_clock_ms() + pause_ms;
    while (gdi_clock_ms() < until && (what->stop_asked == NULL || !what->stop_asked(what->user))) {
        (void)poll(NULL, 0, tick_ms);
    }
}

god_status gdi_exchange_run(const gdi_exchange *exchange, gdi_exchanged *ret_answer, god_error *err)
{
    uint64_t pause_ms = exchange->first_pause_ms == 0 ? (uint64_t)first_pause_ms_default : exchange->first_pause_ms;
    gdi_exchanged answer = {.body = NULL};
    god_status status = GOD_OK;
    for (uint32_t i = 0;; i++) {
        status = try_once(exchange, &answer, err);
        if (i + 1 >= exchange->tries || !is_worth_another(status, answer.code)) {
            break;
        }
        if (status == GOD_OK && exchange->progress != NULL && exchange->body_bytes > 0) {
            exchange->progress(exchange->user, -(int64_t)exchange->body_bytes);
        }
        gdi_exchanged_clear(&answer);
        pause_for(exchange, pause_ms);
        pause_ms = pause_ms * 2 > pause_ms_max ? pause_ms_max : pause_ms * 2;
    }
    if (status == GOD_OK) {
        *ret_answer = answer;
    }
    return status;
}

void gdi_exchanged_clear(gdi_exchanged *answer)
{
    free(answer->body);
    free(answer->etag);
    *answer = (gdi_exchanged){.body = NULL};
}
