#include "core/host/publish.h"

#include <stdlib.h>

#include "core/net/credential.h"
#include "core/net/hub_upload.h"
#include "core/training/output.h"
#include "god/helpers/json.h"

enum { adapter_config_bytes_max = 1 << 20 };

typedef struct publishing {
    const gdi_fetcher_hooks *hooks;
    const gdi_publication *what;
    gdi_hub *hub;
} publishing;

static uint32_t stop_asked(void *user)
{
    const publishing *p = user;
    return p->hooks != NULL && p->hooks->stop_asked != NULL && p->hooks->stop_asked(p->hooks->user);
}

static void tell(void *user, uint64_t done, uint64_t total)
{
    const publishing *p = user;
    if (p->hooks != NULL && p->hooks->progress != NULL) {
        p->hooks->progress(p->hooks->user, p->what->repository, done, total);
    }
}

static god_status open_hub(const gdi_config *config, publishing *p, god_error *err)
{
    char *token = NULL;
    GOD_TRY(gdi_credential_read("the hub's token", config->hub_token_file, config->hub_token_variable, &token, err));
    const gdi_hub_options options = {
        .endpoint = config->hub_endpoint, .token = token, .stop_asked = stop_asked, .progress = tell, .user = p};
    god_status status = gdi_hub_open(&options, &p->hub, err);
    gdi_credential_free(token);
    return status;
}

/* ---- what stands below an adapter ---- */

static uint32_t is_adapter_config(void *user, const gdi_hub_file *file)
{
    (void)user;
    return strcmp(file->path, "adapter_config.json") == 0 && file->bytes <= adapter_config_bytes_max;
}

static uint32_t has_adapter_config(const gdi_hub_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (is_adapter_config(NULL, &listing->files[i])) {
            return 1;
        }
    }
    return 0;
}

/* The base that the adapter in `model` names; *ret_base stays NULL when it is no adapter or cannot be looked at. */
static void find_base(publishing *p, const char *model, const char *scratch, char **ret_base)
{
    gdi_hub_listing listing = {.files = NULL};
    char path[GOD_PATH_MAX];
    json_t *config = NULL;
    if (!gdi_hub_is_name(model) || gdi_hub_list(p->hub, GDI_HUB_MODEL, model, NULL, &listing, NULL) != GOD_OK) {
        return;
    }
    if (has_adapter_config(&listing) &&
        gdi_hub_snapshot(p->hub, GDI_HUB_MODEL, model, &listing, is_adapter_config, NULL, scratch, NULL) == GOD_OK &&
        god_path_join(scratch, "adapter_config.json", path, NULL) == GOD_OK &&
        god_json_read(path, adapter_config_bytes_max, &config, NULL) == GOD_OK) {
        const char *base = json_string_value(json_object_get(config, "base_model_name_or_path"));
        *ret_base = base == NULL ? NULL : strdup(base);
        (void)remove(path);
    }
    json_decref(config);
    gdi_hub_listing_clear(&listing);
}

/* *ret_model is owned by the caller. */
static god_status follow_bases(publishing *p, const char *scratch, char **ret_model, god_error *err)
{
    char *model = strdup(p->what->base_model);
    for (int i = 0; model != NULL && i < GDI_PUBLISH_BASES_MAX; i++) {
        char *base = NULL;
        find_base(p, model, scratch, &base);
        if (base == NULL || *base == '\0') {
            free(base);
            break;
        }
        free(model);
        model = base;
    }
    if (model == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an upload");
    }
    *ret_model = model;
    return GOD_OK;
}

/* What goes wrong here is no reason to withhold a result: the metadata then stays as the miner left it. */
static god_status name_base(publishing *p, const char *dir, god_error *err)
{
    char scratch[] = "/tmp/god-base-XXXXXX", *model = NULL;
    if (p->what->base_model == NULL || mkdtemp(scratch) == NULL) {
        return GOD_OK;
    }
    god_status status = follow_bases(p, scratch, &model, err);
    if (status == GOD_OK) {
        (void)gdi_output_name_base(dir, model, NULL);
    }
    free(model);
    (void)god_dir_remove(scratch, NULL);
    return status;
}

static god_status upload(publishing *p, char ret_commit[41], god_error *err)
{
    char dir[GOD_PATH_MAX], message[300];
    const gdi_publication *what = p->what;
    GOD_TRY(gdi_output_find(what->folder, dir, err));
    GOD_TRY(name_base(p, dir, err));
    (void)snprintf(message, sizeof message, "Upload task output %.200s", what->task_id);
    const gdi_hub_upload folder = {.repository = what->repository,
                                   .dir = dir,
                                   .subfolder = what->subfolder,
                                   .message = message,
                                   .replaces = 1,
                                   .pause_ms = what->pause_ms,
                                   .skips = gdi_output_skips};
    return gdi_hub_upload_folder(p->hub, &folder, ret_commit, err);
}

god_status gdi_publish(const gdi_config *config, const gdi_fetcher_hooks *hooks, const gdi_publication *publication,
                       char ret_commit[41], god_error *err)
{
    publishing p = {.hooks = hooks, .what = publication};
    GOD_TRY(open_hub(config, &p, err));
    god_status status = upload(&p, ret_commit, err);
    gdi_hub_close(p.hub);
    return status;
}
