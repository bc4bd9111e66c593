#include "core/host/fetcher.h"

#include <stdlib.h>

#include "core/host/object_store.h"
#include "core/net/credential.h"
#include "core/net/download.h"
#include "core/net/hub.h"
#include "god/helpers/text.h"

#define OWNER_HUB "hub"
#define OWNER_FILES "downloads"

struct gdi_fetcher {
    const gdi_config *config;
    gdi_fetcher_hooks hooks;
    gdi_hub *hub;     /* own; NULL until it is needed */
    gdi_s3 *s3;       /* own; the same */
    const char *what; /* of the current fetch, for progress */
    uint64_t done, total;
};

/* ---- opening ---- */

god_status gdi_fetcher_open(const gdi_config *config, const gdi_fetcher_hooks *hooks, gdi_fetcher **ret_fetcher,
                            god_error *err)
{
    gdi_fetcher *fetcher = calloc(1, sizeof *fetcher);
    if (fetcher == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a download");
    }
    fetcher->config = config;
    if (hooks != NULL) {
        fetcher->hooks = *hooks;
    }
    *ret_fetcher = fetcher;
    return GOD_OK;
}

void gdi_fetcher_close(gdi_fetcher *fetcher)
{
    if (fetcher == NULL) {
        return;
    }
    gdi_hub_close(fetcher->hub);
    gdi_s3_close(fetcher->s3);
    free(fetcher);
}

static uint32_t stop_asked(void *user)
{
    const gdi_fetcher *f = user;
    return f->hooks.stop_asked != NULL && f->hooks.stop_asked(f->hooks.user);
}

static void tell_total(void *user, uint64_t done, uint64_t total)
{
    const gdi_fetcher *f = user;
    if (f->hooks.progress != NULL) {
        f->hooks.progress(f->hooks.user, f->what, done, total);
    }
}

static void tell_more(void *user, int64_t bytes)
{
    gdi_fetcher *f = user;
    f->done += (uint64_t)bytes; /* wraps back for negative ones */
    tell_total(f, f->done, f->total);
}

static god_status need_hub(gdi_fetcher *f, god_error *err)
{
    const gdi_config *config = f->config;
    char *token = NULL;
    if (f->hub != NULL) {
        return GOD_OK;
    }
    GOD_TRY(gdi_credential_read("the hub's token", config->hub_token_file, config->hub_token_variable, &token, err));
    const gdi_hub_options options = {.endpoint = config->hub_endpoint,
                                     .token = token,
                                     .transfers = (uint32_t)config->net_transfers,
                                     .bytes_max = (uint64_t)config->paths_cache_bytes_max,
                                     .stop_asked = stop_asked,
                                     .progress = tell_total,
                                     .user = f};
    god_status status = gdi_hub_open(&options, &f->hub, err);
    gdi_credential_free(token);
    return status;
}

static god_status need_s3(gdi_fetcher *f, god_error *err)
{
    const gdi_s3_options hooks = {.stop_asked = stop_asked, .progress = tell_more, .user = f};
    return f->s3 != NULL ? GOD_OK : gdi_object_store_open(f->config, &hooks, 0, &f->s3, err);
}

/* ---- the hub ---- */

/* An address of the hub in its parts. */
typedef struct hub_place {
    uint32_t kind;
    char repository[GDI_HUB_NAME_BYTES_MAX + 1], revision[GDI_HUB_NAME_BYTES_MAX + 1];
    const char *path; /* in the repository; "" for all of it */
} hub_place;

static god_status fail_address(const char *uri, god_error *err)
{
    return god_fail(err, GOD_E_INVALID,
                    "\"%.200s\" is no address of the hub: hf://OWNER/NAME or hf://datasets/OWNER/NAME is needed", uri);
}

static god_status read_hub_uri(const char *uri, const char *revision, hub_place *place, god_error *err)
{
    static const char datasets[] = "datasets/";
    const char *at = uri + strlen("hf://");
    place->kind = GDI_HUB_MODEL;
    if (strncmp(at, datasets, sizeof datasets - 1) == 0) {
        place->kind = GDI_HUB_DATASET;
        at += sizeof datasets - 1;
    }
    size_t owner = strcspn(at, "/@"), name = 0;
    if (at[owner] == '/') {
        name = strcspn(at + owner + 1, "/@") + 1;
    }
    size_t bytes = owner + name;
    if (bytes == 0 || bytes > GDI_HUB_NAME_BYTES_MAX) {
        return fail_address(uri, err);
    }
    (void)snprintf(place->repository, sizeof place->repository, "%.*s", (int)bytes, at);
    at += bytes;
    size_t revision_bytes = *at == '@' ? strcspn(at + 1, "/") : 0;
    const char *chosen = revision != NULL ? revision : revision_bytes > 0 ? at + 1 : "main";
    size_t chosen_bytes = revision != NULL ? strlen(revision) : revision_bytes > 0 ? revision_bytes : strlen(chosen);
    if (chosen_bytes > GDI_HUB_NAME_BYTES_MAX || !gdi_hub_is_name(place->repository)) {
        return fail_address(uri, err);
    }
    (void)snprintf(place->revision, sizeof place->revision, "%.*s", (int)chosen_bytes, chosen);
    at += *at == '@' ? 1 + revision_bytes : 0;
    place->path = *at == '/' ? at + 1 : "";
    return GOD_OK;
}

typedef struct hub_fetch {
    gdi_fetcher *fetcher;
    const hub_place *place;
    const gdi_hub_listing *listing;
} hub_fetch;

static uint32_t takes(void *user, const gdi_hub_file *file)
{
    const hub_place *place = user;
    return place->path[0] == '\0' || strcmp(file->path, place->path) == 0;
}

static god_status make_snapshot(void *user, const char *staging_dir, god_error *err)
{
    const hub_fetch *h = user;
    return gdi_hub_snapshot(h->fetcher->hub, h->place->kind, h->place->repository, h->listing, takes,
                            (void *)(uintptr_t)h->place, staging_dir, err);
}

static uint32_t maker_stop_asked(void *user)
{
    const hub_fetch *h = user;
    return stop_asked(h->fetcher);
}

/* "model-<16 digits of its name and path>-<commit>" */
static god_status make_hub_key(const hub_place *place, const char *commit, char key[GDI_CACHE_KEY_BYTES_MAX + 1],
                               god_error *err)
{
    char hex[GOD_SHA256_HEX];
    god_text text = GOD_TEXT_INIT;
    god_status status = god_text_append_f(&text, err, "%s %s", place->repository, place->path);
    if (status == GOD_OK) {
        god_sha256_bytes(text.data, text.bytes, hex);
        (void)snprintf(key, GDI_CACHE_KEY_BYTES_MAX + 1, "%s-%.16s-%s",
                       place->kind == GDI_HUB_DATASET ? "dataset" : "model", hex, commit);
    }
    god_text_free(&text);
    return status;
}

static god_status check_path(const hub_place *place, const gdi_hub_listing *listing, god_error *err)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (takes((void *)(uintptr_t)place, &listing->files[i])) {
            return GOD_OK;
        }
    }
    return place->path[0] == '\0'
               ? GOD_OK
               : god_fail(err, GOD_E_NOT_FOUND, "\"%.100s\" has no file \"%.200s\"", place->repository, place->path);
}

static god_status fetch_listed(gdi_fetcher *f, const hub_place *place, const gdi_hub_listing *listing,
                               gdi_fetched *fetched, god_error *err)
{
    char key[GDI_CACHE_KEY_BYTES_MAX + 1], source[512];
    hub_fetch h = {.fetcher = f, .place = place, .listing = listing};
    (void)snprintf(source, sizeof source, "hf://%s%s@%.12s%s%.200s", place->kind == GDI_HUB_DATASET ? "datasets/" : "",
                   place->repository, listing->commit, place->path[0] == '\0' ? "" : "/", place->path);
    const gdi_cache_maker maker = {
        .user = &h, .make = make_snapshot, .stop_asked = maker_stop_asked, .source = source, .goes_on = 1};
    GOD_TRY(check_path(place, listing, err));
    GOD_TRY(make_hub_key(place, listing->commit, key, err));
    GOD_TRY(gdi_cache_take(f->config->paths_cache_dir, OWNER_HUB, key, &maker, &fetched->hold, err));
    return place->path[0] == '\0' ? (memcpy(fetched->path, fetched->hold.dir, sizeof fetched->path), GOD_OK)
                                  : god_path_join(fetched->hold.dir, place->path, fetched->path, err);
}

static god_status fetch_hub(gdi_fetcher *f, const char *uri, const char *revision, gdi_fetched *fetched, god_error *err)
{
    hub_place place;
    gdi_hub_listing listing = {.files = NULL};
    GOD_TRY(read_hub_uri(uri, revision, &place, err));
    GOD_TRY(need_hub(f, err));
    GOD_TRY(gdi_hub_list(f->hub, place.kind, place.repository, place.revision, &listing, err));
    god_status status = fetch_listed(f, &place, &listing, fetched, err);
    gdi_hub_listing_clear(&listing);
    return status;
}

/* ---- files ---- */

typedef struct file_fetch {
    gdi_fetcher *fetcher;
    const char *url, *sha256;
    char *bucket, *key; /* own; of an object */
    gdi_s3_info info;
} file_fetch;

static god_status make_object(void *user, const char *staging_dir, god_error *err)
{
    const file_fetch *x = user;
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(staging_dir, "content", path, err));
    return gdi_s3_get(x->fetcher->s3, x->bucket, x->key, &x->info, x->sha256, path, err);
}

static god_status make_download(void *user, const char *staging_dir, god_error *err)
{
    const file_fetch *x = user;
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(staging_dir, "content", path, err));
    const gdi_download download = {.url = x->url,
                                   .destination = path,
                                   .sha256 = x->sha256,
                                   .bytes_max = (uint64_t)x->fetcher->config->http_bytes_max,
                                   .time_limit_ms = (uint64_t)x->fetcher->config->http_time_limit_ms,
                                   .keep_part = x->sha256 != NULL,
                                   .stop_asked = stop_asked,
                                   .progress = tell_more,
                                   .user = x->fetcher};
    return gdi_download_run(&download, err);
}

static uint32_t file_stop_asked(void *user)
{
    const file_fetch *x = user;
    return stop_asked(x->fetcher);
}

/* A digest names the content; without one the store's own mark of the version does. */
static void make_object_key(const char *uri, const file_fetch *x, char key[GDI_CACHE_KEY_BYTES_MAX + 1])
{
    char hex[GOD_SHA256_HEX], mark[GOD_SHA256_HEX];
    god_sha256_bytes(uri, strlen(uri), hex);
    god_sha256_bytes(x->info.etag, strlen(x->info.etag), mark);
    (void)snprintf(key, GDI_CACHE_KEY_BYTES_MAX + 1, x->sha256 != NULL ? "%s" : "s3-%.16s-%.16s",
                   x->sha256 != NULL ? x->sha256 : hex, mark);
}

static god_status take_file(gdi_fetcher *f, const char *key, const gdi_cache_maker *maker, gdi_fetched *fetched,
                            god_error *err)
{
    GOD_TRY(gdi_cache_take(f->config->paths_cache_dir, OWNER_FILES, key, maker, &fetched->hold, err));
    return god_path_join(fetched->hold.dir, "content", fetched->path, err);
}

static god_status fetch_object(gdi_fetcher *f, const char *uri, const char *sha256, gdi_fetched *fetched,
                               god_error *err)
{
    char key[GDI_CACHE_KEY_BYTES_MAX + 1];
    file_fetch x = {.fetcher = f, .sha256 = sha256};
    const gdi_cache_maker maker = {
        .user = &x, .make = make_object, .stop_asked = file_stop_asked, .source = uri, .goes_on = 1};
    GOD_TRY(need_s3(f, err));
    GOD_TRY(gdi_s3_split(uri, &x.bucket, &x.key, err));
    god_status status = gdi_s3_head(f->s3, x.bucket, x.key, &x.info, err);
    if (status == GOD_OK) {
        f->total = x.info.bytes;
        make_object_key(uri, &x, key);
        status = take_file(f, key, &maker, fetched, err);
    }
    free(x.bucket);
    free(x.key);
    return status;
}

/* key NULL: the digest. */
static god_status fetch_web(gdi_fetcher *f, const char *url, const char *sha256, const char *key, gdi_fetched *fetched,
                            god_error *err)
{
    char shown[256];
    file_fetch x = {.fetcher = f, .url = url, .sha256 = sha256};
    (void)gdi_url_shown(url, shown);
    const gdi_cache_maker maker = {
        .user = &x, .make = make_download, .stop_asked = file_stop_asked, .source = shown, .goes_on = sha256 != NULL};
    if (sha256 == NULL && key == NULL) {
        return god_fail(err, GOD_E_INVALID, "%s cannot be kept without its SHA-256", shown);
    }
    return take_file(f, key != NULL ? key : sha256, &maker, fetched, err);
}

static god_status find_local(const char *uri, gdi_fetched *fetched, god_error *err)
{
    const char *path = uri + strlen("file://");
    if (*path != '/' || strlen(path) >= sizeof fetched->path || !god_file_exists(path)) {
        return god_fail(err, GOD_E_NOT_FOUND, "\"%.200s\" is not there: file:///ABSOLUTE/PATH is needed", uri);
    }
    (void)snprintf(fetched->path, sizeof fetched->path, "%s", path);
    return GOD_OK;
}

/* ---- all of them ---- */

static uint32_t begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

uint32_t gdi_fetcher_knows(const char *uri)
{
    return begins(uri, "hf://") || begins(uri, "s3://");
}

static god_status fetch(gdi_fetcher *f, const char *uri, const char *revision, const char *sha256, gdi_fetched *fetched,
                        god_error *err)
{
    char shown[256];
    if (begins(uri, "hf://")) {
        return fetch_hub(f, uri, revision, fetched, err);
    }
    if (begins(uri, "s3://")) {
        return fetch_object(f, uri, sha256, fetched, err);
    }
    if (begins(uri, "http://") || begins(uri, "https://")) {
        return fetch_web(f, uri, sha256, NULL, fetched, err);
    }
    if (begins(uri, "file://")) {
        return find_local(uri, fetched, err);
    }
    return god_fail(err, GOD_E_INVALID, "\"%s\" is no address: hf://, s3://, https:// or file:// is needed",
                    gdi_url_shown(uri, shown));
}

static god_status begin(gdi_fetcher *f, const char *uri, gdi_fetched **ret_fetched, god_error *err)
{
    gdi_fetched *fetched = calloc(1, sizeof *fetched);
    if (fetched == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a download");
    }
    fetched->hold.fd = -1;
    f->what = uri;
    f->done = f->total = 0;
    *ret_fetched = fetched;
    return GOD_OK;
}

/* Takes `fetched`. */
static god_status finish_take(gdi_fetcher *f, god_status status, gdi_fetched *fetched, gdi_fetched *ret_fetched)
{
    uint64_t evicted = 0, bytes = 0;
    if (status == GOD_OK) { /* that room could not be made is no reason to withhold what was fetched */
        (void)gdi_cache_prune(f->config->paths_cache_dir, (uint64_t)f->config->paths_cache_bytes_max, &evicted, &bytes,
                              NULL);
        *ret_fetched = *fetched;
    } else {
        gdi_cache_release(&fetched->hold);
    }
    free(fetched);
    return status;
}

god_status gdi_fetcher_fetch(gdi_fetcher *fetcher, const char *uri, const char *revision, const char *sha256,
                             gdi_fetched *ret_fetched, god_error *err)
{
    gdi_fetched *fetched = NULL;
    GOD_TRY(begin(fetcher, uri, &fetched, err));
    return finish_take(fetcher, fetch(fetcher, uri, revision, sha256, fetched, err), fetched, ret_fetched);
}

god_status gdi_fetcher_fetch_as(gdi_fetcher *fetcher, const char *url, const char *key, gdi_fetched *ret_fetched,
                                god_error *err)
{
    gdi_fetched *fetched = NULL;
    GOD_TRY(begin(fetcher, url, &fetched, err));
    return finish_take(fetcher, fetch_web(fetcher, url, NULL, key, fetched, err), fetched, ret_fetched);
}

god_status gdi_fetcher_list(gdi_fetcher *fetcher, const char *uri, gdi_hub_listing *ret_listing, god_error *err)
{
    hub_place place;
    if (!begins(uri, "hf://")) {
        return fail_address(uri, err);
    }
    GOD_TRY(read_hub_uri(uri, NULL, &place, err));
    GOD_TRY(need_hub(fetcher, err));
    return gdi_hub_list(fetcher->hub, place.kind, place.repository, place.revision, ret_listing, err);
}
