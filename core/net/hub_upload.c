#include "core/net/hub_upload.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/net/download.h"
#include "core/net/hub_inner.h"
#include "core/net/hub_lfs.h"
#include "god/helpers/json.h"
#include "god/helpers/sha256.h"

enum { sample_bytes = 512, asked_at_once = 256, depth_max = 32, tick_ms = 50 };

/* One file on its way. */
typedef struct item {
    char *local, *remote; /* own: path here, path in the repository */
    uint64_t bytes;
    uint32_t is_large, is_ignored;
    char sha256[GOD_SHA256_HEX]; /* of large ones */
} item;

typedef struct upload {
    gdi_hub *hub;
    const gdi_hub_upload *what;
    item *items; /* own */
    size_t count, capacity;
    uint64_t bytes, done; /* of large files, for progress */
} upload;

static void clear(upload *u)
{
    for (size_t i = 0; i < u->count; i++) {
        free(u->items[i].local);
        free(u->items[i].remote);
    }
    free(u->items);
    u->items = NULL;
    u->count = u->capacity = 0;
}

/* ---- what is to be sent ---- */

typedef struct walk {
    upload *upload;
    const char *dir, *prefix; /* the folder, and what its paths begin with in the repository: "" or "a/b/" */
    uint32_t depth;
} walk;

static god_status add_item(upload *u, const char *local, const char *remote, uint64_t bytes, god_error *err)
{
    if (u->count == u->capacity) {
        size_t capacity = u->capacity == 0 ? 64 : u->capacity * 2;
        item *items = u->count >= GDI_UPLOAD_FILES_MAX ? NULL : realloc(u->items, capacity * sizeof *items);
        if (items == NULL) {
            return god_fail(err, GOD_E_DATA, "\"%s\" has more than %d files, or memory ran out", u->what->dir,
                            GDI_UPLOAD_FILES_MAX);
        }
        u->items = items;
        u->capacity = capacity;
    }
    item *it = &u->items[u->count];
    *it = (item){.local = strdup(local), .remote = strdup(remote), .bytes = bytes};
    u->count++; /* clear() ends it from here on */
    return it->local != NULL && it->remote != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an upload");
}

static god_status walk_folder(const walk *w, god_error *err);

static god_status look_at(void *user, const char *name, god_error *err)
{
    const walk *w = user;
    char local[GOD_PATH_MAX], remote[GOD_PATH_MAX];
    struct stat info;
    GOD_TRY(god_path_join(w->dir, name, local, err));
    int length = snprintf(remote, sizeof remote, "%s%s", w->prefix, name);
    if (lstat(local, &info) != 0 || strcmp(name, ".git") == 0 ||
        (w->upload->what->skips != NULL && w->upload->what->skips(name))) {
        return GOD_OK;
    }
    if (length >= GDI_HUB_PATH_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "the path of \"%.100s\" is longer than %d bytes", name,
                        GDI_HUB_PATH_BYTES_MAX);
    }
    if (S_ISDIR(info.st_mode)) {
        char prefix[GOD_PATH_MAX + 1];
        (void)snprintf(prefix, sizeof prefix, "%s/", remote);
        const walk inner = {w->upload, local, prefix, w->depth + 1};
        return walk_folder(&inner, err);
    }
    return S_ISREG(info.st_mode) ? add_item(w->upload, local, remote, (uint64_t)info.st_size, err) : GOD_OK;
}

static god_status walk_folder(const walk *w, god_error *err)
{
    if (w->depth > depth_max) {
        return god_fail(err, GOD_E_DATA, "\"%s\" has folders nested deeper than %d levels", w->upload->what->dir,
                        depth_max);
    }
    return god_dir_each(w->dir, (void *)(uintptr_t)w, look_at, err);
}

static god_status collect(upload *u, god_error *err)
{
    char prefix[GOD_PATH_MAX] = "";
    if (u->what->subfolder != NULL && *u->what->subfolder != '\0') {
        (void)snprintf(prefix, sizeof prefix, "%s/", u->what->subfolder);
    }
    const walk w = {u, u->what->dir, prefix, 0};
    GOD_TRY(walk_folder(&w, err));
    return u->count > 0 ? GOD_OK : god_fail(err, GOD_E_DATA, "\"%s\" holds nothing to upload", u->what->dir);
}

/* ---- the hub's interface ---- */

static god_status fail_answer(const upload *u, const char *step, long code, god_error *err)
{
    if (code == 401 || code == 403) {
        return god_fail(err, GOD_E_INVALID,
                        "the hub refuses %s of \"%s\" (HTTP %ld): a token that may write there is needed", step,
                        u->what->repository, code);
    }
    return god_fail(err, code >= 500 || code == 429 ? GOD_E_IO : GOD_E_INVALID,
                    "the hub refuses %s of \"%s\" (HTTP %ld)", step, u->what->repository, code);
}

static god_status post_json(upload *u, const char *step, const char *path, json_t *body_take, long also_fine,
                            json_t **ret_value, god_error *err)
{
    god_text body = GOD_TEXT_INIT;
    long code = 0;
    char *text = body_take == NULL ? NULL : json_dumps(body_take, JSON_COMPACT);
    json_decref(body_take);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an upload, or a name is not UTF-8");
    }
    god_status status = god_text_append_str(&body, text, err);
    free(text);
    if (status == GOD_OK) {
        status = gdi_hub_ask(u->hub, "POST", path, "application/json", &body, &code, ret_value, err);
    }
    god_text_free(&body);
    GOD_TRY(status);
    if (code != 200 && code != also_fine) {
        if (ret_value != NULL) {
            json_decref(*ret_value);
            *ret_value = NULL;
        }
        return fail_answer(u, step, code, err);
    }
    return GOD_OK;
}

static god_status create(upload *u, god_error *err)
{
    const char *slash = strchr(u->what->repository, '/');
    json_t *body =
        json_pack("{s:s%, s:s, s:s, s:b}", "organization", u->what->repository, (size_t)(slash - u->what->repository),
                  "name", slash + 1, "type", "model", "private", (int)u->what->is_private);
    return post_json(u, "the creation", "/api/repos/create", body, 409, NULL, err); /* 409: it is there */
}

/* ---- which files are large ---- */

static god_status read_sample(const item *it, char **ret_base64, god_error *err)
{
    unsigned char buf[sample_bytes];
    int fd = open(it->local, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t got = fd < 0 ? -1 : read(fd, buf, sizeof buf);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (got < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", it->local);
    }
    return gdi_base64(buf, (size_t)got, ret_base64, err);
}

static god_status ask_body(upload *u, size_t from, size_t to, json_t **ret_body, god_error *err)
{
    json_t *files = json_array();
    for (size_t i = from; i < to; i++) {
        char *sample = NULL;
        god_status status = read_sample(&u->items[i], &sample, err);
        if (status != GOD_OK) {
            json_decref(files);
            return status;
        }
        json_t *file = json_pack("{s:s, s:s, s:I}", "path", u->items[i].remote, "sample", sample, "size",
                                 (json_int_t)u->items[i].bytes);
        free(sample);
        if (json_array_append_new(files, file) != 0) {
            json_decref(files);
            return god_fail(err, GOD_E_INVALID, "the name \"%.200s\" is not UTF-8", u->items[i].remote);
        }
    }
    *ret_body = json_pack("{s:o}", "files", files);
    return GOD_OK;
}

static void note_mode(upload *u, size_t from, size_t to, const json_t *file)
{
    const char *path = json_string_value(json_object_get(file, "path"));
    const char *mode = json_string_value(json_object_get(file, "uploadMode"));
    for (size_t i = from; path != NULL && i < to; i++) {
        if (strcmp(u->items[i].remote, path) == 0) {
            u->items[i].is_large = mode != NULL && strcmp(mode, "lfs") == 0;
            u->items[i].is_ignored = json_is_true(json_object_get(file, "shouldIgnore"));
        }
    }
}

static god_status ask_modes(upload *u, god_error *err)
{
    god_text path = GOD_TEXT_INIT;
    god_status status = god_text_append_f(&path, err, "/api/models/%s/preupload/main", u->what->repository);
    for (size_t from = 0; status == GOD_OK && from < u->count; from += asked_at_once) {
        size_t to = from + asked_at_once < u->count ? from + asked_at_once : u->count, i = 0;
        json_t *body = NULL, *answer = NULL, *file = NULL;
        status = ask_body(u, from, to, &body, err);
        if (status == GOD_OK) {
            status = post_json(u, "the files", path.data, body, 200, &answer, err);
        }
        json_array_foreach(json_object_get(answer, "files"), i, file)
        {
            note_mode(u, from, to, file);
        }
        json_decref(answer);
    }
    god_text_free(&path);
    return status;
}

/* ---- large files ---- */

static void add_progress(void *user, int64_t bytes)
{
    upload *u = user;
    const gdi_hub_options *options = &u->hub->options;
    u->done += (uint64_t)bytes; /* wraps back for negative ones */
    if (options->progress != NULL) {
        options->progress(options->user, u->done, u->bytes);
    }
}

static uint32_t stop_asked(void *user)
{
    const upload *u = user;
    const gdi_hub_options *options = &u->hub->options;
    return options->stop_asked != NULL && options->stop_asked(options->user);
}

static god_status send_large(upload *u, god_error *err)
{
    u->done = u->bytes = 0;
    for (size_t i = 0; i < u->count; i++) {
        u->bytes += u->items[i].is_large ? u->items[i].bytes : 0;
    }
    for (size_t i = 0; i < u->count; i++) {
        item *it = &u->items[i];
        if (!it->is_large || it->is_ignored) {
            continue;
        }
        GOD_TRY(god_sha256_file(it->local, it->sha256, err));
        const gdi_lfs_object object = {.repository = u->what->repository,
                                       .path = it->local,
                                       .sha256 = it->sha256,
                                       .bytes = it->bytes,
                                       .stop_asked = stop_asked,
                                       .progress = add_progress,
                                       .user = u};
        GOD_TRY(gdi_lfs_send(u->hub, &object, err));
    }
    return GOD_OK;
}

/* ---- the commit ---- */

static god_status add_line_take(god_text *lines, json_t *line_take, god_error *err)
{
    char *text = line_take == NULL ? NULL : json_dumps(line_take, JSON_COMPACT);
    json_decref(line_take);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a commit");
    }
    god_status status = god_text_append_f(lines, err, "%s\n", text);
    free(text);
    return status;
}

static god_status add_small(const item *it, god_text *lines, god_error *err)
{
    char *data = NULL, *base64 = NULL;
    size_t bytes = 0;
    GOD_TRY(god_file_read(it->local, GDI_UPLOAD_INLINE_BYTES_MAX, &data, &bytes, err));
    god_status status = gdi_base64((const unsigned char *)data, bytes, &base64, err);
    free(data);
    if (status == GOD_OK) {
        status = add_line_take(lines,
                               json_pack("{s:s, s:{s:s, s:s, s:s}}", "key", "file", "value", "path", it->remote,
                                         "encoding", "base64", "content", base64),
                               err);
    }
    free(base64);
    return status;
}

static uint32_t is_sent(const upload *u, const char *path)
{
    for (size_t i = 0; i < u->count; i++) {
        if (!u->items[i].is_ignored && strcmp(u->items[i].remote, path) == 0) {
            return 1;
        }
    }
    return 0;
}

static god_status add_deletions(upload *u, god_text *lines, god_error *err)
{
    gdi_hub_listing listing;
    GOD_TRY(gdi_hub_list(u->hub, GDI_HUB_MODEL, u->what->repository, NULL, &listing, err));
    god_status status = GOD_OK;
    for (size_t i = 0; status == GOD_OK && i < listing.count; i++) {
        const char *path = listing.files[i].path;
        if (strcmp(path, ".gitattributes") != 0 && !is_sent(u, path)) {
            status =
                add_line_take(lines, json_pack("{s:s, s:{s:s}}", "key", "deletedFile", "value", "path", path), err);
        }
    }
    gdi_hub_listing_clear(&listing);
    return status;
}

static god_status write_commit(upload *u, god_text *lines, god_error *err)
{
    GOD_TRY(add_line_take(
        lines,
        json_pack("{s:s, s:{s:s, s:s}}", "key", "header", "value", "summary", u->what->message, "description", ""),
        err));
    for (size_t i = 0; i < u->count; i++) {
        const item *it = &u->items[i];
        if (it->is_ignored) {
            continue;
        }
        GOD_TRY(it->is_large ? add_line_take(lines,
                                             json_pack("{s:s, s:{s:s, s:s, s:s, s:I}}", "key", "lfsFile", "value",
                                                       "path", it->remote, "algo", "sha256", "oid", it->sha256, "size",
                                                       (json_int_t)it->bytes),
                                             err)
                             : add_small(it, lines, err));
    }
    return u->what->replaces ? add_deletions(u, lines, err) : GOD_OK;
}

static god_status commit(upload *u, char *ret_commit, god_error *err)
{
    god_text lines = GOD_TEXT_INIT, path = GOD_TEXT_INIT;
    json_t *answer = NULL;
    long code = 0;
    god_status status = write_commit(u, &lines, err);
    if (status == GOD_OK) {
        status = god_text_append_f(&path, err, "/api/models/%s/commit/main", u->what->repository);
    }
    if (status == GOD_OK) {
        status = gdi_hub_ask(u->hub, "POST", path.data, "application/x-ndjson", &lines, &code, &answer, err);
    }
    if (status == GOD_OK && code != 200) {
        status = fail_answer(u, "the commit", code, err);
    }
    const char *id = json_string_value(json_object_get(answer, "commitOid"));
    if (status == GOD_OK && ret_commit != NULL) {
        (void)snprintf(ret_commit, GDI_HUB_COMMIT_HEX + 1, "%s", id == NULL ? "" : id);
    }
    json_decref(answer);
    god_text_free(&path);
    god_text_free(&lines);
    return status;
}

/* ---- all of it ---- */

static god_status try_once(gdi_hub *hub, const gdi_hub_upload *what, char *ret_commit, god_error *err)
{
    upload u = {.hub = hub, .what = what};
    god_status status = collect(&u, err);
    if (status == GOD_OK) {
        status = create(&u, err);
    }
    if (status == GOD_OK) {
        status = ask_modes(&u, err);
    }
    if (status == GOD_OK) {
        status = send_large(&u, err);
    }
    if (status == GOD_OK) {
        status = commit(&u, ret_commit, err);
    }
    clear(&u);
    return status;
}

static void pause_for(const gdi_hub_options *options, uint64_t pause_ms)
{
    uint64_t until = gdi_clock_ms() + pause_ms;
    while (gdi_clock_ms() < until && (options->stop_asked == NULL || !options->stop_asked(options->user))) {
        (void)poll(NULL, 0, tick_ms);
    }
}

god_status gdi_hub_upload_folder(gdi_hub *hub, const gdi_hub_upload *what, char *ret_commit, god_error *err)
{
    god_status status = GOD_OK;
    if (hub->authorization == NULL) {
        return god_fail(err, GOD_E_INVALID, "an upload needs the hub's token (\"hub.token_file\" of god.yaml)");
    }
    if (!gdi_hub_is_name(what->repository) || strchr(what->repository, '/') == NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%.100s\" is no name of a repository: OWNER/NAME is needed",
                        what->repository);
    }
    for (int i = 0; i < GDI_UPLOAD_TRIES; i++) {
        status = try_once(hub, what, ret_commit, err);
        if (status != GOD_E_IO || i + 1 == GDI_UPLOAD_TRIES) {
            break;
        }
        pause_for(&hub->options, what->pause_ms == 0 ? (uint64_t)GDI_UPLOAD_PAUSE_MS : what->pause_ms);
    }
    return status;
}
