/* One easy handle per exchange. The part file is the memory between attempts: what it holds is asked for no more. */
#include "core/net/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/net/sha1.h"
#include "god/helpers/file.h"
#include "god/helpers/sha256.h"

enum {
    tries_max = 8,
    first_pause_ms_default = 500,
    pause_ms_max = 30 * 1000,
    time_limit_ms_default = 60 * 60 * 1000,
    connect_limit_ms = 20 * 1000,
    stall_seconds_default = 30,
    redirects_max = 10,
    tick_ms = 50,
};

/* One download, over all its attempts. */
typedef struct transfer {
    const gdi_download *what;
    CURL *curl; /* of the current exchange */
    char part[GOD_PATH_MAX];
    int fd;
    uint64_t have;      /* bytes in the part file */
    uint64_t inherited; /* of them, those that an earlier call left */
    uint64_t bytes_max; /* UINT64_MAX: no limit */
    uint64_t deadline_ms;
    uint32_t too_large, no_range, wrong_range, stopped;
    int write_errno;
} transfer;

/* What one attempt came to. */
enum { attempt_done = 1, attempt_again, attempt_failed };

const char *gdi_url_shown(const char *url, char buf[256])
{
    const char *scheme_end = url + strcspn(url, ":/?#@"); /* "://" in a query begins no address */
    const char *host = strncmp(scheme_end, "://", 3) == 0 ? scheme_end + 3 : url;
    size_t host_bytes = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', host_bytes);
    const char *from = at == NULL ? host : at + 1;
    (void)snprintf(buf, 256, "%.*s%.*s", (int)(host - url), url, (int)strcspn(from, "?#"), from);
    return buf;
}

uint32_t gdi_url_same_host(const char *a, const char *b)
{
    const char *scheme_end = strstr(a, "://");
    if (scheme_end == NULL) {
        return 0;
    }
    size_t bytes = (size_t)(scheme_end + 3 - a) + strcspn(scheme_end + 3, "/?#");
    return strncmp(a, b, bytes) == 0 && strchr("/?#", b[bytes]) != NULL;
}

static uint32_t is_http(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

static void tell_progress(const transfer *t, int64_t bytes)
{
    if (t->what->progress != NULL && bytes != 0) {
        t->what->progress(t->what->user, bytes);
    }
}

/* Begins the part file again. */
static int empty_part(transfer *t)
{
    if (ftruncate(t->fd, 0) != 0 || lseek(t->fd, 0, SEEK_SET) != 0) {
        t->write_errno = errno;
        return -1;
    }
    tell_progress(t, -(int64_t)t->have);
    t->have = 0;
    t->inherited = 0;
    return 0;
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
    tell_progress(t, (int64_t)total);
    return total;
}

/* "Content-Range: bytes 100-199/200": does the rest begin where ours ends? */
static void check_range(transfer *t, const char *line, size_t bytes)
{
    static const char name[] = "content-range:";
    char value[64];
    if (bytes > sizeof name && strncasecmp(line, name, sizeof name - 1) == 0) {
        unsigned long long from = 0;
        (void)snprintf(value, sizeof value, "%.*s", (int)(bytes - sizeof name + 1), line + sizeof name - 1);
        if (sscanf(value, " bytes %llu-", &from) != 1 || from != t->have) {
            t->wrong_range = 1;
        }
    }
}

/* Called with each header; the empty line ends them. A final answer other than 206 to a request for the rest begins at
 * the first byte again. */
static size_t read_header(char *bytes, size_t size, size_t count, void *user)
{
    transfer *t = user;
    long code = 0;
    size_t total = size * count;
    if (t->have == 0) {
        return total;
    }
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    if (total > 2) {
        if (code == 206) {
            check_range(t, bytes, total);
        }
        return total;
    }
    if (code == 200 && empty_part(t) != 0) {
        return 0;
    }
    return code == 206 && t->wrong_range ? 0 : total;
}

static int look_around(void *user, curl_off_t total, curl_off_t done, curl_off_t up_total, curl_off_t up_done)
{
    transfer *t = user;
    (void)done;
    (void)up_total;
    (void)up_done;
    long code = 0;
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    if (total > 0 && (uint64_t)total > t->bytes_max && code < 300) { /* the text of an error is not the file */
        t->too_large = 1;
    }
    t->stopped = t->what->stop_asked != NULL && t->what->stop_asked(t->what->user);
    return t->too_large || t->stopped;
}

/* Returns the address of a redirect, owned by curl. */
static const char *next_address(CURL *curl, long code)
{
    char *url = NULL;
    if (code < 300 || code > 399 || code == 304) {
        return NULL;
    }
    (void)curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &url);
    return url;
}

static void set_up(transfer *t, const char *url)
{
    uint64_t now = gdi_clock_ms();
    CURL *curl = t->curl;
    long left_ms = t->deadline_ms > now ? (long)(t->deadline_ms - now) : 1;
    long stall = t->what->stall_seconds == 0 ? stall_seconds_default : (long)t->what->stall_seconds;
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "god");
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_limit_ms);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left_ms);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, stall);
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

/* What proves who we are is for the host that was asked first. *ret_list is freed by the caller. */
static god_status set_up_identity(transfer *t, const char *url, struct curl_slist **ret_list, god_error *err)
{
    const gdi_download *what = t->what;
    struct curl_slist *list = NULL;
    if (!gdi_url_same_host(what->url, url)) {
        return GOD_OK;
    }
    for (size_t i = 0; what->headers != NULL && what->headers[i] != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(list, what->headers[i]);
        if (longer == NULL) {
            curl_slist_free_all(list);
            return god_fail(err, GOD_E_NOMEM, "out of memory for a download");
        }
        list = longer;
    }
    (void)curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, list);
    if (what->sigv4 != NULL) {
        (void)curl_easy_setopt(t->curl, CURLOPT_AWS_SIGV4, what->sigv4);
        (void)curl_easy_setopt(t->curl, CURLOPT_USERPWD, what->user_password);
    }
    *ret_list = list;
    return GOD_OK;
}

/* Is the file whole, as far as its size tells? A server that does not say how long an answer is may end it early. */
static int judge_size(const transfer *t, const char *name, god_error *err)
{
    if (t->what->bytes == 0 || t->have == t->what->bytes) {
        return attempt_done;
    }
    if (t->have < t->what->bytes) {
        (void)god_fail(err, GOD_E_IO, "%s ended after %llu of %llu bytes", name, (unsigned long long)t->have,
                       (unsigned long long)t->what->bytes);
        return attempt_again;
    }
    (void)god_fail(err, GOD_E_DATA, "%s has %llu bytes, %llu were announced", name, (unsigned long long)t->have,
                   (unsigned long long)t->what->bytes);
    return attempt_failed;
}

static int judge_code(transfer *t, long code, const char *name, god_error *err)
{
    if (code == 416 && t->have > 0 && !t->no_range) {
        t->no_range = 1; /* the part is as long as the file or longer: begin again */
        return attempt_again;
    }
    if (code == 404 || code == 410) {
        (void)god_fail(err, GOD_E_NOT_FOUND, "%s is not there (HTTP %ld)", name, code);
        return attempt_failed;
    }
    if (code < 500 && code != 408 && code != 429) {
        (void)god_fail(err, GOD_E_IO, "%s was refused (HTTP %ld)", name, code);
        return attempt_failed;
    }
    (void)god_fail(err, GOD_E_IO, "%s failed (HTTP %ld)", name, code);
    return attempt_again;
}

/* What a finished exchange means. `again` is the safe answer for everything that time may heal. */
static int judge(transfer *t, CURLcode result, long code, const char *url, god_error *err)
{
    char name[256];
    (void)gdi_url_shown(url, name);
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
    if (t->wrong_range) {
        t->wrong_range = 0;
        t->no_range = 1;
        (void)god_fail(err, GOD_E_IO, "%s sent another range than was asked for", name);
        return attempt_again;
    }
    if (result == CURLE_OK) {
        return judge_size(t, name, err);
    }
    if (code >= 400) {
        return judge_code(t, code, name, err);
    }
    /* The library's own text for some errors holds the whole address; that of the code never does. */
    (void)god_fail(err, GOD_E_IO, "%s failed: %s", name, curl_easy_strerror(result));
    return attempt_again;
}

/* One exchange with one address. *ret_next is a copy of the address of a redirect, or NULL. */
static int exchange(transfer *t, const char *url, char **ret_next, god_error *err)
{
    struct curl_slist *list = NULL;
    *ret_next = NULL;
    t->curl = curl_easy_init();
    if (t->curl == NULL || set_up_identity(t, url, &list, err) != GOD_OK) {
        (void)god_fail(err, GOD_E_NOMEM, "out of memory for a download");
        curl_easy_cleanup(t->curl);
        return attempt_failed;
    }
    set_up(t, url);
    CURLcode result = curl_easy_perform(t->curl);
    long code = 0;
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    const char *next = result == CURLE_OK ? next_address(t->curl, code) : NULL;
    int outcome = attempt_done;
    if (next != NULL) {
        *ret_next = strdup(next);
    } else {
        outcome = judge(t, result, code, url, err);
    }
    curl_easy_cleanup(t->curl);
    curl_slist_free_all(list);
    t->curl = NULL;
    return outcome;
}

static uint32_t is_allowed(const transfer *t, const char *url)
{
    return is_http(url) && (t->what->allowed == NULL || t->what->allowed(t->what->user, url));
}

static int attempt(transfer *t, god_error *err)
{
    char name[256];
    char *url = strdup(t->what->url);
    int outcome = attempt_failed;
    if (t->no_range && empty_part(t) != 0) {
        errno = t->write_errno;
        (void)god_fail_errno(err, GOD_E_IO, "cannot empty \"%s\"", t->part);
        free(url);
        return attempt_failed;
    }
    for (int i = 0; url != NULL && i <= redirects_max; i++) {
        if (!is_allowed(t, url)) {
            (void)god_fail(err, GOD_E_INVALID, "%s is not among the addresses of \"http.allow\"",
                           gdi_url_shown(url, name));
            break;
        }
        char *next = NULL;
        outcome = exchange(t, url, &next, err);
        if (next == NULL) {
            free(url);
            return outcome;
        }
        outcome = attempt_failed;
        (void)god_fail(err, GOD_E_IO, "%s leads to more than %d other addresses", gdi_url_shown(t->what->url, name),
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
    while (gdi_clock_ms() < until && (t->what->stop_asked == NULL || !t->what->stop_asked(t->what->user))) {
        (void)poll(NULL, 0, tick_ms);
    }
    return 1;
}

static god_status transfer_all(transfer *t, god_error *err)
{
    uint64_t pause_ms = t->what->first_pause_ms == 0 ? first_pause_ms_default : t->what->first_pause_ms;
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

static god_status fail_digest(const transfer *t, const char *found, const char *wanted, god_error *err)
{
    char name[256];
    return god_fail(err, GOD_E_DATA, "%s has the digest %.12s..., %.12s... was asked for",
                    gdi_url_shown(t->what->url, name), found, wanted);
}

static god_status check_digest(const transfer *t, god_error *err)
{
    char digest[GOD_SHA256_HEX], blob[GDI_SHA1_HEX];
    const gdi_download *what = t->what;
    if (what->sha256 != NULL) {
        GOD_TRY(god_sha256_file(t->part, digest, err));
        return strcmp(digest, what->sha256) == 0 ? GOD_OK : fail_digest(t, digest, what->sha256, err);
    }
    if (what->git_blob != NULL) {
        GOD_TRY(gdi_git_blob_id(t->part, blob, err));
        return strcmp(blob, what->git_blob) == 0 ? GOD_OK : fail_digest(t, blob, what->git_blob, err);
    }
    return GOD_OK;
}

static god_status transfer_checked(transfer *t, god_error *err)
{
    if (t->inherited > 0 && t->have == t->what->bytes && check_digest(t, NULL) == GOD_OK) {
        return GOD_OK; /* all there, and not yet renamed when the last call ended */
    }
    GOD_TRY(transfer_all(t, err));
    god_status status = check_digest(t, err);
    if (status == GOD_E_DATA && t->inherited > 0) { /* what an earlier call left may be of another file */
        if (empty_part(t) != 0) {
            errno = t->write_errno;
            return god_fail_errno(err, GOD_E_IO, "cannot empty \"%s\"", t->part);
        }
        GOD_TRY(transfer_all(t, err));
        status = check_digest(t, err);
    }
    return status;
}

static god_status publish(const transfer *t, god_error *err)
{
    if (fsync(t->fd) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot sync \"%s\"", t->part);
    }
    if (rename(t->part, t->what->destination) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot move a download to \"%s\"", t->what->destination);
    }
    return GOD_OK;
}

/* Opens the part file, and goes on with the one that is there where that is wanted. */
static god_status open_part(transfer *t, god_error *err)
{
    const gdi_download *what = t->what;
    uint32_t keep = what->keep_part && (what->sha256 != NULL || what->git_blob != NULL);
    struct stat info;
    if (snprintf(t->part, sizeof t->part, "%s.part", what->destination) >= (int)sizeof t->part) {
        return god_fail(err, GOD_E_INVALID, "the path of the download is longer than %d bytes", GOD_PATH_MAX);
    }
    t->fd = open(t->part, O_RDWR | O_CREAT | (keep ? 0 : O_TRUNC) | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (t->fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot create \"%s\"", t->part);
    }
    if (keep && fstat(t->fd, &info) == 0 && info.st_size > 0) {
        t->have = (uint64_t)info.st_size;
        t->inherited = t->have;
        tell_progress(t, info.st_size);
        if ((what->bytes > 0 && t->have >= what->bytes) || lseek(t->fd, 0, SEEK_END) < 0) {
            t->no_range = 1; /* begun again by the first attempt */
        }
    }
    return GOD_OK;
}

god_status gdi_download_run(const gdi_download *download, god_error *err)
{
    god_error own = GOD_ERROR_INIT;
    god_error *to = err == NULL ? &own : err;
    uint64_t limit_ms = download->time_limit_ms == 0 ? (uint64_t)time_limit_ms_default : download->time_limit_ms;
    transfer t = {.what = download,
                  .fd = -1,
                  .bytes_max = download->bytes_max == 0 ? UINT64_MAX : download->bytes_max,
                  .deadline_ms = gdi_clock_ms() + limit_ms};
    GOD_TRY(open_part(&t, to));
    god_status status = transfer_checked(&t, to);
    if (status == GOD_OK) {
        status = publish(&t, to);
    }
    (void)close(t.fd);
    if (status != GOD_OK) {
        tell_progress(&t, -(int64_t)t.have);
        if (!download->keep_part || status == GOD_E_DATA || status == GOD_E_NOT_FOUND || t.have == 0) {
            (void)unlink(t.part);
        }
    }
    return status;
}
