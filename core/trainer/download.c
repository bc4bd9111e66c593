#include "core/trainer/download.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/trainer/extras.h"
#include "core/trainer/fetching.h"
#include "core/trainer/merging.h"
#include "core/trainer/view.h"
#include "core/training/places.h"
#include "core/training/stats.h"
#include "god/helpers/json.h"

enum { list_bytes_max = 1 << 20, config_bytes_max = 16 << 20 };

/* "/cache/models/x" as the name in a view: "models/x". */
static const char *below_cache(const char *inside)
{
    return inside + strlen(GDI_CACHE_TARGET "/");
}

/* The word after this flag; NULL: it is not there. */
static const char *value_of(const gdi_strings *argv, const char *flag)
{
    for (size_t i = 0; i + 1 < argv->count; i++) {
        if (strcmp(argv->items[i], flag) == 0) {
            return argv->items[i + 1];
        }
    }
    return NULL;
}

/* Names of models and data sets become folders; slashes are gone already. */
static god_status check_folder(const char *name, god_error *err)
{
    const char *slash = strrchr(name, '/'), *last = slash == NULL ? name : slash + 1;
    return *last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0
               ? god_fail(err, GOD_E_INVALID, "\"%.100s\" is no name of a model or data set", last)
               : GOD_OK;
}

/* ---- the data sets that a miner asked for ---- */

static god_status read_here(const gdi_job *job, gdi_strings *here, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *root = NULL, *list = NULL;
    size_t i = 0;
    const json_t *item = NULL;
    GOD_TRY(gdi_job_path(job, "datasets.json", path, err));
    GOD_TRY(god_json_read(path, list_bytes_max, &root, err));
    god_status status = god_json_get_array(path, root, "here", &list, err);
    json_array_foreach(list, i, item)
    {
        if (status == GOD_OK && json_is_string(item)) {
            status = gdi_strings_add(here, json_string_value(item), err);
        }
    }
    json_decref(root);
    return status;
}

static god_status write_here(const gdi_job *job, const gdi_strings *here, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *list = json_array();
    for (size_t i = 0; i < here->count; i++) {
        (void)json_array_append_new(list, json_string(here->items[i]));
    }
    json_t *root = json_pack("{s:o}", "here", list);
    god_status status = gdi_job_path(job, "datasets.json", path, err);
    status = status == GOD_OK ? god_json_write(path, root, err) : status;
    json_decref(root);
    return status;
}

static god_status fetch_dataset(gdi_job *job, const char *id, god_error *err)
{
    god_text name = GOD_TEXT_INIT, uri = GOD_TEXT_INIT;
    gdi_fetching fetching = {.job = job};
    god_status status = god_text_append_str(&name, "miner_datasets/", err);
    status = status == GOD_OK ? gdi_slash_dash(id, &name, err) : status;
    status = status == GOD_OK ? god_text_append_f(&uri, err, "hf://datasets/%s", id) : status;
    if (status == GOD_OK) {
        status = gdi_fetching_open(job, GDI_WORK_DATASET_TIME_LIMIT_S, &fetching, err);
    }
    if (status == GOD_OK) {
        status = gdi_fetching_put(&fetching, uri.data, name.data, err);
    }
    if (status == GOD_E_CANCELLED && gdi_job_stop_asked(job) == GDI_WORK_GO_ON) {
        status = god_fail(err, GOD_E_TIMEOUT, "it took more than %d s", GDI_WORK_DATASET_TIME_LIMIT_S);
    }
    gdi_fetching_close(&fetching);
    god_text_free(&name);
    god_text_free(&uri);
    return status;
}

static god_status fetch_datasets(gdi_job *job, gdi_strings *here, god_error *err)
{
    const gdi_strings *requested = &job->plan.requested_datasets;
    for (size_t i = 0; i < requested->count; i++) {
        god_error why = GOD_ERROR_INIT;
        god_status status = fetch_dataset(job, requested->items[i], &why);
        if (status == GOD_E_CANCELLED) {
            return god_fail(err, status, "%s", why.message);
        }
        if (status != GOD_OK) {
            gdi_job_say(job, "Dataset %s cannot be had, skipped: %s", requested->items[i], why.message);
        } else {
            GOD_TRY(gdi_strings_add(here, requested->items[i], err));
        }
    }
    return write_here(job, here, err);
}

god_status gdi_download_datasets(gdi_job *job, god_error *err)
{
    gdi_strings here = {.items = NULL};
    GOD_TRY(gdi_view_make(job->view_dir, err));
    god_status status =
        gdi_job_has(job, "datasets.json") ? read_here(job, &here, err) : fetch_datasets(job, &here, err);
    if (status == GOD_OK) {
        status = gdi_job_plan(job, &here, err);
    }
    gdi_strings_clear(&here);
    return status;
}

/* ---- data ---- */

/* The file of a task that is trained by playing: equal rows. */
static god_status write_rows(const gdi_job *job, const char *name, god_error *err)
{
    json_t *row = NULL, *rows = json_array();
    god_status status =
        god_json_parse("a row of the data file", job->plan.row_json, strlen(job->plan.row_json), &row, err);
    for (uint32_t i = 0; status == GOD_OK && i < job->plan.row_count; i++) {
        (void)json_array_append(rows, row);
    }
    char *text = status == GOD_OK ? json_dumps(rows, JSON_INDENT(2)) : NULL;
    if (status == GOD_OK) {
        status = text == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a data file")
                              : gdi_view_write(job->view_dir, name, text, strlen(text), err);
    }
    free(text);
    json_decref(row);
    json_decref(rows);
    return status;
}

static god_status fetch_repository_of_data(gdi_fetching *fetching, const char *dataset, god_error *err)
{
    god_text name = GOD_TEXT_INIT, uri = GOD_TEXT_INIT;
    god_status status = god_text_append_str(&name, "datasets/", err);
    status = status == GOD_OK ? gdi_slash_dash(dataset, &name, err) : status;
    status = status == GOD_OK ? check_folder(name.data, err) : status;
    status = status == GOD_OK ? god_text_append_f(&uri, err, "hf://datasets/%s", dataset) : status;
    status = status == GOD_OK ? gdi_fetching_put(fetching, uri.data, name.data, err) : status;
    god_text_free(&name);
    god_text_free(&uri);
    return status;
}

static uint32_t begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* argv: of the downloader. Formats other than these two are not fetched; without one it is a file too (images). */
static god_status fetch_data(gdi_fetching *fetching, const gdi_strings *argv, const char *name, god_error *err)
{
    const char *dataset = value_of(argv, "--dataset"), *format = value_of(argv, "--file-format"),
               *task_id = value_of(argv, "--task-id");
    if (dataset == NULL || task_id == NULL) {
        return god_fail(err, GOD_E_INTERNAL, "the plug-in's downloads name no data set or task");
    }
    if (format != NULL && strcmp(format, "hf") == 0) {
        return fetch_repository_of_data(fetching, dataset, err);
    }
    if (format != NULL && strcmp(format, "s3") != 0) {
        return GOD_OK;
    }
    return begins(dataset, "http://") || begins(dataset, "https://")
               ? gdi_fetching_put_web(fetching, dataset, task_id, name, err)
               : gdi_fetching_put(fetching, dataset, name, err);
}

/* ---- the model ---- */

/* A hidden model does not say its name itself. */
static god_status hide_name(const gdi_job *job, const char *folder, god_error *err)
{
    static const char key[] = "_name_or_path";
    char name[GOD_PATH_MAX], path[GOD_PATH_MAX];
    json_t *config = NULL;
    GOD_TRY(god_path_join(folder, "config.json", name, err));
    GOD_TRY(god_path_join(job->view_dir, name, path, err));
    if (!god_file_exists(path)) {
        return GOD_OK;
    }
    GOD_TRY(god_json_read(path, config_bytes_max, &config, err));
    god_status status = GOD_OK;
    if (json_object_get(config, key) != NULL) {
        (void)json_object_del(config, key);
        char *text = json_dumps(config, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        status = text == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a model's configuration")
                              : gdi_view_write(job->view_dir, name, text, strlen(text), err);
        free(text);
    }
    json_decref(config);
    return status;
}

/* The largest .safetensors file in the root of a repository, when it is large enough to be the whole model. */
static const gdi_hub_file *find_single_file(const gdi_hub_listing *listing, uint64_t bytes_min)
{
    static const char ending[] = ".safetensors";
    const gdi_hub_file *found = NULL;
    for (size_t i = 0; i < listing->count; i++) {
        const gdi_hub_file *file = &listing->files[i];
        size_t bytes = strlen(file->path);
        if (strchr(file->path, '/') == NULL && bytes > sizeof ending - 1 &&
            strcmp(file->path + bytes - (sizeof ending - 1), ending) == 0 && file->bytes >= bytes_min &&
            (found == NULL || file->bytes > found->bytes)) {
            found = file;
        }
    }
    return found;
}

/* As <folder>/<id as the container knows it, '/' as '_'>.safetensors. */
static god_status put_single_file(gdi_fetching *fetching, const char *model, const char *commit,
                                  const gdi_hub_file *file, god_error *err)
{
    const gdi_plan *plan = &fetching->job->plan;
    const char *shown = value_of(&plan->argv, "--model");
    god_text name = GOD_TEXT_INIT, uri = GOD_TEXT_INIT;
    god_status status = god_text_append_f(&name, err, "%s/", below_cache(plan->model_dir));
    for (const char *c = shown == NULL ? "model" : shown; status == GOD_OK && *c != '\0'; c++) {
        status = god_text_append(&name, *c == '/' ? "_" : c, 1, err);
    }
    status = status == GOD_OK ? god_text_append_str(&name, ".safetensors", err) : status;
    status = status == GOD_OK ? god_text_append_f(&uri, err, "hf://%s@%s/%s", model, commit, file->path) : status;
    status = status == GOD_OK ? gdi_fetching_put(fetching, uri.data, name.data, err) : status;
    god_text_free(&name);
    god_text_free(&uri);
    return status;
}

/* *ret_done 0: the rule does not apply, the whole repository is needed. */
static god_status try_single_file(gdi_fetching *fetching, const char *model, const char *uri, uint32_t *ret_done,
                                  god_error *err)
{
    gdi_hub_listing listing = {.files = NULL};
    GOD_TRY(gdi_fetcher_list(fetching->fetcher, uri, &listing, err));
    const gdi_hub_file *file = find_single_file(&listing, fetching->job->plan.single_file_bytes_min);
    god_status status = file == NULL ? GOD_OK : put_single_file(fetching, model, listing.commit, file, err);
    *ret_done = file != NULL;
    gdi_hub_listing_clear(&listing);
    return status;
}

static god_status fetch_model(gdi_fetching *fetching, const char *model, const char *folder, uint64_t single_bytes_min,
                              god_error *err)
{
    uint32_t done = 0;
    god_text uri = GOD_TEXT_INIT;
    GOD_TRY(check_folder(folder, err));
    god_status status = god_text_append_f(&uri, err, "hf://%s", model);
    if (status == GOD_OK && single_bytes_min > 0) {
        status = try_single_file(fetching, model, uri.data, &done, err);
    }
    if (status == GOD_OK && !done) {
        status = gdi_merging_put(fetching, model, folder, err);
    }
    god_text_free(&uri);
    return status;
}

/* ---- all of it ---- */

static god_status note_fetched(const gdi_job *job, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(gdi_job_path(job, "fetched.json", path, err));
    return god_file_write(path, "{}\n", 3, err);
}

static god_status write_stats(const gdi_job *job, god_error *err)
{
    char path[GOD_PATH_MAX];
    if (job->request.baseline_stats == NULL || job->plan.stats_path == NULL) {
        return GOD_OK;
    }
    GOD_TRY(gdi_stats_write(job->view_dir, &job->request, &job->plan, err));
    GOD_TRY(god_path_join(job->view_dir, below_cache(job->plan.stats_path), path, err));
    return chmod(path, 0644) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot open \"%s\" to readers", path);
}

static god_status fill(gdi_fetching *fetching, god_error *err)
{
    gdi_job *job = fetching->job;
    const gdi_plan *plan = &job->plan;
    const char *folder = below_cache(plan->model_dir), *data = below_cache(plan->data_path);
    GOD_TRY(plan->row_count > 0 ? write_rows(job, data, err) : fetch_data(fetching, &plan->downloader_argv, data, err));
    GOD_TRY(fetch_model(fetching, job->request.model, folder, plan->single_file_bytes_min, err));
    GOD_TRY(plan->anonymous ? hide_name(job, folder, err) : GOD_OK);
    for (size_t i = 0; i < plan->extras.count; i++) {
        GOD_TRY(gdi_extra_put(fetching, plan->extras.items[i], err));
    }
    return write_stats(job, err);
}

static god_status fill_for_prep(gdi_fetching *fetching, god_error *err)
{
    gdi_job *job = fetching->job;
    const gdi_prep_plan *plan = &job->prep_plan;
    const char *folder = below_cache(plan->model_dir);
    char data[GDI_REQUEST_NAME_BYTES_MAX + 64];
    (void)snprintf(data, sizeof data, "datasets/%s_train_data.json", job->prep.task_id);
    if (strstr(job->prep.training_data_url, "://") != NULL) { /* else a placeholder: the task has no data */
        GOD_TRY(fetch_data(fetching, &plan->downloader_argv, data, err));
    }
    GOD_TRY(fetch_model(fetching, job->prep.model_id, folder, 0, err));
    return hide_name(job, folder, err);
}

static god_status download(gdi_job *job, god_status (*fill_view)(gdi_fetching *fetching, god_error *err),
                           god_error *err)
{
    gdi_fetching fetching;
    if (gdi_job_has(job, "fetched.json")) {
        return GOD_OK;
    }
    GOD_TRY(gdi_view_make(job->view_dir, err));
    GOD_TRY(gdi_fetching_open(job, 0, &fetching, err));
    god_status status = fill_view(&fetching, err);
    gdi_fetching_close(&fetching);
    return status == GOD_OK ? note_fetched(job, err) : status;
}

god_status gdi_download_all(gdi_job *job, god_error *err)
{
    return download(job, fill, err);
}

god_status gdi_download_for_prep(gdi_job *job, god_error *err)
{
    return download(job, fill_for_prep, err);
}
