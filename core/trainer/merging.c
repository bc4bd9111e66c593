#include "core/trainer/merging.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/trainer/view.h"
#include "god/helpers/json.h"
#include "god/helpers/sha256.h"

#define ADAPTER_CONFIG "adapter_config.json"
enum { config_bytes_max = 4 << 20, ask_period_ms = 100 };

typedef struct chain {
    gdi_fetching *fetching;
    gdi_fetched *levels; /* own; the model that was asked for first, what stands on nothing last */
    size_t count;
} chain;

static void chain_clear(chain *c)
{
    for (size_t i = 0; i < c->count; i++) {
        gdi_cache_release(&c->levels[i].hold);
    }
    free(c->levels);
}

/* ---- the chain ---- */

/* *ret_base is owned by the caller; NULL: the folder holds no adapter. */
static god_status find_base(const char *dir, char **ret_base, god_error *err)
{
    char path[GOD_PATH_MAX];
    const char *base = NULL;
    json_t *config = NULL;
    GOD_TRY(god_path_join(dir, ADAPTER_CONFIG, path, err));
    if (!god_file_exists(path)) {
        *ret_base = NULL;
        return GOD_OK;
    }
    GOD_TRY(god_json_read(path, config_bytes_max, &config, err));
    god_status status = god_json_get_str(ADAPTER_CONFIG, config, "base_model_name_or_path", &base, err);
    if (status == GOD_OK && !gdi_hub_is_name(base)) {
        status = god_fail(err, GOD_E_DATA, ADAPTER_CONFIG ": the base model \"%.100s\" is no repository", base);
    }
    if (status == GOD_OK) {
        *ret_base = strdup(base);
        status = *ret_base == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a model") : GOD_OK;
    }
    json_decref(config);
    return status;
}

static god_status fetch_level(chain *c, const char *model, god_error *err)
{
    god_text uri = GOD_TEXT_INIT;
    god_status status = god_text_append_f(&uri, err, "hf://%s", model);
    if (status == GOD_OK) {
        status = gdi_fetcher_fetch(c->fetching->fetcher, uri.data, NULL, NULL, &c->levels[c->count], err);
        c->count += status == GOD_OK;
    }
    god_text_free(&uri);
    return status;
}

static god_status fetch_chain(chain *c, const char *model, god_error *err)
{
    char *next = strdup(model);
    god_status status = next == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a model") : GOD_OK;
    while (status == GOD_OK && next != NULL) {
        if (c->count > GDI_MERGE_LEVELS_MAX) {
            status =
                god_fail(err, GOD_E_DATA, "\"%.200s\" stands on more than %d adapters", model, GDI_MERGE_LEVELS_MAX);
            break;
        }
        status = fetch_level(c, next, err);
        free(next);
        next = NULL;
        if (status == GOD_OK) {
            status = find_base(c->levels[c->count - 1].path, &next, err);
        }
    }
    free(next);
    return status;
}

/* ---- merging ---- */

static god_status wait_for(gdi_fetching *f, gdi_child *child, god_error *err)
{
    const uint64_t deadline_ms = gdi_clock_ms() + (uint64_t)GDI_MERGE_TIME_LIMIT_S * 1000;
    gdi_child_end end;
    god_error why = GOD_ERROR_INIT;
    god_status status = GOD_E_TIMEOUT;
    while (status == GOD_E_TIMEOUT) {
        if (gdi_job_stop_asked(f->job) != GDI_WORK_GO_ON) {
            return god_fail(err, GOD_E_CANCELLED, "merging was cancelled");
        }
        if (gdi_clock_ms() >= deadline_ms) {
            return god_fail(err, GOD_E_TIMEOUT, "merging an adapter took more than %d s", GDI_MERGE_TIME_LIMIT_S);
        }
        status = gdi_child_wait(child, ask_period_ms, &end, &why);
    }
    if (status != GOD_OK) {
        return god_fail(err, status, "%s", why.message);
    }
    const char *output = gdi_child_output(child);
    return end.how == GDI_CHILD_EXITED && end.code == 0
               ? GOD_OK
               : god_fail(err, GOD_E_DATA, "the model's adapter cannot be merged: %.*s", (int)strcspn(output, "\n"),
                          output);
}

static god_status merge(chain *c, const char *base, const char *adapter, const char *out, god_error *err)
{
    char program[GOD_PATH_MAX];
    gdi_child *child = NULL;
    GOD_TRY(god_dir_make(out, err));
    GOD_TRY(god_path_join(c->fetching->job->work->layout->root, "libexec/god/god-merge", program, err));
    const char *const argv[] = {program, base, adapter, out, NULL};
    const gdi_child_options options = {.argv = argv};
    GOD_TRY(gdi_child_start(&options, &child, err));
    god_status status = wait_for(c->fetching, child, err);
    gdi_child_free(child);
    return status;
}

/* Two folders in turn beside the last one, which is `content`. */
static god_status merge_all(void *user, const char *staging_dir, god_error *err)
{
    static const char *const steps[] = {"step-0", "step-1"};
    chain *c = user;
    char base[GOD_PATH_MAX], out[GOD_PATH_MAX];
    (void)snprintf(base, sizeof base, "%s", c->levels[c->count - 1].path);
    for (size_t i = c->count - 1; i-- > 0;) {
        GOD_TRY(god_path_join(staging_dir, i == 0 ? "content" : steps[i % 2], out, err));
        GOD_TRY(god_dir_remove(out, err));
        GOD_TRY(merge(c, base, c->levels[i].path, out, err));
        (void)snprintf(base, sizeof base, "%s", out);
    }
    for (int i = 0; i < 2; i++) {
        GOD_TRY(god_path_join(staging_dir, steps[i], out, err));
        GOD_TRY(god_dir_remove(out, err));
    }
    return GOD_OK;
}

static uint32_t stop_asked(void *user)
{
    const chain *c = user;
    return gdi_job_stop_asked(c->fetching->job) != GDI_WORK_GO_ON;
}

/* The keys of the levels name their commits, so their digest names the result. */
static god_status make_key(const chain *c, char ret_key[GDI_CACHE_KEY_BYTES_MAX + 1], god_error *err)
{
    char hex[GOD_SHA256_HEX];
    god_text text = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (size_t i = 0; status == GOD_OK && i < c->count; i++) {
        const char *slash = strrchr(c->levels[i].path, '/');
        status = god_text_append_f(&text, err, "%s\n", slash == NULL ? c->levels[i].path : slash + 1);
    }
    if (status == GOD_OK) {
        god_sha256_bytes(text.data, text.bytes, hex);
        (void)snprintf(ret_key, GDI_CACHE_KEY_BYTES_MAX + 1, "merged-%.40s", hex);
    }
    god_text_free(&text);
    return status;
}

static god_status put_merged(chain *c, const char *model, const char *folder, god_error *err)
{
    char key[GDI_CACHE_KEY_BYTES_MAX + 1], path[GOD_PATH_MAX];
    const gdi_job *job = c->fetching->job;
    const gdi_cache_maker maker = {.user = c, .make = merge_all, .stop_asked = stop_asked, .source = model};
    gdi_cache_hold hold = {.fd = -1};
    GOD_TRY(make_key(c, key, err));
    GOD_TRY(gdi_cache_take(job->work->config->paths_cache_dir, "merged", key, &maker, &hold, err));
    god_status status = god_path_join(hold.dir, "content", path, err);
    status = status == GOD_OK ? gdi_view_put(job->view_dir, folder, path, err) : status;
    gdi_cache_release(&hold);
    return status;
}

god_status gdi_merging_put(gdi_fetching *fetching, const char *model, const char *folder, god_error *err)
{
    chain c = {.fetching = fetching};
    if (gdi_view_has(fetching->job->view_dir, folder)) {
        return GOD_OK;
    }
    fetching->what = folder;
    c.levels = calloc(GDI_MERGE_LEVELS_MAX + 1, sizeof *c.levels);
    if (c.levels == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a model");
    }
    god_status status = fetch_chain(&c, model, err);
    if (status == GOD_OK) {
        status = c.count == 1 ? gdi_view_put(fetching->job->view_dir, folder, c.levels[0].path, err)
                              : put_merged(&c, model, folder, err);
    }
    chain_clear(&c);
    return status;
}
