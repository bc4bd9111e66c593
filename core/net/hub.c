#include "core/net/hub.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/net/download.h"
#include "core/net/hub_inner.h"
#include "god/helpers/json.h"

enum {
    transfers_default = 4,
    file_limit_ms = 6 * 60 * 60 * 1000,
    ask_tries = 5,
    answer_bytes_max = 64 << 20, /* a repository of GDI_HUB_FILES_MAX files */
};

const char *gdi_hub_kind(uint32_t kind)
{
    return kind == GDI_HUB_DATASET ? "dataset" : "model";
}

/* ---- opening ---- */

static uint32_t is_loopback(const char *endpoint)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        size_t bytes = strlen(hosts[i]);
        if (strncmp(endpoint, hosts[i], bytes) == 0 && (endpoint[bytes] == '\0' || strchr(":/", endpoint[bytes]))) {
            return 1;
        }
    }
    return 0;
}

static god_status check_endpoint(const char *endpoint, uint32_t has_token, god_error *err)
{
    char name[256];
    uint32_t secure = strncmp(endpoint, "https://", 8) == 0;
    if ((!secure && strncmp(endpoint, "http://", 7) != 0) || strpbrk(endpoint, "@?# ") != NULL) {
        return god_fail(err, GOD_E_INVALID, "the hub's address \"%s\" is none: https://HOST is needed",
                        gdi_url_shown(endpoint, name));
    }
    if (has_token && !secure && !is_loopback(endpoint)) {
        return god_fail(err, GOD_E_INVALID, "the hub's address \"%s\" would carry the token in the clear: use https",
                        endpoint);
    }
    return GOD_OK;
}

static god_status check_token(const char *token, god_error *err)
{
    for (const char *c = token; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            return god_fail(err, GOD_E_INVALID, "the hub's token holds a character that no token has");
        }
    }
    return GOD_OK;
}

god_status gdi_hub_open(const gdi_hub_options *options, gdi_hub **ret_hub, god_error *err)
{
    const char *endpoint = options->endpoint == NULL ? GDI_HUB_ENDPOINT : options->endpoint;
    uint32_t has_token = options->token != NULL && *options->token != '\0';
    GOD_TRY(check_endpoint(endpoint, has_token, err));
    GOD_TRY(has_token ? check_token(options->token, err) : GOD_OK);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return god_fail(err, GOD_E_IO, "the network library cannot start");
    }
    gdi_hub *hub = calloc(1, sizeof *hub);
    if (hub == NULL || (hub->endpoint = strdup(endpoint)) == NULL ||
        (has_token && asprintf(&hub->authorization, "Authorization: Bearer %s", options->token) < 0)) {
        gdi_hub_close(hub);
        return god_fail(err, GOD_E_NOMEM, "out of memory for the hub");
    }
    size_t bytes = strlen(hub->endpoint);
    while (bytes > 0 && hub->endpoint[bytes - 1] == '/') {
        hub->endpoint[--bytes] = '\0';
    }
    hub->options = *options;
    hub->options.token = NULL; /* the header is the one copy */
    hub->options.endpoint = NULL;
    *ret_hub = hub;
    return GOD_OK;
}

void gdi_hub_close(gdi_hub *hub)
{
    if (hub == NULL) {
        return;
    }
    if (hub->authorization != NULL) {
        explicit_bzero(hub->authorization, strlen(hub->authorization));
    }
    free(hub->authorization);
    free(hub->endpoint);
    free(hub);
    curl_global_cleanup();
}

/* ---- names and addresses ---- */

god_status gdi_url_escape(const char *text, uint32_t slashes, god_text *url, god_error *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr(plain, *c) != NULL || (slashes && *c == '/')) {
            GOD_TRY(god_text_append(url, c, 1, err));
        } else {
            GOD_TRY(god_text_append_f(url, err, "%%%02X", (unsigned)(unsigned char)*c));
        }
    }
    return GOD_OK;
}

uint32_t gdi_hub_is_name(const char *repository)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    const char *slash = strchr(repository, '/');
    return repository[0] != '\0' && strlen(repository) <= GDI_HUB_NAME_BYTES_MAX &&
           repository[strspn(repository, allowed)] == '\0' && strstr(repository, "..") == NULL &&
           repository[0] != '/' && repository[0] != '.' && repository[0] != '-' &&
           (slash == NULL || (strchr(slash + 1, '/') == NULL && slash[1] != '\0' && slash[1] != '.'));
}

static god_status check_names(uint32_t kind, const char *repository, const char *revision, god_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    if (!gdi_hub_is_name(repository)) {
        return god_fail(err, GOD_E_INVALID, "\"%.100s\" is no name of a %s: OWNER/NAME is needed", repository,
                        gdi_hub_kind(kind));
    }
    if (revision[0] == '\0' || revision[0] == '-' || strlen(revision) > GDI_HUB_NAME_BYTES_MAX ||
        revision[strspn(revision, allowed)] != '\0' || strstr(revision, "..") != NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%.100s\" is no revision: a branch, tag or commit is needed", revision);
    }
    return GOD_OK;
}

/* A path that stays in its folder: no empty part, no "." and "..", no control characters or backslashes. */
static uint32_t is_path(const char *path)
{
    size_t bytes = strlen(path);
    if (bytes == 0 || bytes > GDI_HUB_PATH_BYTES_MAX) {
        return 0;
    }
    for (const char *part = path;; part++) {
        size_t length = strcspn(part, "/");
        if (length == 0 || length > 255 || (length == 1 && part[0] == '.') ||
            (length == 2 && part[0] == '.' && part[1] == '.')) {
            return 0;
        }
        for (size_t i = 0; i < length; i++) {
            if ((unsigned char)part[i] < ' ' || part[i] == 0x7f || part[i] == '\\') {
                return 0;
            }
        }
        part += length;
        if (*part == '\0') {
            return 1;
        }
    }
}

/* ---- asking ---- */

god_status gdi_hub_ask(gdi_hub *hub, const char *method, const char *path, const char *content_type,
                       const god_text *body, long *ret_code, json_t **ret_value, god_error *err)
{
    char type[128];
    const char *headers[4] = {NULL};
    size_t count = 0;
    god_text url = GOD_TEXT_INIT;
    gdi_exchanged answer = {.body = NULL};
    if (hub->authorization != NULL) {
        headers[count++] = hub->authorization;
    }
    if (content_type != NULL) {
        (void)snprintf(type, sizeof type, "Content-Type: %s", content_type);
        headers[count++] = type;
    }
    god_status status = god_text_append_f(&url, err, "%s%s", hub->endpoint, path);
    const gdi_exchange exchange = {.method = method,
                                   .url = url.data,
                                   .headers = headers,
                                   .body = body == NULL ? NULL : body->data,
                                   .body_bytes = body == NULL ? 0 : body->bytes,
                                   .tries = ask_tries,
                                   .first_pause_ms = hub->options.first_pause_ms,
                                   .answer_bytes_max = answer_bytes_max,
                                   .stop_asked = hub->options.stop_asked,
                                   .user = hub->options.user};
    if (status == GOD_OK) {
        status = gdi_exchange_run(&exchange, &answer, err);
    }
    if (status == GOD_OK) {
        *ret_code = answer.code;
        if (ret_value != NULL) {
            *ret_value = NULL;
            (void)god_json_parse("the hub", answer.body, answer.bytes, ret_value, NULL);
        }
    }
    gdi_exchanged_clear(&answer);
    god_text_free(&url);
    return status;
}

static god_status fail_code(uint32_t kind, const char *repository, const char *revision, long code, god_error *err)
{
    const char *what = gdi_hub_kind(kind);
    switch (code) {
    case 404:
        return god_fail(err, GOD_E_NOT_FOUND, "the hub has no %s \"%s\" with the revision \"%s\"", what, repository,
                        revision);
    case 401:
    case 403:
        return god_fail(err, GOD_E_INVALID,
                        "the hub does not let us read the %s \"%s\" (HTTP %ld): it is not there, or a token that may "
                        "read it is needed",
                        what, repository, code);
    default:
        return god_fail(err, GOD_E_IO, "the hub does not answer about the %s \"%s\" (HTTP %ld)", what, repository,
                        code);
    }
}

/* ---- what a repository holds ---- */

static uint32_t is_hex(const char *text, size_t bytes)
{
    return strlen(text) == bytes && strspn(text, "0123456789abcdef") == bytes;
}

static god_status read_file(const json_t *item, gdi_hub_file *file, god_error *err)
{
    const char *path = NULL, *blob = "", *sha256 = "";
    json_t *lfs = NULL;
    int64_t bytes = -1;
    GOD_TRY(god_json_get_str("the hub's list", item, "rfilename", &path, err));
    GOD_TRY(god_json_opt_int("the hub's list", item, "size", 0, INT64_C(1) << 50, &bytes, err));
    GOD_TRY(god_json_opt_str("the hub's list", item, "blobId", &blob, err));
    GOD_TRY(god_json_opt_object("the hub's list", item, "lfs", &lfs, err));
    GOD_TRY(lfs == NULL ? GOD_OK : god_json_get_str("the hub's list", lfs, "sha256", &sha256, err));
    if (!is_path(path)) {
        return god_fail(err, GOD_E_DATA, "the hub's list names a file that would leave its folder, or none at all");
    }
    if (bytes < 0 || (sha256[0] != '\0' && !is_hex(sha256, 64)) || (blob[0] != '\0' && !is_hex(blob, 40))) {
        return god_fail(err, GOD_E_DATA, "the hub's list has no proper size or digest for \"%.200s\"", path);
    }
    file->path = strdup(path);
    file->bytes = (uint64_t)bytes;
    (void)snprintf(file->sha256, sizeof file->sha256, "%s", sha256);
    (void)snprintf(file->git_blob, sizeof file->git_blob, "%s", sha256[0] != '\0' ? "" : blob);
    return file->path != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for the hub's list");
}

god_status gdi_hub_read_listing(const json_t *value, gdi_hub_listing *listing, god_error *err)
{
    const char *commit = NULL;
    json_t *files = NULL;
    GOD_TRY(god_json_get_str("the hub's list", value, "sha", &commit, err));
    GOD_TRY(god_json_get_array("the hub's list", value, "siblings", &files, err));
    size_t count = json_array_size(files);
    if (!is_hex(commit, GDI_HUB_COMMIT_HEX) || count > GDI_HUB_FILES_MAX) {
        return god_fail(err, GOD_E_DATA, "the hub's list has no commit, or more than %d files", GDI_HUB_FILES_MAX);
    }
    memcpy(listing->commit, commit, sizeof listing->commit);
    listing->files = calloc(count + 1, sizeof *listing->files);
    if (listing->files == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the hub's list");
    }
    for (size_t i = 0; i < count; i++) {
        GOD_TRY(read_file(json_array_get(files, i), &listing->files[i], err));
        listing->bytes += listing->files[i].bytes;
        listing->count++;
    }
    return GOD_OK;
}

god_status gdi_hub_list(gdi_hub *hub, uint32_t kind, const char *repository, const char *revision,
                        gdi_hub_listing *ret_listing, god_error *err)
{
    god_text path = GOD_TEXT_INIT;
    json_t *value = NULL;
    long code = 0;
    gdi_hub_listing listing = {.files = NULL};
    const char *at = revision == NULL ? "main" : revision;
    GOD_TRY(check_names(kind, repository, at, err));
    god_status status = god_text_append_f(&path, err, "/api/%ss/%s/revision/", gdi_hub_kind(kind), repository);
    if (status == GOD_OK) {
        status = gdi_url_escape(at, 0, &path, err);
    }
    if (status == GOD_OK) {
        status = god_text_append_str(&path, "?blobs=true", err);
    }
    if (status == GOD_OK) {
        status = gdi_hub_ask(hub, "GET", path.data, NULL, NULL, &code, &value, err);
    }
    if (status == GOD_OK) {
        status = code == 200 ? gdi_hub_read_listing(value, &listing, err) : fail_code(kind, repository, at, code, err);
    }
    json_decref(value);
    god_text_free(&path);
    if (status != GOD_OK) {
        gdi_hub_listing_clear(&listing);
        return status;
    }
    *ret_listing = listing;
    return GOD_OK;
}

void gdi_hub_listing_clear(gdi_hub_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        free(listing->files[i].path);
    }
    free(listing->files);
    *listing = (gdi_hub_listing){.files = NULL};
}

/* ---- fetching it ---- */

/* A snapshot, shared by the threads that fetch it. */
typedef struct snapshot {
    gdi_hub *hub;
    uint32_t kind;
    const char *repository, *dir;
    const gdi_hub_listing *listing;
    uint32_t (*takes)(void *user, const gdi_hub_file *file);
    void *user;
    pthread_mutex_t lock; /* guards the rest */
    size_t next;
    uint64_t done, total;
    uint32_t failed;
    god_error err;
} snapshot;

static uint32_t stop_asked(void *user)
{
    snapshot *s = user;
    const gdi_hub_options *options = &s->hub->options;
    (void)pthread_mutex_lock(&s->lock);
    uint32_t stop = s->failed;
    (void)pthread_mutex_unlock(&s->lock);
    return stop || (options->stop_asked != NULL && options->stop_asked(options->user));
}

static void add_progress(void *user, int64_t bytes)
{
    snapshot *s = user;
    const gdi_hub_options *options = &s->hub->options;
    (void)pthread_mutex_lock(&s->lock);
    s->done += (uint64_t)bytes; /* wraps back for negative ones */
    if (options->progress != NULL) {
        options->progress(options->user, s->done, s->total);
    }
    (void)pthread_mutex_unlock(&s->lock);
}

/* The folder that a file goes into, and its path there. */
static god_status place_of(const snapshot *s, const gdi_hub_file *file, char ret_path[GOD_PATH_MAX], god_error *err)
{
    char parent[GOD_PATH_MAX];
    GOD_TRY(god_path_join(s->dir, file->path, ret_path, err));
    memcpy(parent, ret_path, sizeof parent);
    *strrchr(parent, '/') = '\0';
    return god_dir_make(parent, err);
}

static god_status fetch_file(snapshot *s, const gdi_hub_file *file, god_error *err)
{
    char destination[GOD_PATH_MAX];
    const char *headers[] = {s->hub->authorization, NULL};
    god_text url = GOD_TEXT_INIT;
    struct stat info;
    GOD_TRY(place_of(s, file, destination, err));
    if (lstat(destination, &info) == 0 && S_ISREG(info.st_mode) && (uint64_t)info.st_size == file->bytes) {
        add_progress(s, info.st_size); /* it got its name when its digest was right */
        return GOD_OK;
    }
    god_status status =
        god_text_append_f(&url, err, "%s/%s%s/resolve/%s/", s->hub->endpoint,
                          s->kind == GDI_HUB_DATASET ? "datasets/" : "", s->repository, s->listing->commit);
    if (status == GOD_OK) {
        status = gdi_url_escape(file->path, 1, &url, err);
    }
    if (status == GOD_OK) {
        const gdi_hub_options *options = &s->hub->options;
        const gdi_download download = {.url = url.data,
                                       .destination = destination,
                                       .sha256 = file->sha256[0] == '\0' ? NULL : file->sha256,
                                       .git_blob = file->git_blob[0] == '\0' ? NULL : file->git_blob,
                                       .bytes = file->bytes,
                                       .bytes_max = file->bytes == 0 ? 1 : file->bytes,
                                       .time_limit_ms = options->time_limit_ms == 0 ? (uint64_t)file_limit_ms
                                                                                    : options->time_limit_ms,
                                       .first_pause_ms = options->first_pause_ms,
                                       .stall_seconds = options->stall_seconds,
                                       .keep_part = 1,
                                       .headers = headers,
                                       .stop_asked = stop_asked,
                                       .progress = add_progress,
                                       .user = s};
        status = gdi_download_run(&download, err);
    }
    god_text_free(&url);
    return status;
}

/* The next file for this thread, NULL when there is none or somebody failed. */
static const gdi_hub_file *take_next(snapshot *s)
{
    const gdi_hub_file *file = NULL;
    (void)pthread_mutex_lock(&s->lock);
    while (file == NULL && !s->failed && s->next < s->listing->count) {
        const gdi_hub_file *candidate = &s->listing->files[s->next++];
        file = s->takes == NULL || s->takes(s->user, candidate) ? candidate : NULL;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return file;
}

static void *fetch_files(void *user)
{
    snapshot *s = user;
    const gdi_hub_file *file = NULL;
    while ((file = take_next(s)) != NULL) {
        god_error err = GOD_ERROR_INIT;
        if (fetch_file(s, file, &err) != GOD_OK) {
            (void)pthread_mutex_lock(&s->lock);
            if (!s->failed) { /* the first failure is the cause, later ones follow from it */
                s->failed = 1;
                s->err = err;
            }
            (void)pthread_mutex_unlock(&s->lock);
        }
    }
    return NULL;
}

static god_status run_threads(snapshot *s, god_error *err)
{
    pthread_t threads[GDI_HUB_TRANSFERS_MAX];
    uint32_t wanted = s->hub->options.transfers == 0 ? transfers_default : s->hub->options.transfers, started = 0;
    wanted = wanted > GDI_HUB_TRANSFERS_MAX ? GDI_HUB_TRANSFERS_MAX : wanted;
    while (started + 1 < wanted && started + 1 < s->listing->count &&
           pthread_create(&threads[started], NULL, fetch_files, s) == 0) {
        started++;
    }
    (void)fetch_files(s); /* this thread is one of them */
    for (uint32_t i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return s->failed ? god_fail(err, s->err.code, "%s", s->err.message) : GOD_OK;
}

god_status gdi_hub_snapshot(gdi_hub *hub, uint32_t kind, const char *repository, const gdi_hub_listing *listing,
                            uint32_t (*takes)(void *user, const gdi_hub_file *file), void *user, const char *dir,
                            god_error *err)
{
    snapshot s = {.hub = hub,
                  .kind = kind,
                  .repository = repository,
                  .dir = dir,
                  .listing = listing,
                  .takes = takes,
                  .user = user,
                  .err = GOD_ERROR_INIT};
    for (size_t i = 0; i < listing->count; i++) {
        s.total += takes == NULL || takes(user, &listing->files[i]) ? listing->files[i].bytes : 0;
    }
    if (hub->options.bytes_max > 0 && s.total > hub->options.bytes_max) {
        return god_fail(err, GOD_E_DATA, "the %s \"%s\" has %llu bytes, %llu are allowed", gdi_hub_kind(kind),
                        repository, (unsigned long long)s.total, (unsigned long long)hub->options.bytes_max);
    }
    if (pthread_mutex_init(&s.lock, NULL) != 0) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a download");
    }
    god_status status = run_threads(&s, err);
    (void)pthread_mutex_destroy(&s.lock);
    return status;
}
