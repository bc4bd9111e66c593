/* One easy handle per attempt. The part file is the memory between attempts: what it holds is asked for no more. */
#include "core/net/http.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "god/helpers/file.h"
#include "god/helpers/sha256.h"

enum {
    tries_max = 8,
    first_pause_ms_default = 500,
    pause_ms_max = 30 * 1000,
    time_limit_ms_default = 60 * 60 * 1000,
    connect_limit_ms = 20 * 1000,
    stall_seconds = 30, /* fewer than stall_bytes in a second, for this long: try again */
    stall_bytes = 1,
    redirects_max = 10,
    tick_ms = 50,
};

struct gdi_http {
    char **allow; /* own */
    size_t allow_count;
    gdi_http_options options;
};

/* One download, over all its attempts. */
typedef struct transfer {
    gdi_http *http;
    const god_http_request *request;
    CURL *curl; /* of the current attempt */
    char part[GOD_PATH_MAX];
    int fd;
    uint64_t have;      /* bytes in the part file */
    uint64_t bytes_max; /* UINT64_MAX: no limit */
    uint64_t deadline_ms;
    uint32_t too_large, no_range, stopped;
    int write_errno;
} transfer;

/* What one attempt came to. */
enum { attempt_done = 1, attempt_again, attempt_failed };

/* "https://host/path" without query, fragment or password, for messages. Static room is avoided: the caller's buffer.
 */
static const char *shown(const char *url, char buf[256])
{
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end == NULL ? url : scheme_end + 3;
    size_t host_bytes = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', host_bytes);
    const char *from = at == NULL ? host : at + 1;
    (void)snprintf(buf, 256, "%.*s%.*s", scheme_end == NULL ? 0 : (int)(host - url), url, (int)strcspn(from, "?#"),
                   from);
    return buf;
}

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

static uint32_t is_allowed(const gdi_http *http, const char *url)
{
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

static size_t write_bytes(char *bytes, size_t size, size_t count, void *user)
{
    transfer *t = user;
    size_t total = size * count, done = 0;
    long code = 0;
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    if (code >= 300) { /* the text of a redirect is not data */
        return total;
    }
    if (total > t->bytes_max - t->have) {
        t->too_large = 1;
        return 0;
    }
    while (done < total) {
        ssize_t written = write(t->fd, bytes + done, total - done);
        if (written < 0 && errno != EINTR) {
            t->write_errno = errno;
            return 0;
        }
        done += written > 0 ? (size_t)written : 0;
    }
    t->have += total;
    return total;
}

/* Called with each header. A final answer other than 206 to a request for the rest begins at the first byte again. */
static size_t read_header(char *bytes, size_t size, size_t count, void *user)
{
    transfer *t = user;
    long code = 0;
    if (size * count > 2 || t->have == 0) {
        return size * count;
    }
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    if (code == 200) {
        if (ftruncate(t->fd, 0) != 0 || lseek(t->fd, 0, SEEK_SET) != 0) {
            t->write_errno = errno;
            return 0;
        }
        t->have = 0;
    }
    (void)bytes;
    return size * count;
}

static int look_around(void *user, curl_off_t total, curl_off_t done, curl_off_t up_total, curl_off_t up_done)
{
    transfer *t = user;
    const gdi_http_options *options = &t->http->options;
    (void)done;
    (void)up_total;
    (void)up_done;
    if (total > 0 && (uint64_t)total > t->bytes_max) {
        t->too_large = 1;
    }
    t->stopped = options->stop_asked != NULL && options->stop_asked(options->user);
    return t->too_large || t->stopped;
}

/* Redirects are followed by hand, because each address must be allowed. Returns the new address, owned by curl. */
static const char *next_address(CURL *curl, long code)
{
    char *url = NULL;
    if (code < 300 || code > 399 || code == 304) {
        return NULL;
    }
    (void)curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &url);
    return url;
}

static void set_up(transfer *t, const char *url, char error_text[CURL_ERROR_SIZE])
{
    uint64_t now = gdi_clock_ms();
    CURL *curl = t->curl;
    long left_ms = t->deadline_ms > now ? (long)(t->deadline_ms - now) : 1;
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_text);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "god");
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_limit_ms);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left_ms);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)stall_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)stall_seconds);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, write_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, read_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_around);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
    if (t->have > 0 && !t->no_range) {
        char range[48];
        (void)snprintf(range, sizeof range, "%llu-", (unsigned long long)t->have);
        (void)curl_easy_setopt(curl, CURLOPT_RANGE, range);
    }
}

/* What a finished exchange means. `again` is the safe answer for everything that time may heal. */
static int judge(transfer *t, CURLcode result, long code, const char *url, const char *detail, god_error *err)
{
    char name[256];
    (void)shown(url, name);
    if (t->stopped) {
        (void)god_fail(err, GOD_E_CANCELLED, "the download of %s was cancelled", name);
        return attempt_failed;
    }
    if (t->too_large) {
        (void)god_fail(err, GOD_E_DATA, "%s has more than the %llu bytes that are allowed", name,
                       (unsigned long long)t->bytes_max);
        return attempt_failed;
    }
    if (t->write_errno != 0) {
        errno = t->write_errno;
        (void)god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", t->part);
        return attempt_failed;
    }
    if (result == CURLE_OK) {
        return attempt_done;
    }
    if (code == 416 && t->have > 0 && !t->no_range) {
        t->no_range = 1; /* the part is as long as the file or longer: begin again */
        return attempt_again;
    }
    if (code == 404 || code == 410) {
        (void)god_fail(err, GOD_E_NOT_FOUND, "%s is not there (HTTP %ld)", name, code);
        return attempt_failed;
    }
    if (code >= 400 && code < 500 && code != 408 && code != 429) {
        (void)god_fail(err, GOD_E_IO, "%s was refused (HTTP %ld)", name, code);
        return attempt_failed;
    }
    if (code >= 400) {
        (void)god_fail(err, GOD_E_IO, "%s failed (HTTP %ld)", name, code);
    } else {
        /* The text of the library for some errors holds the whole address; that of the code never does. */
        (void)detail;
        (void)god_fail(err, GOD_E_IO, "%s failed: %s", name, curl_easy_strerror(result));
    }
    return attempt_again;
}

/* One exchange with one address. *ret_next is a copy of the address of a redirect, or NULL. */
static int exchange(transfer *t, const char *url, char **ret_next, god_error *err)
{
    char error_text[CURL_ERROR_SIZE] = "";
    *ret_next = NULL;
    t->curl = curl_easy_init();
    if (t->curl == NULL) {
        (void)god_fail(err, GOD_E_NOMEM, "out of memory for a download");
        return attempt_failed;
    }
    set_up(t, url, error_text);
    CURLcode result = curl_easy_perform(t->curl);
    long code = 0;
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    const char *next = result == CURLE_OK ? next_address(t->curl, code) : NULL;
    int outcome = attempt_done;
    if (next != NULL) {
        *ret_next = strdup(next);
    } else {
        outcome = judge(t, result, code, url, error_text, err);
    }
    curl_easy_cleanup(t->curl);
    t->curl = NULL;
    return outcome;
}

static int restart_part(transfer *t, god_error *err)
{
    if (ftruncate(t->fd, 0) != 0 || lseek(t->fd, 0, SEEK_SET) != 0) {
        (void)god_fail_errno(err, GOD_E_IO, "cannot empty \"%s\"", t->part);
        return attempt_failed;
    }
    t->have = 0;
    return attempt_again;
}

static int attempt(transfer *t, god_error *err)
{
    char name[256];
    char *url = strdup(t->request->url);
    int outcome = attempt_failed;
    if (t->no_range && restart_part(t, err) == attempt_failed) {
        free(url);
        return attempt_failed;
    }
    for (int i = 0; url != NULL && i <= redirects_max; i++) {
        if (!is_allowed(t->http, url)) {
            (void)god_fail(err, GOD_E_INVALID, "%s is not among the addresses of \"http.allow\"", shown(url, name));
            break;
        }
        char *next = NULL;
        outcome = exchange(t, url, &next, err);
        if (next == NULL) {
            free(url);
            return outcome;
        }
        outcome = attempt_failed;
        (void)god_fail(err, GOD_E_IO, "%s leads to more than %d other addresses", shown(t->request->url, name),
                       redirects_max);
        free(url);
        url = next;
    }
    free(url);
    return outcome;
}

/* Sleeps in small steps, so that a cancel is heard. Returns 0 when there is no time left. */
static int pause_for(const transfer *t, uint64_t pause_ms)
{
    uint64_t until = gdi_clock_ms() + pause_ms;
    if (until >= t->deadline_ms) {
        return 0;
    }
    const gdi_http_options *options = &t->http->options;
    while (gdi_clock_ms() < until && (options->stop_asked == NULL || !options->stop_asked(options->user))) {
        (void)poll(NULL, 0, tick_ms);
    }
    return 1;
}

static god_status transfer_all(transfer *t, god_error *err)
{
    const gdi_http_options *options = &t->http->options;
    uint64_t pause_ms = options->first_pause_ms == 0 ? first_pause_ms_default : options->first_pause_ms;
    for (int i = 0; i < tries_max; i++) {
        uint64_t before = t->have;
        int outcome = attempt(t, err);
        if (outcome == attempt_done) {
            return GOD_OK;
        }
        if (outcome == attempt_failed) {
            return err->code;
        }
        if (t->have > before) {
            i = 0; /* it is slow work, but it gets on */
        }
        if (!pause_for(t, pause_ms)) {
            break;
        }
        pause_ms = pause_ms * 2 > pause_ms_max ? pause_ms_max : pause_ms * 2;
    }
    return err->code;
}

static god_status publish(transfer *t, god_error *err)
{
    char digest[GOD_SHA256_HEX], name[256];
    const god_http_request *request = t->request;
    if (fsync(t->fd) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot sync \"%s\"", t->part);
    }
    if (request->sha256 != NULL) {
        GOD_TRY(god_sha256_file(t->part, digest, err));
        if (strcmp(digest, request->sha256) != 0) {
            return god_fail(err, GOD_E_DATA, "%s has the digest %.12s..., %.12s... was asked for",
                            shown(request->url, name), digest, request->sha256);
        }
    }
    if (rename(t->part, request->destination) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot move a download to \"%s\"", request->destination);
    }
    return GOD_OK;
}

static uint64_t smaller_limit(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0) {
        return a == 0 ? b : a;
    }
    return a < b ? a : b;
}

god_status gdi_http_download(gdi_http *http, const god_http_request *request, god_error *err)
{
    god_error own = GOD_ERROR_INIT;
    god_error *to = err == NULL ? &own : err;
    if (request == NULL || !GOD_HAS(request, god_http_request, time_limit_ms) || request->url == NULL ||
        request->destination == NULL || request->destination[0] != '/') {
        return god_fail(to, GOD_E_INVALID, "a download needs an address and an absolute destination");
    }
    transfer t = {.http = http, .request = request, .fd = -1};
    uint64_t limit_ms = smaller_limit(request->time_limit_ms, http->options.time_limit_ms);
    t.bytes_max = smaller_limit(request->bytes_max, http->options.bytes_max);
    t.bytes_max = t.bytes_max == 0 ? UINT64_MAX : t.bytes_max;
    t.deadline_ms = gdi_clock_ms() + (limit_ms == 0 ? (uint64_t)time_limit_ms_default : limit_ms);
    if (snprintf(t.part, sizeof t.part, "%s.part", request->destination) >= (int)sizeof t.part) {
        return god_fail(to, GOD_E_INVALID, "the path of the download is longer than %d bytes", GOD_PATH_MAX);
    }
    t.fd = open(t.part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (t.fd < 0) {
        return god_fail_errno(to, GOD_E_IO, "cannot create \"%s\"", t.part);
    }
    god_status status = transfer_all(&t, to);
    if (status == GOD_OK) {
        status = publish(&t, to);
    }
    (void)close(t.fd);
    if (status != GOD_OK) {
        (void)unlink(t.part);
    }
    return status;
}
