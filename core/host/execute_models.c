/* read_model_base: on which model does this one stand? (tournament specification, section 18, step 2)
 *
 * An adapter says it in adapter_config.json; any model may say it in the first lines of its card, README.md
 * ("base_model: OWNER/NAME", or a list of one). The files come through the cache, at the commit that main has now. */
#include "core/cycles/work.h"
#include "core/host/executors.h"
#include "core/training/card.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

#include <stdlib.h>

enum { file_bytes_max = 1 << 20 };

typedef struct reading {
    gdi_fetcher *fetcher;
    const char *repo;
    gdi_hub_listing listing;
} reading;

/* The text of one file; *ret_text stays NULL when the repository has none of this name. Owned by the caller. */
static god_status read_file(reading *r, const char *name, char **ret_text, size_t *ret_bytes, god_error *err)
{
    const gdi_hub_file *file = NULL;
    for (size_t i = 0; i < r->listing.count; i++) {
        file = strcmp(r->listing.files[i].path, name) == 0 ? &r->listing.files[i] : file;
    }
    if (file == NULL) {
        return GOD_OK;
    }
    if (file->bytes > file_bytes_max) {
        return god_fail(err, GOD_E_DATA, "\"%s\" of \"%.200s\" has %llu bytes, %d are allowed", name, r->repo,
                        (unsigned long long)file->bytes, file_bytes_max);
    }
    god_text uri = GOD_TEXT_INIT;
    gdi_fetched fetched;
    god_status status = god_text_append_f(&uri, err, "hf://%s@%s/%s", r->repo, r->listing.commit, name);
    if (status == GOD_OK) {
        status = gdi_fetcher_fetch(r->fetcher, uri.data, NULL, NULL, &fetched, err);
    }
    if (status == GOD_OK) {
        status = god_file_read(fetched.path, file_bytes_max, ret_text, ret_bytes, err);
        gdi_cache_release(&fetched.hold);
    }
    god_text_free(&uri);
    return status;
}

/* ---- adapter_config.json ---- */

static god_status base_of_adapter(reading *r, char ret_base[GDI_CARD_NAME_BYTES], god_error *err)
{
    static const char name[] = "adapter_config.json";
    char *text = NULL;
    size_t bytes = 0;
    json_t *config = NULL;
    const char *base = NULL;
    GOD_TRY(read_file(r, name, &text, &bytes, err));
    if (text == NULL) {
        return GOD_OK;
    }
    god_status status = god_json_parse(name, text, bytes, &config, err);
    free(text);
    if (status == GOD_OK) {
        status = god_json_opt_str(name, config, "base_model_name_or_path", &base, err);
    }
    if (status == GOD_OK && base != NULL && strlen(base) < GDI_CARD_NAME_BYTES && gdi_hub_is_name(base)) {
        (void)snprintf(ret_base, GDI_CARD_NAME_BYTES, "%s", base);
    }
    json_decref(config);
    return status;
}

/* ---- the job ---- */

static god_status find_base(reading *r, char ret_base[GDI_CARD_NAME_BYTES], god_error *err)
{
    char *card = NULL, uri[GDI_CARD_NAME_BYTES + 16];
    size_t bytes = 0;
    (void)snprintf(uri, sizeof uri, "hf://%s", r->repo);
    GOD_TRY(gdi_fetcher_list(r->fetcher, uri, &r->listing, err));
    GOD_TRY(base_of_adapter(r, ret_base, err));
    if (ret_base[0] == '\0') {
        GOD_TRY(read_file(r, "README.md", &card, &bytes, err));
    }
    if (card != NULL) {
        gdi_card_base(card, bytes, ret_base);
    }
    free(card);
    return GOD_OK;
}

god_status gdi_run_read_model_base(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    char base[GDI_CARD_NAME_BYTES] = "";
    reading r = {.fetcher = NULL};
    const gdi_fetcher_hooks hooks = {.stop_asked = x->stop_asked, .user = x->user};
    GOD_TRY(god_json_get_str("payload", x->payload, "repo", &r.repo, err));
    if (!gdi_hub_is_name(r.repo) || strlen(r.repo) >= GDI_CARD_NAME_BYTES) {
        return god_fail(err, GOD_E_DATA, "\"%.200s\" is no name of a model on the hub", r.repo);
    }
    GOD_TRY(gdi_fetcher_open(x->config, &hooks, &r.fetcher, err));
    god_status status = find_base(&r, base, err);
    gdi_hub_listing_clear(&r.listing);
    gdi_fetcher_close(r.fetcher);
    if (status == GOD_OK) { /* null: it does not say, and the task's own model counts */
        *ret_result = json_pack("{s:s?}", "model_base", base[0] == '\0' ? NULL : base);
        status = *ret_result != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for the name of a model");
    }
    return status;
}
