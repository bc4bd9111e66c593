#include "core/trainer/extras.h"

#include <string.h>

#include "core/trainer/view.h"
#include "core/training/datasets.h"

uint32_t gdi_extra_is_tokenizer(const char *path)
{
    static const char *const names[] = {
        "added_tokens.json",       "config.json",           "merges.txt", "preprocessor_config.json",
        "sentencepiece.bpe.model", "spiece.model",          "vocab.json", "tokenizer.json",
        "tokenizer.model",         "tokenizer_config.json", "vocab.txt",  "special_tokens_map.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], path) == 0) {
            return 1;
        }
    }
    return 0;
}

static uint32_t ends(const char *text, const char *end)
{
    size_t bytes = strlen(text), end_bytes = strlen(end);
    return bytes >= end_bytes && strcmp(text + bytes - end_bytes, end) == 0;
}

/* One file, under the names that it has. dir: "hf_cache/models--org--name". */
static god_status put_file(gdi_fetching *f, const char *repository, const char *commit, const char *dir,
                           const char *path, god_error *err)
{
    god_text uri = GOD_TEXT_INIT, name = GOD_TEXT_INIT;
    god_status status = god_text_append_f(&uri, err, "hf://%s@%s/%s", repository, commit, path);
    status = status == GOD_OK ? god_text_append_f(&name, err, "%s/snapshots/%s/%s", dir, commit, path) : status;
    status = status == GOD_OK ? gdi_fetching_put(f, uri.data, name.data, err) : status;
    if (status == GOD_OK && ends(path, ".safetensors")) {
        god_text_clear(&name);
        status = god_text_append_f(&name, err, "hf_cache/%s", path);
        status = status == GOD_OK ? gdi_fetching_put(f, uri.data, name.data, err) : status;
    }
    god_text_free(&uri);
    god_text_free(&name);
    return status;
}

static god_status put_files(gdi_fetching *f, const char *repository, const char *file, const gdi_hub_listing *listing,
                            const char *dir, god_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < listing->count; i++) {
        const char *path = listing->files[i].path;
        if (file != NULL ? strcmp(path, file) == 0 : gdi_extra_is_tokenizer(path)) {
            GOD_TRY(put_file(f, repository, listing->commit, dir, path, err));
            count++;
        }
    }
    return count > 0 ? GOD_OK
                     : god_fail(err, GOD_E_NOT_FOUND, "\"%.200s\" does not have the file %.200s", repository,
                                file != NULL ? file : "tokenizer.json, or others of a tokenizer");
}

static god_status put_commit(const gdi_fetching *f, const gdi_hub_listing *listing, const char *dir, god_error *err)
{
    god_text name = GOD_TEXT_INIT;
    god_status status = god_text_append_f(&name, err, "%s/refs/main", dir);
    if (status == GOD_OK) {
        status = gdi_view_write(f->job->view_dir, name.data, listing->commit, strlen(listing->commit), err);
    }
    god_text_free(&name);
    return status;
}

god_status gdi_extra_put(gdi_fetching *fetching, const char *extra, god_error *err)
{
    char repository[GDI_HUB_NAME_BYTES_MAX + 1], uri[GDI_HUB_NAME_BYTES_MAX + 16];
    size_t bytes = strcspn(extra, " ");
    const char *file = extra[bytes] == '\0' ? NULL : extra + bytes + 1;
    gdi_hub_listing listing = {.files = NULL};
    god_text dir = GOD_TEXT_INIT;
    if (bytes > GDI_HUB_NAME_BYTES_MAX) {
        return god_fail(err, GOD_E_INVALID, "the plug-in's extra repository has a name of %zu bytes", bytes);
    }
    (void)snprintf(repository, sizeof repository, "%.*s", (int)bytes, extra);
    (void)snprintf(uri, sizeof uri, "hf://%s", repository);
    fetching->what = "hf_cache";
    GOD_TRY(gdi_fetcher_list(fetching->fetcher, uri, &listing, err));
    god_status status = god_text_append_str(&dir, "hf_cache/models--", err);
    status = status == GOD_OK ? gdi_slash_dash(repository, &dir, err) : status;
    status = status == GOD_OK ? put_files(fetching, repository, file, &listing, dir.data, err) : status;
    status = status == GOD_OK ? put_commit(fetching, &listing, dir.data, err) : status;
    god_text_free(&dir);
    gdi_hub_listing_clear(&listing);
    return status;
}
