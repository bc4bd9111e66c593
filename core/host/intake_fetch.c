#include "core/host/intake_fetch.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "god/helpers/text.h"

static const char datasets[] = "hf://datasets/";
enum { single_name_bytes = 128 };

void gdi_intake_files_clear(gdi_intake_files *files)
{
    for (uint32_t i = 0; i < files->count; i++) {
        gdi_cache_release(&files->items[i].hold);
    }
    for (uint32_t i = 0; files->paths != NULL && i < files->count; i++) {
        free(files->paths[i]);
    }
    free(files->paths);
    free(files->items);
    *files = (gdi_intake_files){.items = NULL};
}

/* Does the name end with one of the words of `endings`, in any case? */
static uint32_t has_ending(const char *name, const char *endings)
{
    size_t name_bytes = strlen(name);
    while (*endings != '\0') {
        size_t bytes = strcspn(endings, " ");
        if (bytes > 0 && name_bytes > bytes && strncasecmp(name + name_bytes - bytes, endings, bytes) == 0) {
            return 1;
        }
        endings += bytes + strspn(endings + bytes, " ");
    }
    return 0;
}

/* Files of a repository that are about its data and hold none. */
static uint32_t is_about(const char *path)
{
    static const char *const names[] = {"README.md", "dataset_infos.json", "dataset_dict.json", "dataset_info.json",
                                        "state.json"};
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    uint32_t is_one = path[0] == '.' || name[0] == '.';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        is_one |= strcmp(name, names[i]) == 0;
    }
    return is_one;
}

/* What the calls below share. */
typedef struct fetching {
    gdi_fetcher *fetcher;
    const char *endings, *key, *dir;
    gdi_intake_files *files;
} fetching;

/* ---- one file ---- */

/* dir/name, with the folders on the way, as a link to what is in the cache. */
static god_status link_file(const char *dir, const char *name, const char *target, char **ret_path, god_error *err)
{
    char path[GOD_PATH_MAX], parent[GOD_PATH_MAX];
    GOD_TRY(god_path_join(dir, name, path, err));
    (void)snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
    GOD_TRY(god_dir_make(parent, err));
    if (symlink(target, path) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make the link \"%s\"", path);
    }
    *ret_path = strdup(path);
    return *ret_path != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for a path");
}

/* name: in the data set, relative and without ".."; uri: its address. */
static god_status fetch_one(const fetching *f, const char *uri, const char *name, god_error *err)
{
    gdi_intake_files *files = f->files;
    uint32_t is_http = strncmp(uri, "http://", 7) == 0 || strncmp(uri, "https://", 8) == 0;
    gdi_fetched *item = &files->items[files->count];
    GOD_TRY(is_http ? gdi_fetcher_fetch_as(f->fetcher, uri, f->key, item, err)
                    : gdi_fetcher_fetch(f->fetcher, uri, NULL, NULL, item, err));
    files->count++;
    return link_file(f->dir, name, item->path, &files->paths[files->count - 1], err);
}

/* ---- a repository ---- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const gdi_hub_file *)a)->path, ((const gdi_hub_file *)b)->path);
}

static god_status check_files(const char *source, const char *endings, const gdi_hub_listing *listing, god_error *err)
{
    const char *other = "nothing";
    uint64_t bytes = 0;
    size_t count = 0;
    for (size_t i = 0; i < listing->count; i++) {
        const gdi_hub_file *file = &listing->files[i];
        if (!is_about(file->path) && has_ending(file->path, endings)) {
            count++;
            bytes += file->bytes;
        } else if (!is_about(file->path)) {
            other = file->path;
        }
    }
    if (count == 0) {
        return god_fail(err, GOD_E_DATA,
                        "the data set \"%.150s\" has no file that ends with one of \"%.80s\", but %.150s", source,
                        endings, other);
    }
    if (count > GDI_JOB_INPUTS_MAX || bytes > GDI_INTAKE_BYTES_MAX) {
        return god_fail(
            err, GOD_E_DATA,
            "the data set \"%.150s\" has %zu files of %llu bytes together, %d files of %lld bytes are allowed", source,
            count, (unsigned long long)bytes, GDI_JOB_INPUTS_MAX, (long long)GDI_INTAKE_BYTES_MAX);
    }
    return GOD_OK;
}

/* repository: "hf://datasets/OWNER/NAME", without a revision. */
static god_status fetch_listed(const fetching *f, const char *repository, const gdi_hub_listing *listing,
                               god_error *err)
{
    god_text uri = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (size_t i = 0; i < listing->count && status == GOD_OK; i++) {
        const char *path = listing->files[i].path;
        if (!is_about(path) && has_ending(path, f->endings)) {
            god_text_clear(&uri);
            status = god_text_append_f(&uri, err, "%s@%s/%s", repository, listing->commit, path);
            status = status == GOD_OK ? fetch_one(f, uri.data, path, err) : status;
        }
    }
    god_text_free(&uri);
    return status;
}

static god_status fetch_repository(const fetching *f, const char *uri, god_error *err)
{
    gdi_hub_listing listing = {.files = NULL};
    char repository[sizeof datasets + GDI_HUB_NAME_BYTES_MAX];
    size_t bytes = strcspn(uri, "@");
    if (bytes >= sizeof repository) {
        return god_fail(err, GOD_E_DATA, "\"%.150s\" is no name of a data set", uri);
    }
    (void)snprintf(repository, sizeof repository, "%.*s", (int)bytes, uri);
    GOD_TRY(gdi_fetcher_list(f->fetcher, uri, &listing, err));
    qsort(listing.files, listing.count, sizeof *listing.files, by_path);
    god_status status = check_files(uri, f->endings, &listing, err);
    status = status == GOD_OK ? fetch_listed(f, repository, &listing, err) : status;
    gdi_hub_listing_clear(&listing);
    return status;
}

/* ---- what the task names ---- */

/* "hf://datasets/OWNER/NAME[@REVISION]" without a path behind it. */
static uint32_t is_repository(const char *uri)
{
    if (strncmp(uri, datasets, sizeof datasets - 1) != 0) {
        return 0;
    }
    const char *name = strchr(uri + sizeof datasets - 1, '/');
    return name != NULL && strchr(name + 1, '/') == NULL;
}

/* The last part of an address's path, for messages. */
static void name_single(const char *uri, char ret_name[single_name_bytes])
{
    size_t bytes = strcspn(uri, "?#"), start = bytes;
    while (start > 0 && uri[start - 1] != '/') {
        start--;
    }
    (void)snprintf(ret_name, single_name_bytes, "%.*s", (int)(bytes - start), uri + start);
    if (ret_name[0] == '\0' || strcmp(ret_name, ".") == 0 || strcmp(ret_name, "..") == 0) {
        (void)snprintf(ret_name, single_name_bytes, "data");
    }
}

static god_status fetch_source(const fetching *f, const char *source, god_error *err)
{
    char uri[sizeof datasets + GDI_HUB_NAME_BYTES_MAX], name[single_name_bytes];
    if (strstr(source, "://") != NULL) {
        name_single(source, name);
        return is_repository(source) ? fetch_repository(f, source, err) : fetch_one(f, source, name, err);
    }
    if (!gdi_hub_is_name(source) || strlen(source) > GDI_HUB_NAME_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "\"%.150s\" is neither an address nor the name of a data set on the hub",
                        source);
    }
    (void)snprintf(uri, sizeof uri, "%s%s", datasets, source);
    return fetch_repository(f, uri, err);
}

god_status gdi_intake_fetch(const gdi_execution *x, const char *source, const char *endings, const char *key,
                            const char *dir, gdi_intake_files *ret_files, god_error *err)
{
    gdi_intake_files files = {.items = calloc(GDI_JOB_INPUTS_MAX, sizeof *files.items),
                              .paths = calloc(GDI_JOB_INPUTS_MAX, sizeof *files.paths)};
    fetching f = {.endings = endings, .key = key, .dir = dir, .files = &files};
    const gdi_fetcher_hooks hooks = {.stop_asked = x->stop_asked, .user = x->user};
    god_status status = files.items == NULL || files.paths == NULL
                            ? god_fail(err, GOD_E_NOMEM, "out of memory for a data set")
                            : gdi_fetcher_open(x->config, &hooks, &f.fetcher, err);
    status = status == GOD_OK ? fetch_source(&f, source, err) : status;
    gdi_fetcher_close(f.fetcher);
    if (status != GOD_OK) {
        gdi_intake_files_clear(&files);
        return status;
    }
    *ret_files = files;
    return GOD_OK;
}
